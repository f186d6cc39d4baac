//! What a job is called with and what it calls: [`Step`], [`Flow`] and [`Emit`].

use std::os::fd::RawFd;
use std::time::Duration;

use crate::batch::{Block, Seq};
use crate::control::Report;
use crate::head::Head;

/// What a job is told that calls [`Emit::commit`] without a reservation.
pub const NOTHING_RESERVED: &str =
    "it commits a block and has none reserved: between `reserve` and `commit` no other block may be sent";

/// The place of a pipe in a job's list of inputs or outputs, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Port(pub u16);

impl Port {
    /// The place as an index.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One compute block: what a job needs on all its inputs for one call. A source gets no inputs.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// How often the count of compute blocks had started again.
    pub epoch: u32,
    /// The compute block's number in its epoch.
    pub number: Seq,
    /// The reduced head: bitwise or over the heads of all blocks.
    pub head: Head,
    /// For each input in the file's order, its blocks in order.
    pub inputs: &'a [&'a [Block<'a>]],
}

impl<'a> Step<'a> {
    /// The only block of the only input, for jobs with one input and one block a step.
    #[inline]
    pub fn block(&self) -> Option<&'a Block<'a>> {
        self.inputs.first().and_then(|blocks| blocks.first())
    }
}

/// What comes after a step. All but [`Flow::Again`] flush what was emitted before the job is called again, because
/// nobody outside can know that it is about to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Call again as soon as there is room or input.
    Again,
    /// Call again, but the next step may wait inside.
    MayBlock,
    /// Call again at this time since the run's start (monotonic), or, with inputs, at the first compute block after it.
    Until(Duration),
    /// The same, this long after now.
    After(Duration),
    /// Call again once this descriptor is readable; with inputs, at the first compute block after that.
    Readable(RawFd),
    /// The job is at its end: the last block it emitted is the stream's last.
    Done,
}

/// The readers are gone or the run stops: the job's blocks are not wanted any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the job's blocks are not wanted any more")]
pub struct Stopped;

/// Where a job's blocks and reports go.
pub trait Emit {
    /// Room for a block of `len` bytes on output `to`, to be filled and then sent by [`Emit::commit`]. What is in it
    /// is left over from earlier use. Waits while the readers' queues are full.
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped>;

    /// Sends the block last reserved. Without a head it carries the step's reduced head.
    ///
    /// # Panics
    /// If none is reserved. To send another one meanwhile takes the reservation back.
    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped>;

    /// Sends a block; a large one goes on without a copy. Its head is sent as it is.
    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped>;

    /// Tells the run something: progress, status, a metric, a result.
    fn report(&mut self, what: Report);
}
