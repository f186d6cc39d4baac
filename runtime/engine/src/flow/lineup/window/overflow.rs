//! Blocks that are kept on disk, because more is not done than may be kept in memory.
//!
//! They lie there for as long as the runtime lives: what outlives it is in the spool of the pipe itself, if it has one.

use std::fs::{self, DirBuilder};
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipeloom_job::Batch;
use pipeloom_spool::{Appended, Spool, SpoolError, SpoolSync};

use crate::flow::SpoolRoom;

/// How much of an input may be kept until it is done.
#[derive(Clone, Debug)]
pub(crate) struct Keeps {
    /// The pipe's name.
    pub(crate) pipe: Arc<str>,
    /// How much in memory, in bytes of payload.
    pub(crate) window_bytes: usize,
    /// How much on disk.
    pub(crate) room: SpoolRoom,
    /// Where, in a folder that is made when it is needed.
    pub(crate) dir: PathBuf,
}

/// What a program was given and has not done cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unkept {
    /// There is more than may be kept.
    #[error(
        "{bytes} bytes of it in memory are given to its reader and not done, which is more than `window_bytes` ({limit}), and \
         {max_bytes} bytes on disk are full as well: at-least-once cannot be kept; make `window_bytes` or `spool.max_bytes` \
         larger"
    )]
    Overfull {
        /// How much would be in memory.
        bytes: usize,
        /// How much may be.
        limit: usize,
        /// How much may be on disk.
        max_bytes: u64,
    },
    /// There is more than may be kept in memory, and the disk does not take it.
    #[error(
        "{bytes} bytes of it are given to its reader and not done, which is more than `window_bytes` ({limit}), and the rest \
         cannot be kept on disk: {source}; at-least-once cannot be kept"
    )]
    Refused {
        /// How much would be in memory.
        bytes: usize,
        /// How much may be.
        limit: usize,
        /// What the disk says.
        source: SpoolError,
    },
    /// What was kept on disk cannot be had again.
    #[error("what its reader was given and has not done is kept on disk, and: {0}")]
    Lost(SpoolError),
}

impl Unkept {
    /// The same, with how much would be in memory and how much may be.
    pub(super) fn with_window(self, now: usize, most: usize) -> Unkept {
        match self {
            Unkept::Overfull { max_bytes, .. } => Unkept::Overfull { bytes: now, limit: most, max_bytes },
            Unkept::Refused { source, .. } => Unkept::Refused { bytes: now, limit: most, source },
            lost @ Unkept::Lost(_) => lost,
        }
    }
}

/// The blocks of one input that are on disk.
pub(super) struct Overflow {
    dir: PathBuf,
    room: SpoolRoom,
    /// `None` while there is nothing.
    spool: Option<Spool>,
}

impl Overflow {
    /// Nothing yet.
    pub(super) fn new(keeps: Keeps) -> Overflow {
        Overflow { dir: keeps.dir, room: keeps.room, spool: None }
    }

    /// Adds these blocks, and says where they are.
    pub(super) fn put(&mut self, blocks: &Batch) -> Result<Range<u64>, Unkept> {
        let refused = |source| Unkept::Refused { bytes: 0, limit: 0, source };
        let spool = match &mut self.spool {
            Some(spool) => spool,
            none => none.insert(create(&self.dir, self.room).map_err(refused)?),
        };
        let first = spool.appended();
        for (seq, block) in blocks.iter() {
            match spool.append(blocks.epoch(), seq, &block).map_err(refused)? {
                Appended::At(_) => {}
                Appended::Full => {
                    return Err(Unkept::Overfull { bytes: 0, limit: 0, max_bytes: self.room.max_bytes });
                }
            }
        }
        // This life has been given them.
        spool.skip_to(spool.appended());
        Ok(first..spool.appended())
    }

    /// The blocks at these places, which come behind those that were asked for before.
    pub(super) fn get(&mut self, places: &Range<u64>) -> Result<Batch, Unkept> {
        let mut blocks = Batch::new();
        let Some(spool) = &mut self.spool else { return Ok(blocks) };
        spool.skip_to(places.start);
        spool.read((places.end - places.start) as usize, usize::MAX, &mut blocks).map_err(Unkept::Lost)?;
        Ok(blocks)
    }

    /// The next life is given all again.
    pub(super) fn begin_again(&mut self) {
        self.spool.iter_mut().for_each(Spool::rewind_to_acknowledged);
    }

    /// Those before this place are done.
    pub(super) fn done_before(&mut self, place: u64) -> Result<(), Unkept> {
        let Some(spool) = &mut self.spool else { return Ok(()) };
        if place < spool.appended() {
            spool.skip_to(place.max(spool.read_up_to()));
            return spool.acknowledge(place).map_err(Unkept::Lost);
        }
        self.clear().map_err(Unkept::Lost)
    }

    fn clear(&mut self) -> Result<(), SpoolError> {
        let Some(spool) = self.spool.take() else { return Ok(()) };
        spool.remove()?;
        // The folder of all goes with the last one.
        let _ = self.dir.parent().map(fs::remove_dir);
        Ok(())
    }
}

impl Drop for Overflow {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            log::warn!("{error}");
        }
    }
}

fn create(dir: &Path, room: SpoolRoom) -> Result<Spool, SpoolError> {
    let failed = |source: io::Error| SpoolError::Io { call: "create", path: dir.to_owned(), source };
    if let Some(folder) = dir.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    Spool::create(dir, room.limits(), SpoolSync::Never)
}
