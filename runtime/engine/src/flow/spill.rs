//! What waits in a relay for one reader and has grown too long for memory: the rest is on disk.
//!
//! This is for branches that are unequal beyond measure, and no place that outlives the runtime: it is never synced, and goes
//! with the queue.

use std::path::PathBuf;

use pipeloom_job::Batch;
use pipeloom_spool::{SpoolError, SpoolSync};

use super::FlowErrorKind;
use super::leg_queue::LegQueue;
use super::spool_queue::{SpoolQueue, SpoolRoom};
use crate::run_dir::make_folder;

/// Where the rest of a queue may go.
#[derive(Clone, Debug)]
pub(crate) struct SpillPlace {
    /// A folder that is made if it is needed.
    pub(crate) dir: PathBuf,
    pub(crate) room: SpoolRoom,
}

/// Batches on their way to one reader, the first in memory and the others on disk.
pub(crate) struct Spill {
    first: LegQueue,
    rest: SpoolQueue,
}

impl Spill {
    /// What waits stays in memory; what comes goes to `place`.
    pub(super) fn new(first: LegQueue, place: &SpillPlace) -> Result<Spill, FlowErrorKind> {
        place.dir.parent().map_or(Ok(()), make_folder)?;
        let rest = SpoolQueue::create(place.dir.clone(), place.room, SpoolSync::Never)?;
        Ok(Spill { first, rest })
    }

    pub(super) fn has_room(&self) -> bool {
        self.rest.has_room()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.rest.is_empty()
    }

    /// How many blocks wait in memory.
    pub(super) fn blocks(&self) -> usize {
        self.first.blocks()
    }

    pub(super) fn push(&mut self, batch: &Batch) -> Result<(), SpoolError> {
        self.rest.push(batch)
    }

    pub(super) fn front(&mut self) -> Result<Option<&mut Batch>, SpoolError> {
        if self.first.is_empty() { self.rest.front() } else { Ok(self.first.front()) }
    }

    pub(super) fn pop(&mut self, blocks: usize, bytes: usize) -> Result<Option<Batch>, SpoolError> {
        if self.first.is_empty() { self.rest.pop().map(|()| None) } else { Ok(self.first.pop(blocks, bytes)) }
    }

    pub(super) fn clear(&mut self) -> Result<(), SpoolError> {
        self.first.clear();
        self.rest.clear()
    }

    /// Why there is no room, if it is not that all of the place is used; told once.
    pub(super) fn take_trouble(&mut self) -> Option<SpoolError> {
        self.rest.take_trouble()
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            log::warn!("{error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use pipeloom_config::{QueueLimits, WhenFull};
    use pipeloom_job::{Block, Head, HeadSize, Seq};

    use super::*;

    fn batch(numbers: std::ops::RangeInclusive<u64>) -> Batch {
        let mut batch = Batch::new();
        for number in numbers {
            batch.push(Seq::new(number).unwrap(), &Block::new(Head::empty(HeadSize::ONE), &[7; 1000]));
        }
        batch
    }

    /// A queue of three blocks, and a place for 80 more.
    fn spill(run: &tempfile::TempDir) -> Spill {
        let mut first = LegQueue::new(QueueLimits { blocks: 3, bytes: usize::MAX }, WhenFull::Block);
        first.push(batch(1..=3));
        let room = SpoolRoom { max_bytes: 80_000, max_block_bytes: 1000 };
        Spill::new(first, &SpillPlace { dir: run.path().join("spill/p@job"), room }).unwrap()
    }

    #[test]
    fn what_is_in_memory_comes_before_what_is_on_disk() {
        let run = tempfile::tempdir().unwrap();
        let mut spill = spill(&run);
        assert!(spill.has_room() && !spill.is_empty());
        (4..=20).for_each(|number| spill.push(&batch(number..=number)).unwrap());
        let mut taken = Vec::new();
        while let Some(front) = spill.front().unwrap() {
            let (blocks, bytes) = (front.len(), front.bytes());
            taken.extend(front.iter().map(|(seq, _)| seq.get()));
            spill.pop(blocks, bytes).unwrap();
        }
        assert_eq!(taken, (1..=20).collect::<Vec<_>>());
        assert!(spill.is_empty());
    }

    #[test]
    fn it_is_bounded_and_leaves_nothing_when_it_goes() {
        let run = tempfile::tempdir().unwrap();
        let mut spill = spill(&run);
        spill.push(&batch(4..=300)).unwrap();
        assert!(!spill.has_room());
        drop(spill);
        assert_eq!(std::fs::read_dir(run.path()).unwrap().count(), 0);
    }
}
