//! Runs that are gone on with after their runtime was killed, or after they did not end well.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use pipeloom_e2e::events::{Event, Outcome};
use pipeloom_e2e::{Run, Running, Signal, Test, until};
use pipeloom_job::Batch;
use pipeloom_spool::{Spool, SpoolLimits, SpoolSync};

use crate::lives::scripts;

/// A block as the sources here write it: the attempt of the run, and a number from 1 on.
type Line = (u32, u32);

fn line(text: &str) -> Line {
    let (attempt, number) = text.split_once('-').unwrap_or_else(|| panic!("{text:?} was written by nobody"));
    (attempt.parse().unwrap(), number.parse().unwrap())
}

/// What waits on disk for a reader. The spool itself stays as it is.
fn on_disk(run: &Path, name: &str) -> Vec<Line> {
    let (from, copy) = (run.join("spool").join(name), tempfile::tempdir().unwrap());
    let Ok(files) = fs::read_dir(from) else { return Vec::new() };
    fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o700)).unwrap();
    for file in files.map(Result::unwrap) {
        // One that is done may go meanwhile.
        let _ = fs::copy(file.path(), copy.path().join(file.file_name()));
    }
    let limits = SpoolLimits { max_bytes: 1 << 30, segment_bytes: 16 << 20, max_block_bytes: 1 << 28 };
    let Ok((mut spool, _)) = Spool::recover(copy.path(), limits, SpoolSync::Never) else { return Vec::new() };
    let (mut batch, mut lines) = (Batch::new(), Vec::new());
    while !spool.read(1000, usize::MAX, &mut batch).unwrap().is_empty() {
        lines.extend(batch.iter().map(|(_, block)| line(std::str::from_utf8(block.bytes).unwrap())));
    }
    lines
}

fn seen(path: &Path) -> Vec<Line> {
    fs::read_to_string(path).unwrap_or_default().lines().map(line).collect()
}

/// Expects that all lines of each attempt were seen from the first to the last that anybody knows of, and that none came again
/// but `undone` ones.
#[track_caller]
fn complete(seen: &[Line], known: &BTreeSet<Line>, undone: &BTreeSet<Line>) {
    let once: BTreeSet<Line> = seen.iter().copied().collect();
    let last = |attempt| known.iter().chain(&once).filter(|line| line.0 == attempt).map(|line| line.1).max();
    for attempt in 1..=9 {
        let missing: Vec<u32> =
            (1..=last(attempt).unwrap_or(0)).filter(|number| !once.contains(&(attempt, *number))).collect();
        assert!(missing.is_empty(), "of attempt {attempt} were not seen: {missing:?}");
    }
    let mut met = BTreeSet::new();
    let twice: Vec<&Line> = seen.iter().filter(|line| !met.insert(**line) && !undone.contains(line)).collect();
    assert!(twice.is_empty(), "done, and seen again: {twice:?}");
}

/// A moment that is another one in each test run.
fn moment() -> Duration {
    Duration::from_millis(u64::from(std::process::id().wrapping_mul(2_654_435_761) >> 16) % 60)
}

const SOURCE: &str = "exec > $2; i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo $PIPELOOM_ATTEMPT-$i; done; \
                      until [ $PIPELOOM_ATTEMPT -gt 2 ]; do sleep 0.05; done";

/// A source that lives until the third attempt, a slow program, and a native sink, with a spool before each.
fn chain() -> Test {
    let promise = "{ codec = 'lines', delivery = 'at-least-once', when_full = 'spool' }";
    let toml = format!(
        "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n\
         [jobs.copy]\nexec = ['./copy']\ninputs = ['a']\noutputs = ['b']\n\
         [jobs.save]\nuse = 'lines-sink'\nargs.path = '${{run}}/out'\ninputs = ['b']\n\
         [pipes]\na = {promise}\nb = {promise}\n"
    );
    scripts(&toml, &[("source", SOURCE), ("copy", "exec < $2 > $4; while read x; do echo $x; sleep 0.002; done")])
}

fn lines_in(run: &Running, name: &str) -> usize {
    seen(&run.path(name)).len()
}

/// Waits until a sink has seen so many lines more, and then a little while.
#[track_caller]
fn goes_on(run: &Running, file: &str, more: usize) {
    let before = lines_in(run, file);
    until("that more arrives", Duration::from_secs(20), || lines_in(run, file) >= before + more);
    run.goes_on_for(moment());
}

#[test]
fn what_waits_on_disk_survives_two_kills_and_is_not_given_again_once_it_is_done() {
    let (mut known, mut undone) = (BTreeSet::new(), BTreeSet::new());
    let mut remember = |test: &Test| {
        let left: Vec<Line> = ["a@copy", "b@save"].iter().flat_map(|spool| on_disk(&test.path("run"), spool)).collect();
        known.extend(left.iter().copied());
        undone.extend(left);
    };
    let mut run = chain().start();
    goes_on(&run, "run/out", 20);
    run.signal(Signal::KILL);
    let test = run.end_to_resume();
    remember(&test);

    let mut run = test.start_again();
    goes_on(&run, "run/out", 20);
    run.crash();
    let test = run.end_to_resume();
    remember(&test);

    let run = test.resume().exits(0);
    complete(&seen(&run.path("run/out")), &known, &undone);
    assert!(known.len() > 500, "most had to wait: {}", known.len());
    assert!(!run.path("run/spool").exists(), "all is done");
    let resumed: Vec<(u32, u32)> = run.events().into_iter().filter_map(resumed).collect();
    assert_eq!(resumed, [(2, 1), (3, 2)]);
}

fn resumed(event: Event) -> Option<(u32, u32)> {
    if let Event::RunResumed { attempt, epoch, .. } = event { Some((attempt, epoch)) } else { None }
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_does() {
    let mut run = chain().start();
    goes_on(&run, "run/out", 20);
    run.signal(Signal::INT);
    run.until("that it is stopped", |event| matches!(event, Event::Stopping { .. }).then_some(()));
    run.signal(Signal::INT);
    let test = run.end_to_resume();
    let known: BTreeSet<Line> = on_disk(&test.path("run"), "a@copy").into_iter().collect();
    assert!(known.contains(&(1, 500)), "the last one waits");

    let mut run = test.resume_with(&[]);
    goes_on(&run, "run/out", 20);
    run.signal(Signal::INT);
    run.goes_on_for(Duration::from_millis(50));
    run.signal(Signal::INT);
    let run = run.end().stderr_has("blocks wait on disk; go on with `pipeloom run --resume /").exits(130);
    let left: u64 = run
        .events()
        .iter()
        .map(|event| match event {
            Event::PipeClosed(tally) => tally.on_disk,
            _ => 0,
        })
        .sum();
    assert!(left > 0);
    let seen = seen(&run.path("run/out"));
    let undone: BTreeSet<Line> = known.clone();
    assert!(seen.len() > 40 && seen.iter().collect::<BTreeSet<_>>().len() + 10 > seen.len(), "{undone:?}");
}

/// Two sources of as many lines, and a slow program that joins them, with a spool for each.
fn join() -> Test {
    let promise = "{ codec = 'lines', delivery = 'at-least-once', when_full = 'spool' }";
    let toml = format!(
        "[jobs.one]\nexec = ['./source']\noutputs = ['a']\n[jobs.two]\nexec = ['./source']\noutputs = ['b']\n\
         [jobs.join]\nexec = ['./join']\ninputs = ['a', 'b']\noutputs = ['c']\n\
         [jobs.save]\nuse = 'lines-sink'\nargs.path = '${{run}}/out'\ninputs = ['c']\n\
         [pipes]\na = {promise}\nb = {promise}\nc = {promise}\n"
    );
    let join = "exec 3< $2 4< $4 > $6; while read x <&3; do read y <&4; echo $x $y; sleep 0.002; done";
    scripts(&toml, &[("source", SOURCE), ("join", join)])
}

/// How many lines were written to the spools of a run, done or not.
fn is_all_on_disk(run: &Running, attempt: u32) -> bool {
    ["a@join", "b@join"].iter().all(|name| on_disk(&run.path("run"), name).last() == Some(&(attempt, 500)))
}

#[test]
fn a_join_goes_on_in_step_from_the_first_blocks_that_are_not_done() {
    let mut run = join().start();
    let rows = |run: &Running| fs::read_to_string(run.path("run/out")).unwrap_or_default().lines().count();
    for attempt in [1, 2] {
        let before = rows(&run);
        until("that all waits on disk", Duration::from_secs(20), || is_all_on_disk(&run, attempt));
        until("that more arrives", Duration::from_secs(20), || rows(&run) >= before + 10);
        run.goes_on_for(moment());
        run.signal(Signal::KILL);
        run = run.end_to_resume().start_again();
    }
    let run = run.end().exits(0);
    let text = run.text("run/out");
    let mut numbers = Vec::new();
    for row in text.lines() {
        let (one, two) = row.split_once(' ').unwrap_or_else(|| panic!("half a row: {row:?}"));
        assert_eq!(one, two, "in step");
        numbers.push(line(one));
    }
    let all: BTreeSet<Line> = (1..=3).flat_map(|attempt| (1..=500).map(move |number| (attempt, number))).collect();
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), all);
    assert!(numbers.len() <= all.len() + 20, "{} rows came again", numbers.len() - all.len());
}

#[test]
fn a_program_that_has_done_nothing_before_its_end_is_given_all_again() {
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n[jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n\
                [pipes]\na = { codec = 'lines', delivery = 'at-least-once', ack = 'end', when_full = 'spool' }\n";
    let sink = "cat $2 > $PIPELOOM_RUN_DIR/out.$PIPELOOM_ATTEMPT";
    let mut run = scripts(toml, &[("source", SOURCE), ("sink", sink)]).start();
    let out = run.path("run/out.1");
    until("that the sink has all", Duration::from_secs(20), || seen(&out).last() == Some(&(1, 500)));
    run.signal(Signal::KILL);
    let mut run = run.end_to_resume().start_again();
    let out = run.path("run/out.2");
    until("that the sink has all again", Duration::from_secs(20), || seen(&out).last() == Some(&(2, 500)));
    run.signal(Signal::KILL);
    let run = run.end_to_resume().resume().exits(0);
    let all: Vec<Line> = (1..=3).flat_map(|attempt| (1..=500).map(move |number| (attempt, number))).collect();
    assert_eq!(seen(&run.path("run/out.3")), all);
}

#[test]
fn what_was_only_on_its_way_is_lost_where_nothing_is_promised() {
    let toml = "[jobs.source]\nexec = ['./source']\noutputs = ['a']\n[jobs.sink]\nexec = ['./sink']\ninputs = ['a']\n\
                [pipes]\na = { codec = 'lines', when_full = 'spool', max_queue = 2, capacity_bytes = 4096 }\n";
    let source = SOURCE.replace("-lt 500", "-lt 2000").replace("-gt 2", "-gt 1");
    let sink = "while read x; do echo $x; sleep 0.001; done < $2 >> $PIPELOOM_RUN_DIR/out";
    let mut run = scripts(toml, &[("source", &source), ("sink", sink)]).start();
    goes_on(&run, "run/out", 20);
    run.signal(Signal::KILL);
    let test = run.end_to_resume();
    let left = on_disk(&test.path("run"), "a@sink");
    let run = test.within(Duration::from_secs(120)).resume().exits(0);
    let seen = seen(&run.path("run/out"));
    let once: BTreeSet<Line> = seen.iter().copied().collect();
    assert_eq!(once.len(), seen.len(), "nothing comes twice");
    assert!(left.iter().all(|line| once.contains(line)), "what was on disk arrives");
}

/// A run of the chain that was killed with much on disk.
fn killed() -> Test {
    let mut run = chain().start();
    until("that all is written", Duration::from_secs(20), || {
        on_disk(&run.path("run"), "a@copy").last() == Some(&(1, 500))
    });
    run.signal(Signal::KILL);
    run.end_to_resume()
}

#[test]
fn of_a_damaged_spool_the_beginning_counts_and_it_is_told() {
    let test = killed();
    let folder = test.path("run/spool/a@copy");
    let is_segment = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "blocks");
    let segments = || fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(is_segment);
    let last = segments().max().unwrap();
    let mut bytes = fs::read(&last).unwrap();
    let place = bytes.len() - 1000;
    bytes[place] ^= 4;
    fs::write(&last, bytes).unwrap();
    let whole = on_disk(&test.path("run"), "a@copy");
    assert!(whole.len() > 10 && whole.last() != Some(&(1, 500)));
    let mut run = test.start_again();
    let warned = run.until("a warning", |event| match event {
        Event::Warning { message, .. } if message.starts_with("pipe a: ") => Some(message.clone()),
        _ => None,
    });
    assert!(warned.contains("what waits on disk is not as it was written") && warned.contains("checksum"), "{warned}");
    let end = *whole.last().unwrap();
    until("what is whole", Duration::from_secs(20), || seen(&run.path("run/out")).contains(&end));
    run.signal(Signal::KILL);
    let _ = run.end_to_resume();
}

#[test]
fn a_spool_of_no_pipe_is_named() {
    let test = killed();
    fs::create_dir(test.path("run/spool/other@job")).unwrap();
    let run = test.resume().stderr_has("run/spool/other@job is no spool of this network").exits(2);
    assert!(run.path("run/spool/a@copy").exists(), "the others are as they were");
}

#[test]
fn parameters_and_the_files_own_folder_are_those_of_the_run() {
    let toml = "[params]\nword = 'nothing'\n[jobs.source]\nexec = ['./source', '${word}']\nenv.LATE = 'never'\noutputs = ['a']\n\
                [jobs.save]\nuse = 'lines-sink'\nargs.path = '${run}/out'\ninputs = ['a']\n\
                [pipes]\na = { codec = 'lines', delivery = 'at-least-once', when_full = 'spool' }\n";
    let source = "exec > $3; echo $1 $LATE; [ $PIPELOOM_ATTEMPT = 2 ] || sleep 77";
    let test = scripts(toml, &[("source", source)])
        .arg("--param")
        .arg("word=other")
        .arg("--set")
        .arg("jobs.source.env.LATE=late");
    let mut run = test.start();
    until("that something is seen", Duration::from_secs(20), || {
        run.path("run/out").metadata().is_ok_and(|out| out.len() > 0)
    });
    run.signal(Signal::KILL);
    let test = run.end_to_resume().file("network.toml", "nobody reads this");
    let run = test.resume().exits(0);
    let out = fs::read_to_string(run.path("run/out")).unwrap();
    assert!(out.lines().all(|line| line == "other late"), "{out}");
    // The kill may have come before the line counted as done; then it is given once more.
    assert!((2..=3).contains(&out.lines().count()), "{out}");
}

/// What is said when a run cannot be gone on with.
#[track_caller]
fn refused(test: Test, words: &str) -> Run {
    test.resume().stderr_has(words).exits(2)
}

#[test]
fn a_run_that_goes_on_or_has_finished_or_is_none_is_not_resumed() {
    let mut run = chain().start();
    run.started("copy");
    assert!(run.try_resume().contains("goes on: stop it before it is resumed"));
    run.signal(Signal::KILL);
    let _ = run.end_to_resume();

    let toml = "[jobs.source]\nexec = ['true']\noutputs = ['a']\n[jobs.sink]\nexec = ['true']\ninputs = ['a']\n[pipes]\na.codec = 'lines'\n";
    let run = pipeloom_e2e::network(toml).start();
    run.until("its end", |event| match event {
        Event::RunEnded { outcome, .. } => (*outcome == Outcome::Finished).then_some(()),
        _ => None,
    });
    refused(run.end_to_resume(), "finished well: there is nothing to go on with");
    refused(pipeloom_e2e::network(toml), "there is no run in");
    refused(pipeloom_e2e::network(toml).file("run/events.jsonl", "nonsense\n"), "run directory");
}
