//! The stepper of one job.

use pipeloom_job::{Batch, HeadSize, Step};

use super::join::Join;
use super::lane::LaneSpec;
use super::only::Only;
use super::{ComputeBlock, Counts};
use crate::flow::Ending;

/// Lines up the inputs of one job. See [the module](super).
pub(crate) struct Stepper(Kind);

#[expect(clippy::large_enum_variant, reason = "there is one for each job, looked at for each block")]
enum Kind {
    Only(Only),
    Join(Join),
}

/// What can be said of the next compute block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ready {
    /// It is there.
    Whole,
    /// Something is missing; [`Stepper::wants`] says where.
    Waiting,
    /// There is none any more; how it ended.
    End(Ending),
}

macro_rules! either {
    ($self:expr, $stepper:ident => $only:expr, $join:expr) => {
        match $self {
            Kind::Only($stepper) => $only,
            Kind::Join($stepper) => $join,
        }
    };
}

impl Stepper {
    /// A stepper for these lanes, in the file's order; there must be one at least.
    pub(crate) fn new(lanes: Vec<LaneSpec>, head_size: HeadSize) -> Stepper {
        Stepper(match lanes.as_slice() {
            [lane] if lane.is_plain() => Kind::Only(Only::new(head_size)),
            _ => Kind::Join(Join::new(lanes, head_size)),
        })
    }

    /// The same, but a single lane is treated like several.
    #[cfg(test)]
    pub(super) fn joining(lanes: Vec<LaneSpec>, head_size: HeadSize) -> Stepper {
        Stepper(Kind::Join(Join::new(lanes, head_size)))
    }

    /// The lane where there is just one, taken one block at a time: its blocks can be walked without more ado.
    #[inline]
    pub(crate) fn only(&mut self) -> Option<&mut Only> {
        match &mut self.0 {
            Kind::Only(only) => Some(only),
            Kind::Join(_) => None,
        }
    }

    /// Whether more blocks of a lane should be given now. After [`Ready::Waiting`] these are the lanes to wait for;
    /// optional ones are among them, though nothing may depend on them.
    pub(crate) fn wants(&self, lane: usize) -> bool {
        either!(&self.0, stepper => stepper.wants(), stepper.wants(lane))
    }

    /// Takes all blocks of `batch`, which then is empty and has some room.
    pub(crate) fn give(&mut self, lane: usize, batch: &mut Batch) {
        either!(&mut self.0, stepper => stepper.give(batch), stepper.give(lane, batch));
    }

    /// No more blocks will be given for a lane.
    pub(crate) fn end(&mut self, lane: usize, ending: Ending) {
        either!(&mut self.0, stepper => stepper.end(ending), stepper.end(lane, ending));
    }

    /// What can be said now. Once there is a compute block, it stays as it is until [`Stepper::advance`].
    pub(crate) fn poll(&mut self) -> Ready {
        either!(&mut self.0, stepper => stepper.poll(), stepper.poll())
    }

    /// The compute block, after [`Ready::Whole`]. One that can be told at a glance is there without asking.
    #[inline]
    pub(crate) fn compute_block(&self) -> Option<ComputeBlock<'_>> {
        let mut made = ComputeBlock::new(either!(&self.0, stepper => stepper.outline(), stepper.outline())?);
        either!(&self.0, stepper => stepper.fill(&mut made), stepper.fill(&mut made)).then_some(made)
    }

    /// Whether a block of the compute block stands for one that is missing or has not come.
    pub(crate) fn is_stand_in(&self, lane: usize, place: usize) -> bool {
        match &self.0 {
            // Alone, it has nothing to be in step with.
            Kind::Only(_) => false,
            Kind::Join(stepper) => stepper.is_stand_in(lane, place),
        }
    }

    /// Calls a job with the compute block. As [`Stepper::compute_block`], but the blocks are written where the job reads
    /// them; moving them costs as much as finding them.
    #[inline]
    pub(crate) fn call<R>(&self, job: impl FnOnce(&Step<'_>) -> R) -> Option<R> {
        let mut made = ComputeBlock::new(either!(&self.0, stepper => stepper.outline(), stepper.outline())?);
        either!(&self.0, stepper => stepper.fill(&mut made), stepper.fill(&mut made)).then(|| made.call(job))
    }

    /// The compute block, which was there, is done.
    #[inline]
    pub(crate) fn advance(&mut self) {
        either!(&mut self.0, stepper => stepper.advance(), stepper.advance());
    }

    /// All that a lane holds is lost, and what comes next on it is taken as if it had followed at once. The compute block at hand,
    /// if there is one, was given to nobody.
    pub(crate) fn clear(&mut self, lane: usize) {
        either!(&mut self.0, stepper => stepper.clear(), stepper.clear(lane));
    }

    /// All lanes in step will show this epoch or a newer one: until then, what is left of older ones stays apart from it.
    pub(crate) fn await_epoch(&mut self, epoch: u32) {
        match &mut self.0 {
            // Alone, it takes what comes.
            Kind::Only(_) => {}
            Kind::Join(stepper) => stepper.await_epoch(epoch),
        }
    }

    /// No compute block will be used any more: all that is left is counted as unused.
    pub(crate) fn close(&mut self) {
        either!(&mut self.0, stepper => stepper.over(Ending::EndedUnfinished), stepper.close());
    }

    /// Whether the last block of a lane's stream, marked so, was used.
    pub(crate) fn is_finished(&self, lane: usize) -> bool {
        either!(&self.0, stepper => stepper.is_finished(), stepper.is_finished(lane))
    }

    /// What became of a lane's blocks since this was asked last.
    pub(crate) fn take_counts(&mut self, lane: usize) -> Counts {
        either!(&mut self.0, stepper => stepper.take_counts(), stepper.take_counts(lane))
    }
}
