//! What waits in a relay for one reader, wherever it is kept.

use pipeloom_job::Batch;
use pipeloom_spool::SpoolError;

use super::FlowErrorKind;
use super::growth::{Grown, MOST_IN_MEMORY};
use super::leg_queue::LegQueue;
use super::spill::{Spill, SpillPlace};
use super::spool_queue::SpoolQueue;

/// What waits for one reader.
pub(crate) enum Waiting {
    /// In memory.
    InMemory(LegQueue),
    /// On disk.
    OnDisk(Box<SpoolQueue>),
    /// First in memory, and the rest on disk.
    Spilled(Box<Spill>),
}

impl Waiting {
    pub(super) fn has_room(&self) -> bool {
        match self {
            Waiting::InMemory(queue) => queue.has_room(),
            Waiting::OnDisk(queue) => queue.has_room(),
            Waiting::Spilled(queue) => queue.has_room(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Waiting::InMemory(queue) => queue.is_empty(),
            Waiting::OnDisk(queue) => queue.is_empty(),
            Waiting::Spilled(queue) => queue.is_empty(),
        }
    }

    /// Whether a batch that nobody else wants may be pushed as it is.
    pub(super) fn takes_batches(&self) -> bool {
        matches!(self, Waiting::InMemory(queue) if queue.takes_batches())
    }

    pub(super) fn front(&mut self) -> Result<Option<&mut Batch>, SpoolError> {
        match self {
            Waiting::InMemory(queue) => Ok(queue.front()),
            Waiting::OnDisk(queue) => queue.front(),
            Waiting::Spilled(queue) => queue.front(),
        }
    }

    /// The batch that was next is on its way; it had so many blocks and bytes. May give it back, empty, to be used again.
    pub(super) fn pop(&mut self, blocks: usize, bytes: usize) -> Result<Option<Batch>, SpoolError> {
        match self {
            Waiting::InMemory(queue) => Ok(queue.pop(blocks, bytes)),
            Waiting::OnDisk(queue) => queue.pop().map(|()| None),
            Waiting::Spilled(queue) => queue.pop(blocks, bytes),
        }
    }

    /// The reader is gone. What is on disk stays there.
    pub(super) fn leave(&mut self) -> Result<(), SpoolError> {
        match self {
            Waiting::InMemory(queue) => queue.clear(),
            Waiting::OnDisk(queue) => queue.leave()?,
            Waiting::Spilled(queue) => queue.clear()?,
        }
        Ok(())
    }

    /// Why there is no room on disk, if it is not the file's word; told once.
    pub(super) fn take_trouble(&mut self) -> Option<SpoolError> {
        match self {
            Waiting::InMemory(_) => None,
            Waiting::OnDisk(queue) => queue.take_trouble(),
            Waiting::Spilled(queue) => queue.take_trouble(),
        }
    }

    /// How many blocks wait in memory.
    pub(super) fn blocks(&self) -> usize {
        match self {
            Waiting::InMemory(queue) => queue.blocks(),
            Waiting::OnDisk(_) => 0,
            Waiting::Spilled(queue) => queue.blocks(),
        }
    }

    /// Whether [`Waiting::grow`] may make more room.
    pub(super) fn may_grow(&self, spill: bool) -> bool {
        matches!(self, Waiting::InMemory(queue) if spill || queue.may_grow(MOST_IN_MEMORY))
    }

    /// Has more room from now on: in memory, or else at `place`, if there is one.
    pub(super) fn grow(&mut self, place: Option<&SpillPlace>) -> Result<Option<Grown>, FlowErrorKind> {
        let Waiting::InMemory(queue) = self else { return Ok(None) };
        if let Some(limits) = queue.grow(MOST_IN_MEMORY) {
            return Ok(Some(Grown::InMemory(limits)));
        }
        let Some(place) = place else { return Ok(None) };
        let spill = Spill::new(queue.take(), place)?;
        *self = Waiting::Spilled(Box::new(spill));
        Ok(Some(Grown::OnDisk { max_bytes: place.room.max_bytes }))
    }

    /// All was handed over, and no more comes.
    pub(super) fn end(&mut self) -> Result<(), SpoolError> {
        match self {
            Waiting::InMemory(queue) => queue.clear(),
            Waiting::OnDisk(queue) => queue.end()?,
            Waiting::Spilled(queue) => queue.clear()?,
        }
        Ok(())
    }

    /// What is on disk, if anything is kept there.
    pub(super) fn on_disk(&mut self) -> Option<&mut SpoolQueue> {
        match self {
            Waiting::InMemory(_) | Waiting::Spilled(_) => None,
            Waiting::OnDisk(queue) => Some(queue),
        }
    }

    /// Whether nothing of it is to be waited for, once the reader was handed all or is gone.
    pub(super) const fn is_over(&self) -> bool {
        match self {
            Waiting::InMemory(_) | Waiting::Spilled(_) => true,
            Waiting::OnDisk(queue) => queue.is_over(),
        }
    }
}

impl From<LegQueue> for Waiting {
    fn from(queue: LegQueue) -> Waiting {
        Waiting::InMemory(queue)
    }
}

impl From<SpoolQueue> for Waiting {
    fn from(queue: SpoolQueue) -> Waiting {
        Waiting::OnDisk(Box::new(queue))
    }
}
