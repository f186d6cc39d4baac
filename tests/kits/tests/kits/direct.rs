//! Two programs with a kit and nobody in between: what arrives, and what is said of it, is what it is with a relay.

use std::collections::BTreeMap;

use pipeloom_e2e::events::{Event, PipeEnding, PipeTally};
use pipeloom_e2e::{Ended, Run, Test, network};
use pipeloom_kits::Kit;

const JOBS: &str = include_str!("../../programs/direct.py");

/// A job of the file above.
fn python(class: &str) -> String {
    format!("python = \"jobs.py:{class}\"")
}

/// A program with a kit.
fn kitted(kit: Kit, deed: &str, values: &[u64]) -> String {
    kit.exec(deed, values) + "\nkit = true"
}

/// A job's table.
fn job(name: &str, how: &str, inputs: &[&str], outputs: &[&str]) -> String {
    format!("[jobs.{name}]\n{how}\ninputs = {inputs:?}\noutputs = {outputs:?}\n")
        .replace("inputs = []\n", "")
        .replace("outputs = []\n", "")
}

/// These jobs, and pipes called a, b and so on, each with what is said of it.
struct Network {
    jobs: String,
    pipes: Vec<&'static str>,
}

impl Network {
    fn new(jobs: impl IntoIterator<Item = String>, pipes: impl Into<Vec<&'static str>>) -> Network {
        Network { jobs: jobs.into_iter().collect(), pipes: pipes.into() }
    }

    fn test(&self, conduit: &str) -> Test {
        let pipes = ('a'..).zip(&self.pipes).map(|(name, pipe)| format!("[pipes.{name}]\n{pipe}\n{conduit}\n"));
        network(self.jobs.clone() + &pipes.collect::<String>()).file("jobs.py", JOBS)
    }

    fn direct(&self) -> Ended {
        self.test("").run()
    }

    fn relayed(&self) -> Ended {
        self.test("conduit = \"relay\"").run()
    }

    /// Runs it both ways, expecting this exit code each time, and gives the direct one.
    #[track_caller]
    fn is_the_same_both_ways(&self, code: i32) -> Run {
        let (direct, relayed) = (self.direct().exits(code), self.relayed().exits(code));
        assert_eq!(told(&direct), told(&relayed), "{}", self.jobs);
        assert!(direct.path("direct").exists() && !relayed.path("direct").exists(), "{}", self.jobs);
        direct
    }
}

/// All that there is to say of a run, apart from times and places.
#[derive(PartialEq, Debug, Default)]
struct Told {
    kept: Option<String>,
    ends: BTreeMap<String, String>,
    pipes: Vec<PipeTally>,
}

fn told(run: &Run) -> Told {
    let mut told = Told { kept: kept(run), ..Told::default() };
    for event in run.events() {
        match event {
            Event::JobEnded { job, end, note } => drop(told.ends.insert(job, format!("{end:?} {note:?}"))),
            Event::JobFailed { job, cause } => drop(told.ends.insert(job, cause.message)),
            // A relay whose reader goes before the writer does not see the stream's end.
            Event::PipeClosed(tally) => told.pipes.push(PipeTally { ending: None, ..tally }),
            _ => {}
        }
    }
    told
}

/// What the job of this name was given.
fn kept(run: &Run) -> Option<String> {
    run.path("kept").exists().then(|| run.text("kept"))
}

fn sources() -> [String; 3] {
    [kitted(Kit::Rust, "count", &[100]), kitted(Kit::C, "count", &[100]), python("Count")]
}

fn forwards() -> [String; 3] {
    [kitted(Kit::Rust, "forward", &[]), kitted(Kit::C, "forward", &[]), python("Forward")]
}

const LINES: &str = "codec = 'lines'";

#[test]
fn blocks_heads_counts_and_ends_are_the_same_for_every_pair_of_kits() {
    for source in sources() {
        for forward in forwards() {
            let jobs = [
                job("source", &source, &[], &["a"]),
                job("first", &forward, &["a"], &["b"]),
                job("second", &kitted(Kit::C, "forward", &[]), &["b"], &["c"]),
                job("keep", &python("Keep"), &["c"], &[]),
            ];
            let run = Network::new(jobs, [LINES; 3]).is_the_same_both_ways(0);
            let kept = kept(&run).unwrap();
            assert!(kept.starts_with("[[64]] ('1',)\n") && kept.ends_with("[[32]] ('100',)\n"), "{kept}");
            let tally = run.tally("c", "keep");
            assert_eq!((tally.delivered, tally.ending), (100, Some(PipeEnding::Finished)));
        }
    }
}

#[test]
fn joins_and_several_blocks_of_one_input_are_the_same() {
    for (first, second) in sources().iter().zip(sources().iter().rev()) {
        let jobs = [
            job("first", first, &[], &["a"]),
            job("second", second, &[], &["b"]),
            job("keep", &python("Keep"), &["a", "b"], &[]),
        ];
        let network = Network::new(jobs, [LINES, "codec = 'lines'\nblock_count = 2"]);
        // What was on its way on the first one when the second one ended is chance, so the counts are not compared.
        let [direct, relayed] = [network.direct(), network.relayed()].map(|ended| kept(&ended.exits(0)).unwrap());
        assert_eq!(direct, relayed);
        assert_eq!(direct.lines().count(), 50);
    }
}

#[test]
fn reset_bits_without_cause_are_cleared_and_counted() {
    let jobs = [
        job("source", &python("Count"), &[], &["a"]),
        job("reset", &python("Reset"), &["a"], &["b"]),
        job("keep", &python("Keep"), &["b"], &[]),
    ];
    let run = Network::new(jobs, [LINES; 2]).is_the_same_both_ways(0);
    assert_eq!(run.tally("b", "keep").false_resets, 9);
}

#[test]
fn a_source_that_ends_without_the_finished_bit_is_named() {
    let jobs = [job("source", &python("Ends"), &[], &["a"]), job("keep", &python("Keep"), &["a"], &[])];
    let run = Network::new(jobs, [LINES]).is_the_same_both_ways(0);
    assert_eq!(run.tally("a", "keep").ending, Some(PipeEnding::Ended));
}

#[test]
fn a_stream_without_blocks_is_told_too() {
    for forward in forwards() {
        let jobs = [
            job("source", &python("Silent"), &[], &["a"]),
            job("forward", &forward, &["a"], &["b"]),
            job("keep", &python("Keep"), &["b"], &[]),
        ];
        Network::new(jobs, [LINES; 2]).is_the_same_both_ways(0);
    }
}

#[test]
fn whole_blocks_of_a_writer_that_is_cut_off_arrive_and_its_reader_does_not_fail() {
    for forward in forwards() {
        let jobs = [
            job("source", &(python("CutOff") + "\non_failure = 'isolate'"), &[], &["a"]),
            job("forward", &forward.replace(":Forward", ":Plain"), &["a"], &["b"]),
            job("keep", &python("Keep"), &["b"], &[]),
        ];
        let run = Network::new(jobs, ["codec = 'bytes'\nblock_size = 4"; 2]).is_the_same_both_ways(1);
        let run = run.torn("a", "forward", 3);
        assert_eq!(kept(&run).unwrap(), "[[64]] (b'one,',)\n[[0]] (b'two,',)\n");
        assert_eq!(run.failures(), ["source"]);
    }
}

#[test]
fn a_reader_that_cuts_the_stream_into_other_blocks_than_were_written_fails() {
    for source in sources() {
        let jobs = [job("source", &source, &[], &["a"]), job("misreads", &python("Misreads"), &["a"], &[])];
        let run = Network::new(jobs, [LINES]).direct().stderr_has("job misreads failed: pipe a: ").exits(1);
        assert_eq!(run.failures(), ["misreads"]);
        let message = run.failure("misreads").message;
        assert!(message.contains("its writer source has written whole blocks"), "{message}");
        assert!(message.contains("look at the codec"), "{message}");
    }
}

#[test]
fn of_a_reader_that_is_killed_it_is_not_said_that_it_was_given_nothing() {
    for source in sources() {
        for forward in forwards() {
            let jobs = [
                job("source", &source, &[], &["a"]),
                job("forward", &forward, &["a"], &["b"]),
                job("killed", &(python("Killed") + "\non_failure = 'isolate'"), &["b"], &[]),
            ];
            let network = Network::new(jobs, [LINES; 2]);
            let [direct, relayed] = [network.direct(), network.relayed()].map(|ended| told(&ended.exits(1)));
            assert_eq!(direct.ends, relayed.ends);
            assert_eq!(direct.ends["killed"], "killed by SIGKILL");
            // How much it took, only it knew.
            let known: Vec<_> = direct.pipes.iter().map(|tally| tally.pipe.as_str()).collect();
            assert_eq!(known, ["a"]);
        }
    }
}

#[test]
fn a_job_that_fails_or_panics_has_told_what_went_through() {
    for (kit, deed) in [(Kit::Rust, "fail"), (Kit::C, "fail"), (Kit::Rust, "panic")] {
        let jobs = [
            job("source", &python("Count"), &[], &["a"]),
            job("fails", &(kitted(kit, deed, &[]) + "\non_failure = 'isolate'"), &["a"], &["b"]),
            job("keep", &python("Keep"), &["b"], &[]),
        ];
        let run = Network::new(jobs, [LINES; 2]).direct().stderr_has("the second block is not liked").exits(1);
        assert!(run.tally("a", "fails").delivered >= 2, "{kit:?} {deed}");
        assert_eq!(run.tally("b", "keep").delivered, 1, "{kit:?} {deed}");
    }
}

#[test]
fn a_block_for_which_there_is_no_compute_block_fails_its_writer() {
    for twice in [kitted(Kit::Rust, "sum", &[]), kitted(Kit::C, "sum", &[]), python("Twice")] {
        let jobs = [
            job("source", &python("Count"), &[], &["a"]),
            job("twice", &(twice + "\nsteps = 'each'"), &["a"], &["b"]),
            job("keep", &python("Keep"), &["b"], &[]),
        ];
        Network::new(jobs, [LINES; 2]).direct().stderr_has("for which there is no compute block").exits(1);
    }
}
