//! Calling a job as the runtime does: over blocks in lock-step.

use super::contract;
use super::recorder::{Recorder, Sent};
use crate::batch::{Block, Seq};
use crate::head::{FINISHED, Head, RESET};
use crate::job::{Job, JobError, Ports, Setup};
use crate::step::{Flow, Step};

/// The blocks on one input.
#[derive(Debug)]
pub(super) struct TestInput {
    pub(super) blocks: Vec<Sent>,
    /// How many of them a compute block takes.
    pub(super) count: usize,
}

impl TestInput {
    /// How many compute blocks there is enough for.
    fn steps(&self) -> usize {
        self.blocks.len() / self.count
    }

    /// The blocks of the compute block at `place`, from 0.
    fn of_step(&self, place: usize) -> &[Sent] {
        &self.blocks[place * self.count..][..self.count]
    }
}

/// A job, and all that it is called with.
pub(super) struct Lockstep<'a> {
    pub(super) job: &'a mut dyn Job,
    /// What it promises, where it is of a known kind.
    pub(super) ports: Option<&'a Ports>,
    pub(super) setup: &'a Setup,
    pub(super) inputs: &'a [TestInput],
    /// Whether the last blocks carry the finished bit.
    pub(super) finished: bool,
}

impl Lockstep<'_> {
    /// Calls the job to its end.
    ///
    /// # Panics
    /// If it sends other numbers of blocks than its ports promise.
    #[track_caller]
    pub(super) fn run(&mut self, recorder: &mut Recorder, flows: &mut Vec<Flow>) -> Result<(), JobError> {
        self.job.setup(self.setup)?;
        let last = self.inputs.iter().map(TestInput::steps).min();
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
            if let Some(ports) = self.ports {
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
