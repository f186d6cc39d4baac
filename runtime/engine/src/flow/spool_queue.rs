//! What waits in a relay for one reader, on disk.
//!
//! Every block is written when it comes, and read again when it is its turn, also if it could have stayed in memory: so what
//! waits outlives the runtime. When the spool is full, or the disk is, the writer waits.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use pipeloom_job::Batch;
use pipeloom_spool::{Appended, Spool, SpoolError, SpoolLimits, SpoolSync};

/// How much is read at once.
const BLOCKS: usize = 256;
const BYTES: usize = 256 * 1024;

/// So many segments share the room of a spool, so that it is freed bit by bit.
const SEGMENTS: u64 = 8;

/// A segment is not longer than this, in bytes.
const LONGEST_SEGMENT: u64 = 16 << 20;

/// Batches on their way to one reader, on disk.
pub(crate) struct SpoolQueue {
    dir: PathBuf,
    /// `None` once nobody wants what is there.
    spool: Option<Spool>,
    /// What is at its turn.
    front: Batch,
    /// The place behind it.
    front_end: u64,
    /// Blocks for which there was no room.
    rest: Batch,
    /// What went wrong, to be told once.
    trouble: Option<SpoolError>,
    was_told: bool,
}

/// How much a spool may keep of one pipe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpoolRoom {
    /// In bytes.
    pub(crate) max_bytes: u64,
    pub(crate) max_block_bytes: usize,
}

impl SpoolRoom {
    /// The same as a spool has it.
    pub(super) fn limits(self) -> SpoolLimits {
        SpoolLimits {
            max_bytes: self.max_bytes,
            segment_bytes: (self.max_bytes / SEGMENTS).min(LONGEST_SEGMENT),
            max_block_bytes: self.max_block_bytes,
        }
    }
}

impl SpoolQueue {
    /// A queue in a folder of its own, which is made.
    pub(crate) fn create(dir: PathBuf, room: SpoolRoom, sync: SpoolSync) -> Result<SpoolQueue, SpoolError> {
        Ok(SpoolQueue {
            spool: Some(Spool::create(&dir, room.limits(), sync)?),
            dir,
            front: Batch::new(),
            front_end: 0,
            rest: Batch::new(),
            trouble: None,
            was_told: false,
        })
    }

    /// Whether a batch may be pushed now.
    pub(crate) fn has_room(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        let is_read = self.spool.as_ref().is_none_or(|spool| spool.read_up_to() == spool.appended());
        is_read && self.front.is_empty() && self.rest.is_empty()
    }

    /// Adds a batch.
    pub(crate) fn push(&mut self, batch: &Batch) -> Result<(), SpoolError> {
        self.rest.set_epoch(batch.epoch());
        batch.iter().for_each(|(seq, block)| self.rest.push(seq, &block));
        self.write_rest()
    }

    /// The batch that is next.
    pub(crate) fn front(&mut self) -> Result<Option<&mut Batch>, SpoolError> {
        if self.front.is_empty() {
            if !self.rest.is_empty() {
                self.write_rest()?;
            }
            let Some(spool) = &mut self.spool else { return Ok(None) };
            self.front_end = spool.read(BLOCKS, BYTES, &mut self.front)?.end;
        }
        Ok(Some(&mut self.front).filter(|front| !front.is_empty()))
    }

    /// The batch that was next is on its way.
    pub(crate) fn pop(&mut self) -> Result<(), SpoolError> {
        self.front.clear();
        match &mut self.spool {
            Some(spool) => spool.acknowledge(self.front_end),
            None => Ok(()),
        }
    }

    /// Nobody wants what waits any more: removes it.
    pub(crate) fn clear(&mut self) -> Result<(), SpoolError> {
        self.front.clear();
        self.rest.clear();
        let Some(spool) = self.spool.take() else { return Ok(()) };
        spool.remove()?;
        // The folder of all spools goes with the last of them.
        let _ = self.dir.parent().map(fs::remove_dir);
        Ok(())
    }

    /// Brings what is due to the disk itself.
    pub(crate) fn tick(&mut self, now: Duration) -> Result<(), SpoolError> {
        self.spool.as_mut().map_or(Ok(()), |spool| spool.tick(now))
    }

    /// When [`SpoolQueue::tick`] has something to do.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.spool.as_ref()?.due()
    }

    /// Why there is no room, if it is not the file's word; told once.
    pub(crate) fn take_trouble(&mut self) -> Option<SpoolError> {
        self.trouble.take()
    }

    /// Appends what is left, as far as there is room.
    fn write_rest(&mut self) -> Result<(), SpoolError> {
        let Some(spool) = &mut self.spool else {
            self.rest.clear();
            return Ok(());
        };
        let mut appended = 0;
        for (seq, block) in self.rest.iter() {
            match spool.append(self.rest.epoch(), seq, &block) {
                Ok(Appended::At(_)) => appended += 1,
                Ok(Appended::Full) => break,
                Err(error @ SpoolError::NoRoom { .. }) => {
                    note(&mut self.trouble, &mut self.was_told, error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        match spool.flush() {
            Ok(()) => {}
            // What is not written stays readable, and is written as soon as there is room.
            Err(error @ SpoolError::NoRoom { .. }) => note(&mut self.trouble, &mut self.was_told, error),
            Err(error) => return Err(error),
        }
        let mut left = Batch::new();
        left.set_epoch(self.rest.epoch());
        self.rest.iter().skip(appended).for_each(|(seq, block)| left.push(seq, &block));
        self.rest = left;
        Ok(())
    }
}

fn note(trouble: &mut Option<SpoolError>, was_told: &mut bool, error: SpoolError) {
    if !std::mem::replace(was_told, true) {
        *trouble = Some(error);
    }
}

#[cfg(test)]
mod tests {
    use pipeloom_job::{Block, Head, HeadSize, Seq};
    use tempfile::TempDir;

    use super::*;

    fn batch(numbers: std::ops::RangeInclusive<u64>) -> Batch {
        let mut batch = Batch::new();
        for number in numbers {
            let block = Block::new(Head::empty(HeadSize::ONE), &[7; 1000]);
            batch.push(Seq::new(number).unwrap(), &block);
        }
        batch
    }

    fn queue(folder: &TempDir, max_bytes: u64) -> SpoolQueue {
        let room = SpoolRoom { max_bytes, max_block_bytes: 1000 };
        std::fs::create_dir(folder.path().join("spool")).unwrap();
        SpoolQueue::create(folder.path().join("spool/p@job"), room, SpoolSync::Never).unwrap()
    }

    /// Takes all that is there.
    fn taken(queue: &mut SpoolQueue) -> Vec<u64> {
        let mut taken = Vec::new();
        while let Some(batch) = queue.front().unwrap() {
            taken.extend(batch.iter().map(|(seq, _)| seq.get()));
            queue.pop().unwrap();
        }
        taken
    }

    #[test]
    fn what_is_pushed_comes_out_in_order_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut queue = queue(&folder, 10 << 20);
        (0..50).for_each(|tens| queue.push(&batch(10 * tens + 1..=10 * tens + 10)).unwrap());
        assert!(!queue.is_empty() && queue.has_room());
        assert_eq!(taken(&mut queue), (1..=500).collect::<Vec<_>>());
        assert!(queue.is_empty());
        queue.clear().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_full_spool_has_no_room_until_something_is_taken_and_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut queue = queue(&folder, 80_000);
        queue.push(&batch(1..=200)).unwrap();
        assert!(!queue.has_room());
        assert_eq!(taken(&mut queue), (1..=200).collect::<Vec<_>>());
        assert!(queue.has_room() && queue.is_empty());
    }
}
