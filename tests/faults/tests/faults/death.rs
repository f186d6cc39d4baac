//! Jobs and the runtime are killed at random moments.

use pipeloom_faults::e2e::events::Event;
use pipeloom_faults::e2e::{Running, is_alive, is_halted, plugin, send, until};
use pipeloom_faults::{Blocks, Case, CauseKind, Chain, Issued, JobEnd, Middle, PipeEnding, Seen, Signal, fault};

use crate::flow::SOON;

#[test]
fn a01_kill_the_source_restart_never() {
    fault(1).seeds().each(|case| {
        let chain = Chain::random(case);
        let run = case.network(chain.toml()).start();
        case.after(&run, "source", chain.progress(case));
        case.strike(&run, "source", Signal::KILL);
        let over = case.over(run, 1);
        over.failed_first("source", CauseKind::Exit, "SIGKILL");
        over.all_through(&chain);
        // What the source had begun is counted where the runtime sees it, and nobody gets it.
        for (pipe, reader) in chain.legs().iter().filter(|(pipe, _)| *pipe == "a") {
            let ending = over.run().tally(pipe, reader).ending;
            let is_end = matches!(ending, Some(PipeEnding::Ended | PipeEnding::Torn { .. }));
            over.require(is_end, || format!("{pipe} to {reader} ends by {ending:?}"));
        }
    });
}

#[test]
fn a01_kill_the_source_inside_a_line() {
    fault(1).once().each(|case| {
        let run = case
            .network(
                r#"
                [jobs.source]
                exec = ["sh", "-c", "printf '1\n22\n33' > \"$2\"; kill -9 $$", "sh"]
                outputs = ["a"]
                [jobs.sink]
                use = "lines-sink"
                args = { path = "lines.txt" }
                inputs = ["a"]
                [pipes]
                a.codec = "lines"
                "#,
            )
            .start();
        case.has_fault();
        let over = case.over(run, 1);
        over.failed_first("source", CauseKind::Exit, "SIGKILL");
        // It might have become 333.
        assert_eq!(over.run().text("lines.txt"), "1\n22\n");
        assert_eq!(over.run().tally("a", "sink").ending, Some(PipeEnding::Torn { bytes: 2 }));
    });
}

#[test]
fn a06_kill_a_sink_restart_never() {
    fault(6).seeds().each(|case| {
        let chain = Chain::random(case);
        let run = case.network(chain.toml()).start();
        case.after(&run, "source", chain.progress(case));
        case.strike(&run, "sink", Signal::KILL);
        let over = case.over(run, 1);
        over.failed_first("sink", CauseKind::Exit, "SIGKILL");
        let seen = over.prefix("source", "sink", 0);
        if chain.legs().iter().any(|leg| *leg == (chain.last(), "sink")) {
            over.cut_short(chain.last(), "sink", chain.blocks, &seen);
        }
    });
}

/// Waits until a sink sees more than it has.
#[track_caller]
pub(crate) fn goes_on(run: &Running, sink: &str) {
    let seen = || Seen::read(run.dir(), sink, 0).count();
    let before = seen();
    until(&format!("that {sink} goes on"), SOON, || seen() > before);
}

/// Kills one of two sinks; nobody else takes notice of it.
#[track_caller]
fn one_of_two_is_killed(case: &Case, blocks: Blocks) {
    let chain = Chain::new(blocks, case.pick(&[Middle::Fan, Middle::WholeFan]));
    let chain = chain.sink_keys("on_failure = \"isolate\"");
    let mut run = case.network(chain.toml()).start();
    case.after(&run, "source", chain.progress(case));
    case.strike(&run, "sink", Signal::KILL);
    goes_on(&run, "other");
    case.recovered();
    run.signal(Signal::TERM);
    let over = case.over(run, 130);
    over.failed_first("sink", CauseKind::Exit, "SIGKILL");
    let seen = over.prefix("source", "sink", 0);
    over.cut_short("a", "sink", blocks, &seen);
    let (other, tally) = (over.all_arrived("source", "other", 0), over.run().tally("a", "other"));
    assert_eq!((tally.written, tally.delivered), (other.count(), other.count()), "{tally:?}");
    // The source may have been stopped inside a block.
    assert!(other.torn.is_none() || chain.hands_on_parts(), "{tally:?}");
    assert_eq!(over.end("source"), Some(JobEnd::Stopped));
}

#[test]
fn a06_kill_one_sink_of_two_that_is_isolated() {
    fault(6).seeds().each(|case| one_of_two_is_killed(case, Blocks::random(case)));
}

#[test]
fn a07_kill_a_writer_inside_a_block_of_a_mebibyte() {
    fault(7).seeds().each(|case| {
        let chain = Chain::new(Blocks::of(1 << 20), case.pick(&Middle::ALL));
        let run = case.network(chain.toml()).start();
        // Where a write ends is not known before: it is hardly ever the end of a block.
        case.after(&run, "source", case.number(1..=8 << 20));
        case.strike(&run, "source", Signal::KILL);
        let over = case.over(run, 1);
        over.failed_first("source", CauseKind::Exit, "SIGKILL");
        over.all_through(&chain);
    });
}

#[test]
fn a08_kill_a_reader_inside_a_block() {
    // The other reader, which goes on, begins and ends at the boundaries of blocks, unless the source itself is stopped inside one.
    fault(8).seeds().each(|case| one_of_two_is_killed(case, Blocks::between(1 << 19, 1 << 20)));
}

#[test]
fn a09_kill_all_jobs_at_once() {
    fault(9).seeds().each(|case| {
        let chain = Chain::random(case);
        let run = case.network(chain.toml()).start();
        case.after(&run, "source", chain.progress(case));
        let mut jobs = vec!["source"];
        jobs.extend(chain.sinks());
        jobs.extend((chain.middle == Middle::Program).then_some("pass"));
        let pids: Vec<_> = jobs.iter().map(|job| run.started(job)).collect();
        // Halted first, so that none ends because of another one before it is its turn.
        pids.iter().for_each(|pid| send(*pid, Signal::STOP));
        jobs.iter().for_each(|job| case.strike(&run, job, Signal::KILL));
        let over = case.over(run, 1);
        // That each has one end and no more is a rule of every history. One that nobody read any more has not failed, but what
        // befell it is told.
        for name in &jobs {
            let told = |event: &Event| match event {
                Event::JobFailed { job, cause } => job == name && cause.message.contains("SIGKILL"),
                Event::JobEnded { job, note: Some(note), .. } => job == name && note.contains("SIGKILL"),
                _ => false,
            };
            over.require(over.events().iter().any(told), || format!("{name} was killed, and nobody says so"));
        }
        chain.sinks().iter().for_each(|sink| drop(over.prefix("source", sink, 0)));
    });
}

#[test]
fn a10_kill_the_runtime() {
    fault(10).seeds().each(|case| {
        let chain = Chain::random(case);
        // A daemon besides, which nothing would tell that the runtime is gone.
        let daemon = "[jobs.parent]\nexec = ['sh', '-c', \"(setsid sh -c 'trap \\\"\\\" TERM; sleep 77; sleep 77' &); exec villain deaf\"]\n";
        let mut run = case.network(chain.toml() + daemon).start();
        let pid = case.after(&run, "source", chain.progress(case));
        run.ready("parent");
        case.strike_command(&mut run, Signal::KILL);
        let over = case.killed(run);
        assert!(!is_alive(pid));
        for sink in chain.sinks() {
            over.prefix("source", sink, 0);
        }
    });
}

#[test]
fn a10_kill_the_runtime_and_start_anew_in_its_place() {
    fault(10).seeds().each(|case| {
        let chain = Chain::random(case);
        let mut run = case.network(chain.toml()).start();
        case.after(&run, "source", chain.progress(case));
        case.strike_command(&mut run, Signal::KILL);
        let again = Chain::random(case).source("blocks=50");
        let test = run.end_leaving_fifos();
        // The accounts of the run before would be taken for this one's.
        for account in ["source.issued", "sink.seen.0", "other.seen.0"] {
            let _ = std::fs::remove_file(test.path(account));
        }
        let run = test.file("network.toml", again.toml()).start();
        case.over(run, 0).all_through(&again);
    });
}

/// A sink that has done nothing before it has ended well, and of which all waits on disk until then.
const KEPT: &str = "delivery = \"at-least-once\"\nack = \"end\"\nwindow_bytes = 1000000\nwhen_full = \"spool\"\n";

#[test]
fn a10_kill_the_runtime_and_resume() {
    fault(10).seeds().each(|case| {
        let spool = format!("{KEPT}spool = {{ sync = \"{}\" }}", case.pick(&["never", "interval", "each"]));
        let chain = Chain::seen(case).pipe_keys(&spool);
        let count = chain.count(case) / 4 + 2;
        let chain = chain.source(format!("blocks={count}")).source(format!("halt={}", count - 1));
        let mut run = case.network(chain.toml()).start();
        let (mut before, mut attempts) = (Vec::new(), 1);
        loop {
            // Each sink is given again at least what it was given before.
            let most = if attempts == 1 { count - 1 } else { before.len() as u64 };
            let least = case.number(1..=most);
            until("that the sink has seen enough", SOON, || {
                let seen = Seen::read(run.dir(), "sink", 0);
                seen.begins.len() == attempts && seen.last_life().count() as u64 >= least
            });
            if case.one_in(2) {
                run.crash();
                case.struck();
            } else {
                case.strike_command(&mut run, Signal::KILL);
            }
            let test = run.end_to_resume();
            before = Seen::read(test.dir(), "sink", 0).last_life().collect();
            // Once the source has no more, the run may end at any time.
            let is_last = Issued::read(test.dir(), "source").blocks + 1 >= count || attempts == 4;
            run = test.start_again();
            attempts += 1;
            run.until("an event of a job", |event| matches!(event, Event::JobStarted { .. }).then_some(()));
            case.recovered();
            if is_last {
                break;
            }
        }
        let source = run.started("source");
        until("that the source is halted or gone", SOON, || is_halted(source) || !is_alive(source));
        if is_alive(source) {
            send(source, Signal::CONT);
        }
        let over = case.over(run, 0);
        let seen = over.seen("sink", 0);
        let last: Vec<u64> = seen.last_life().collect();
        let missing = before.iter().filter(|number| !last.contains(number)).count();
        over.require(missing == 0, || format!("{missing} of the blocks that the spool had taken are lost"));
        over.require(last.is_sorted() && last.windows(2).all(|two| two[0] < two[1]), || "out of order".to_owned());
        let tally = over.run().tally(chain.last(), "sink");
        assert_eq!((tally.written, tally.delivered, tally.on_disk), (last.len() as u64, last.len() as u64, 0));
        assert!(!over.run().path("run/spool").exists(), "what was on disk is gone");
    });
}

/// A job that is gone at once, and a sink; this is what the job's shell is told, in which SOURCE writes blocks.
fn parent(blocks: Blocks, count: u64, linger: &str, script: &str) -> String {
    let source = blocks.source("source", &[&format!("blocks={count}")]);
    // The list of words as a shell has it.
    let words = source.lines().next().unwrap().trim_start_matches("exec = [").trim_end_matches(']').replace(", ", " ");
    format!(
        "[jobs.source]\nexec = [\"sh\", \"-c\", '''exec 9> \"$2\"; {}''', \"sh\"]\noutputs = [\"a\"]\n\
         stop.linger_seconds = {linger}\n[jobs.sink]\n{}\ninputs = [\"a\"]\n[pipes.a]\n{}\nconduit = \"relay\"\n",
        script.replace("SOURCE", &format!("{words} \"$@\"")),
        blocks.sink("sink", &[]),
        blocks.pipe()
    )
}

#[test]
fn a18_a_grandchild_goes_on_writing() {
    fault(18).seeds().each(|case| {
        let (blocks, count) = (Blocks::random(case), case.number(1..=300));
        let run = case.network(parent(blocks, count, "\"eof\"", "SOURCE &")).start();
        case.has_fault();
        let over = case.over(run, 0);
        assert_eq!(over.all_arrived("source", "sink", 0).count(), count);
        assert_eq!(over.end("source"), Some(JobEnd::Ended));
    });
}

#[test]
fn a18_a_grandchild_holds_the_pipe_for_ever() {
    fault(18).seeds().each(|case| {
        let (blocks, count) = (Blocks::random(case), case.number(1..=100));
        let linger = case.millis(50..=300).as_secs_f64().to_string();
        let run = case.network(parent(blocks, count, &linger, "SOURCE; setsid sleep 77 &")).start();
        case.has_fault();
        let over = case.over(run, 0);
        assert_eq!(over.all_arrived("source", "sink", 0).count(), count);
        let is_leak = |event: &Event| match event {
            Event::Warning { job: Some(job), message } => job == "source" && message.contains("left processes behind"),
            _ => false,
        };
        over.require(over.events().iter().any(is_leak), || "the leak is not reported".to_owned());
    });
}

#[test]
fn a22_downstream_has_enough() {
    fault(22).seeds().each(|case| {
        let enough = case.number(1..=2000);
        let chain = Chain::new(case.pick(&[Blocks::of(1000), Blocks::between(8, 5000)]), case.pick(&Middle::ALL))
            .sink(format!("only={enough}"));
        let run = case.network(chain.toml()).start();
        case.has_fault();
        let over = case.over(run, 0);
        for sink in chain.sinks() {
            assert_eq!(over.prefix("source", sink, 0).count(), enough);
            assert_eq!(over.end(sink), Some(JobEnd::Ended));
        }
        for (pipe, reader) in chain.legs() {
            let tally = over.run().tally(pipe, reader);
            assert!(tally.delivered >= enough, "{tally:?}");
        }
    });
}

#[test]
fn e63_kill_a_plugin_in_a_process_of_its_own() {
    fault(63).seeds().each(|case| {
        let blocks = case.pick(&[Blocks::of(1000), Blocks::between(8, 5000)]);
        let chain = Chain::new(blocks, Middle::Fan);
        let echo = format!(
            "[jobs.echo]\nplugin = '{}'\njob = 'echo'\nisolation = 'process'\ninputs = ['a']\noutputs = ['b']\n\
             on_failure = 'isolate'\n[jobs.behind]\n{}\ninputs = ['b']\n[pipes.b]\n{}\n",
            plugin().display(),
            blocks.sink("behind", &[]),
            blocks.pipe()
        );
        let mut run = case.network(chain.toml() + &echo).start();
        run.started("echo");
        case.after(&run, "source", chain.progress(case));
        case.strike(&run, "echo", Signal::KILL);
        run.until("the end of its reader", |event| {
            matches!(event, Event::JobEnded { job, .. } if job == "behind").then_some(())
        });
        // The rest goes on without it.
        goes_on(&run, "sink");
        case.recovered();
        run.signal(Signal::TERM);
        let over = case.over(run, 130);
        over.failed_first("echo", CauseKind::Exit, "SIGKILL");
        let behind = over.prefix("source", "behind", 0);
        let tally = over.run().tally("b", "behind");
        assert_eq!((tally.written, tally.delivered), (behind.count(), behind.count()), "{tally:?}");
        chain.sinks().iter().for_each(|sink| drop(over.all_arrived("source", sink, 0)));
    });
}
