//! A FIFO at a path that the user has named, for a program outside the network.

use std::{
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{OFlag, open},
    sys::stat::{FileStat, Mode, fstat, lstat},
    unistd::{mkfifo, unlink},
};

use super::{FIFO_MODE, OuterMark, check_is_our_fifo};
use crate::{
    Result,
    call::{call, call_std, raw},
    sys,
};

/// Which file it is, whatever stands at its path. True as long as somebody has the file open: after that its number may be
/// given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    dev: u64,
    ino: u64,
}

impl Identity {
    pub(crate) fn of(stat: &FileStat) -> Self {
        Self { dev: stat.st_dev, ino: stat.st_ino }
    }

    /// Whether this file stands at `path`.
    pub(crate) fn is_at(self, path: &Path) -> bool {
        raw(|| lstat(path)).is_ok_and(|stat| Self::of(&stat) == self)
    }
}

/// A FIFO made by [`make_at`]. Dropping it unlinks it, unless something else stands at its path by then.
#[derive(Debug)]
pub struct OuterFifo {
    path: PathBuf,
    // Opened by O_PATH, so neither a reader nor a writer; it only keeps the file's number from being given to another.
    fd: OwnedFd,
}

/// Makes a FIFO at `path`, mode 0600. Whatever is there already, a dangling link too, is an error (`EEXIST`).
pub fn make_at(path: &Path) -> Result<OuterFifo> {
    call("mkfifo", path.display(), || mkfifo(path, FIFO_MODE))?;
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let fd = call("open", path.display(), || open(path, flags, Mode::empty()))?;
    let stat = call("fstat", path.display(), || fstat(&fd))?;
    check_is_our_fifo(&stat, path)?;
    Ok(OuterFifo { path: path.to_owned(), fd })
}

impl OuterFifo {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to note of it, so that it can be removed if neither runtime nor warden do.
    pub fn mark(&self) -> Result<OuterMark> {
        let path = call_std("getcwd", "", || std::path::absolute(&self.path))?;
        OuterMark::of(&path)
    }

    /// What the warden needs to remove it.
    pub(crate) fn parts(&self) -> Result<(PathBuf, OwnedFd)> {
        // The warden may have another working directory.
        let path = call_std("getcwd", "", || std::path::absolute(&self.path))?;
        let fd = call("fcntl(F_DUPFD_CLOEXEC)", path.display(), || sys::duplicate(self.fd.as_fd(), 3))?;
        Ok((path, fd))
    }

    pub(crate) fn from_parts(path: PathBuf, fd: OwnedFd) -> Self {
        Self { path, fd }
    }
}

impl Drop for OuterFifo {
    fn drop(&mut self) {
        // Whoever may write to the directory can still win the moment between looking and unlinking; then he has unlinked
        // what was his own. What cannot be removed is the next start's EEXIST, which names it.
        if raw(|| fstat(&self.fd)).is_ok_and(|stat| Identity::of(&stat).is_at(&self.path)) {
            let _ = raw(|| unlink(&self.path));
        }
    }
}
