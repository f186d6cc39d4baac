//! Blocks that are given again, because a life of their reader had not done them.

use pipeloom_e2e::events::CauseKind;
use pipeloom_e2e::{Test, network, plugin};

use crate::lives::{AGAIN, lines, lives, scripts};

/// A source of the lines 1 to `last`, and a connector that answers each line, of which nothing may be lost.
fn connector(last: u32, pass: &str, copy: &str) -> Test {
    let toml = format!(
        "[jobs.source]\nexec = ['seq', '1', '{last}']\npass = 'stdio'\noutputs = ['a']\n\
         [jobs.copy]\nexec = ['./copy']\npass = '{pass}'\nsteps = 'each'\ninputs = ['a']\noutputs = ['b']\n\
         restart = {{ policy = 'on-failure', backoff_seconds = 0.001 }}\n\
         [jobs.sink]\nexec = ['cat']\npass = 'stdio'\ninputs = ['b']\n\
         [pipes]\na = {{ codec = 'lines', delivery = 'at-least-once' }}\nb.codec = 'lines'\n"
    );
    scripts(&toml, &[("copy", copy)])
}

#[test]
fn a_connector_that_is_killed_is_given_again_what_it_had_not_answered() {
    // Fault 4. It reads ten lines at once, answers three, and dies.
    let copy = "[ $life -lt 4 ] && { head -n 3; kill -9 $$; }; cat";
    let run = connector(2000, "stdio", copy).run().stderr_has(AGAIN).exits(0);
    assert_eq!(lives(&run, "copy").len(), 3);
    let run = run.file("run/logs/sink.stdout.log", lines(1, 2000));
    let tally = run.tally("a", "copy");
    assert_eq!((tally.written, tally.delivered, tally.lost), (2000, 2000, 0), "{tally:?}");
    assert!(tally.repeated > 0, "{tally:?}");
    run.delivered("b", "sink", 2000);
}

#[test]
fn a_connector_that_dies_at_the_very_end_is_given_again_what_it_had_not_answered() {
    let copy = "[ $life = 1 ] && { sed -n '1,2p;$d'; kill -9 $$; }; cat";
    let run = connector(9, "stdio", copy).run().stderr_has(AGAIN).exits(0);
    let tally = run.tally("a", "copy");
    assert_eq!((tally.delivered, tally.lost, tally.repeated), (9, 0, 7), "{tally:?}");
    run.file("run/logs/sink.stdout.log", lines(1, 9)).delivered("b", "sink", 9);
}

#[test]
fn a_connector_with_two_inputs_is_given_both_again_from_the_same_place() {
    let toml = "[jobs.one]\nexec = ['seq', '1', '300']\npass = 'stdio'\noutputs = ['a']\n\
                [jobs.two]\nexec = ['seq', '1', '300']\npass = 'stdio'\noutputs = ['b']\n\
                [jobs.join]\nexec = ['./join']\ninputs = ['a', 'b']\noutputs = ['c']\n\
                restart = { policy = 'on-failure', backoff_seconds = 0.001 }\n\
                [jobs.sink]\nexec = ['cat']\npass = 'stdio'\ninputs = ['c']\n[pipes]\nc.codec = 'lines'\n\
                a = { codec = 'lines', delivery = 'at-least-once' }\nb = { codec = 'lines', delivery = 'at-least-once' }\n";
    // The first life leaves the inputs at different lines.
    let join = "exec 3< $2 4< $4 > $6; if [ $life = 1 ]; then for i in 1 2 3; do read x <&3; read y <&4; echo $x $y; done; \
                read x <&3; read x <&3; kill -9 $$; fi; while read x <&3; do read y <&4; echo $x $y; done";
    let run = scripts(toml, &[("join", join)]).run().stderr_has(AGAIN).exits(0);
    let expected: String = (1..=300).map(|line| format!("{line} {line}\n")).collect();
    let run = run.file("run/logs/sink.stdout.log", expected);
    for pipe in ["a", "b"] {
        let tally = run.tally(pipe, "join");
        assert_eq!((tally.written, tally.delivered, tally.lost), (300, 300, 0), "{tally:?}");
    }
}

/// A source of the lines 1 to `last`, and a sink that is given all of them again until it ends well.
fn sink(last: u32, window: &str, sink: &str) -> Test {
    let toml = format!(
        "[jobs.source]\nexec = ['seq', '1', '{last}']\npass = 'stdio'\noutputs = ['a']\n\
         [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\nrestart = {{ policy = 'on-failure', backoff_seconds = 0.001 }}\n\
         [pipes]\na = {{ codec = 'lines', delivery = 'at-least-once', ack = 'end'{window} }}\n"
    );
    scripts(&toml, &[("sink", sink)])
}

#[test]
fn a_sink_that_says_nothing_is_given_all_again_until_it_ends_well() {
    // Fault 5. The first life dies in the middle, the second at its end.
    let script = "case $life in 1) head -n 100 $2 > /dev/null; kill -9 $$;; 2) cat $2 > /dev/null; exit 3;; esac; \
                  cat $2 > $PIPELOOM_RUN_DIR/out";
    let run = sink(50_000, "", script).run().stderr_has(AGAIN).exits(0);
    assert_eq!(lives(&run, "sink").len(), 2);
    let tally = run.tally("a", "sink");
    assert_eq!((tally.written, tally.delivered, tally.lost), (50_000, 50_000, 0), "{tally:?}");
    assert!(tally.repeated >= 50_000, "{tally:?}");
    run.file("run/out", lines(1, 50_000));
}

#[test]
fn a_sink_that_is_always_started_again_is_not_given_again_what_it_had_when_it_ended_well() {
    // It went on for ever, with all of it given to each life.
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\nrestart = { policy = 'always', backoff_seconds = 0.001 }\n\
                [pipes]\na = { codec = 'lines', delivery = 'at-least-once', ack = 'end' }\n";
    // The first life ends before the source does. `read` takes no more than its line.
    let source = "exec > $2; seq 1 6; wait_for rest";
    let script = "if [ $life = 1 ]; then exec < $2; read x; echo $x > $PIPELOOM_RUN_DIR/one; exit 0; fi; \
                  cat $2 >> $PIPELOOM_RUN_DIR/rest";
    let run = scripts(toml, &[("source", source), ("sink", script)]).run().exits(0);
    let run = run.file("run/one", lines(1, 1)).file("run/rest", lines(2, 6));
    assert_eq!(lives(&run, "sink")[0], None);
    let tally = run.tally("a", "sink");
    assert_eq!((tally.written, tally.delivered, tally.repeated, tally.unused), (6, 6, 5, 0), "{tally:?}");
}

#[test]
fn what_is_too_much_for_the_memory_is_given_again_from_the_disk() {
    // The first life buffers all it is given, and dies at the end.
    let script = "[ $life = 1 ] && { sort $2 > /dev/null; ls $PIPELOOM_RUN_DIR/window > $PIPELOOM_RUN_DIR/seen; kill -9 $$; }; \
                  cat $2 > $PIPELOOM_RUN_DIR/out";
    let run = sink(50_000, ", window_bytes = 1000", script).run().stderr_has(AGAIN).exits(0);
    let tally = run.tally("a", "sink");
    assert_eq!((tally.delivered, tally.lost, tally.repeated), (50_000, 0, 50_000), "{tally:?}");
    let run = run.file("run/seen", "a@sink\n").file("run/out", lines(1, 50_000));
    assert!(!run.path("run/window").exists(), "what was on disk is gone");
}

#[test]
fn a_window_that_is_too_small_for_the_promise_fails_the_reader_by_name() {
    let small = ", window_bytes = 1000, spool = { max_bytes = 65536 }";
    let run = sink(50_000, small, "sort $2 > $PIPELOOM_RUN_DIR/out").run().exits(1);
    assert_eq!(lives(&run, "sink"), []);
    assert!(!run.path("run/window").exists(), "what was on disk is gone");
    run.job_failed("sink", CauseKind::Flow, "`window_bytes` (1000), and 65536 bytes on disk are full as well");
}

#[test]
fn a_native_job_is_given_again_the_block_with_which_it_failed() {
    let toml = format!(
        "[jobs.source]\nexec = ['seq', '5']\npass = 'stdio'\noutputs = ['a']\n\
         [jobs.it]\nplugin = '{}'\njob = 'villain'\nargs.deed = 'fail-once'\ninputs = ['a']\noutputs = ['b']\n\
         restart = {{ policy = 'on-failure', backoff_seconds = 0.001 }}\n\
         [jobs.sink]\nexec = ['cat']\npass = 'stdio'\ninputs = ['b']\n\
         [pipes]\na = {{ codec = 'lines', delivery = 'at-least-once' }}\nb.codec = 'lines'\n",
        plugin().display()
    );
    let run = network(toml).run().stderr_has(AGAIN).exits(0);
    let run = run.file("run/logs/sink.stdout.log", lines(1, 5));
    let tally = run.tally("a", "it");
    assert_eq!((tally.delivered, tally.lost, tally.repeated), (5, 0, 1), "{tally:?}");
}
