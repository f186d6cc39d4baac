//! Why a spool cannot do what it is asked for.

use std::io;
use std::path::PathBuf;

use crate::damage::Damaged;
use crate::segment::HeaderError;

/// Why a spool cannot do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk or the user's share of it is full. What is there stays readable, and what could not be written is written
    /// with the next flush.
    #[error("no room for {}: {source}; free some, or let the run's directory lie on another disk (`pipeloom run --run-dir`)", path.display())]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A call of the system failed.
    #[error("{call} {}: {source}", path.display())]
    Io {
        /// Which call.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file was not synced at an earlier try, and nobody can know what of it is on disk. It can be read all the same.
    #[error("{}: it could not be synced, so a power cut may lose what was written since", path.display())]
    NotSynced {
        /// The file.
        path: PathBuf,
    },
    /// A new spool is to be made where there is something already.
    #[error("{} is not empty: recover the spool that is there, or remove it", .0.display())]
    NotEmpty(PathBuf),
    /// There is no spool.
    #[error("there is no spool in {}", .0.display())]
    NoSpool(PathBuf),
    /// Its place is taken by something else than a directory.
    #[error("{} is not a directory (links are not followed)", .0.display())]
    NotADirectory(PathBuf),
    /// It is another user's, or others may write to it.
    #[error("{} is not this user's alone: give it to the user and to nobody else (chmod 700)", .0.display())]
    NotPrivate(PathBuf),
    /// Somebody has it open, perhaps another runtime.
    #[error("{} is in use", .0.display())]
    InUse(PathBuf),
    /// A file in its directory is none of its own, or cannot be read by this version.
    #[error("{}: {why}; nothing in its directory was changed", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it is.
        why: HeaderError,
    },
    /// A block in it is longer than blocks may be now, though it was not when it was written.
    #[error("{} has a block of {bytes} bytes, and only {max} are allowed now: make `max_block_bytes` larger", path.display())]
    Longer {
        /// The file.
        path: PathBuf,
        /// How long the block is.
        bytes: usize,
        /// How long one may be.
        max: usize,
    },
    /// A file changed under our hands.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// A block is longer than blocks may be, or than all of the spool.
    #[error("a block of {bytes} bytes does not fit: at most {max} are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long one may be.
        max: u64,
    },
    /// All before this place was done already.
    #[error("block {up_to} was acknowledged twice")]
    AcknowledgedTwice {
        /// Up to where.
        up_to: u64,
    },
    /// More was done already.
    #[error("acknowledged backwards, up to block {up_to}: all before block {acknowledged} are done")]
    AcknowledgedBackwards {
        /// Up to where.
        up_to: u64,
        /// What was done already.
        acknowledged: u64,
    },
    /// The reader cannot have done what it was not given.
    #[error("acknowledged up to block {up_to}, but only those before block {read} were given to the reader")]
    AcknowledgedUnread {
        /// Up to where.
        up_to: u64,
        /// What was read.
        read: u64,
    },
}
