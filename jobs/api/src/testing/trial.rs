//! Calling a job as the runtime does.

use std::path::Path;
use std::sync::Arc;

use super::contract;
use super::given::Given;
use super::outcome::Outcome;
use super::recorder::{Recorder, Sent};
use crate::args::{Args, ArgsError};
use crate::batch::{Block, Seq};
use crate::codec::Codec;
use crate::head::{FINISHED, Head, HeadSize, RESET};
use crate::job::{Job, JobError, JobKind, PortSetup, Ports, Setup};
use crate::lines::Lines;
use crate::step::{Flow, Step};

/// A job with its surroundings, ready to be run over given blocks.
///
/// Inputs are read in lock-step, one block each for a step (or as many as [`Trial::block_count`] says), until one has no
/// more. The first blocks carry the reset bit and the last ones the finished bit, unless [`Trial::unfinished`] is said.
/// Times and descriptors that a job wants to wait for are not waited for.
#[must_use]
pub struct Trial {
    job: Box<dyn Job>,
    /// What the job promises, where it is of a known kind.
    ports: Option<Ports>,
    setup: Setup,
    inputs: Vec<TrialInput>,
    finished: bool,
    wanted: Option<usize>,
}

/// The blocks on one input.
#[derive(Debug)]
struct TrialInput {
    blocks: Vec<Sent>,
    /// How many of them a compute block takes.
    count: usize,
}

impl TrialInput {
    /// How many compute blocks there is enough for.
    fn steps(&self) -> usize {
        self.blocks.len() / self.count
    }

    /// The blocks of the compute block at `place`, from 0.
    fn of_step(&self, place: usize) -> &[Sent] {
        &self.blocks[place * self.count..][..self.count]
    }
}

impl Trial {
    /// A trial of this job.
    pub fn new(job: Box<dyn Job>) -> Trial {
        let setup = Setup {
            job: "job".to_owned(),
            network_dir: "/".into(),
            run_dir: "/".into(),
            head_size: HeadSize::ONE,
            inputs: Vec::new(),
            outputs: Vec::new(),
            lines: None,
            standard_input: false,
        };
        Trial { job, ports: None, setup, inputs: Vec::new(), finished: true, wanted: None }
    }

    /// A trial of a kind of job with arguments, for example `serde_json::json!({"path": "x.csv"})`. It also holds the job
    /// against its ports.
    pub fn of(kind: &JobKind, args: serde_json::Value) -> Result<Trial, ArgsError> {
        let serde_json::Value::Object(table) = args else {
            return Err(ArgsError { path: Vec::new(), message: "arguments are a table".to_owned() });
        };
        let args = Args::new(table);
        let ports = (kind.ports)(&args)?;
        Ok(Trial { ports: Some(ports), ..Trial::new((kind.new)(&args)?) })
    }

    /// Adds an input: the pipe's name, its codec and the blocks that come.
    pub fn input<B: Into<Sent>>(mut self, pipe: &str, codec: Codec, blocks: impl IntoIterator<Item = B>) -> Trial {
        self.setup.inputs.push(PortSetup { pipe: pipe.to_owned(), codec });
        self.inputs.push(TrialInput { blocks: blocks.into_iter().map(Into::into).collect(), count: 1 });
        self
    }

    /// How many blocks of the input added last go into a compute block; 1 unless said. Blocks that are left over at the
    /// end are not taken.
    ///
    /// # Panics
    /// If there is no input yet, or the count is 0.
    #[track_caller]
    pub fn block_count(mut self, count: usize) -> Trial {
        assert!(count > 0, "a compute block takes one block at least");
        match self.inputs.last_mut() {
            Some(last) => last.count = count,
            None => panic!("block_count stands after an input"),
        }
        self
    }

    /// The size of all heads: one byte unless said. Those of blocks that are given are brought to this size.
    pub fn head_size(mut self, size: HeadSize) -> Trial {
        self.setup.head_size = size;
        self
    }

    /// Adds an output: the pipe's name and its codec.
    pub fn output(mut self, pipe: &str, codec: Codec) -> Trial {
        self.setup.outputs.push(PortSetup { pipe: pipe.to_owned(), codec });
        self
    }

    /// People send the job these lines, and then say that there are no more.
    pub fn lines<L: Into<String>>(mut self, lines: impl IntoIterator<Item = L>) -> Trial {
        self.setup.lines = Some(Lines::new(Arc::new(Given::new(lines))));
        self
    }

    /// The folder where relative paths start, and the run's directory.
    pub fn dir(mut self, dir: &Path) -> Trial {
        self.setup.network_dir = dir.to_owned();
        self.setup.run_dir = dir.to_owned();
        self
    }

    /// The inputs end without the finished mark.
    pub fn unfinished(mut self) -> Trial {
        self.finished = false;
        self
    }

    /// The readers go away after so many blocks.
    pub fn wanting(mut self, blocks: usize) -> Trial {
        self.wanted = Some(blocks);
        self
    }

    /// Runs the job to its end.
    ///
    /// # Panics
    /// If the pipes are none that the job's ports take, or it sends other numbers of blocks than they promise.
    #[track_caller]
    pub fn run(mut self) -> Outcome {
        if let Some(ports) = &self.ports {
            contract::check_pipes(ports, &self.setup);
        }
        let mut recorder = Recorder::new(self.setup.outputs.len());
        if let Some(wanted) = self.wanted {
            recorder = recorder.wanting(wanted);
        }
        let codecs = self.setup.outputs.iter().map(|port| port.codec).collect();
        let mut flows = Vec::new();
        let error = self.steps(&mut recorder, &mut flows).err();
        let Recorder { outputs, reports, .. } = recorder;
        Outcome { outputs, reports, flows, error, codecs }
    }

    #[track_caller]
    fn steps(&mut self, recorder: &mut Recorder, flows: &mut Vec<Flow>) -> Result<(), JobError> {
        self.job.setup(&self.setup)?;
        let last = self.inputs.iter().map(TrialInput::steps).min();
        let mut number = Seq::FIRST;
        loop {
            let place = number.get() as usize;
            if last.is_some_and(|last| place > last) {
                return self.end(recorder);
            }
            let before = recorder.counts();
            let is_last = last == Some(place) && self.finished;
            let flow = self.step(number, is_last, recorder)?;
            flows.push(flow);
            if let Some(ports) = &self.ports {
                contract::check_step(ports, &before, recorder, flow);
            }
            let done = flow == Flow::Done;
            if (is_last || done) && !self.inputs.is_empty() {
                self.end(recorder)?;
            }
            if is_last || done {
                if recorder.counts() != before {
                    recorder.finish();
                }
                return Ok(());
            }
            number = number.next();
        }
    }

    fn step(&mut self, number: Seq, is_last: bool, recorder: &mut Recorder) -> Result<Flow, JobError> {
        let place = number.get() as usize - 1;
        let empty = Head::empty(self.setup.head_size);
        let blocks: Vec<Vec<Block<'_>>> =
            self.inputs.iter().map(|input| marked(input.of_step(place), empty, place == 0, is_last)).collect();
        let first = empty.with(RESET, place == 0);
        let head = blocks.iter().flatten().fold(first, |head, block| head | block.head);
        let inputs: Vec<&[Block<'_>]> = blocks.iter().map(Vec::as_slice).collect();
        recorder.set_head(head);
        self.job.step(&Step { epoch: 0, number, head, inputs: &inputs }, recorder)
    }

    fn end(&mut self, recorder: &mut Recorder) -> Result<(), JobError> {
        recorder.set_head(Head::empty(self.setup.head_size));
        self.job.end(recorder)
    }
}

/// The blocks of one input: the stream's first one carries reset, its last one finished.
fn marked(sent: &[Sent], empty: Head, is_first: bool, is_last: bool) -> Vec<Block<'_>> {
    let mut blocks: Vec<_> = sent.iter().map(|sent| Block::new(empty | sent.head, &sent.payload)).collect();
    if let Some(first) = blocks.first_mut().filter(|_| is_first) {
        first.head.set(RESET, true);
    }
    if let Some(last) = blocks.last_mut().filter(|_| is_last) {
        last.head.set(FINISHED, true);
    }
    blocks
}

impl std::fmt::Debug for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial").field("setup", &self.setup).field("inputs", &self.inputs).finish_non_exhaustive()
    }
}
