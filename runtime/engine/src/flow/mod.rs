//! How blocks move, from one job to the next.
//!
//! # Theory of operation
//!
//! A block's way is `Outbox` -> `Outlet` -> (`Relay` ->) `Inlet` -> `Inbox`, and it travels in batches. An [`Outlet`] is the
//! near end of a conduit and takes a whole batch or says that it is full; an [`Inlet`] is the far end and gives a batch or
//! says that there is none. Neither ever waits. Whoever works them waits, in one place for each thread: on its own
//! doorbell, which the other ends of its channels ring, and on the descriptors of its pipes. So one thread can have any
//! mixture of channels and pipes, and a full output never keeps it from seeing that another has room again.
//!
//! - [`Runner`](runner) works one native job on a thread of its own, and through [`FusedOutlet`] those that are fused to it;
//! - [`Relay`](relay) forwards one pipe and is worked by the reactor;
//! - [`CutThrough`](cut_through) does the same without looking at payloads, which stay in the kernel;
//! - [`Lineup`](lineup) puts the inputs of an executable in step and is worked by the reactor;
//! - [`ProgramTimes`](program_times) is the inlet of a relay: records that the runtime makes of what it sees of an executable.

mod call;
mod channel;
mod clock;
mod controls;
mod cut_through;
mod done;
mod done_note;
mod error;
mod fate;
mod fifo_inlet;
mod fifo_outlet;
mod forwarder;
mod growth;
mod heads;
mod inbox;
mod kernel_end;
mod lanes;
mod leg_queue;
mod lineup;
mod moments;
mod notice;
mod outbox;
mod patience;
mod program_times;
mod relay;
mod runner;
mod seen;
mod sent;
mod settled;
mod spill;
mod spool_queue;
mod stamp;
mod tally;
#[cfg(test)]
mod tests;
mod times;
mod waiting;
mod wire_queue;

use std::ops::Add;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_job::{Batch, Codec, Seq};
use pipeloom_os::doorbell::Interest;
use smallvec::SmallVec;

pub(crate) use channel::{Debt, Meter, link, link_that_grows};
pub(crate) use clock::Clock;
pub(crate) use controls::{Controls, Lose, SleepsFor};
pub(crate) use cut_through::{CutLeg, CutThrough, SPLICED_FROM, Scratch, WayIn, WayOut};
pub(crate) use done::{Done, WrongCount};
pub(crate) use done_note::DoneNote;
pub(crate) use error::{FlowError, FlowErrorKind};
#[cfg(test)]
pub(crate) use fate::Fate;
pub(crate) use fate::{FateTeller, fate};
pub(crate) use fifo_inlet::FifoInlet;
pub(crate) use fifo_outlet::{FifoOutlet, USUAL_CAPACITY};
pub(crate) use forwarder::{Failed, Forwarder, Milestone, Place, Renewal, Wants};
pub(crate) use growth::{Grown, LegState, MOST_ON_DISK};
pub(crate) use heads::{FAR_BEHIND, FarBehind, HeadReceiver, HeadSender, head_line};
pub(crate) use inbox::Inbox;
#[cfg(test)]
pub(crate) use kernel_end::{FarEnd, NearEnd, SpliceTo};
pub(crate) use lanes::Lane;
pub(crate) use leg_queue::LegQueue;
pub(crate) use lineup::{Keeps, Lineup, Unkept};
pub(crate) use moments::{Gauge, HandOver, Hold, MomentReceiver, MomentSender, moment_line};
pub(crate) use notice::EndNotice;
pub(crate) use outbox::{Leg, OutPort, Outbox};
pub(crate) use program_times::{BirthTeller, Born, ProgramTimes, Watched, birth};
pub(crate) use relay::{Relay, RelayLeg};
pub(crate) use runner::{FusedOutlet, MakeJob, Returned, Runner};
pub(crate) use seen::Seen;
pub(crate) use settled::Settler;
pub(crate) use spill::SpillPlace;
pub(crate) use spool_queue::{SpoolQueue, SpoolRoom};
pub(crate) use stamp::HeadRule;
pub(crate) use tally::Tally;
pub(crate) use times::Times;
pub(crate) use waiting::Waiting;

/// A queue always takes this many blocks, however large they are.
const LEAST_BLOCKS: usize = 2;

/// So many batches of one input are taken before it is asked whether there is a compute block. More than one are wanted only
/// where an input's buffer drops what is too much: it must know all that has come.
const AT_ONCE: usize = 64;

/// Descriptors that a thread waits for beside its doorbell.
pub(crate) type Interests<'a> = SmallVec<[Interest<'a>; 8]>;

/// The far end of a conduit.
pub(crate) trait Inlet: Send {
    /// Replaces what is in `batch` by the next blocks, if there are any. Never waits.
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError>;

    /// What is there and was not taken, in blocks or bytes, as far as that can be known.
    fn pending(&self) -> usize {
        0
    }

    /// Nobody will take the blocks that are there now: counts them, if their writer does not.
    fn discard(&mut self) {}

    /// Blocks that get their numbers here begin with this one, in this epoch; otherwise with the first of all. Said before the
    /// first [`Inlet::take`].
    fn begin_at(&mut self, _epoch: u32, _number: Seq) {}

    /// What the owner must settle before it waits for anything at all.
    fn debt(&self) -> Option<Debt> {
        None
    }

    /// What to wait for after [`Taken::Empty`]; `None` if the owner's doorbell is rung.
    fn readable(&self) -> Option<BorrowedFd<'_>>;
}

/// What came of asking for blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// At least one block.
    Some,
    /// None now.
    Empty,
    /// None any more.
    End(Ending),
}

/// The near end of a conduit.
pub(crate) trait Outlet: Send {
    /// Takes all blocks of `batch`, which is then empty, or none. Never waits.
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError>;

    /// Moves on what was taken before: [`Put::Taken`] once nothing of it waits here.
    fn flush(&mut self) -> Result<Put, FlowError>;

    /// Whether somebody is there who reads. When the reader goes, the owner's doorbell is rung, or there is an error on one of
    /// [`Outlet::partings`].
    fn has_reader(&self) -> bool;

    /// What to wait for after [`Put::Full`]; `None` if the owner's doorbell is rung.
    fn writable(&self) -> Option<BorrowedFd<'_>>;

    /// How much is gathered before it is put. Where it takes a system call, that costs as much as hundreds of small blocks.
    fn batch_limit(&self) -> BatchLimit {
        BatchLimit { blocks: if self.writable().is_some() { 1024 } else { 64 }, bytes: 64 * 1024 }
    }

    /// Adds what to wait for to know that the reader goes, beside the owner's doorbell.
    fn partings<'a>(&'a self, to: &mut Interests<'a>) {
        to.extend(self.writable().map(Interest::error));
    }

    /// The thread begins that works the owner.
    fn begin(&mut self) {}

    /// The owner is about to wait, or will be busy for long, and all that it had was put here: whoever reads on the owner's thread
    /// is as good as waiting too.
    fn rest(&mut self) {}

    /// The owner waits: whoever reads on its thread sees to what does not come with blocks. Never waits if nothing has happened.
    fn attend(&mut self) {}

    /// The blocks that were taken and that the reader, which is gone, has not read whole.
    fn unread(&self) -> Unread {
        Unread::default()
    }

    /// Whether the reader has taken all that was put here.
    fn is_drained(&self) -> bool;

    /// What the reader has made of what waits for it, as far as that can be known.
    fn intake(&self) -> Option<Intake> {
        None
    }

    /// No more blocks. What was taken and not moved on is lost: flush first.
    fn close(self: Box<Self>, ending: Ending);
}

/// A batch that has reached either is handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimit {
    pub(crate) blocks: usize,
    /// Of payloads.
    pub(crate) bytes: usize,
}

/// What came of handing over blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    /// All were taken.
    Taken,
    /// There is no room now.
    Full,
    /// The reader is gone.
    Gone,
}

/// What a reader has made of what waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Intake {
    /// How many bytes it has read so far.
    pub(crate) read: u64,
    /// Whether more are there.
    pub(crate) more: bool,
}

/// Blocks that a reader did not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Unread {
    pub(crate) blocks: u64,
    /// Payload bytes.
    pub(crate) bytes: u64,
}

impl Add for Unread {
    type Output = Unread;

    fn add(self, other: Unread) -> Unread {
        Unread { blocks: self.blocks + other.blocks, bytes: self.bytes + other.bytes }
    }
}

/// How a stream of blocks ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// The last block carried the finished bit.
    Finished,
    /// It just ended.
    EndedUnfinished,
    /// It ended inside a block.
    Torn {
        /// How much of the block had come.
        bytes: usize,
    },
}

/// How blocks stand on one pipe of the kernel.
#[derive(Clone, Debug)]
pub(crate) struct WireFormat {
    /// The pipe's name.
    pub(crate) pipe: Arc<str>,
    /// The framing.
    pub(crate) codec: Codec,
    /// Whether a head stands before each block.
    pub(crate) heads: bool,
    /// The longest payload allowed, in bytes.
    pub(crate) max_block_bytes: usize,
}
