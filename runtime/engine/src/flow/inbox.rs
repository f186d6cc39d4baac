//! All inputs of one native job, read in lock-step: block k of each.

use std::sync::Arc;

use pipeloom_config::PipeId;
use pipeloom_job::batch::Cursor;
use pipeloom_job::{Batch, Block};
use pipeloom_os::doorbell::Interest;
use smallvec::SmallVec;

use super::{Ending, FlowError, Inlet, Taken, Tally};

/// All inputs of one native job.
pub(crate) struct Inbox {
    inputs: Vec<Input>,
}

/// One input: its conduit's far end, and the blocks that were taken from it.
pub(crate) struct Input {
    pipe: PipeId,
    inlet: Box<dyn Inlet>,
    batch: Batch,
    cursor: Cursor,
    /// The blocks before this one were counted as delivered.
    counted: usize,
    ended: Option<Ending>,
    tally: Arc<Tally>,
}

/// Whether there is a compute block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Gathered {
    /// Every input has a block.
    Whole,
    /// At least one input has none yet.
    Waiting,
    /// An input has none any more; how it ended.
    End(Ending),
}

impl Input {
    pub(crate) fn new(pipe: PipeId, inlet: Box<dyn Inlet>, tally: Arc<Tally>) -> Input {
        Input { pipe, inlet, batch: Batch::new(), cursor: Cursor::default(), counted: 0, ended: None, tally }
    }

    fn fill(&mut self) -> Result<Taken, FlowError> {
        if self.cursor.passed() < self.batch.len() {
            return Ok(Taken::Some);
        }
        if let Some(ending) = self.ended {
            return Ok(Taken::End(ending));
        }
        self.count_delivered();
        (self.cursor, self.counted) = (Cursor::default(), 0);
        let taken = self.inlet.take(&mut self.batch)?;
        if let Taken::End(ending) = taken {
            self.ended = Some(ending);
            self.tally.set_ending(ending);
        }
        Ok(taken)
    }

    /// The current block, if one is at hand, and where to go on after it.
    pub(crate) fn block(&self) -> Option<(Block<'_>, Cursor)> {
        let mut after = self.cursor;
        self.batch.pass(&mut after).map(|(_, block)| (block, after))
    }

    /// The current block is done. If it is the `last` of the job's and marked as its stream's, that stream has ended.
    #[inline]
    pub(crate) fn pass(&mut self, after: Cursor, last: bool) {
        if last && self.block().is_some_and(|(block, _)| block.head.is_finished()) {
            self.tally.set_ending(Ending::Finished);
        }
        self.cursor = after;
    }

    fn count_delivered(&mut self) {
        let passed = self.cursor.passed();
        if passed > self.counted {
            let whole = passed == self.batch.len() && self.counted == 0;
            let bytes = if whole { self.batch.bytes() } else { self.bytes_between(self.counted, passed) };
            self.tally.add_delivered((passed - self.counted) as u64, bytes as u64);
            self.counted = passed;
        }
    }

    fn bytes_between(&self, from: usize, to: usize) -> usize {
        self.batch.iter().take(to).skip(from).map(|(_, block)| block.bytes.len()).sum()
    }
}

impl Inbox {
    pub(crate) fn new(inputs: Vec<Input>) -> Inbox {
        Inbox { inputs }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Takes what is there, without waiting.
    pub(crate) fn gather(&mut self) -> Result<Gathered, FlowError> {
        let mut gathered = Gathered::Whole;
        for input in &mut self.inputs {
            match input.fill()? {
                Taken::Some => {}
                Taken::Empty => gathered = Gathered::Waiting,
                // The shortest input decides, also while another one is waited for.
                Taken::End(ending) => return Ok(Gathered::End(ending)),
            }
        }
        Ok(gathered)
    }

    /// The only input, where there is just one.
    pub(crate) fn only(&mut self) -> Option<&mut Input> {
        match self.inputs.as_mut_slice() {
            [input] => Some(input),
            _ => None,
        }
    }

    /// The current block of each input, if every input has one.
    pub(crate) fn blocks(&self) -> Option<SmallVec<[Block<'_>; 8]>> {
        self.inputs.iter().map(|input| input.block().map(|(block, _)| block)).collect()
    }

    /// The compute block is done; see [`Input::pass`].
    pub(crate) fn pass(&mut self, last: bool) {
        for input in &mut self.inputs {
            if let Some((_, after)) = input.block() {
                input.pass(after, last);
            }
        }
    }

    /// Whether all inputs that are waited for only ring the doorbell.
    pub(crate) fn waits_in_memory(&self) -> bool {
        self.interests().next().is_none()
    }

    /// The descriptors to wait for after [`Gathered::Waiting`].
    pub(crate) fn interests(&self) -> impl Iterator<Item = Interest<'_>> {
        let waiting = self.inputs.iter().filter(|input| input.cursor.passed() == input.batch.len());
        waiting.filter_map(|input| input.inlet.readable()).map(Interest::readable)
    }

    /// The pipes whose stream's end was seen.
    pub(crate) fn ended_pipes(&self) -> impl Iterator<Item = PipeId> {
        self.inputs.iter().filter(|input| input.tally.has_ending()).map(|input| input.pipe)
    }

    /// No block will be used any more: counts what was, and what is left in pipes.
    pub(crate) fn close(&mut self) {
        for input in &mut self.inputs {
            input.count_delivered();
            input.inlet.discard();
        }
    }
}
