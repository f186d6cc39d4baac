//! All inputs of one native job: conduits on one side, compute blocks on the other.

use pipeloom_config::PipeId;
use pipeloom_job::{Batch, HeadSize, Step};
use pipeloom_os::doorbell::Interest;

use super::lanes::{Lane, Lanes};
use super::{DoneNote, Ending, FlowError};
use crate::step::{Only, Ready};

/// All inputs of one native job.
pub(crate) struct Inbox {
    /// The pipes, one for each lane.
    pipes: Vec<PipeId>,
    /// `None` for a source.
    lanes: Option<Lanes>,
}

impl Inbox {
    pub(crate) fn new(inputs: Vec<(PipeId, Lane)>, head_size: HeadSize) -> Inbox {
        let (pipes, lanes): (Vec<PipeId>, Vec<Lane>) = inputs.into_iter().unzip();
        Inbox { pipes, lanes: (!lanes.is_empty()).then(|| Lanes::new(lanes, head_size)) }
    }

    /// The same, with a note of how far all inputs are.
    pub(crate) fn noting(self, note: Option<DoneNote>) -> Inbox {
        Inbox { lanes: self.lanes.map(|lanes| lanes.noting(note)), ..self }
    }

    /// Whether what is done is to be told after each step, because it stays on disk until then.
    pub(crate) fn settles(&self) -> bool {
        self.lanes.as_ref().is_some_and(Lanes::settles)
    }

    /// All steps up to now have returned.
    pub(crate) fn settle(&mut self) {
        self.lanes.iter_mut().for_each(Lanes::settle);
    }

    /// The job has ended well, and wants nothing more.
    pub(crate) fn settle_all(&self) {
        self.lanes.iter().for_each(Lanes::settle_all);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_none()
    }

    /// Takes what is there, without waiting, and says whether it makes a compute block.
    pub(crate) fn gather(&mut self) -> Result<Ready, FlowError> {
        let Some(lanes) = &mut self.lanes else { return Ok(Ready::Whole) };
        loop {
            let taken = lanes.take().map_err(|failed| failed.error)?;
            match lanes.stepper.poll() {
                Ready::Waiting if taken => {}
                ready => return Ok(ready),
            }
        }
    }

    /// Takes blocks of the only input, whose writer brings them.
    pub(crate) fn give(&mut self, batch: &mut Batch) {
        self.lanes.iter_mut().for_each(|lanes| lanes.give(batch));
    }

    /// The writer of the only input, which brings its blocks, has no more.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.lanes.iter_mut().for_each(|lanes| lanes.end(ending));
    }

    /// The only input, where each of its blocks is a compute block.
    #[inline]
    pub(crate) fn only(&mut self) -> Option<&mut Only> {
        self.lanes.as_mut()?.stepper.only()
    }

    /// Calls a job with the compute block, after [`Ready::Whole`].
    #[inline]
    pub(crate) fn call<R>(&self, job: impl FnOnce(&Step<'_>) -> R) -> Option<R> {
        self.lanes.as_ref()?.stepper.call(job)
    }

    /// The compute block is done.
    pub(crate) fn advance(&mut self) {
        if let Some(lanes) = &mut self.lanes {
            lanes.stepper.advance();
        }
    }

    /// The compute block at hand, if there is one, was given to a life of the job that is over, and no other will be given it.
    pub(crate) fn lose(&mut self) {
        self.lanes.iter_mut().for_each(Lanes::lose);
    }

    /// The compute block at hand, if there is one, was given to a life of the job that is over, and the next one is given it.
    pub(crate) fn repeat(&mut self) {
        self.lanes.iter_mut().for_each(Lanes::repeat);
    }

    /// All that has come on these inputs is lost. All that are waited for will show the `awaited` epoch.
    pub(crate) fn clear(&mut self, pipes: &[PipeId], awaited: Option<u32>) -> Result<(), FlowError> {
        let Some(lanes) = &mut self.lanes else { return Ok(()) };
        awaited.into_iter().for_each(|epoch| lanes.stepper.await_epoch(epoch));
        let places = self.pipes.iter().enumerate().filter(|(_, pipe)| pipes.contains(pipe));
        places.map(|(place, _)| place).try_for_each(|place| lanes.clear(place)).map_err(|failed| failed.error)
    }

    /// Whether all inputs that are waited for only ring the doorbell.
    pub(crate) fn waits_in_memory(&self) -> bool {
        self.interests().next().is_none()
    }

    /// The descriptors to wait for after [`Ready::Waiting`].
    pub(crate) fn interests(&self) -> impl Iterator<Item = Interest<'_>> {
        let awaited = self.lanes.iter().flat_map(Lanes::awaited);
        awaited.filter_map(|inlet| inlet.readable()).map(Interest::readable)
    }

    /// The pipes whose stream's end was seen.
    pub(crate) fn ended_pipes(&self) -> impl Iterator<Item = PipeId> {
        let has_ended = |place: &usize| self.lanes.as_ref().is_some_and(|lanes| lanes.has_ending(*place));
        (0..self.pipes.len()).filter(has_ended).map(|place| self.pipes[place])
    }

    /// No block will be used any more: counts what was, and what is left in pipes.
    pub(crate) fn close(&mut self) {
        self.lanes.iter_mut().for_each(Lanes::close);
    }
}
