//! Jobs that hang, and are found out.

use std::time::Duration;

use pipeloom_e2e::events::{CauseKind, Event};
use pipeloom_e2e::{Signal, Test, network};

use crate::lives::{AGAIN, lives, scripts};

/// A source of three lines in front of `job`, a shell script whose table ends with these lines.
fn three_lines_for(script: &str, lines: &str) -> Test {
    let toml = format!(
        "[jobs.source]\nexec = ['seq', '1', '3']\npass = 'stdio'\noutputs = ['a']\n\
         [jobs.job]\nexec = ['./job']\ninputs = ['a']\nstop.grace_seconds = 0.1\n{lines}\n[pipes.a]\ncodec = 'lines'\n"
    );
    scripts(&toml, &[("job", script)])
}

#[test]
fn who_opens_none_of_its_pipes_in_time_has_failed_by_name() {
    // Fault 24. What they say of being ready is not heard: their control channel leads nowhere.
    for deed in ["blind", "deaf", "spin", "halted blind"] {
        let script = format!("exec villain {deed} 3>/dev/null");
        let run = three_lines_for(&script, "start_timeout_seconds = 0.3").run().exits(1);
        run.job_failed(
            "job",
            CauseKind::Hung,
            "has opened none of its pipes and has not said that it is ready after 0.3 s",
        );
    }
}

#[test]
fn a_start_that_hangs_is_survived_by_a_restart() {
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n[jobs.job]\nexec = ['./job']\ninputs = ['a']\n\
                start_timeout_seconds = 0.3\nstop.grace_seconds = 0.1\nrestart.policy = 'on-failure'\n\
                [pipes.a]\ncodec = 'lines'\n";
    let source = "exec > $2; wait_for again; seq 1 3";
    let job = "[ $life = 1 ] && exec villain deaf 3>/dev/null; \
               exec < $2; touch $PIPELOOM_RUN_DIR/again; cat > $PIPELOOM_RUN_DIR/out";
    let run = scripts(toml, &[("source", source), ("job", job)]).run().stderr_has(AGAIN).exits(0);
    assert_eq!(lives(&run, "job").len(), 1);
    run.file("run/out", "1\n2\n3\n");
}

#[test]
fn who_has_opened_a_pipe_or_said_that_it_is_ready_may_take_its_time() {
    let slow = [
        // A child has opened it, and has it no more when the time is over.
        "cat $2 > /dev/null; sleep 0.5",
        "echo '{\"ready\": true}' >&3; sleep 0.5; cat $2 > /dev/null",
        "exec 4< $2; sleep 0.5; cat <&4 > /dev/null",
    ];
    for script in slow {
        three_lines_for(script, "start_timeout_seconds = 0.2").run().exits(0);
    }
}

#[test]
fn of_two_at_one_pipe_it_is_known_which_has_not_come() {
    let toml = "[jobs.writer]\nexec = ['./writer']\noutputs = ['a']\nstart_timeout_seconds = 0.3\n\
                [jobs.reader]\nexec = ['./reader']\ninputs = ['a']\nstart_timeout_seconds = 0.3\n\
                [pipes.a]\ncodec = 'lines'\n";
    for writer in ["seq 1 3 > $2", "seq 1 3 > $2; sleep 1", "exec > $2; yes"] {
        let run = scripts(toml, &[("writer", writer), ("reader", "exec villain blind 3>/dev/null")]).run().exits(1);
        assert_eq!(run.failures(), ["reader"], "{writer}");
    }
}

#[test]
fn who_is_silent_for_too_long_has_failed_by_name() {
    for deed in ["blank -i $2", "deaf", "spin", "halted blind"] {
        let script = format!("exec villain {deed}");
        let run = three_lines_for(&script, "heartbeat_seconds = 0.4").run().exits(1);
        run.job_failed("job", CauseKind::Hung, "has said nothing on its control channel for 0.4 s");
    }
}

#[test]
fn who_says_anything_often_enough_may_go_on() {
    let script = "for i in 1 2 3 4 5; do echo '{\"alive\": true}' >&3; sleep 0.2; done; cat $2 > /dev/null";
    three_lines_for(script, "heartbeat_seconds = 0.6").run().exits(0);
}

#[test]
fn a_step_that_hangs_is_survived_by_a_restart() {
    // Its kit shows that it lives while it waits for input, but not while it is in a step.
    let class = "import os, pipeloom, time\n\
                 class Hanging(pipeloom.Job):\n    \
                     def run(self, value):\n        \
                         if os.environ['PIPELOOM_INCARNATION'] == '1':\n            time.sleep(100)\n        \
                         return value\n";
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n\
                [jobs.job]\npython = 'hanging.py:Hanging'\ninputs = ['a']\noutputs = ['b']\nheartbeat_seconds = 2\n\
                stop.grace_seconds = 0.1\nrestart.policy = 'on-failure'\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['b']\n[pipes]\na.codec = 'json'\nb.codec = 'json'\n";
    // It is long between two lines, and the kit has nothing to do but to show that it lives.
    let source = "exec > $2; echo 1; until [ -s $PIPELOOM_RUN_DIR/out ]; do sleep 0.3; echo 2; done";
    let test = scripts(toml, &[("source", source), ("sink", "cat $2 > $PIPELOOM_RUN_DIR/out")]);
    let run = test.file("hanging.py", class).run().stderr_has(AGAIN).exits(0);
    let lives = lives(&run, "job");
    assert!(
        matches!(&lives[..], [Some(why)] if why.starts_with("has said nothing on its control channel for 2 s")),
        "{lives:?}"
    );
}

#[test]
fn no_silence_is_too_long_in_a_pause() {
    let toml = "[jobs.job]\nexec = ['./job']\nheartbeat_seconds = 0.6\n";
    let script = "for i in 1 2 3 4 5 6 7 8 9 10; do echo '{\"alive\": true}' >&3; sleep 0.1; done";
    let mut run = scripts(toml, &[("job", script)]).start();
    run.started("job");
    run.signal(Signal::TSTP);
    run.until("the pause", |event| matches!(event, Event::Paused).then_some(()));
    run.goes_on_for(Duration::from_millis(900));
    run.signal(Signal::CONT);
    run.end().exits(0);
}

#[test]
fn who_reads_nothing_though_blocks_wait_has_failed_by_name() {
    let toml = "[jobs.source]\nexec = ['yes']\npass = 'stdio'\noutputs = ['a']\n[jobs.job]\nexec = ['./job']\n\
                inputs = ['a']\nstall_seconds = 0.4\nstop.grace_seconds = 0.1\n[pipes.a]\ncodec = 'lines'\n";
    for deed in ["blank -i $2", "blind", "deaf", "spin", "halted blind"] {
        let run = scripts(toml, &[("job", &format!("exec villain {deed}"))]).run().exits(1);
        run.job_failed("job", CauseKind::Hung, "has read nothing for 0.4 s though blocks wait on a;");
    }
}

#[test]
fn a_reader_that_hangs_is_survived_by_a_restart() {
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n[jobs.job]\nexec = ['./job']\ninputs = ['a']\n\
                stall_seconds = 0.4\nstop.grace_seconds = 0.1\nrestart.policy = 'on-failure'\n\
                [pipes.a]\ncodec = 'lines'\n";
    let source = "exec > $2; until [ -e $PIPELOOM_RUN_DIR/again ]; do echo more; sleep 0.01; done; echo last";
    let job = "[ $life = 1 ] && exec villain blank -i $2; \
               exec < $2; touch $PIPELOOM_RUN_DIR/again; tail -n 1 > $PIPELOOM_RUN_DIR/out";
    let run = scripts(toml, &[("source", source), ("job", job)]).run().stderr_has(AGAIN).exits(0);
    assert_eq!(lives(&run, "job").len(), 1);
    run.file("run/out", "last\n");
}

#[test]
fn who_waits_for_another_input_or_is_held_up_by_its_reader_does_not_hang() {
    let toml = "[jobs.source]\nexec = ['sh', '-c', 'yes | head -c 2000000 > $2', '-']\noutputs = ['a']\n\
                [jobs.late]\nexec = ['sh', '-c', 'exec > $2; sleep 0.8; yes | head -c 2000000', '-']\noutputs = ['b']\n\
                [jobs.join]\nexec = ['sh', '-c', 'paste $2 $4 > $6', '-']\ninputs = ['a', 'b']\noutputs = ['c']\n\
                stall_seconds = 0.3\n\
                [jobs.slow]\nexec = ['sh', '-c', 'exec < $2; sleep 1.8; wc -l > $PIPELOOM_RUN_DIR/out', '-']\ninputs = ['c']\n\
                [pipes]\na.codec = 'lines'\nb.codec = 'lines'\nc = { codec = 'lines', max_queue = 10 }\n";
    network(toml).run().exits(0).file("run/out", "1000000\n");
}
