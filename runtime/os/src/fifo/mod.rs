//! FIFOs where nobody else can have put anything beforehand.
//!
//! A run's FIFOs live in a directory of its own, which only its owner may enter and whose name cannot be guessed. The
//! directory is locked (flock on the directory itself) as long as its run lives. A run that was killed together with its
//! warden leaves its directory behind without a lock; [`sweep()`] finds and removes it at the next start.
//!
//! Between `mkdtemp` and `flock` a directory looks like such a leftover. If a sweep takes it in that moment the maker
//! notices (the lock is held, or the directory is gone) and makes another one.

mod dir;
mod mark;
mod outer;
mod sweep;

use std::path::Path;

use nix::{
    sys::stat::{FileStat, Mode, SFlag},
    unistd::geteuid,
};

pub use dir::FifoDir;
pub use mark::OuterMark;
pub(crate) use outer::Identity;
pub use outer::{HiddenFifo, OuterFifo, make_hidden};
pub(crate) use sweep::open_private;
pub use sweep::{abandoned, remove, remove_abandoned, sweep, tag};

use crate::{Errno, OsError, Result};

/// Read and write for the owner.
const FIFO_MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// What the name of every FIFO directory begins with.
const PREFIX: &str = "pipeloom-";

pub(crate) fn kind(stat: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT
}

/// Refuses what is not a FIFO that belongs to this user.
pub(crate) fn check_is_our_fifo(stat: &FileStat, path: &Path) -> Result<()> {
    let refused = |errno| Err(OsError::new("fstat", path.display(), errno));
    if kind(stat) != SFlag::S_IFIFO {
        return refused(Errno::EINVAL);
    }
    if stat.st_uid != geteuid().as_raw() {
        return refused(Errno::EPERM);
    }
    Ok(())
}

/// Whether this is a directory of this user's that nobody else may enter. (It may have inherited its group.)
fn is_private_dir(stat: &FileStat) -> bool {
    kind(stat) == SFlag::S_IFDIR && stat.st_mode & 0o777 == 0o700 && stat.st_uid == geteuid().as_raw()
}
