//! The spool: segments, the reader's way through them, and how far it is done.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use pipeloom_job::{Batch, Block, Seq};

use crate::chain::Chain;
use crate::error::SpoolError;
use crate::files::Files;
use crate::folder::{Folder, sync_parent};
use crate::limits::{SpoolLimits, SpoolSync};
use crate::position::{self, Position};
use crate::reader::Reader;
use crate::record::{RECORD_HEAD, Record};
use crate::recover::{Recovered, recover};
use crate::segment::{self, HEADER_BYTES, first_of};

/// What became of a block that was to be appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Appended {
    /// It has this place: one more than the block before it.
    At(u64),
    /// There is no room until the reader has done with more, and nothing was changed.
    Full,
}

/// Blocks on disk, from where one reader gets them, until it has done with them.
///
/// Every block has a *place*: 0 for the first one and one more for each that follows, for as long as there is the spool. It is
/// there for the reader as soon as it is appended, and survives a crash of the process as soon as it is flushed. Dropping a
/// spool keeps its files, without what was not flushed.
///
/// ```
/// use pipeloom_job::{Batch, Block, Head, HeadSize, Seq};
/// use pipeloom_spool::{Appended, Spool, SpoolLimits, SpoolSync};
///
/// # let home = tempfile::tempdir()?;
/// # let dir = home.path().join("frames");
/// let limits = SpoolLimits { max_bytes: 64 << 20, segment_bytes: 4 << 20, max_block_bytes: 1 << 20 };
/// let mut spool = Spool::create(&dir, limits, SpoolSync::Never)?;
/// let head = Head::empty(HeadSize::ONE);
/// assert_eq!(spool.append(0, Seq::FIRST, &Block::new(head, b"one"))?, Appended::At(0));
/// assert_eq!(spool.append(0, Seq::FIRST.next(), &Block::new(head, b"two"))?, Appended::At(1));
/// spool.flush()?;
///
/// let mut batch = Batch::new();
/// assert_eq!(spool.read(100, 1 << 20, &mut batch)?, 0..2);
/// spool.acknowledge(1)?;
/// drop(spool); // or a crash
///
/// let (mut spool, recovered) = Spool::recover(&dir, limits, SpoolSync::Never)?;
/// assert_eq!((recovered.blocks, recovered.discarded_bytes), (1, 0));
/// assert_eq!(spool.read(100, 1 << 20, &mut batch)?, 1..2);
/// assert_eq!(batch.last().map(|block| block.bytes), Some(&b"two"[..]));
/// spool.remove()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Spool {
    chain: Chain,
    reader: Reader,
    position: Position,
    sync: SpoolSync,
    /// When it was last synced by [`Spool::tick`], or that was tried.
    ticked: Option<Duration>,
}

impl Spool {
    /// A new spool in the directory `dir`, which is missing or empty. It gets mode 0700 and is locked.
    ///
    /// # Errors
    /// If something is there already, if it is not ours, or if it cannot be made.
    pub fn create(dir: &Path, limits: SpoolLimits, sync: SpoolSync) -> Result<Spool, SpoolError> {
        let files = Files::new(dir, Box::new(Folder::create(dir)?));
        if sync != SpoolSync::Never {
            sync_parent(dir)?;
        }
        Spool::create_in(files, limits, sync)
    }

    pub(crate) fn create_in(files: Files, limits: SpoolLimits, sync: SpoolSync) -> Result<Spool, SpoolError> {
        let position = Position::create(&files, 0)?;
        if sync != SpoolSync::Never {
            position.sync(&files)?;
            files.sync_names()?;
        }
        let chain = Chain::new(files, limits, sync != SpoolSync::Never, 0);
        Ok(Spool { chain, reader: Reader::new(0), position, sync, ticked: None })
    }

    /// The spool in the directory `dir`, which a dropped [`Spool`] has left or a process that was killed.
    ///
    /// What follows the blocks that are done, without a gap and undamaged, is there again; what is behind that is counted
    /// and cut off. The reader begins with the first block that is not done.
    ///
    /// # Errors
    /// If there is no spool, if it is in use or not ours alone, if a file in it is none of a spool's or of a newer version, or if
    /// it cannot be read. In all these cases its files are as they were.
    pub fn recover(dir: &Path, limits: SpoolLimits, sync: SpoolSync) -> Result<(Spool, Recovered), SpoolError> {
        Spool::recover_in(Files::new(dir, Box::new(Folder::open(dir)?)), limits, sync)
    }

    pub(crate) fn recover_in(
        files: Files,
        limits: SpoolLimits,
        sync: SpoolSync,
    ) -> Result<(Spool, Recovered), SpoolError> {
        let (position, chain, recovered) = recover(files, limits, sync != SpoolSync::Never)?;
        let reader = Reader::new(position.place());
        Ok((Spool { chain, reader, position, sync, ticked: None }, recovered))
    }

    /// Puts a block behind the others. It is written with the next [`flush`](Spool::flush), or before if many wait.
    ///
    /// # Errors
    /// If the block is too long, or if what waits cannot be written. The block is not appended then.
    pub fn append(&mut self, epoch: u32, seq: Seq, block: &Block<'_>) -> Result<Appended, SpoolError> {
        let bytes = block.bytes.len();
        let room = self.chain.limits.max_bytes.saturating_sub((HEADER_BYTES + RECORD_HEAD) as u64);
        let max = room.min(u64::from(self.chain.limits.longest()));
        if bytes as u64 > max {
            return Err(SpoolError::TooLong { bytes, max });
        }
        if !self.chain.has_room(bytes) && self.acknowledged() == self.chain.next() && !self.chain.is_empty() {
            self.before_deleting()?;
            self.chain.clear()?;
            self.reader.release(&self.chain);
        }
        if !self.chain.has_room(bytes) {
            return Ok(Appended::Full);
        }
        let place = self.chain.next();
        self.chain.append(&Record { place, epoch, seq, block: *block })?;
        Ok(Appended::At(place))
    }

    /// Writes all blocks that wait, in one call, so that a crash of the process does not lose them; with [`SpoolSync::Each`]
    /// a power cut does not either.
    ///
    /// # Errors
    /// If they cannot be written or synced. What could not be written waits on and can be read.
    pub fn flush(&mut self) -> Result<(), SpoolError> {
        match self.sync {
            SpoolSync::Each => self.chain.sync(),
            SpoolSync::Never | SpoolSync::Interval(_) => self.chain.write(),
        }
    }

    /// Flushes and syncs, if [`SpoolSync::Interval`] asks for it at the time `now`, by a clock of the caller's. Says whether it
    /// did.
    ///
    /// # Errors
    /// As [`Spool::flush`]. It is tried again when the interval has passed.
    pub fn tick(&mut self, now: Duration) -> Result<bool, SpoolError> {
        let is_due = self.due().is_some_and(|due| due <= now);
        if is_due {
            self.ticked = Some(now);
            self.chain.sync()?;
        }
        Ok(is_due)
    }

    /// From when on [`Spool::tick`] has something to do; `None` as long as nothing is appended.
    pub fn due(&self) -> Option<Duration> {
        match self.sync {
            SpoolSync::Interval(interval) if self.chain.is_dirty() => {
                Some(self.ticked.map_or(Duration::ZERO, |last| last.saturating_add(interval)))
            }
            _ => None,
        }
    }

    /// Gives the reader its next blocks: puts them into `into`, which is emptied before, and says which places they have.
    ///
    /// They are of one epoch and at most `max_blocks`; their payloads have at most `max_bytes`, unless the first one alone
    /// has more. The range is empty if all was given.
    ///
    /// # Errors
    /// If a file cannot be read, or is not as it was written. The next call tries the same block again.
    pub fn read(&mut self, max_blocks: usize, max_bytes: usize, into: &mut Batch) -> Result<Range<u64>, SpoolError> {
        self.reader.read(&self.chain, max_blocks, max_bytes, into)
    }

    /// The reader goes on with the block at `place`, or at the end if there are not so many. It has no use for those that it
    /// passes over, which count as given.
    pub fn skip_to(&mut self, place: u64) {
        self.reader.go_to(place.clamp(self.acknowledged(), self.appended()));
    }

    /// What the reader was given and has not done is read again.
    pub fn rewind_to_acknowledged(&mut self) {
        self.reader.go_to(self.acknowledged());
    }

    /// The reader has done with all blocks before the place `up_to`. They do not come again, also after a crash.
    ///
    /// # Errors
    /// If this was said before, if more was said before, or if the reader was not given so much (since it was last set
    /// back); nothing has changed then. If the position cannot be written: nothing has changed either. If a segment cannot be
    /// deleted: the acknowledgement holds, and the next one tries again.
    pub fn acknowledge(&mut self, up_to: u64) -> Result<(), SpoolError> {
        let (acknowledged, read) = (self.acknowledged(), self.reader.place());
        if up_to == acknowledged {
            return Err(SpoolError::AcknowledgedTwice { up_to });
        } else if up_to < acknowledged {
            return Err(SpoolError::AcknowledgedBackwards { up_to, acknowledged });
        } else if up_to > read {
            return Err(SpoolError::AcknowledgedUnread { up_to, read });
        }
        self.position.set(&self.chain.files, up_to)?;
        if self.chain.frees(up_to) {
            self.before_deleting()?;
            self.chain.done_before(up_to)?;
            self.reader.release(&self.chain);
        }
        Ok(())
    }

    /// A power cut must not bring back a position before the first block that is there.
    fn before_deleting(&self) -> Result<(), SpoolError> {
        if self.sync == SpoolSync::Never { Ok(()) } else { self.position.sync(&self.chain.files) }
    }

    /// The place that the next block gets: how many were ever appended.
    pub fn appended(&self) -> u64 {
        self.chain.next()
    }

    /// The place of the block that is read next.
    pub fn read_up_to(&self) -> u64 {
        self.reader.place()
    }

    /// All blocks before this place are done.
    pub fn acknowledged(&self) -> u64 {
        self.position.place()
    }

    /// How many bytes its segments have, of at most [`SpoolLimits::max_bytes`].
    pub fn bytes(&self) -> u64 {
        self.chain.bytes()
    }

    /// Deletes the spool and its directory.
    ///
    /// # Errors
    /// If something cannot be deleted, or if there is something in the directory that is not the spool's.
    pub fn remove(self) -> Result<(), SpoolError> {
        let files = &self.chain.files;
        // The oldest first: what is left if this is broken off is seen not to be whole.
        let mut firsts: Vec<u64> = files.names()?.iter().filter_map(|name| first_of(name)).collect();
        firsts.sort_unstable();
        firsts.iter().try_for_each(|first| files.remove(&segment::name(*first)))?;
        files.remove(position::NAME)?;
        files.remove_itself()
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool")
            .field("directory", &self.chain.files.directory())
            .field("acknowledged", &self.acknowledged())
            .field("read_up_to", &self.read_up_to())
            .field("appended", &self.appended())
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
