//! Jobs that somebody writes in Rust, in whole networks.

use std::env;
use std::fs;

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_e2e::events::{JobEnd, Outcome};
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{JobSummary, Options, Summary, start};
use pipeloom_job::typed::{Connector, ConnectorJob, Every, First, Output, Source, SourceJob, Zip, iterate};
use pipeloom_job::{Flow, JobError, JobKind, Port, PortList, PortType, Ports, Setup};
use tempfile::TempDir;

/// A kind of job without arguments: its name, its ports, and a new one.
macro_rules! kind {
    ($name:literal, $inputs:expr, $outputs:expr, $job:expr) => {
        JobKind {
            name: $name,
            about: "a job of a test",
            args: &|| schemars::schema_for!(()),
            ports: &|_| Ok(Ports::new($inputs, $outputs)),
            new: &|_| Ok($job),
        }
    };
}

const KINDS: &[JobKind] = &[
    kind!("finishing", PortList::none(), some(), SourceJob::boxed(Count { number: 0, finishes: true })),
    kind!("ending", PortList::none(), some(), SourceJob::boxed(Count { number: 0, finishes: false })),
    kind!("generator", PortList::none(), some(), SourceJob::boxed(iterate(1..=30))),
    kind!(
        "sum-of-two",
        PortList { fixed: vec![PortType::any(); 2], rest: None },
        some(),
        ConnectorJob::boxed(SumOfTwo)
    ),
    kind!("sum", some(), some(), ConnectorJob::boxed(Sum)),
    kind!("multiply-sum", some(), some(), ConnectorJob::boxed(MultiplySum)),
    kind!("twice", some(), some(), ConnectorJob::boxed(Sends(2))),
    kind!("silent", some(), some(), ConnectorJob::boxed(Sends(0))),
    kind!("five", some(), some(), ConnectorJob::boxed(Five(0))),
    kind!("unready", some(), some(), ConnectorJob::boxed(Unready)),
];

fn some() -> PortList {
    PortList::some(PortType::any())
}

/// Counts to 30 on its first output and down on a second, and finishes or just ends.
struct Count {
    number: u32,
    finishes: bool,
}

impl Source for Count {
    type Out = u32;

    fn step(&mut self, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        if self.number == 30 {
            return Ok(Flow::Done);
        }
        self.number += 1;
        if self.number == 30 && self.finishes {
            out.finish();
        }
        out.send(&self.number)?;
        if out.outputs() > 1 {
            out.send_to(Port(1), &(31 - self.number))?;
        }
        Ok(Flow::Again)
    }
}

struct SumOfTwo;

impl Connector for SumOfTwo {
    type In = Zip<(u32, u32)>;
    type Out = u32;

    fn step(&mut self, Zip((one, other)): Self::In, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        out.send_all(&(one + other)).map(|()| Flow::Again)
    }
}

struct Sum;

impl Connector for Sum {
    type In = Every<u32>;
    type Out = u32;

    fn step(&mut self, Every(values): Self::In, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        out.send_all(&values.iter().sum::<u32>()).map(|()| Flow::Again)
    }
}

struct MultiplySum;

impl Connector for MultiplySum {
    type In = First<u32, u32>;
    type Out = u32;

    fn step(&mut self, First(multiplier, values): Self::In, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        out.send_all(&(multiplier * values.iter().sum::<u32>())).map(|()| Flow::Again)
    }
}

/// Sends so many values where one is expected.
struct Sends(usize);

impl Connector for Sends {
    type In = u32;
    type Out = u32;

    fn step(&mut self, value: u32, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        (0..self.0).try_for_each(|_| out.send(&value))?;
        Ok(Flow::Again)
    }
}

/// Has enough after five values, and says so by sending nothing.
struct Five(u32);

impl Connector for Five {
    type In = u32;
    type Out = u32;

    fn step(&mut self, value: u32, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        self.0 += 1;
        if self.0 > 5 {
            return Ok(Flow::Done);
        }
        out.send(&value).map(|()| Flow::Again)
    }
}

/// Cannot be set up.
struct Unready;

impl Connector for Unready {
    type In = u32;
    type Out = u32;

    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        fs::read(setup.resolve("coefficients.txt".as_ref())).map(drop).map_err(JobError::failed)
    }

    fn step(&mut self, value: u32, out: &mut Output<'_, u32>) -> Result<Flow, JobError> {
        out.send(&value).map(|()| Flow::Again)
    }
}

/// A run that is over, of these jobs with a `csv-sink` behind their pipes `shown`.
struct Done {
    dir: TempDir,
    summary: Summary,
}

fn network(jobs: &str, shown: &[&str]) -> String {
    format!("{jobs}\n[jobs.save]\nuse = \"csv-sink\"\nargs = {{ path = \"${{run}}/rows.csv\" }}\ninputs = {shown:?}\n")
}

/// Jobs as (name, kind, inputs, outputs); all pipes are JSON.
fn jobs(all: &[(&str, &str, &[&str], &[&str])]) -> String {
    let job = |(name, kind, inputs, outputs): &(&str, &str, &[&str], &[&str])| {
        let inputs = if inputs.is_empty() { String::new() } else { format!("inputs = {inputs:?}\n") };
        let pipes: String = outputs.iter().map(|pipe| format!("[pipes.{pipe}]\ncodec = \"json\"\n")).collect();
        format!("[jobs.{name}]\nuse = \"{kind}\"\n{inputs}outputs = {outputs:?}\n{pipes}")
    };
    all.iter().map(job).collect()
}

fn checked(dir: &TempDir, text: String) -> Result<pipeloom_config::Network, pipeloom_config::Problems> {
    let kinds = [pipeloom_predefined::KINDS, KINDS].concat();
    let options = CheckOptions { kinds: &kinds, path_env: env::var_os("PATH"), ..CheckOptions::default() };
    check(Text { path: dir.path().join("network.toml"), text }, &options)
}

#[track_caller]
fn run(all: &[(&str, &str, &[&str], &[&str])], shown: &[&str]) -> Done {
    let dir = tempfile::tempdir().unwrap();
    let network = checked(&dir, network(&jobs(all), shown)).unwrap();
    let run_dir = dir.path().join("run");
    let options = Options { run_dir, warden: (pipeloom(), Vec::new()), ..Options::in_folder(dir.path()) };
    let summary = start(network, options).unwrap().wait();
    Done { dir, summary }
}

impl Done {
    fn rows(&self) -> Vec<Vec<u32>> {
        let text = fs::read_to_string(self.dir.path().join("run/rows.csv")).unwrap();
        text.lines().skip(1).map(|row| row.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
    }

    fn job(&self, name: &str) -> &JobSummary {
        self.summary.jobs.iter().find(|job| job.name == name).unwrap()
    }

    #[track_caller]
    fn failed(&self, name: &str, words: &str) {
        assert_eq!(self.summary.outcome, Outcome::Failed);
        let (job, cause) = self.summary.first_failure().unwrap();
        assert_eq!(job, name);
        assert!(cause.message.contains(words), "{}", cause.message);
    }
}

#[test]
fn a_source_by_calls_or_by_an_iterator_counts_to_thirty() {
    for (kind, end) in [("finishing", JobEnd::Finished), ("generator", JobEnd::Finished), ("ending", JobEnd::Ended)] {
        let done = run(&[("count", kind, &[], &["n"])], &["n"]);
        assert_eq!(done.rows(), (1..=30).map(|number| vec![number]).collect::<Vec<_>>(), "{kind}");
        assert_eq!((done.job("count").end, done.job("save").end), (Some(end), Some(end)), "{kind}");
    }
}

#[test]
fn two_outputs_count_up_and_down() {
    let done = run(&[("count", "finishing", &[], &["up", "down"])], &["up", "down"]);
    assert_eq!(done.rows(), (1..=30).map(|number| vec![number, 31 - number]).collect::<Vec<_>>());
}

#[test]
fn sums_of_two_of_many_and_of_many_with_a_multiplier() {
    for (kind, inputs, sum) in [
        ("sum-of-two", ["up", "down"].as_slice(), (|_| 31) as fn(u32) -> u32),
        ("sum", &["up", "down", "more"], |number| 31 + number),
        ("multiply-sum", &["up", "down", "more"], |number| number * 31),
        ("multiply-sum", &["up", "down"], |number| number * (31 - number)),
    ] {
        let count = ("count", "finishing", [].as_slice(), ["up", "down"].as_slice());
        let more = ("more", "generator", [].as_slice(), ["more"].as_slice());
        // One value for both outputs.
        let join = ("join", kind, inputs, ["one", "same"].as_slice());
        let with_more = [count, join, more];
        let done = run(&with_more[..inputs.len()], &["one", "same"]);
        assert_eq!(done.rows(), (1..=30).map(|number| vec![sum(number); 2]).collect::<Vec<_>>(), "{kind} {inputs:?}");
        assert_eq!(done.job("join").end, Some(JobEnd::Finished), "{kind}");
    }
}

#[test]
fn a_number_of_inputs_that_a_job_does_not_take_is_refused() {
    let sources = ("count", "finishing", [].as_slice(), ["up", "down"].as_slice());
    let more = ("more", "generator", [].as_slice(), ["more"].as_slice());
    let join = ("join", "sum-of-two", ["up", "down", "more"].as_slice(), ["sums"].as_slice());
    let dir = tempfile::tempdir().unwrap();
    let problems = checked(&dir, network(&jobs(&[sources, more, join]), &["sums"])).unwrap_err();
    assert!(problems.to_string().contains("`sum-of-two` takes 2 pipes"), "{problems}");
}

#[test]
fn a_wrong_number_of_values_names_the_job_and_the_pipe() {
    for (kind, words) in
        [("twice", "it sent 2 blocks on output 0 (pipe m)"), ("silent", "it sent 0 blocks on output 0 (pipe m)")]
    {
        run(&[("count", "finishing", &[], &["n"]), ("wrong", kind, &["n"], &["m"])], &["m"]).failed("wrong", words);
    }
}

#[test]
fn a_connector_that_returns_nothing_ends_without_finishing() {
    let done = run(&[("count", "finishing", &[], &["n"]), ("five", "five", &["n"], &["m"])], &["m"]);
    assert_eq!(done.rows(), (1..=5).map(|number| vec![number]).collect::<Vec<_>>());
    assert_eq!((done.job("five").end, done.job("save").end), (Some(JobEnd::Ended), Some(JobEnd::Ended)));
    assert_eq!(done.summary.outcome, Outcome::Finished);
}

#[test]
fn a_job_that_cannot_be_set_up_is_named() {
    run(&[("count", "finishing", &[], &["n"]), ("reader", "unready", &["n"], &["m"])], &["m"])
        .failed("reader", "No such file");
}
