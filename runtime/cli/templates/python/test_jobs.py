from jobs import MyJob


def test_numbers_are_multiplied(run_job):
    assert run_job(MyJob, [1, 2], args={"factor": 10}).values() == [10, 20]
