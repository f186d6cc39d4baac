//! A native kind of job that does not keep what its ports promise is named.

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Options, start};
use pipeloom_job::{Emit, Flow, Job, JobError, JobKind, Port, Step};
use pipeloom_predefined::KINDS;

/// Promises one block for each, and sends none for every second one.
struct Skips;

impl Job for Skips {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        if !step.number.get().is_multiple_of(2) {
            out.emit(Port(0), &step.inputs[0][0])?;
        }
        Ok(Flow::Again)
    }
}

/// Promises one block for each, and sends two.
struct Doubles;

impl Job for Doubles {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        out.emit(Port(0), &step.inputs[0][0])?;
        out.emit(Port(0), &step.inputs[0][0])?;
        Ok(Flow::Again)
    }
}

/// All predefined kinds, and two that promise what `forward` does.
fn kinds() -> Vec<JobKind> {
    let forward = KINDS.iter().find(|kind| kind.name == "forward").expect("it is predefined");
    let like_forward = |name, new| JobKind { name, new, ..*forward };
    let mut kinds = KINDS.to_vec();
    kinds.push(like_forward("skips", &|_| Ok(Box::new(Skips))));
    kinds.push(like_forward("doubles", &|_| Ok(Box::new(Doubles))));
    kinds
}

/// Which job fails, and why, if numbers go through a job of this kind.
fn failure(kind: &str) -> (String, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let text = format!(
        "[jobs.count]\nuse = 'count'\nargs = {{ from = 1, to = 5 }}\noutputs = ['a']\n\
         [jobs.uneven]\nuse = '{kind}'\ninputs = ['a']\noutputs = ['b']\n\
         [jobs.sink]\nuse = 'null-sink'\ninputs = ['b']\n[pipes]\na.codec = 'lines'\nb.codec = 'lines'\n"
    );
    let text = Text { path: dir.path().join("network.toml"), text };
    let kinds = kinds();
    let options = CheckOptions { kinds: &kinds, ..CheckOptions::default() };
    let network = check(text, &options).expect("the network is right");
    let options = Options { warden: (pipeloom(), Vec::new()), ..Options::in_folder(dir.path()) };
    let summary = start(network, options).expect("the run starts").wait();
    assert_eq!(summary.outcome, Outcome::Failed);
    let (job, cause) = summary.first_failure().expect("a job has failed");
    (job.to_owned(), cause.message.clone())
}

#[test]
fn a_kind_that_sends_other_than_one_block_for_each_is_named() {
    for (kind, blocks, number) in [("skips", 0, 2), ("doubles", 2, 1)] {
        let (job, message) = failure(kind);
        assert_eq!(job, "uneven", "{message}");
        let said =
            format!("it sent {blocks} blocks on output 0 (pipe b) in compute block {number}, where one is expected");
        assert!(message.starts_with(&said), "{message}");
    }
}
