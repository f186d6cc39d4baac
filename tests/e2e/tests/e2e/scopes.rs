//! Jobs that are started again together.

use pipeloom_e2e::events::{Event, JobEnd};
use pipeloom_e2e::{Run, Signal};

use crate::lives::{AGAIN, KILLED, lines, lives, scripts};

/// With whom each life of a job but the last was ended.
fn restarted_with(run: &Run, name: &str) -> Vec<Option<String>> {
    let restarted = |event| match event {
        Event::JobRestarting { job, with, .. } if job == name => Some(with),
        _ => None,
    };
    run.events().into_iter().filter_map(restarted).collect()
}

/// A source of lines with this policy, and a sink with these lines in its table.
fn pair(restart: &str, sink: &str) -> String {
    format!(
        "[jobs.source]\nexec = ['./source']\noutputs = ['a']\nrestart = {{ {restart} }}\n\
         [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n{sink}\n"
    )
}

const DOWNSTREAM: &str = "policy = 'on-failure', scope = 'downstream', backoff_seconds = 0.001";

#[test]
fn a_source_takes_its_readers_along_and_its_stream_begins_anew() {
    let toml = pair(DOWNSTREAM, "head = true\n[pipes.a]\ncodec = 'bytes'\nblock_size = 2");
    let source = "exec > $2; [ $life = 2 ] && { printf 'a\\nb\\n'; exit; }; printf '1\\n2\\n'; \
                  until [ \"$(cat $PIPELOOM_RUN_DIR/out.1 | wc -c)\" -eq 6 ]; do sleep 0.01; done; kill -9 $$";
    let run = scripts(&toml, &[("source", source), ("sink", "exec cat $2 > $PIPELOOM_RUN_DIR/out.$life")])
        .run()
        .stderr_has(AGAIN)
        .exits(0);
    // Bit 1 of the head says that the stream begins.
    let run = run.file("run/out.1", "\x401\n\x002\n").file("run/out.2", "\x40a\n\x00b\n").delivered("a", "sink", 4);
    assert_eq!((lives(&run, "source"), restarted_with(&run, "source")), (vec![Some(KILLED.to_owned())], vec![None]));
    assert_eq!((lives(&run, "sink"), restarted_with(&run, "sink")), (vec![None], vec![Some("source".to_owned())]));
}

#[test]
fn what_waits_between_two_that_are_started_again_together_is_lost_and_counted() {
    let toml = pair(DOWNSTREAM, "[pipes.a]\ncodec = 'lines'");
    let source = "exec > $2; [ $life = 2 ] && exec seq 101 103; seq 1 100; \
                  wait_for read; kill -9 $$";
    let sink = "[ $life = 2 ] && exec cat $2 > $PIPELOOM_RUN_DIR/out; \
                exec < $2; read x; touch $PIPELOOM_RUN_DIR/read; exec sleep 1000";
    let run = scripts(&toml, &[("source", source), ("sink", sink)]).run().stderr_has(AGAIN).exits(0);
    let run = run.file("run/out", lines(101, 103));
    let tally = run.tally("a", "sink");
    // `read` takes one byte at a time, and of the second line perhaps some.
    assert_eq!((tally.written, tally.lost, tally.delivered, tally.unused), (103, 99, 4, 0), "{tally:?}");
}

#[test]
fn a_component_is_in_step_again_from_the_first_block_of_each_source() {
    let toml = "[jobs.one]\nexec = ['./one']\noutputs = ['a']\n\
                restart = { policy = 'on-failure', scope = 'component', backoff_seconds = 0.001 }\n\
                [jobs.two]\nexec = ['./two']\noutputs = ['b']\n\
                [jobs.copy]\nexec = ['./copy']\ninputs = ['b']\noutputs = ['c']\n\
                [jobs.join]\nexec = ['./join']\ninputs = ['a', 'c']\n\
                [pipes]\na.codec = 'lines'\nb.codec = 'lines'\nc.codec = 'lines'\n";
    let one = "exec > $2; [ $life = 2 ] && exec seq 101 103; seq 1 3; \
               wait_for read; kill -9 $$";
    let two = "exec > $2; [ $life = 2 ] && exec seq 201 203; seq 1 20; exec sleep 1000";
    let join = "exec 3< $2 4< $4; while read -r x <&3; do read -r y <&4; echo $x $y >> $PIPELOOM_RUN_DIR/out.$life; \
                [ $x = 2 ] && touch $PIPELOOM_RUN_DIR/read; done; exit 0";
    let scripts = scripts(toml, &[("one", one), ("two", two), ("copy", "exec cat $2 > $4"), ("join", join)]);
    let run = scripts.run().stderr_has(AGAIN).exits(0).file("run/out.2", "101 201\n102 202\n103 203\n");
    for job in ["two", "copy", "join"] {
        assert_eq!(restarted_with(&run, job), [Some("one".to_owned())], "{job}");
    }
    assert_eq!(run.tally("a", "join").dummies + run.tally("c", "join").dummies, 0);
}

#[test]
fn nothing_is_lost_between_them_where_that_is_promised() {
    let toml = pair(DOWNSTREAM, "[pipes.a]\ncodec = 'lines'\ndelivery = 'at-least-once'\nack = 'end'");
    let source = "exec > $2; [ $life = 2 ] && exec seq 6 9; seq 1 5; \
                  wait_for read; kill -9 $$";
    let sink = "[ $life = 2 ] && exec cat $2 > $PIPELOOM_RUN_DIR/out; \
                exec < $2; read x; touch $PIPELOOM_RUN_DIR/read; exec sleep 1000";
    let run = scripts(&toml, &[("source", source), ("sink", sink)]).run().stderr_has(AGAIN).exits(0);
    let run = run.file("run/out", lines(1, 9));
    let tally = run.tally("a", "sink");
    assert_eq!((tally.written, tally.delivered, tally.lost), (9, 9, 0), "{tally:?}");
    assert!(tally.repeated > 0, "{tally:?}");
}

#[test]
fn one_that_ignores_the_signal_is_killed_and_the_others_wait_for_that() {
    let toml = pair(DOWNSTREAM, "stop.grace_seconds = 0.05\n[pipes.a]\ncodec = 'lines'");
    let source = "exec > $2; [ $life = 2 ] && exec seq 3 4; seq 1 2; \
                  wait_for deaf; kill -9 $$";
    let sink = "[ $life = 2 ] && exec cat $2 > $PIPELOOM_RUN_DIR/out; trap '' TERM; touch $PIPELOOM_RUN_DIR/deaf; \
                exec sleep 1000";
    let run = scripts(&toml, &[("source", source), ("sink", sink)]).run().stderr_has(AGAIN).exits(0);
    let run = run.file("run/out", lines(3, 4));
    assert_eq!(restarted_with(&run, "sink"), [Some("source".to_owned())]);
}

#[test]
fn a_stop_comes_while_they_wait_and_nobody_is_started_any_more() {
    let restart = "policy = 'on-failure', scope = 'downstream', backoff_seconds = 1000, backoff_max_seconds = 1000";
    let toml = pair(restart, "[pipes.a]\ncodec = 'lines'");
    let mut running = scripts(&toml, &[("source", "exit 1"), ("sink", "exec cat $2")]).start();
    running.until("that the sink waits for the source", |event| match event {
        Event::JobRestarting { job, with: Some(with), .. } if job == "sink" && with == "source" => Some(()),
        _ => None,
    });
    running.signal(Signal::TERM);
    let run = running.end().exits(130).job_ended("source", JobEnd::Stopped).job_ended("sink", JobEnd::Stopped);
    let starts = run.events().into_iter().filter(|event| matches!(event, Event::JobStarted { .. })).count();
    assert_eq!(starts, 2);
}

#[test]
fn only_the_restarts_of_the_one_that_fails_are_counted_and_then_nobody_is_started_again() {
    let toml =
        pair(&format!("{DOWNSTREAM}, max_restarts = 2"), "restart = { policy = 'on-failure', max_restarts = 1 }");
    let toml = format!("{toml}[pipes.a]\ncodec = 'lines'\n");
    let run = scripts(&toml, &[("source", "exit 1"), ("sink", "exec cat $2")]).run().exits(1);
    assert_eq!(run.failures(), ["source"]);
    let expected = "exit status 1; restarted 2 times within 60 s";
    assert_eq!(run.failure("source").message, expected);
    assert_eq!((lives(&run, "source").len(), lives(&run, "sink").len()), (2, 2));
}

#[test]
fn the_times_of_a_job_that_takes_others_along_are_told_of_all_its_lives() {
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a', 'times']\nlog_times = true\n\
                restart = { policy = 'on-failure', scope = 'downstream', backoff_seconds = 0.001 }\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n\
                [jobs.times]\nuse = 'logging-sink'\nargs = { path = '${run}/times.csv' }\ninputs = ['times']\n\
                [pipes.a]\ncodec = 'lines'\n";
    let source = "exec > $2; [ $life = 1 ] && { seq 1 5; kill -9 $$; }; seq 6 9";
    let run = scripts(toml, &[("source", source), ("sink", "exec cat $2")]).run().stderr_has(AGAIN).exits(0);
    let run = run.delivered("times", "times", 9);
    assert_eq!((lives(&run, "sink").len(), lives(&run, "times").len()), (1, 0));
}
