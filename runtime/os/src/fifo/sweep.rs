//! Removing the directories of runs that have ended.

use std::{
    ffi::{CString, OsStr},
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::{
    dir::Dir,
    fcntl::{AtFlags, Flock, FlockArg, OFlag, open},
    sys::stat::{Mode, SFlag, fstat, fstatat},
    unistd::{UnlinkatFlags, unlinkat},
};

use super::{PREFIX, is_private_dir, kind};
use crate::{
    Errno, OsError, Result,
    call::{call, call_std, raw},
};

/// Removes from `base` the FIFO directories of this user's runs that have crashed, and says which.
///
/// One that is locked belongs to a living run. One that holds anything but FIFOs was not made by us and is left alone,
/// whatever its name, and so is one that cannot be removed.
pub fn sweep(base: &Path) -> Result<Vec<PathBuf>> {
    Ok(of_our_form(base)?.filter(|path| remove_abandoned(path).unwrap_or(false)).collect())
}

/// Those that [`sweep`] would remove, each for [`remove_abandoned`].
pub fn abandoned(base: &Path) -> Result<Vec<PathBuf>> {
    Ok(of_our_form(base)?.filter(|path| is_abandoned(path).unwrap_or(false)).collect())
}

fn of_our_form(base: &Path) -> Result<impl Iterator<Item = PathBuf>> {
    let entries = call_std("opendir", base.display(), || fs::read_dir(base))?;
    Ok(entries.flatten().filter(|entry| has_our_form(entry.file_name())).map(|entry| entry.path()))
}

/// Removes one FIFO directory, locked or not, for the warden of a run that was killed. One that is gone is no error.
pub fn remove(path: &Path) -> Result<()> {
    match open_private(path) {
        Ok(Some(dir)) if path.file_name().is_some_and(has_our_form) => empty_and_remove(dir.as_fd(), path),
        Ok(_) => Err(OsError::new("rmdir", path.display(), Errno::EPERM)),
        Err(error) if error.errno() == Errno::ENOENT => Ok(()),
        Err(error) => Err(error),
    }
}

fn has_our_form(name: impl AsRef<OsStr>) -> bool {
    tag(Path::new(&name)).is_some()
}

/// The tag of a FIFO directory, by its name: `pipeloom-TAG-XXXXXX`.
pub fn tag(path: &Path) -> Option<&str> {
    let (tag, random) = path.file_name()?.to_str()?.strip_prefix(PREFIX)?.rsplit_once('-')?;
    let is_random = random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (!tag.is_empty() && is_random).then_some(tag)
}

/// Opens a directory if it belongs to this user alone.
pub(crate) fn open_private(path: &Path) -> Result<Option<OwnedFd>> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let dir = call("open", path.display(), || open(path, flags, Mode::empty()))?;
    let stat = call("fstat", path.display(), || fstat(&dir))?;
    Ok(is_private_dir(&stat).then_some(dir))
}

/// Holds its lock, if its run does not.
fn lock_private(path: &Path) -> Result<Option<Flock<OwnedFd>>> {
    let Some(dir) = open_private(path)? else { return Ok(None) };
    Ok(Flock::lock(dir, FlockArg::LockExclusiveNonblock).ok())
}

/// Removes one FIFO directory, unless it is locked; whether it did.
pub fn remove_abandoned(path: &Path) -> Result<bool> {
    let Some(locked) = lock_private(path)? else { return Ok(false) };
    empty_and_remove(locked.as_fd(), path)?;
    Ok(true)
}

fn is_abandoned(path: &Path) -> Result<bool> {
    let Some(locked) = lock_private(path)? else { return Ok(false) };
    fifos_only(locked.as_fd(), path)?;
    Ok(true)
}

/// Unlinks all FIFOs of a directory and the directory; `ENOTEMPTY`, and nothing touched, if it holds anything else.
pub(super) fn empty_and_remove(dir: BorrowedFd<'_>, path: &Path) -> Result<()> {
    for name in &fifos_only(dir, path)? {
        gone_is_fine(call("unlink", path.display(), || unlinkat(dir, name.as_c_str(), UnlinkatFlags::NoRemoveDir)))?;
    }
    // By name, as there is no other way; rmdir takes only an empty directory, so a wrong one loses nothing.
    gone_is_fine(call("rmdir", path.display(), || unlinkat(nix::fcntl::AT_FDCWD, path, UnlinkatFlags::RemoveDir)))
}

/// The names in a directory that holds nothing but FIFOs; `ENOTEMPTY` if it holds anything else.
fn fifos_only(dir: BorrowedFd<'_>, path: &Path) -> Result<Vec<CString>> {
    let names = names(dir, path)?;
    for name in &names {
        match raw(|| fstatat(dir, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW)) {
            Ok(stat) if kind(&stat) == SFlag::S_IFIFO => {}
            Ok(_) => return Err(OsError::new("rmdir", path.display(), Errno::ENOTEMPTY)),
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(OsError::new("fstatat", path.display(), errno)),
        }
    }
    Ok(names)
}

/// The runtime, its warden and a sweep may remove the same directory at the same time.
fn gone_is_fine(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.errno() == Errno::ENOENT => Ok(()),
        other => other,
    }
}

fn names(dir: BorrowedFd<'_>, path: &Path) -> Result<Vec<CString>> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut dir = call("open", path.display(), || Dir::openat(dir, ".", flags, Mode::empty()))?;
    let mut names = Vec::new();
    for entry in dir.iter() {
        let entry = entry.map_err(|errno| OsError::new("readdir", path.display(), errno))?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_mkdtemp_gives_us_are_ours() {
        assert!(has_our_form("pipeloom-run-aB3dE6"));
        assert_eq!(tag(Path::new("/tmp/pipeloom-0192-7c-aB3dE6")), Some("0192-7c"));
        for other in
            ["pipeloom-aB3dE6", "pipeloom--aB3dE6", "pipeloom-run-aB3dE", "pipeloom-run-aB/dE6", "x-run-aB3dE6"]
        {
            assert!(!has_our_form(other), "{other}");
        }
    }
}
