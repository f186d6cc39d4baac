//! Programs that log their times and are started again.

use pipeloom_e2e::Run;

use crate::lives::{AGAIN, DIES_WITH_THE_THIRD, lines, scripts};
use crate::times::{Row, rows};

/// The lines of a job's table, and those of one that makes a table of its times.
const TIMED: &str = "log_times = true\nrestart.policy = 'on-failure'\n\
                     [jobs.times]\nuse = 'logging-sink'\nargs = { path = '${run}/times.csv' }\ninputs = ['times']\n";

/// The numbers of the compute blocks that each life has a row for.
#[track_caller]
fn told(run: &Run) -> [Vec<u64>; 2] {
    let rows = rows(run, "run/times.csv");
    assert!(rows.iter().all(|row| row.time_out >= row.time_in));
    assert!(rows.windows(2).all(|two| two[1].time_out >= two[0].time_out));
    let next = rows.iter().position(|row| row.pid != rows[0].pid).expect("the next life is another process");
    let (first, second) = rows.split_at(next);
    assert!(second.iter().all(|row| row.pid == second[0].pid));
    assert!(first.iter().all(|row| row.time_out <= second[0].time_in));
    [first, second].map(|rows: &[Row]| rows.iter().map(|row| row.block).collect())
}

#[test]
fn of_a_source_all_that_it_has_written_in_each_life() {
    let toml = format!(
        "[jobs.source]\nexec = ['./source']\noutputs = ['a', 'times']\n{TIMED}\
         [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n[pipes.a]\ncodec = 'lines'\n"
    );
    let source = "exec > $2; [ $life = 1 ] && { seq 1 5; kill -9 $$; }; seq 6 9";
    let test = scripts(&toml, &[("source", source), ("sink", "cat $2 > $PIPELOOM_RUN_DIR/out")]);
    let run = test.run().stderr_has(AGAIN).exits(0).file("run/out", lines(1, 9)).delivered("times", "times", 9);
    assert_eq!(told(&run), [vec![1, 2, 3, 4, 5], vec![6, 7, 8, 9]]);
}

#[test]
fn of_a_connector_what_it_has_answered_and_not_what_it_had_in_its_hand() {
    let toml = format!(
        "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n[jobs.copy]\nexec = ['./copy']\ninputs = ['a']\n\
         outputs = ['b', 'times']\n{TIMED}[jobs.sink]\nexec = ['./sink']\ninputs = ['b']\n\
         [pipes]\na.codec = 'lines'\nb.codec = 'lines'\n"
    );
    let source = "exec > $2; seq 1 10; touch $PIPELOOM_RUN_DIR/ten; \
                  wait_for again; seq 11 20";
    let test = scripts(
        &toml,
        &[("source", source), ("copy", DIES_WITH_THE_THIRD), ("sink", "cat $2 > $PIPELOOM_RUN_DIR/out")],
    );
    let run = test.run().stderr_has(AGAIN).exits(0);
    let lost = run.tally("a", "copy").lost + 1;
    assert_eq!(told(&run), [vec![1, 2], (3 + lost..=20).collect()]);
}

#[test]
fn of_a_sink_what_it_was_given_in_each_life() {
    let toml = format!(
        "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n[jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n\
         outputs = ['times']\n{TIMED}[pipes.a]\ncodec = 'lines'\n"
    );
    let source = "exec > $2; seq 1 5; wait_for again; seq 6 9";
    let sink = "[ $life = 2 ] && { touch $PIPELOOM_RUN_DIR/again; cat $2 > /dev/null; exit; }; \
                head -n 5 $2 > /dev/null; kill -9 $$";
    let run = scripts(&toml, &[("source", source), ("sink", sink)]).run().stderr_has(AGAIN).exits(0);
    assert_eq!(told(&run), [vec![1, 2, 3, 4, 5], vec![6, 7, 8, 9]]);
}
