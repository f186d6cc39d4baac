//! What the reactor works: machines that move blocks from conduits to conduits and never wait.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use smallvec::SmallVec;

use super::growth::{Grown, LegState};
use super::{Done, FlowError, HeadSender, Inlet, Intake, Outlet};

/// How often one call goes round before others get their turn.
pub(super) const ROUNDS: usize = 16;

/// For each leg the descriptor its blocks go to, where there is one, and whether it waits for room there.
pub(crate) type Targets<'fd> = SmallVec<[(Option<BorrowedFd<'fd>>, bool); 4]>;

/// Moves blocks on, whole ones only.
pub(crate) trait Forwarder: Send {
    /// Moves what can be moved. After an error the end that it is about is of no use any more; the caller lets go of it.
    fn advance(&mut self) -> Result<Wants, Failed>;

    /// Whether a writer has not ended its stream.
    fn has_more(&self) -> bool;

    /// Whether its writer's blocks are wanted now.
    fn wants_blocks(&self) -> bool;

    /// The descriptor its blocks come from; `None` once it is at its end, and for channels.
    fn source(&self) -> Option<BorrowedFd<'_>>;

    /// Where the blocks of each leg go.
    fn targets(&self) -> Targets<'_>;

    /// For each leg what its reader has made of what waits for it, as far as that can be known.
    fn intakes(&self) -> Vec<Option<Intake>>;

    /// Whether a full queue of its keeps its writer back.
    fn is_held_up(&self) -> bool {
        false
    }

    /// For each leg that is not closed what is seen of it.
    fn states(&self) -> Vec<Option<LegState>>;

    /// Has more room for the reader of a leg from now on, if it may.
    fn grow(&mut self, _leg: usize) -> Option<Grown> {
        None
    }

    /// Whether something may keep it back that rings the doorbell when it does not any more.
    fn can_be_held(&self) -> bool {
        false
    }

    /// Takes up an end of the next life of a job that is started again, or learns that there is none.
    fn renew(&mut self, _renewal: Renewal) {}

    /// Something that the lives of jobs are about, once.
    fn take_milestone(&mut self) -> Option<Milestone> {
        None
    }

    /// Something that people should know, once.
    fn take_warning(&mut self) -> Option<String> {
        None
    }

    /// Whether there may ever be something to do for [`Forwarder::tick`].
    fn keeps_time(&self) -> bool {
        false
    }

    /// Does what is due at this time of the run.
    fn tick(&mut self, _now: Duration) -> Result<(), Failed> {
        Ok(())
    }

    /// When [`Forwarder::tick`] has something to do.
    fn due(&self) -> Option<Duration> {
        None
    }

    /// The reader of this leg is gone, even if nothing is to be written to it now.
    fn target_gone(&mut self, leg: usize);

    /// Nobody will forward the rest: counts it, for the report.
    fn abandon(&mut self);
}

/// What changes for a forwarder when a job is started again.
pub(crate) enum Renewal {
    /// The next life of its writer gives this.
    Source(Box<dyn Inlet>),
    /// What the next life of its writer writes begins this epoch: numbers begin again. Said before [`Renewal::Source`].
    NewEpoch(u32),
    /// Its writer and its readers are started again together. What waits here, and what comes, is lost...
    Lose,
    /// ...up to now: all that their last lives wrote was written.
    Lost,
    /// What the last life of its writer wrote is to be taken, however much may wait.
    TakeAll,
    /// All that was put together for its reader is lost, and what has come on these inputs, unless nothing may be.
    Clear {
        /// Their places.
        inputs: Vec<usize>,
        /// The epoch that all inputs will show which are waited for, if they will.
        awaited: Option<u32>,
    },
    /// Its writer has no other life.
    NoSource,
    /// The next life of its reader takes this.
    Targets {
        /// For each leg.
        outlets: Vec<Box<dyn Outlet>>,
        /// Where what is known of each compute block is left for the program's outputs, a line for each.
        lines: Vec<HeadSender>,
        /// Each shows how many compute blocks this life has done at most; none where that does not matter.
        done: Vec<Done>,
    },
    /// This life of its reader has ended well, and another one may follow.
    EndedWell,
    /// Its reader has no other life.
    NoTargets {
        /// Whether its last one ended well.
        well: bool,
    },
}

/// How far a forwarder has come with a job that is started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Milestone {
    /// All that this life of its writer wrote is taken.
    Drained {
        /// Whether the last block carried the finished bit: there is nothing that another life could add.
        finished: bool,
    },
    /// Its reader was given all there is.
    AllGiven,
}

/// An end of a forwarder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Where it takes blocks. Without one of these it is of no use any more.
    Input(usize),
    /// Where it gives them to a reader. A relay can go on without it.
    Leg(usize),
}

/// What a forwarder waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wants {
    /// To be called again soon: there is more to do.
    Turn,
    /// Its descriptors, or the doorbell.
    Wake,
    /// Nothing any more: all is forwarded, or nobody wants it.
    Nothing,
}

/// A forwarder cannot take any more of an input, or not give any more to a reader.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) place: Place,
    /// Why.
    pub(crate) error: FlowError,
}
