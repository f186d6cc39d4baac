//! There is no room for what is recorded of a run. The run goes on, and what is lost is counted and told.

use std::time::Duration;

use pipeloom_e2e::events::Event;
use pipeloom_e2e::{Run, Test, may_mount, network, skipped};

/// A program that says much on standard error, then passes its input on.
const LOUD: &str = r#"
    [jobs.count]
    use = "count"
    args = { to = 9 }
    outputs = ["numbers"]
    [jobs.loud]
    exec = ["sh", "-c", "yes 0123456789abcde | head -c 1600000 >&2; exec cat"]
    pass = "stdio"
    inputs = ["numbers"]
    outputs = ["same"]
    [jobs.sink]
    use = "null-sink"
    inputs = ["same"]
    [pipes]
    numbers.codec = "lines"
    same.codec = "lines"
"#;

/// The network, run by a command whose files may not be longer than so many bytes.
fn with_files_up_to(bytes: u64, toml: &str) -> Test {
    let script = format!("ulimit -f {}; exec \"$@\"", bytes / 512);
    network(toml).through(&["sh", "-c", &script, "sh"])
}

/// The warnings that were told while the run went on, about `job` or the run.
fn warnings(told: &[Event], about: Option<&str>) -> Vec<String> {
    let warning = |event: &Event| match event {
        Event::Warning { job, message } if job.as_deref() == about => Some(message.clone()),
        _ => None,
    };
    told.iter().filter_map(warning).collect()
}

/// The network's only fault is that it has no room.
#[track_caller]
fn went_well(run: Run) -> Run {
    run.delivered("numbers", "loud", 10).delivered("same", "sink", 10)
}

#[test]
fn a_log_for_which_there_is_no_room_stops_nobody_and_is_told_once() {
    // Fault 66.
    let run = with_files_up_to(16_384, LOUD).start().end();
    let told = run.told();
    let warned = warnings(&told, Some("loud"));
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].starts_with("its log cannot be written: File too large"), "{warned:?}");
    assert_eq!(warned[1], "1583616 bytes of its output are not in its log");
    let run = went_well(run.exits(0));
    assert_eq!(run.text("run/logs/loud.stderr.log"), "0123456789abcde\n".repeat(1024));
}

#[test]
fn a_record_for_which_there_is_no_room_has_whole_events_and_the_others_are_counted() {
    // Fault 66.
    let talks = r#"
        [jobs.talk]
        exec = ["sh", "-c", "for n in $(seq 200); do echo '{\"status\": \"'$n'\"}' >&3; done"]
    "#;
    let run = with_files_up_to(8_192, talks).start().end();
    let told = run.told();
    let warned = warnings(&told, None);
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].starts_with("the run's events cannot be written: File too large"), "{warned:?}");
    let lost: usize = warned[1].strip_suffix(" events are not in the run's record").unwrap().parse().unwrap();
    // The first of these warnings is told only to those who listen; the second and the run's end come after the count.
    let missing = told.len() - 1 - run.exits(0).events().len();
    assert!(lost > 100 && (lost..=lost + 2).contains(&missing), "{missing} are missing, {lost} are told");
}

#[test]
fn a_result_and_an_end_for_which_there_is_no_room_are_told_to_those_who_listen() {
    // Fault 66.
    let talks = r#"
        [jobs.talk]
        exec = ["sh", "-c", "for n in $(seq 200); do echo '{\"status\": \"'$n'\"}' >&3; done; echo '{\"result\": 42}' >&3"]
    "#;
    let run = with_files_up_to(8_192, talks).start().end();
    let told = run.told();
    let recorded = run.exits(0).events();
    let is_result = |event: &&Event| matches!(event, Event::Result { result, .. } if result == 42);
    let is_end = |event: &&Event| matches!(event, Event::RunEnded { .. });
    assert!(told.iter().any(|event| is_result(&event)) && told.last().is_some_and(|event| is_end(&event)));
    assert_eq!(recorded.iter().filter(is_result).chain(recorded.iter().filter(is_end)).count(), 0);
    let last = warnings(&told, None).pop().unwrap();
    assert!(last.ends_with(" events are not in the run's record"), "{last}");
}

#[test]
fn a_full_disk_stops_nobody() {
    // Fault 66, with a file system of its own for the run's directory.
    const MOUNT: &str = "mkdir -m 700 run && mount -t tmpfs -o size=256k,mode=700 none run && exec \"$@\"";
    if let Err(lacking) = may_mount() {
        return skipped("a full disk", &format!("this is lacking: {lacking}"));
    }
    let run = network(LOUD).through(&["unshare", "--mount", "sh", "-c", MOUNT, "sh"]).start().end();
    let told = run.told();
    let warned = warnings(&told, Some("loud"));
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].starts_with("its log cannot be written: No space left on device"), "{warned:?}");
    // The file system has gone with the run, and the record with it.
    assert!(told.iter().any(|event| matches!(event, Event::PipeClosed(tally) if tally.delivered == 10)));
    assert_eq!(run.code(), Some(0));
}

#[test]
fn a_spool_that_is_synced_in_intervals_waits_for_room_as_any_other() {
    // It once failed the run. The sink is the first to make room, after it was told.
    const MOUNT: &str = "mkdir -m 700 run && mount -t tmpfs -o size=512k,mode=700 none run && exec \"$@\"";
    if let Err(lacking) = may_mount() {
        return skipped("a full disk", &format!("this is lacking: {lacking}"));
    }
    let toml = "[jobs.source]\nexec = ['villain', 'source', '2000', '1000']\noutputs = ['a']\n\
                [jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n[pipes.a]\ncodec = 'bytes'\nblock_size = 1000\n\
                when_full = 'spool'\nspool = { sync = 'interval' }\n";
    let sink = "#!/bin/sh\nexec < $2; until [ -e go ]; do sleep 0.01; done; exec wc -c";
    let full = network(toml).program("sink", sink).through(&["unshare", "--mount", "sh", "-c", MOUNT, "sh"]);
    let running = full.start();
    let warning = running.until("that the disk is full", |event| match event {
        Event::Warning { message, .. } if message.starts_with("pipe a: no room for ") => Some(message.clone()),
        _ => None,
    });
    assert!(warning.ends_with("its writer waits meanwhile"), "{warning}");
    // Longer than the interval: it is tried again, and told no more.
    running.goes_on_for(Duration::from_millis(2500));
    std::fs::write(running.path("go"), "").unwrap();
    let run = running.end();
    let delivered = |event: &Event| matches!(event, Event::PipeClosed(tally) if tally.delivered == 2000);
    assert!(run.told().iter().any(delivered));
    assert_eq!(run.code(), Some(0));
}
