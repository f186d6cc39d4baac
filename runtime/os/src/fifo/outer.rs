//! A FIFO at a path that the user has named, for a program outside the network.
//!
//! That program may have been waiting for the path, and may open it, write and go as soon as it is there. So the FIFO is made
//! under another name beside its path, and [appears](HiddenFifo::appear) there once whoever made it has opened and watches it.

use std::{
    mem,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use nix::{
    fcntl::{AT_FDCWD, AtFlags, OFlag, open},
    sys::stat::{FileStat, Mode, fstat, lstat},
    unistd::{linkat, mkfifo, unlink},
};

use super::{FIFO_MODE, OuterMark, check_is_our_fifo};
use crate::{
    Errno, OsError, Result,
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

/// A FIFO at a path that the user has named. Dropping it unlinks it, unless something else stands at its path by then.
#[derive(Debug)]
pub struct OuterFifo {
    path: PathBuf,
    // Opened by O_PATH, so neither a reader nor a writer; it only keeps the file's number from being given to another.
    fd: OwnedFd,
}

/// A FIFO that is not yet at the path that it is for. Dropping it unlinks it.
#[derive(Debug)]
pub struct HiddenFifo {
    fifo: OuterFifo,
    path: PathBuf,
}

/// How many names may be taken by FIFOs that were left by killed processes with this one's number.
const ATTEMPTS: usize = 10_000;

/// Makes a FIFO, mode 0600, that shall appear at `path` and until then has a name of its own in the same directory.
pub fn make_hidden(path: &Path) -> Result<HiddenFifo> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..ATTEMPTS {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let hidden = path.with_file_name(format!(".pipeloom-{}-{number}", process::id()));
        match raw(|| mkfifo(&hidden, FIFO_MODE)) {
            Ok(()) => {
                return HiddenFifo::open(hidden.clone(), path).inspect_err(|_| {
                    let _ = raw(|| unlink(&hidden));
                });
            }
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(OsError::new("mkfifo", path.display(), errno)),
        }
    }
    Err(OsError::new("mkfifo", path.display(), Errno::EAGAIN))
}

impl HiddenFifo {
    fn open(hidden: PathBuf, path: &Path) -> Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let fd = call("open", hidden.display(), || open(&hidden, flags, Mode::empty()))?;
        let stat = call("fstat", hidden.display(), || fstat(&fd))?;
        check_is_our_fifo(&stat, &hidden)?;
        Ok(Self { fifo: OuterFifo { path: hidden, fd }, path: path.to_owned() })
    }

    /// Where it is now.
    pub fn hidden_path(&self) -> &Path {
        &self.fifo.path
    }

    /// Where it will appear.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets it appear. Whatever is at its path already, a dangling link too, is an error (`EEXIST`) and is not touched.
    pub fn appear(self) -> Result<OuterFifo> {
        let Self { mut fifo, path } = self;
        call("link", path.display(), || linkat(AT_FDCWD, &fifo.path, AT_FDCWD, &path, AtFlags::empty()))?;
        let hidden = mem::replace(&mut fifo.path, path);
        call("unlink", hidden.display(), || unlink(&hidden))?;
        Ok(fifo)
    }
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
