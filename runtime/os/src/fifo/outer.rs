//! A FIFO at a path that the user has named, for a program outside the network.

use std::path::{Path, PathBuf};

use nix::{
    sys::stat::{FileStat, lstat},
    unistd::{mkfifo, unlink},
};
use serde::{Deserialize, Serialize};

use super::{FIFO_MODE, check_is_our_fifo};
use crate::{
    Result,
    call::{call, raw},
};

/// Which file it is, whatever stands at its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    dev: u64,
    ino: u64,
}

impl Identity {
    pub(crate) fn of(stat: &FileStat) -> Self {
        Self { dev: stat.st_dev, ino: stat.st_ino }
    }

    /// Unlinks `path` if this file still stands there. (Whoever may write to the directory can still win the moment
    /// between looking and unlinking; then he has unlinked what was his own.)
    pub(crate) fn unlink(self, path: &Path) {
        if raw(|| lstat(path)).is_ok_and(|stat| Self::of(&stat) == self) {
            // What cannot be removed is the next start's EEXIST, which names it.
            let _ = raw(|| unlink(path));
        }
    }
}

/// A FIFO made by [`make_at`]. Dropping it unlinks it, unless something else stands at its path by then.
#[derive(Debug)]
pub struct OuterFifo {
    path: PathBuf,
    identity: Identity,
}

/// Makes a FIFO at `path`, mode 0600. Whatever is there already, a dangling link too, is an error (`EEXIST`).
pub fn make_at(path: &Path) -> Result<OuterFifo> {
    call("mkfifo", path.display(), || mkfifo(path, FIFO_MODE))?;
    let stat = call("lstat", path.display(), || lstat(path))?;
    check_is_our_fifo(&stat, path)?;
    Ok(OuterFifo { path: path.to_owned(), identity: Identity::of(&stat) })
}

impl OuterFifo {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }
}

impl Drop for OuterFifo {
    fn drop(&mut self) {
        self.identity.unlink(&self.path);
    }
}
