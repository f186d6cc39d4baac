//! A random chain of native jobs, whose pipes may be fused or channels: what comes of it must be the same.
//!
//! A stage sends several blocks for each step or none, may end before its input does, with a block or without, by an error or
//! by a panic, and may send more at its end. Each stage records what it was given.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_engine::plan::{Route, plan};
use pipeloom_engine::{JobSummary, Options, Summary, start};
use pipeloom_job::{
    Block, Emit, Flow, Head, Job, JobError, JobKind, Port, PortList, PortType, Ports, Setup, Step, Steps, Stopped,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::content::{Content, Origin};
use crate::kinds::{Manner, Pace, mark};
use crate::seen::SeenBlock;

/// A chain that takes longer stands still.
const PATIENCE: Duration = Duration::from_secs(30);

/// A random chain.
#[derive(Clone, Debug)]
pub struct Chain {
    seed: u64,
    head_size: u8,
    stages: Vec<Stage>,
    /// The pipe before each stage but the first: its lines in the file.
    pipes: Vec<String>,
}

/// One job of a chain.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stage {
    /// What its record is found by.
    key: String,
    seed: u64,
    /// How many blocks it sends in each step, over and over.
    gives: Vec<u64>,
    /// Whether its ports say that it sends one block for each step.
    each: bool,
    /// After how many steps it ends by itself, and how.
    stops: Option<(u64, Stop)>,
    /// How many blocks it sends after its last step.
    gives_at_end: u64,
    pace: Pace,
    manner: Manner,
    is_first: bool,
    is_last: bool,
}

/// How a stage ends by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Stop {
    /// In the step that sends its last blocks.
    Done,
    /// In a step that sends none.
    DoneWithoutABlock,
    Fail,
    Panic,
}

/// What a stage was given, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// The epoch and number of each step, and its blocks.
    steps: Vec<(u32, u64, Vec<SeenBlock>)>,
    /// Whether it has ended by itself.
    stopped: bool,
    /// Whether it was called after its last step.
    ended: bool,
}

impl Record {
    /// Where it differs from another one, of which it may be a part or which may be a part of it unless they are to be `alike`.
    fn difference(&self, other: &Record, alike: bool) -> Option<String> {
        let both = self.steps.iter().zip(&other.steps);
        if let Some((step, other)) = both.clone().find(|(step, other)| step != other) {
            return Some(format!("it was given {step:?}, not {other:?}"));
        }
        let of = |record: &Record| (record.steps.len(), record.stopped, record.ended);
        let what = "steps, stopped by itself, called at the end";
        (alike && of(self) != of(other)).then(|| format!("{:?}, not {:?} ({what})", of(self), of(other)))
    }
}

impl Chain {
    /// The chain of this seed.
    pub fn random(seed: u64) -> Chain {
        let mut rng = Rng::with_seed(seed);
        let jobs = rng.usize(2..=6);
        let stages = (0..jobs).map(|at| Stage::random(&mut rng, seed, at, jobs)).collect();
        let pipes = (1..jobs).map(|_| pipe(&mut rng)).collect();
        Chain { seed, head_size: rng.u8(1..=4), stages, pipes }
    }

    /// The network file, with a thread for each job or without.
    fn file(&self, threads: bool) -> String {
        let mut text = format!("[network]\nname = \"chain\"\nhead_size = {}\n", self.head_size);
        for (at, stage) in self.stages.iter().enumerate() {
            let args = json!(stage).to_string();
            let pipe = |is_there: bool, at: usize| if is_there { format!("\"p{at}\"") } else { String::new() };
            let (input, output) = (pipe(at > 0, at), pipe(at < self.pipes.len(), at + 1));
            let _ = write!(
                text,
                "\n[jobs.j{at}]\nuse = \"stage\"\nargs = {{ json = {args:?} }}\ninputs = [{input}]\noutputs = [{output}]\n\
                 on_failure = \"isolate\"\nthread = {threads}\n"
            );
        }
        for (at, lines) in self.pipes.iter().enumerate() {
            let _ = write!(text, "\n[pipes.p{}]\n{lines}", at + 1);
        }
        text
    }

    /// Runs it in the empty folder `dir`.
    fn run(&self, dir: &Path, threads: bool) -> Result<(Summary, Vec<Record>), String> {
        let text = self.file(threads);
        let file = Text { path: dir.join("network.toml"), text: text.clone() };
        let options = CheckOptions { kinds: &[STAGE], ..CheckOptions::default() };
        let network = check(file, &options).map_err(|problems| format!("the file is refused:\n{problems}\n{text}"))?;
        let decided = plan(&network);
        let is_fused = |id| matches!(decided.pipe(id).route, Route::Fused { .. });
        if network.pipes().any(|(id, _)| is_fused(id) == threads) {
            return Err(format!("the pipes are not as they should be:\n{text}"));
        }
        let options = Options { time_limit: Some(PATIENCE), ..Options::in_folder(dir) };
        let summary = start(network, options).map_err(|error| error.to_string())?.wait();
        let records = self.stages.iter().map(|stage| take_record(&stage.key)).collect();
        Ok((summary, records))
    }

    /// Runs it fused and by channels, and says where that differs.
    ///
    /// # Errors
    /// All that differs, as text.
    pub fn compare(&self, fused: &Path, threaded: &Path) -> Result<u64, String> {
        let tell = |what: String| format!("seed {}: {what}\n{}", self.seed, self.file(false));
        let (ours, records) = self.run(fused, false).map_err(tell)?;
        let (theirs, expected) = self.run(threaded, true).map_err(tell)?;
        // Who stands before a job that ends by itself goes on until it hears of that, and so may have done more or less.
        let decisive = expected.iter().rposition(|record| record.stopped).unwrap_or(0);
        let mut wrong = Vec::new();
        let fails_before = |summary: &Summary| summary.jobs[..decisive].iter().any(|job| job.failure.is_some());
        if ours.outcome != theirs.outcome && !fails_before(&ours) && !fails_before(&theirs) {
            wrong.push(format!("it ended as {:?}, not {:?}", ours.outcome, theirs.outcome));
        }
        wrong.extend(ours.fault.iter().chain(&theirs.fault).cloned());
        for (at, (record, expected)) in records.iter().zip(&expected).enumerate() {
            wrong.extend(record.difference(expected, at >= decisive).map(|what| format!("job j{at}: {what}")));
        }
        for (ours, theirs) in ours.jobs.iter().zip(&theirs.jobs).skip(decisive) {
            let of = |job: &JobSummary| (job.end, job.failure.clone().map(|(_, cause)| cause), job.note.clone());
            if of(ours) != of(theirs) {
                wrong.push(format!("{ours:?}, not {theirs:?}"));
            }
        }
        let mut blocks = 0;
        for (at, (ours, theirs)) in ours.pipes.iter().zip(&theirs.pipes).enumerate() {
            blocks += ours.delivered;
            // The pipe p1 is read by stage 1.
            let is_same = match at + 1 {
                reader if reader > decisive => ours == theirs,
                reader if reader == decisive => (ours.delivered, ours.bytes) == (theirs.delivered, theirs.bytes),
                _ => true,
            };
            if !is_same || ours.written != ours.delivered + ours.unused {
                wrong.push(format!("{ours:?}, not {theirs:?}"));
            }
        }
        if wrong.is_empty() { Ok(blocks) } else { Err(tell(wrong.join("\n"))) }
    }
}

fn pipe(rng: &mut Rng) -> String {
    let codec = if rng.u32(..6) == 0 { "stream" } else { "framed" };
    let mut lines = format!("codec = \"{codec}\"\n");
    if codec == "framed" && rng.u32(..4) == 0 {
        let _ = writeln!(lines, "block_count = {}", rng.u64(2..=3));
    }
    if rng.u32(..3) == 0 {
        let _ = writeln!(lines, "max_queue = {}", rng.u64(2..=8));
    }
    lines
}

impl Stage {
    fn random(rng: &mut Rng, seed: u64, at: usize, jobs: usize) -> Stage {
        let each = rng.bool();
        let gives = if each { vec![1] } else { (0..rng.usize(1..=4)).map(|_| rng.u64(..=3)).collect() };
        let stops = [Stop::Done, Stop::DoneWithoutABlock, Stop::Fail, Stop::Panic];
        let stop = stops[rng.usize(..stops.len())];
        // The first one must end by itself, mostly after more than goes into one batch.
        let stops = match at {
            0 if rng.u32(..4) > 0 => Some((rng.u64(1..=400), stops[rng.usize(..2)])),
            0 => Some((rng.u64(1..=400), stop)),
            _ => (rng.u32(..5) == 0).then(|| (rng.u64(1..=200), stop)),
        };
        let paces = [Pace::Again, Pace::Again, Pace::Again, Pace::MayBlock, Pace::Until];
        Stage {
            key: format!("{seed}/{at}"),
            seed: rng.u64(..1 << 32),
            gives,
            each,
            stops,
            gives_at_end: if rng.u32(..3) == 0 { rng.u64(1..=3) } else { 0 },
            pace: paces[rng.usize(..paces.len())],
            manner: if rng.bool() { Manner::Emit } else { Manner::Commit },
            is_first: at == 0,
            is_last: at + 1 == jobs,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StageArgs {
    json: String,
}

/// A stage out of its arguments.
fn stage(args: &pipeloom_job::Args) -> Result<Stage, pipeloom_job::ArgsError> {
    let StageArgs { json } = args.parse()?;
    serde_json::from_str(&json).map_err(|error| pipeloom_job::ArgsError::at("json", error.to_string()))
}

const STAGE: JobKind = JobKind {
    name: "stage",
    about: "one job of a random chain",
    args: &|| schemars::schema_for!(StageArgs),
    ports: &|args| {
        let Stage { each, is_first, is_last, .. } = stage(args)?;
        let one = |is_there: bool| if is_there { PortList::one(PortType::any()) } else { PortList::none() };
        let steps = if each { Steps::Each } else { Steps::Free };
        Ok(Ports { steps, ..Ports::new(one(!is_first), one(!is_last)) })
    },
    new: &|args| {
        let stage = stage(args)?;
        let record = Shelf::default();
        let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
        records.get_or_insert_default().insert(stage.key.clone(), record.clone());
        let origin = Origin { seed: stage.seed, content: Content::Binary };
        Ok(Box::new(Running { stage, origin, record, sent: 0, steps: 0, empty: None }))
    },
};

/// What the stages of this process have seen, by their keys.
static RECORDS: Mutex<Option<HashMap<String, Shelf>>> = Mutex::new(None);

type Shelf = Arc<Mutex<Record>>;

fn take_record(key: &str) -> Record {
    let shelf = RECORDS.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(|all| all.remove(key));
    let shelf = shelf.unwrap_or_default();
    std::mem::take(&mut *shelf.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Running {
    stage: Stage,
    origin: Origin,
    record: Shelf,
    sent: u64,
    steps: u64,
    empty: Option<Head>,
}

impl Running {
    fn record(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn send(&mut self, blocks: u64, out: &mut dyn Emit) -> Result<(), Stopped> {
        for _ in 0..if self.stage.is_last { 0 } else { blocks } {
            self.sent += 1;
            let (payload, head) = (self.origin.payload(self.sent), self.empty.map(|empty| mark(empty, self.sent)));
            match (self.stage.manner, head) {
                (Manner::Emit, Some(head)) => out.emit(Port(0), &Block::new(head, &payload))?,
                _ => {
                    out.reserve(Port(0), payload.len())?.copy_from_slice(&payload);
                    out.commit(None)?;
                }
            }
        }
        Ok(())
    }
}

impl Job for Running {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.empty = Some(Head::empty(setup.head_size));
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let seen = |block: &Block<'_>| {
            let head = block.head.to_wire()[..block.head.size().bytes()].to_vec();
            SeenBlock::of(block.bytes, Some(head))
        };
        let blocks = step.inputs.iter().copied().flatten().map(seen).collect();
        self.record(|record| record.steps.push((step.epoch, step.number.get(), blocks)));
        let blocks = self.stage.gives[(self.steps % self.stage.gives.len() as u64) as usize];
        self.steps += 1;
        let stops = self.stage.stops.filter(|(after, _)| *after == self.steps).map(|(_, stop)| stop);
        if stops == Some(Stop::DoneWithoutABlock) {
            self.record(|record| record.stopped = true);
            return Ok(Flow::Done);
        }
        self.send(blocks, out)?;
        let Some(stop) = stops else { return Ok(self.stage.pace.flow()) };
        self.record(|record| record.stopped = true);
        match stop {
            Stop::Done | Stop::DoneWithoutABlock => Ok(Flow::Done),
            Stop::Fail => Err(JobError::failed("it is told to fail")),
            Stop::Panic => panic!("it is told to panic"),
        }
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        self.record(|record| record.ended = true);
        Ok(self.send(self.stage.gives_at_end, out)?)
    }
}
