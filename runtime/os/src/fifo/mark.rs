//! What is noted of an outer FIFO, so that it can be told from another when its run has crashed.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use nix::unistd::{geteuid, unlink};
use serde::{Deserialize, Serialize};

use crate::{
    Errno, OsError, Result,
    call::{call, call_std},
};

/// Which FIFO it was, to be kept in a file.
///
/// The number of a file is given to another one once it is gone, and that of a device may be another after a start of the
/// machine. So the moment at which it was made counts too, where the file system knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OuterMark {
    path: PathBuf,
    device: u64,
    number: u64,
    /// Nanoseconds since 1970.
    made: Option<u64>,
}

impl OuterMark {
    /// Of the FIFO of ours that stands at `path`, an absolute one; `EINVAL` if something else does.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let found = call_std("statx", path.display(), || fs::symlink_metadata(path))?;
        if !found.file_type().is_fifo() || found.uid() != geteuid().as_raw() {
            return Err(OsError::new("statx", path.display(), Errno::EINVAL));
        }
        let since = |made: SystemTime| made.duration_since(UNIX_EPOCH).ok()?.as_nanos().try_into().ok();
        let made = found.created().ok().and_then(since);
        Ok(Self { path: path.to_owned(), device: found.dev(), number: found.ino(), made })
    }

    /// Where it was made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is still there, and nothing else in its place.
    pub fn is_there(&self) -> bool {
        let same_device = |now: &Self| self.made.is_some() || now.device == self.device;
        let same = |now: &Self| now.number == self.number && now.made == self.made && same_device(now);
        Self::of(&self.path).is_ok_and(|now| same(&now))
    }

    /// Removes it, if it is still there.
    pub fn remove(&self) -> Result<()> {
        // Who may write to its directory can win the moment in between; then he has unlinked what was his own.
        if self.is_there() { call("unlink", self.path.display(), || unlink(&self.path)) } else { Ok(()) }
    }
}
