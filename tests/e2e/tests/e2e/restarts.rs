//! Jobs that are started again.

use pipeloom_e2e::events::{CauseKind, Event, JobEnd, PipeEnding};
use pipeloom_e2e::{Signal, Test, network, plugin, send};

use crate::lives::{AGAIN, DIES_WITH_THE_THIRD, KILLED, lines, lives, scripts};

#[test]
fn a_source_that_is_killed_is_started_again_and_its_numbers_go_on() {
    // Fault 2.
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\nrestart.policy = 'on-failure'\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n[pipes.a]\ncodec = 'lines'\n";
    let source = "exec > $2; [ $life = 1 ] && { seq 1 5; kill -9 $$; }; seq 6 9";
    let run = scripts(toml, &[("source", source), ("sink", "cat $2 > $PIPELOOM_RUN_DIR/out")])
        .run()
        .stderr_has(AGAIN)
        .exits(0);
    assert_eq!(lives(&run, "source"), [Some(KILLED.to_owned())]);
    let run = run.file("run/out", lines(1, 9)).delivered("a", "sink", 9);
    assert_eq!(run.tally("a", "sink").ending, Some(PipeEnding::Ended));
}

#[test]
fn a_source_that_dies_of_a_broken_pipe_of_its_own_is_started_again() {
    // It waited for one of its readers to explain that by its end, and they waited for it.
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\nrestart.policy = 'on-failure'\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n[pipes.a]\ncodec = 'lines'\n";
    let source = "exec > $2; [ $life = 1 ] && { echo 1; kill -PIPE $$; }; echo 2";
    let run = scripts(toml, &[("source", source), ("sink", "cat $2 > $PIPELOOM_RUN_DIR/out")]).run();
    let run = run.stderr_has(AGAIN).exits(0);
    assert_eq!(lives(&run, "source"), [Some("killed by SIGPIPE".to_owned())]);
    run.file("run/out", lines(1, 2));
}

#[test]
fn a_join_of_a_source_that_is_restarted_gets_a_dummy_for_the_block_that_was_torn_and_goes_on() {
    // Fault 7.
    let toml = "[jobs.one]\nexec = ['./one']\noutputs = ['a']\nrestart.policy = 'on-failure'\n\
                [jobs.two]\nexec = ['seq', '1', '6']\npass = 'stdio'\noutputs = ['b']\n\
                [jobs.join]\nexec = ['./join']\ninputs = ['a', 'b']\n\
                [pipes]\na = { codec = 'bytes', block_size = 2, dummy = { value = \"?\\n\" } }\nb.codec = 'lines'\n";
    let one = "exec > $2; [ $life = 1 ] && { seq 1 3; printf 4; kill -9 $$; }; seq 5 6";
    let join = "exec 3< $2 4< $4; while read -r x <&3; do read -r y <&4; echo $x $y; done > $PIPELOOM_RUN_DIR/out";
    let run = scripts(toml, &[("one", one), ("join", join)]).run().stderr_has(AGAIN).exits(0);
    let run = run.file("run/out", "1 1\n2 2\n3 3\n? 4\n5 5\n6 6\n");
    let tally = run.tally("a", "join");
    assert_eq!((tally.written, tally.torn, tally.dummies, tally.delivered), (5, 1, 1, 5), "{tally:?}");
}

#[test]
fn what_a_connector_had_not_read_is_lost_and_counted_and_a_join_behind_it_stays_in_step() {
    // Fault 3. In its first life the connector reads three lines, answers two, and dies with the others in its pipe.
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a', 'c']\n\
                [jobs.copy]\nexec = ['./copy']\ninputs = ['a']\noutputs = ['b']\nrestart.policy = 'on-failure'\n\
                [jobs.join]\nexec = ['./join']\ninputs = ['b', 'c']\n[pipes]\na.codec = 'lines'\nc.codec = 'lines'\n\
                b = { codec = 'lines', dummy = { value = 'lost' } }\n";
    let source = "exec > $2 3> $4; seq 1 10; seq 1 20 >&3; touch $PIPELOOM_RUN_DIR/ten; \
                  wait_for again; seq 11 20";
    let join = "exec 3< $2 4< $4; while read -r x <&3; do read -r y <&4; echo $x $y; done > $PIPELOOM_RUN_DIR/out";
    let run = scripts(toml, &[("source", source), ("copy", DIES_WITH_THE_THIRD), ("join", join)])
        .run()
        .stderr_has(AGAIN)
        .exits(0);
    let tally = run.tally("a", "copy");
    assert_eq!((tally.written, tally.delivered + tally.lost), (20, 20), "{tally:?}");
    // The shell reads one byte at a time; what of the ten the runtime had not yet put into the pipe, the next life was given.
    assert!((1..=7).contains(&tally.lost), "{tally:?}");
    let lost = tally.lost + 1;
    let line = |number: u64| match number {
        3.. if number < 3 + lost => format!("lost {number}\n"),
        _ => format!("{number} {number}\n"),
    };
    let tally = run.tally("b", "join");
    assert_eq!((tally.delivered, tally.dummies), (20 - lost, lost), "{tally:?}");
    run.file("run/out", (1..=20).map(line).collect::<String>());
}

#[test]
fn a_sink_that_is_killed_goes_on_at_the_beginning_of_a_block() {
    // Fault 8. The first life dies inside a block.
    let toml = "[jobs.source]\nexec = ['villain', 'source', '400', '1000']\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\nrestart.policy = 'on-failure'\n\
                [pipes.a]\ncodec = 'bytes'\nblock_size = 1000\n";
    let sink = "if [ $life = 1 ]; then exec < $2; head -c 2500 > $PIPELOOM_RUN_DIR/part; kill -9 $$; fi; \
                cat $2 > $PIPELOOM_RUN_DIR/rest";
    let run = scripts(toml, &[("sink", sink)]).run().stderr_has(AGAIN).exits(0);
    let rest = run.read("run/rest");
    assert_eq!(rest.len() % 1000, 0);
    let tally = run.tally("a", "sink");
    assert_eq!((tally.written, tally.delivered + tally.lost), (400, 400), "{tally:?}");
    // What the first life read whole was delivered, though it kept only a part.
    assert_eq!(tally.delivered, 2 + rest.len() as u64 / 1000, "{tally:?}");
}

#[test]
fn a_job_that_is_always_restarted_is_so_after_success_until_its_input_is_over() {
    let toml = "[jobs.source]\nexec = ['seq', '1', '6']\npass = 'stdio'\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n\
                restart = { policy = 'always', backoff_seconds = 0.001, max_restarts = 100 }\n\
                [pipes.a]\ncodec = 'lines'\n";
    let sink = "exec < $2; read x && echo $x >> $PIPELOOM_RUN_DIR/out; exit 0";
    let run = scripts(toml, &[("sink", sink)]).run().exits(0).job_ended("sink", JobEnd::Ended);
    assert!(lives(&run, "sink").iter().all(Option::is_none), "{:?}", lives(&run, "sink"));
    // `read` takes one byte at a time, so what comes after the line is left in the pipe, and lost.
    let tally = run.tally("a", "sink");
    assert_eq!((tally.written, tally.delivered + tally.lost), (6, 6), "{tally:?}");
    assert!(run.text("run/out").starts_with("1\n"));
}

#[test]
fn a_job_that_crashes_at_once_is_given_up_after_as_many_restarts_as_it_may_have() {
    // Fault 19.
    let toml = "[jobs.it]\nexec = ['false']\n\
                restart = { policy = 'always', backoff_seconds = 0.001, max_restarts = 3, window_seconds = 100 }\n";
    let run = network(toml).run().exits(1);
    assert_eq!(lives(&run, "it").len(), 3);
    let expected = "exit status 1; restarted 3 times within 100 s";
    assert_eq!(run.failure("it").message, expected);
}

#[test]
fn a_job_that_is_given_up_and_isolated_lets_the_rest_run_on() {
    // Fault 19.
    let toml = "[jobs.it]\nexec = ['false']\non_failure = 'isolate'\noutputs = ['a']\n\
                restart = { policy = 'on-failure', backoff_seconds = 0.001, max_restarts = 2 }\n\
                [jobs.other]\nexec = ['seq', '3']\npass = 'stdio'\noutputs = ['b']\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a', 'b']\n[pipes]\na.codec = 'lines'\nb.codec = 'stream'\n";
    let run = scripts(toml, &[("sink", "cat $2 $4 > $PIPELOOM_RUN_DIR/out")]).run().exits(1);
    assert_eq!(run.failures(), ["it"]);
    run.file("run/out", lines(1, 3));
}

#[test]
fn a_job_whose_program_has_gone_is_not_started_a_third_time() {
    let toml = "[jobs.it]\nexec = ['./it']\nrestart.policy = 'always'\n";
    let run = scripts(toml, &[("it", "rm $0; exit 1")]).run().exits(1);
    assert_eq!(lives(&run, "it").len(), 1);
    assert_eq!(run.failure("it").kind, CauseKind::Start);
}

#[test]
fn a_job_that_was_given_all_its_inputs_is_not_restarted() {
    let toml = "[jobs.source]\nexec = ['seq', '3']\npass = 'stdio'\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\nrestart.policy = 'on-failure'\n[pipes.a]\ncodec = 'lines'\n";
    let run = scripts(toml, &[("sink", "cat $2 > $PIPELOOM_RUN_DIR/out; exit 3")]).run().exits(1);
    assert_eq!(lives(&run, "sink"), []);
    let why = "exit status 3; not started again, as it had been given all of its input";
    run.file("run/out", lines(1, 3)).job_failed("sink", CauseKind::Exit, why);
}

#[test]
fn a_job_that_ends_well_again_and_again_has_failed_when_its_restarts_are_used_up() {
    let toml = "[jobs.source]\nexec = ['seq', '100000']\npass = 'stdio'\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['head', '-n', '1']\npass = 'stdio'\ninputs = ['a']\n\
                restart = { policy = 'always', backoff_seconds = 0.001, max_restarts = 2 }\n[pipes.a]\ncodec = 'lines'\n";
    let why = "ended before its stream was finished; restarted 2 times within 60 s";
    network(toml).run().stderr_has(why).exits(1).job_failed("sink", CauseKind::Exit, why);
}

#[test]
fn a_stop_comes_while_a_restart_is_waited_for_and_nothing_is_started_any_more() {
    // Fault 20.
    let toml = "[jobs.it]\nexec = ['false']\nrestart = { policy = 'always', backoff_seconds = 1000, backoff_max_seconds = 1000 }\n\
                [jobs.other]\nexec = ['villain', 'blank']\n";
    let mut running = network(toml).start();
    running.until("that it waits for its restart", |event| match event {
        Event::JobRestarting { job, .. } if job == "it" => Some(()),
        _ => None,
    });
    running.signal(Signal::TERM);
    let run = running.end().exits(130).job_ended("it", JobEnd::Stopped);
    let starts =
        run.events().iter().filter(|event| matches!(event, Event::JobStarted { job, .. } if job == "it")).count();
    assert_eq!(starts, 1);
}

#[test]
fn what_a_life_left_is_gone_before_the_next_one_begins() {
    // Fault 18.
    let toml = "[jobs.it]\nexec = ['./it']\nrestart = { policy = 'on-failure', backoff_seconds = 0.001 }\n";
    let it = "if [ $life = 1 ]; then sleep 1000 & echo $! > $PIPELOOM_RUN_DIR/left; exit 1; fi; \
              kill -0 $(cat $PIPELOOM_RUN_DIR/left) 2> /dev/null && echo there > $PIPELOOM_RUN_DIR/out; exit 0";
    let run = scripts(toml, &[("it", it)]).run().stderr_has(AGAIN).exits(0);
    assert!(!run.path("run/out").exists());
    run.warned("it", "left processes behind");
}

#[test]
fn each_life_is_given_its_pipes_in_the_way_the_file_says() {
    for (pass, read) in [("path", "cat $2"), ("fd", "cat <&$2"), ("stdio", "cat")] {
        let toml = format!(
            "[jobs.source]\nexec = ['seq', '1', '2000']\npass = 'stdio'\noutputs = ['a']\n\
             [jobs.copy]\nexec = ['./copy']\npass = '{pass}'\ninputs = ['a']\noutputs = ['b']\nrestart.policy = 'on-failure'\n\
             [jobs.sink]\nexec = ['./sink']\ninputs = ['b']\n[pipes]\na = {{ codec = 'lines', capacity_bytes = 4096 }}\nb.codec = 'lines'\n"
        );
        let write = match pass {
            "path" => "$4",
            "fd" => "&$4",
            _ => "&1",
        };
        let copy = format!("[ $life = 1 ] && kill -9 $$\n{read} >{write}");
        let run = scripts(&toml, &[("copy", &copy), ("sink", "cat $2 > $PIPELOOM_RUN_DIR/out")])
            .run()
            .stderr_has(AGAIN)
            .exits(0);
        assert_eq!(lives(&run, "copy").len(), 1, "{pass}");
        assert!(run.text("run/out").ends_with("\n2000\n"), "{pass}");
        let tally = run.tally("a", "copy");
        assert_eq!((tally.written, tally.delivered + tally.lost), (2000, 2000), "{pass}: {tally:?}");
    }
}

#[test]
fn a_restarted_jobs_log_has_all_its_lives() {
    let toml = "[jobs.it]\nexec = ['./it']\nrestart = { policy = 'on-failure', backoff_seconds = 0.001 }\n";
    let run = scripts(toml, &[("it", "echo life $life; [ $life = 3 ] || exit 1")]).run().stderr_has(AGAIN).exits(0);
    run.file("run/logs/it.stdout.log", "life 1\nlife 2\nlife 3\n");
}

#[test]
fn a_failure_is_told_with_the_last_words_of_its_own_life() {
    // It once had those of the life before.
    let toml = "[jobs.it]\nexec = ['./it']\n\
                restart = { policy = 'on-failure', backoff_seconds = 0.001, max_restarts = 1 }\n";
    let run = scripts(toml, &[("it", "[ $life = 1 ] && echo disk on fire >&2; exit 3")]).run().exits(1);
    assert_eq!(run.failure("it").last_lines, [""; 0]);
}

#[test]
fn a_program_that_is_killed_from_outside_is_another_process_afterwards() {
    let toml = "[jobs.it]\nexec = ['villain', 'blank']\nrestart.policy = 'on-failure'\n";
    let mut running = network(toml).start();
    let first = running.ready("it");
    send(first, Signal::KILL);
    let second = running.until("its second life", |event| match event {
        Event::JobStarted { job, incarnation: 2, pid, .. } if job == "it" => Some(*pid),
        _ => None,
    });
    assert_ne!(second, Some(first.as_raw()));
    running.signal(Signal::TERM);
    running.end().exits(130);
}

/// A native job that does `deed` at its second block, beside a way around it.
fn villain_in_a_plugin(deed: &str) -> Test {
    network(format!(
        "[jobs.source]\nexec = ['sh', '-c', 'seq 1 5 | tee $4 > $2', '-']\noutputs = ['a', 'c']\n\
         [jobs.it]\nplugin = '{}'\njob = 'villain'\nargs.deed = '{deed}'\ninputs = ['a']\noutputs = ['b']\n\
         restart = {{ policy = 'on-failure', backoff_seconds = 0.001, max_restarts = 2 }}\n\
         [jobs.join]\nexec = ['sh', '-c', 'paste -d\" \" $2 $4 > $PIPELOOM_RUN_DIR/out', '-']\ninputs = ['b', 'c']\n\
         [pipes]\na.codec = 'lines'\nb = {{ codec = 'lines', dummy = {{ value = '-' }} }}\nc.codec = 'lines'\n",
        plugin().display()
    ))
}

#[test]
fn a_native_job_is_made_anew_and_goes_on_behind_the_block_with_which_it_failed() {
    for (deed, message) in [("fail", "no number"), ("panic-in-step", "panicked: in step")] {
        let run = villain_in_a_plugin(deed).run().stderr_has(AGAIN).exits(0);
        let told = lives(&run, "it");
        assert!(matches!(&told[..], [Some(told)] if told.starts_with(message)), "{told:?}");
        let tally = run.tally("a", "it");
        assert_eq!((tally.written, tally.delivered, tally.lost), (5, 4, 1), "{deed}: {tally:?}");
        run.file("run/out", "1 1\n- 2\n3 3\n4 4\n5 5\n");
    }
}

#[test]
fn a_native_job_that_cannot_read_its_pipe_is_not_started_again_without_a_thread() {
    // It once was, and the run waited for it until it was stopped.
    let run = network(
        "[jobs.source]\nexec = ['sh', '-c', 'printf \"\\377\\377\\377\\377abc\" > $2', '-']\noutputs = ['a']\n\
         [jobs.sink]\nuse = 'bytes-sink'\nargs.path = '${run}/out'\ninputs = ['a']\n\
         restart = { policy = 'on-failure', backoff_seconds = 0.001 }\n[pipes.a]\ncodec = 'framed'\n",
    )
    .run()
    .exits(1);
    assert_eq!(lives(&run, "sink"), []);
    run.job_failed("sink", CauseKind::Flow, "pipe a");
}

#[test]
fn a_native_job_that_fails_each_time_is_given_up() {
    let run = villain_in_a_plugin("panic-in-setup").run().exits(1);
    assert_eq!(lives(&run, "it").len(), 2);
    run.job_failed("it", CauseKind::Panic, "in setup; restarted 2 times within 60 s");
}

#[test]
fn a_native_job_that_fails_before_its_first_step_loses_and_repeats_nothing() {
    // Each life once lost a block that nobody had given it, or had it counted as given again.
    for delivery in ["at-most-once", "at-least-once"] {
        let run = network(format!(
            "[jobs.source]\nexec = ['sh', '-c', 'seq 1 5 > $2', '-']\noutputs = ['a']\n\
             [jobs.it]\nplugin = '{}'\njob = 'villain'\nargs.deed = 'panic-in-setup'\ninputs = ['a']\noutputs = ['b']\n\
             restart = {{ policy = 'on-failure', backoff_seconds = 0.001, max_restarts = 2 }}\n\
             [jobs.sink]\nuse = 'null-sink'\ninputs = ['b']\n\
             [pipes]\na = {{ codec = 'lines', delivery = '{delivery}' }}\nb.codec = 'lines'\n",
            plugin().display()
        ))
        .run()
        .exits(1);
        assert_eq!(lives(&run, "it").len(), 2);
        let tally = run.tally("a", "it");
        assert_eq!((tally.lost, tally.repeated, tally.delivered), (0, 0, 0), "{delivery}: {tally:?}");
    }
}

#[test]
fn a_native_job_that_fails_after_its_last_block_is_not_made_anew() {
    let run = villain_in_a_plugin("panic-in-end").run().exits(1);
    assert_eq!(lives(&run, "it"), []);
    run.job_failed("it", CauseKind::Panic, "in end").file("run/out", "1 1\n2 2\n3 3\n4 4\n5 5\n");
}
