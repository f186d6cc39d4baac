//! A random network: sources, forwarders and sinks, and the pipes between them.
//!
//! Two things are left out because they may rightly stand still or end elsewhere: a stream without blocks is never read
//! beside another pipe, and a forwarder holds blocks back only where no branches meet again.

use std::ops::RangeInclusive;

use fastrand::Rng;
use pipeloom_config::Pass;
use pipeloom_job::CodecName;

use crate::content::{Content, Origin};
use crate::kinds::{Manner, Pace};

/// A random network.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it was made from.
    pub seed: u64,
    /// The size of heads, in bytes.
    pub head_size: u8,
    /// Its jobs: whoever writes a pipe stands before those that read it.
    pub jobs: Vec<JobCase>,
    /// Its pipes.
    pub pipes: Vec<PipeCase>,
}

/// A job. Its name is `j` and its place.
#[derive(Clone, Debug)]
pub struct JobCase {
    /// What it does.
    pub role: Role,
    /// What it is.
    pub body: Body,
    /// The places of the pipes it reads.
    pub inputs: Vec<usize>,
    /// The places of the pipes it writes.
    pub outputs: Vec<usize>,
}

/// What a job does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Sends so many blocks to each output.
    Source(u64),
    /// Sends each input to the output in the same place.
    Forward,
    /// Records its inputs.
    Sink,
}

/// What a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// A job in the runtime's process.
    Native {
        /// How it hands over its blocks.
        manner: Manner,
        /// What comes after a step.
        pace: Pace,
        /// Whether it has a thread of its own in any case.
        thread: bool,
    },
    /// An executable.
    Program {
        /// How it is given its pipes.
        pass: Pass,
        /// Whether it is shown heads.
        head: bool,
        /// Whether it has the kit; then it is shown heads.
        kit: bool,
        /// What the file says of its steps: `each` if true, `free` if false.
        each: Option<bool>,
        /// After how many blocks a forwarder hands over.
        hold: u64,
    },
}

/// A pipe. Its name is `p` and its place.
#[derive(Clone, Debug)]
pub struct PipeCase {
    /// Whose blocks it carries.
    pub origin: Origin,
    /// How they stand on it.
    pub codec: CodecName,
    /// Whether a FIFO is asked for.
    pub fifo: bool,
    /// How many blocks may wait, if that is said.
    pub max_queue: Option<u64>,
    /// The size asked for of its FIFOs, if one is.
    pub capacity: Option<u64>,
}

impl PipeCase {
    /// Whether there are no blocks on it.
    pub fn is_stream(&self) -> bool {
        self.codec == CodecName::Stream
    }
}

impl Case {
    /// The network of this seed.
    pub fn random(seed: u64) -> Case {
        let rng = Rng::with_seed(seed);
        let case = Case { seed, head_size: 1, jobs: Vec::new(), pipes: Vec::new() };
        let mut maker = Maker { rng, case, joins: false };
        maker.make();
        maker.case
    }

    /// The places of the jobs that read a pipe.
    pub fn readers(&self, pipe: usize) -> impl Iterator<Item = usize> {
        (0..self.jobs.len()).filter(move |&job| self.jobs[job].inputs.contains(&pipe))
    }

    /// The job that writes a pipe.
    pub fn writer(&self, pipe: usize) -> Option<&JobCase> {
        self.jobs.iter().find(|job| job.outputs.contains(&pipe))
    }
}

/// How many jobs may read one pipe.
const MOST_READERS: usize = 4;

/// How many blocks a source may send; the larger figures are rare.
const COUNTS: [u64; 8] = [0, 1, 2, 3, 10, 40, 40, 200];

struct Maker {
    rng: Rng,
    case: Case,
    /// Whether a job may read several pipes.
    joins: bool,
}

impl Maker {
    fn make(&mut self) {
        self.case.head_size = self.rng.u8(1..=4);
        self.joins = self.one_in(2);
        for _ in 0..self.rng.usize(1..=3) {
            let count = COUNTS[self.rng.usize(..COUNTS.len())];
            self.source(count);
        }
        for _ in 0..self.rng.usize(0..=5) {
            self.forwarder();
        }
        while let Some(unread) = (0..self.case.pipes.len()).find(|&pipe| self.case.readers(pipe).count() == 0) {
            self.sink(unread);
        }
        for _ in 0..self.rng.usize(0..=2) {
            let pipe = self.rng.usize(..self.case.pipes.len());
            if self.case.readers(pipe).count() < MOST_READERS {
                self.sink(pipe);
            }
        }
    }

    fn one_in(&mut self, of: u32) -> bool {
        self.rng.u32(..of) == 0
    }

    fn some(&mut self, range: RangeInclusive<u64>) -> Option<u64> {
        self.one_in(3).then(|| self.rng.u64(range))
    }

    fn source(&mut self, count: u64) {
        let outputs = self.rng.usize(1..=3);
        let body = self.body(0, outputs, false);
        let outputs = (0..outputs)
            .map(|_| {
                // Large ones are not copied where nobody needs them.
                let size = if self.one_in(3) { self.rng.usize(16_000..=100_000) } else { self.rng.usize(1..=600) };
                let contents = [Content::Binary, Content::Text, Content::Json, Content::Fixed(size)];
                let content = contents[self.rng.usize(..contents.len())];
                let origin = Origin { seed: self.rng.u64(..1 << 32), content };
                self.pipe(origin, sees_blocks_only(&body), false)
            })
            .collect();
        self.case.jobs.push(JobCase { role: Role::Source(count), body, inputs: Vec::new(), outputs });
    }

    fn forwarder(&mut self) {
        let first = self.rng.usize(..self.case.pipes.len());
        if self.case.readers(first).count() >= MOST_READERS {
            return;
        }
        let inputs = self.inputs(first);
        let stream = self.case.pipes[first].is_stream();
        let body = self.body(inputs.len(), inputs.len(), stream);
        let outputs = inputs
            .iter()
            .map(|&input| {
                let origin = self.case.pipes[input].origin;
                self.pipe(origin, sees_blocks_only(&body), stream)
            })
            .collect();
        self.case.jobs.push(JobCase { role: Role::Forward, body, inputs, outputs });
    }

    fn sink(&mut self, first: usize) {
        let inputs = self.inputs(first);
        let body = self.body(inputs.len(), 0, self.case.pipes[first].is_stream());
        self.case.jobs.push(JobCase { role: Role::Sink, body, inputs, outputs: Vec::new() });
    }

    /// The inputs of a new job: this one, and perhaps others.
    fn inputs(&mut self, first: usize) -> Vec<usize> {
        let mut inputs = vec![first];
        if self.joins && !self.case.pipes[first].is_stream() {
            for _ in 0..self.rng.usize(0..=2) {
                let other = self.rng.usize(..self.case.pipes.len());
                let pipe = &self.case.pipes[other];
                if !pipe.is_stream() && !inputs.contains(&other) && self.case.readers(other).count() < MOST_READERS {
                    inputs.push(other);
                }
            }
        }
        inputs
    }

    fn body(&mut self, inputs: usize, outputs: usize, stream: bool) -> Body {
        if self.rng.bool() {
            let manner = if self.rng.bool() { Manner::Emit } else { Manner::Commit };
            let pace = match self.rng.u32(..8) {
                0 => Pace::Until,
                1 | 2 => Pace::MayBlock,
                _ => Pace::Again,
            };
            return Body::Native { manner, pace, thread: self.one_in(3) };
        }
        let pass = match self.rng.u32(..3) {
            0 if inputs <= 1 && outputs <= 1 => Pass::Stdio,
            1 => Pass::Fd,
            _ => Pass::Path,
        };
        let kit = !stream && outputs > 0 && self.one_in(2);
        let head = kit || !stream && self.rng.bool();
        let each = if stream || self.one_in(2) { None } else { Some(!self.one_in(3)) };
        let hold = if self.joins || self.one_in(2) { 1 } else { self.rng.u64(2..=64) };
        Body::Program { pass, head, kit, each, hold }
    }

    /// A new pipe for these blocks, as a stream only if the job that writes it may not need blocks.
    fn pipe(&mut self, origin: Origin, blocks_only: bool, stream: bool) -> usize {
        let mut codecs = match origin.content {
            Content::Binary => vec![CodecName::Framed, CodecName::Bincode],
            Content::Text => vec![CodecName::Lines, CodecName::Lines, CodecName::Framed, CodecName::Bincode],
            Content::Json => vec![CodecName::Json, CodecName::Json, CodecName::Lines, CodecName::Framed],
            Content::Fixed(_) => vec![CodecName::Bytes, CodecName::Bytes, CodecName::Framed, CodecName::Bincode],
        };
        if !blocks_only {
            codecs.push(CodecName::Stream);
        }
        let codec = if stream { CodecName::Stream } else { codecs[self.rng.usize(..codecs.len())] };
        let (fifo, max_queue, capacity) = (self.one_in(4), self.some(2..=8), self.some(1..=100_000));
        self.case.pipes.push(PipeCase { origin, codec, fifo, max_queue, capacity });
        self.case.pipes.len() - 1
    }
}

/// Whether all pipes of the job must have blocks.
fn sees_blocks_only(body: &Body) -> bool {
    matches!(body, Body::Program { head: true, .. } | Body::Program { each: Some(true), .. })
}

impl JobCase {
    /// Whether it is an executable.
    pub const fn is_program(&self) -> bool {
        matches!(self.body, Body::Program { .. })
    }
}
