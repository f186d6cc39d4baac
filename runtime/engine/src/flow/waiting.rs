//! What waits in a relay for one reader, wherever it is kept.

use pipeloom_job::Batch;
use pipeloom_spool::SpoolError;

use super::leg_queue::LegQueue;
use super::spool_queue::SpoolQueue;

/// What waits for one reader.
pub(crate) enum Waiting {
    /// In memory.
    InMemory(LegQueue),
    /// On disk.
    OnDisk(Box<SpoolQueue>),
}

impl Waiting {
    pub(super) fn has_room(&self) -> bool {
        match self {
            Waiting::InMemory(queue) => queue.has_room(),
            Waiting::OnDisk(queue) => queue.has_room(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Waiting::InMemory(queue) => queue.is_empty(),
            Waiting::OnDisk(queue) => queue.is_empty(),
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
        }
    }

    /// The batch that was next is on its way; it had so many blocks and bytes. May give it back, empty, to be used again.
    pub(super) fn pop(&mut self, blocks: usize, bytes: usize) -> Result<Option<Batch>, SpoolError> {
        match self {
            Waiting::InMemory(queue) => Ok(queue.pop(blocks, bytes)),
            Waiting::OnDisk(queue) => queue.pop().map(|()| None),
        }
    }

    /// The reader is gone. What is on disk stays there.
    pub(super) fn leave(&mut self) -> Result<(), SpoolError> {
        match self {
            Waiting::InMemory(queue) => queue.clear(),
            Waiting::OnDisk(queue) => queue.leave()?,
        }
        Ok(())
    }

    /// All was handed over, and no more comes.
    pub(super) fn end(&mut self) -> Result<(), SpoolError> {
        match self {
            Waiting::InMemory(queue) => queue.clear(),
            Waiting::OnDisk(queue) => queue.end()?,
        }
        Ok(())
    }

    /// What is on disk, if anything is kept there.
    pub(super) fn on_disk(&mut self) -> Option<&mut SpoolQueue> {
        match self {
            Waiting::InMemory(_) => None,
            Waiting::OnDisk(queue) => Some(queue),
        }
    }

    /// Whether nothing of it is to be waited for, once the reader was handed all or is gone.
    pub(super) const fn is_over(&self) -> bool {
        match self {
            Waiting::InMemory(_) => true,
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
