//! What waits in a relay for one reader, on disk.
//!
//! Every block is written when it comes, and read again when it is its turn, also if it could have stayed in memory: so what
//! waits outlives the runtime. When the spool is full, or the disk is, the writer waits.
//!
//! A block leaves the disk when it is on its way to the reader or, where its delivery is promised, when the reader has done it.
//! What is left of a reader that has gone before stays: a run that goes on with this one finds it there.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use pipeloom_job::Batch;
use pipeloom_os::doorbell::Doorbell;
use pipeloom_spool::{Appended, Recovered, Spool, SpoolError, SpoolLimits, SpoolSync};

use super::settled::{Settled, Settler, settling};

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
    /// How far the reader is, where blocks stay until it has done them.
    settled: Option<Settled>,
    /// The reader says so only when it has ended.
    only_at_end: bool,
    /// The spool has no room for what is left.
    is_full: bool,
    /// How many blocks were left when nobody wanted them any more.
    left: u64,
    /// What goes wrong with writing, and with letting go of what is done.
    full: Trouble,
    kept: Trouble,
}

/// What goes wrong and passes, to be told once for each time that it begins.
#[derive(Default)]
struct Trouble {
    untold: Option<SpoolError>,
    /// Whether it was told, or will be.
    is_known: bool,
}

impl Trouble {
    /// Keeps an error that passes until all is well again.
    fn note(
        &mut self,
        result: Result<(), SpoolError>,
        passes: impl FnOnce(&SpoolError) -> bool,
    ) -> Result<(), SpoolError> {
        match result {
            Ok(()) => self.is_known = false,
            Err(error) if !passes(&error) => return Err(error),
            Err(_) if self.is_known => {}
            Err(error) => (self.is_known, self.untold) = (true, Some(error)),
        }
        Ok(())
    }
}

/// Whether the disk is full: what is not written stays readable, and is written as soon as there is room.
fn is_disk_full(error: &SpoolError) -> bool {
    matches!(error, SpoolError::NoRoom { .. })
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
        Ok(SpoolQueue::of(Spool::create(&dir, room.limits(), sync)?, dir))
    }

    fn of(spool: Spool, dir: PathBuf) -> SpoolQueue {
        SpoolQueue {
            front_end: spool.acknowledged(),
            spool: Some(spool),
            dir,
            front: Batch::new(),
            rest: Batch::new(),
            settled: None,
            only_at_end: false,
            is_full: false,
            left: 0,
            full: Trouble::default(),
            kept: Trouble::default(),
        }
    }

    /// What another runtime has left in this folder, of which the reader has done all before this `place` at least.
    pub(crate) fn recover(
        dir: PathBuf,
        room: SpoolRoom,
        sync: SpoolSync,
        place: u64,
    ) -> Result<(SpoolQueue, Recovered), SpoolError> {
        let (mut spool, mut recovered) = Spool::recover(&dir, room.limits(), sync)?;
        let place = place.min(spool.appended());
        if place > spool.acknowledged() {
            recovered.blocks = recovered.blocks.saturating_sub(place - spool.acknowledged());
            spool.skip_to(place);
            spool.acknowledge(place)?;
        }
        Ok((SpoolQueue::of(spool, dir), recovered))
    }

    /// The same, but a block stays on disk until the reader says that it is done, which it may do `only_at_end`.
    pub(crate) fn until_settled(mut self, bell: &Doorbell, only_at_end: bool) -> (SpoolQueue, Settler) {
        let (settler, settled) = settling(self.front_end, bell);
        (self.settled, self.only_at_end) = (Some(settled), only_at_end);
        (self, settler)
    }

    /// Whether there never will be room: all was handed over, and nothing of it is done before more comes.
    pub(crate) fn is_stuck(&self) -> bool {
        let is_read = self.spool.as_ref().is_some_and(|spool| spool.read_up_to() == spool.appended());
        self.only_at_end && is_read && self.front.is_empty() && self.is_full
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
        let is_done_by_reader = self.settled.is_some();
        if is_done_by_reader { Ok(()) } else { self.acknowledge(self.front_end) }
    }

    fn acknowledge(&mut self, place: u64) -> Result<(), SpoolError> {
        let Some(spool) = &mut self.spool else { return Ok(()) };
        let acknowledged = spool.acknowledge(place);
        let is_done = spool.acknowledged() == place;
        // What could not be deleted, or a position that could not be written, is tried again with the next batch.
        self.kept.note(acknowledged, |error| is_disk_full(error) || (is_done && matches!(error, SpoolError::Io { .. })))
    }

    /// Lets go of what the reader has done.
    pub(crate) fn settle(&mut self) -> Result<(), SpoolError> {
        let (Some(spool), Some(settled)) = (&mut self.spool, &self.settled) else { return Ok(()) };
        if settled.is_all() {
            return self.clear();
        }
        // No more than was handed over: what is at its turn was read, too.
        let done = settled.place().min(self.front_end);
        if done > spool.acknowledged() { self.acknowledge(done) } else { Ok(()) }
    }

    /// Has the bell rung when the reader has done more. Says whether it has meanwhile.
    pub(crate) fn wait_for_reader(&self) -> bool {
        let (Some(spool), Some(settled)) = (&self.spool, &self.settled) else { return false };
        settled.wait();
        settled.is_left() || settled.place().min(self.front_end) > spool.acknowledged()
    }

    /// Whether nothing is to be waited for any more: all is done, or left.
    pub(crate) const fn is_over(&self) -> bool {
        self.spool.is_none()
    }

    /// All was handed over, and no more comes: removes what is on disk, once the reader has done it.
    pub(crate) fn end(&mut self) -> Result<(), SpoolError> {
        match &self.settled {
            Some(settled) if !self.is_done() => {
                if settled.is_left() {
                    self.leave()
                } else {
                    Ok(())
                }
            }
            _ if self.spool.is_none() => Ok(()),
            _ => self.clear(),
        }
    }

    fn is_done(&self) -> bool {
        self.spool.as_ref().is_none_or(|spool| spool.acknowledged() == spool.appended())
    }

    /// The reader is gone. What it has not done stays on disk.
    pub(crate) fn leave(&mut self) -> Result<(), SpoolError> {
        let settled = self.settle();
        if self.spool.is_none() {
            return settled;
        }
        if self.rest.is_empty() && self.is_done() {
            return self.clear();
        }
        self.front.clear();
        self.rest.clear();
        let Some(mut spool) = self.spool.take() else { return Ok(()) };
        self.left = spool.appended() - spool.acknowledged();
        settled.and(spool.flush())
    }

    /// How many blocks are on disk that the reader has not done.
    pub(crate) fn undone(&self) -> u64 {
        self.spool.as_ref().map_or(self.left, |spool| spool.appended() - spool.acknowledged())
    }

    /// Nobody wants what waits any more: removes it.
    pub(crate) fn clear(&mut self) -> Result<(), SpoolError> {
        self.front.clear();
        self.rest.clear();
        self.left = 0;
        let Some(spool) = self.spool.take() else { return Ok(()) };
        spool.remove()?;
        // The folder of all spools goes with the last of them.
        let _ = self.dir.parent().map(fs::remove_dir);
        Ok(())
    }

    /// Brings what is due to the disk itself.
    pub(crate) fn tick(&mut self, now: Duration) -> Result<(), SpoolError> {
        let Some(spool) = &mut self.spool else { return Ok(()) };
        match spool.tick(now) {
            Ok(false) => Ok(()),
            ticked => self.full.note(ticked.map(drop), is_disk_full),
        }
    }

    /// When [`SpoolQueue::tick`] has something to do.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.spool.as_ref()?.due()
    }

    /// What goes wrong and may pass; told once. That the file's limit is reached is none.
    pub(crate) fn take_trouble(&mut self) -> Option<SpoolError> {
        self.full.untold.take().or_else(|| self.kept.untold.take())
    }

    /// Appends what is left, as far as there is room.
    fn write_rest(&mut self) -> Result<(), SpoolError> {
        let Some(spool) = &mut self.spool else {
            self.rest.clear();
            return Ok(());
        };
        let mut appended = 0;
        self.is_full = false;
        for (seq, block) in self.rest.iter() {
            match spool.append(self.rest.epoch(), seq, &block) {
                Ok(Appended::At(_)) => appended += 1,
                Ok(Appended::Full) => {
                    self.is_full = true;
                    break;
                }
                Err(error) => {
                    self.full.note(Err(error), is_disk_full)?;
                    break;
                }
            }
        }
        self.full.note(spool.flush(), is_disk_full)?;
        let mut left = Batch::new();
        left.set_epoch(self.rest.epoch());
        self.rest.iter().skip(appended).for_each(|(seq, block)| left.push(seq, &block));
        self.rest = left;
        Ok(())
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
    fn what_cannot_be_deleted_is_told_once_and_deleted_later() {
        // It once ended the run.
        let folder = tempfile::tempdir().unwrap();
        let mut queue = queue(&folder, 80_000);
        queue.push(&batch(1..=20)).unwrap();
        let dir = folder.path().join("spool/p@job");
        let first = dir.join("00000000000000000000.blocks");
        assert_eq!(queue.front().unwrap().map(|batch| batch.len()), Some(20));
        std::fs::rename(&first, folder.path().join("aside")).unwrap();
        std::fs::create_dir(&first).unwrap();
        queue.pop().unwrap();
        let trouble = queue.take_trouble().unwrap().to_string();
        assert!(trouble.starts_with("remove ") && queue.take_trouble().is_none(), "{trouble}");
        std::fs::remove_dir(&first).unwrap();
        std::fs::rename(folder.path().join("aside"), &first).unwrap();
        queue.push(&batch(21..=21)).unwrap();
        assert_eq!(taken(&mut queue), [21]);
        assert!(!first.exists() && queue.take_trouble().is_none());
        queue.clear().unwrap();
    }

    #[test]
    fn a_disk_that_is_full_again_is_told_again() {
        let no_room = || Err(SpoolError::NoRoom { path: "p".into(), source: std::io::ErrorKind::StorageFull.into() });
        let mut trouble = Trouble::default();
        for _ in 0..2 {
            trouble.note(no_room(), is_disk_full).unwrap();
            assert!(trouble.untold.take().is_some());
            trouble.note(no_room(), is_disk_full).unwrap();
            assert!(trouble.untold.take().is_none(), "it is known");
            trouble.note(Ok(()), is_disk_full).unwrap();
        }
    }

    #[test]
    fn what_the_reader_has_not_done_stays_and_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let bell = Doorbell::new().unwrap();
        let (mut queue, settler) = queue(&folder, 10 << 20).until_settled(&bell, false);
        queue.push(&batch(1..=500)).unwrap();
        assert_eq!(taken(&mut queue), (1..=500).collect::<Vec<_>>());
        assert!(queue.is_empty() && !queue.is_over() && !queue.wait_for_reader());
        settler.settle(settler.place_after(200));
        assert!(queue.wait_for_reader());
        queue.settle().unwrap();
        assert_eq!((queue.undone(), queue.wait_for_reader()), (300, false));
        queue.end().unwrap();
        assert!(!queue.is_over(), "the reader is still at it");
        drop(settler);
        queue.end().unwrap();
        assert_eq!((queue.undone(), queue.is_over()), (300, true));
        drop(queue);

        let room = SpoolRoom { max_bytes: 10 << 20, max_block_bytes: 1000 };
        let again =
            |place| SpoolQueue::recover(folder.path().join("spool/p@job"), room, SpoolSync::Never, place).unwrap();
        let (mut queue, recovered) = again(0);
        assert_eq!((recovered.blocks, taken(&mut queue)), (300, (201..=500).collect()));
        queue.push(&batch(501..=502)).unwrap();
        drop(queue);
        // A note knows more than the spool itself.
        let (queue, recovered) = again(501);
        assert_eq!(recovered.blocks, 1);
        let (mut queue, settler) = queue.until_settled(&bell, false);
        assert_eq!(taken(&mut queue), [502]);
        settler.settle_all();
        queue.settle().unwrap();
        assert!(queue.is_over());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_reader_that_has_done_nothing_before_its_end_cannot_wait_for_more_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let bell = Doorbell::new().unwrap();
        let (mut queue, _settler) = queue(&folder, 80_000).until_settled(&bell, true);
        queue.push(&batch(1..=50)).unwrap();
        taken(&mut queue);
        assert!(!queue.is_stuck());
        queue.push(&batch(51..=200)).unwrap();
        assert!(!queue.is_stuck(), "some can still be handed over");
        taken(&mut queue);
        assert!(queue.is_stuck());
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
