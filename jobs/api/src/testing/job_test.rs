//! A job with its surroundings.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::contract;
use super::given::Given;
use super::lockstep::{Lockstep, TestInput};
use super::outcome::Outcome;
use super::recorder::{Recorder, Sent};
use super::subject::{Subject, usual_codec};
use crate::args::ArgsError;
use crate::codec::Codec;
use crate::head::HeadSize;
use crate::job::{Job, JobKind, PortSetup, PortType, Setup};
use crate::kind::Kind;
use crate::lines::Lines;

/// A job with its surroundings, ready to be run over given blocks.
///
/// Inputs are read in lock-step, one block each for a step (or as many as [`JobTest::block_count`] says), until one has no
/// more. The first blocks carry the reset bit and the last ones the finished bit, unless [`JobTest::unfinished`] is said.
/// Times and descriptors that a job wants to wait for are not waited for.
#[must_use]
pub struct JobTest {
    subject: Subject,
    setup: Setup,
    inputs: Vec<TestInput>,
    finished: bool,
    wanted: Option<usize>,
}

impl JobTest {
    /// A test of this kind of job, without arguments unless [`JobTest::args`] follows. It also holds the job against its
    /// ports.
    pub fn new<K: Kind>() -> JobTest {
        JobTest::with(Subject::plain(JobKind::of::<K>()))
    }

    /// A test of a kind of job that is a value, with these arguments.
    ///
    /// # Errors
    /// What the kind finds wrong with its arguments.
    pub fn of_kind(kind: &JobKind, args: Value) -> Result<JobTest, ArgsError> {
        let subject = Subject::kind(*kind, args)?;
        subject.ports()?;
        Ok(JobTest::with(subject))
    }

    /// A test of this job, of whose ports nothing is known.
    pub fn of(job: Box<dyn Job>) -> JobTest {
        JobTest::with(Subject::Job(job))
    }

    fn with(subject: Subject) -> JobTest {
        let setup = Setup {
            job: "job".to_owned(),
            network_dir: "/".into(),
            run_dir: "/".into(),
            head_size: HeadSize::ONE,
            inputs: Vec::new(),
            outputs: Vec::new(),
            lines: None,
            standard_input: false,
            continues: false,
            write_through: false,
        };
        JobTest { subject, setup, inputs: Vec::new(), finished: true, wanted: None }
    }

    /// The job's arguments, for example `serde_json::json!({"path": "x.csv"})`. They stand before inputs and outputs.
    ///
    /// # Panics
    /// If they are no table, or the job is there already.
    #[track_caller]
    pub fn args(mut self, args: Value) -> JobTest {
        let Subject::Kind(kind, _) = self.subject else { panic!("a job that is there takes no arguments") };
        self.subject = well(Subject::kind(kind, args));
        self
    }

    /// The values that come on the input at `port`, from 0, as the codec of the port has them: `json` where the port takes
    /// it, else the first that it names. [`JobTest::reads`] says the codec, and takes blocks with heads.
    ///
    /// # Panics
    /// If it is not the next input, there is no codec for it, or a value does not fit the codec.
    #[track_caller]
    pub fn input<V: Serialize>(self, port: usize, values: impl IntoIterator<Item = V>) -> JobTest {
        assert_eq!(port, self.inputs.len(), "the place of the next input");
        let pipe = format!("input-{port}");
        let values: Vec<V> = values.into_iter().collect();
        let Some(codec) = usual_codec(&self.input_type(port), values.first().and_then(size)) else {
            panic!("input {port} names no codec for values: use reads(\"{pipe}\", CODEC, BLOCKS)");
        };
        let payload = |(place, value): (usize, &V)| {
            let mut payload = Vec::new();
            match codec.encode(value, &mut payload) {
                Ok(()) => payload,
                Err(error) => panic!("value {} of input {port}: {error}", place + 1),
            }
        };
        let blocks: Vec<_> = values.iter().enumerate().map(payload).collect();
        self.reads(&pipe, codec, blocks)
    }

    /// Adds an input: the pipe's name, its codec and the blocks that come, as payloads or with heads.
    pub fn reads<B: Into<Sent>>(mut self, pipe: &str, codec: Codec, blocks: impl IntoIterator<Item = B>) -> JobTest {
        self.setup.inputs.push(PortSetup { pipe: pipe.to_owned(), codec });
        self.inputs.push(TestInput { blocks: blocks.into_iter().map(Into::into).collect(), count: 1 });
        self
    }

    /// Adds an output: the pipe's name and its codec. A test that names none gives a kind of job the outputs that its
    /// ports ask for.
    pub fn writes(mut self, pipe: &str, codec: Codec) -> JobTest {
        self.setup.outputs.push(PortSetup { pipe: pipe.to_owned(), codec });
        self
    }

    /// How many blocks of the input added last go into a compute block; 1 unless said. Blocks that are left over at the
    /// end are not taken.
    ///
    /// # Panics
    /// If there is no input yet, or the count is 0.
    #[track_caller]
    pub fn block_count(mut self, count: usize) -> JobTest {
        assert!(count > 0, "a compute block takes one block at least");
        match self.inputs.last_mut() {
            Some(last) => last.count = count,
            None => panic!("block_count stands after an input"),
        }
        self
    }

    /// The size of all heads: one byte unless said. Those of blocks that are given are brought to this size.
    pub fn head_size(mut self, size: HeadSize) -> JobTest {
        self.setup.head_size = size;
        self
    }

    /// People send the job these lines, and then say that there are no more.
    pub fn lines<L: Into<String>>(mut self, lines: impl IntoIterator<Item = L>) -> JobTest {
        self.setup.lines = Some(Lines::new(Arc::new(Given::new(lines))));
        self
    }

    /// The folder where relative paths start, and the run's directory.
    pub fn dir(mut self, dir: &Path) -> JobTest {
        self.setup.network_dir = dir.to_owned();
        self.setup.run_dir = dir.to_owned();
        self
    }

    /// The job goes on with what an earlier life of it has left: see [`Setup::continues`].
    pub fn continuing(mut self) -> JobTest {
        self.setup.continues = true;
        self
    }

    /// The inputs end without the finished mark.
    pub fn unfinished(mut self) -> JobTest {
        self.finished = false;
        self
    }

    /// The readers go away after so many blocks.
    pub fn wanting(mut self, blocks: usize) -> JobTest {
        self.wanted = Some(blocks);
        self
    }

    /// Runs the job to its end.
    ///
    /// # Panics
    /// If the arguments or pipes are none that the job takes, or it sends other numbers of blocks than its ports promise.
    #[track_caller]
    pub fn run(mut self) -> Outcome {
        let ports = well(self.subject.ports());
        if let Some(ports) = &ports {
            if self.setup.outputs.is_empty() {
                self.setup.outputs = ports.outputs.fixed.iter().enumerate().map(usual_output).collect();
            }
            contract::check_pipes(ports, &self.setup);
        }
        let JobTest { subject, setup, inputs, finished, wanted } = self;
        let mut job = well(subject.into_job());
        let mut recorder = Recorder::new(setup.outputs.len());
        if let Some(wanted) = wanted {
            recorder = recorder.wanting(wanted);
        }
        let mut flows = Vec::new();
        let mut lockstep = Lockstep { job: &mut *job, ports: ports.as_ref(), setup: &setup, inputs: &inputs, finished };
        let error = lockstep.run(&mut recorder, &mut flows).err();
        let Recorder { outputs, reports, .. } = recorder;
        let codecs = setup.outputs.iter().map(|port| port.codec).collect();
        Outcome { outputs, reports, flows, error, codecs }
    }

    #[track_caller]
    fn input_type(&self, port: usize) -> PortType {
        match well(self.subject.ports()) {
            None => PortType::any(),
            Some(ports) => match ports.inputs.get(port) {
                Some(port) => port.clone(),
                None => panic!("the job takes {} on its input side", ports.inputs),
            },
        }
    }
}

#[track_caller]
fn well<T>(result: Result<T, ArgsError>) -> T {
    match result {
        Ok(value) => value,
        Err(ArgsError { path, message }) if path.is_empty() => panic!("the job's arguments: {message}"),
        Err(ArgsError { path, message }) => panic!("the job's argument `{}`: {message}", path.join(".")),
    }
}

#[track_caller]
fn usual_output((place, port): (usize, &PortType)) -> PortSetup {
    let pipe = format!("output-{place}");
    match usual_codec(port, None) {
        Some(codec) => PortSetup { pipe, codec },
        None => panic!("output {place} needs a codec: use writes(\"{pipe}\", CODEC)"),
    }
}

/// The size of a value as raw bytes.
fn size<V: Serialize>(value: &V) -> Option<usize> {
    let mut payload = Vec::new();
    Codec::Framed.encode(value, &mut payload).ok().map(|()| payload.len())
}

impl std::fmt::Debug for JobTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobTest").field("setup", &self.setup).field("inputs", &self.inputs).finish_non_exhaustive()
    }
}
