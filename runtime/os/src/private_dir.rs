//! A directory of this user's that nobody else may enter, and what is done in it without following a link.

use std::{
    fs::File,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{AtFlags, OFlag, openat},
    sys::stat::{FileStat, Mode, SFlag, fstat, fstatat},
    unistd::{UnlinkatFlags, geteuid, unlinkat},
};

use crate::{
    Errno, OsError, Result,
    call::{call, raw},
    fifo::{kind, open_private},
};

/// A directory of this user's with mode 0700, held open: what is done in it is done there, whatever happens to its path.
///
/// ```
/// use std::{fs::Permissions, io::Read as _, os::unix::fs::PermissionsExt as _};
///
/// use pipeloom_os::private_dir::PrivateDir;
///
/// let place = tempfile::tempdir()?;
/// std::fs::set_permissions(place.path(), Permissions::from_mode(0o700))?;
/// std::fs::write(place.path().join("note"), "something")?;
/// std::os::unix::fs::symlink("note", place.path().join("link"))?;
///
/// let dir = PrivateDir::open(place.path())?.expect("it is ours alone");
/// assert!(dir.file("link")?.is_none(), "links are not followed");
/// let mut text = String::new();
/// dir.file("note")?.expect("it is a file").read_to_string(&mut text)?;
/// assert_eq!(text, "something");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
    fd: OwnedFd,
}

impl PrivateDir {
    /// Opens the directory at `path`; none if it is another user's, or others may enter it. A link is an error.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        Ok(open_private(path)?.map(|fd| Self { path: path.to_owned(), fd }))
    }

    /// Where it was when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file of ours for reading and for writing at its end; none if `name` is anything else, or not there.
    pub fn file(&self, name: &str) -> Result<Option<File>> {
        // Without O_NONBLOCK a FIFO in its place would make us wait for ever.
        let flags = OFlag::O_RDWR | OFlag::O_APPEND | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let fd = match raw(|| openat(&self.fd, name, flags, Mode::empty())) {
            Ok(fd) => fd,
            Err(Errno::ENOENT | Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => return Ok(None),
            Err(errno) => return Err(self.error("open", name, errno)),
        };
        let stat = call("fstat", self.path.join(name).display(), || fstat(&fd))?;
        Ok(is_our(SFlag::S_IFREG, &stat).then(|| File::from(fd)))
    }

    /// Whether `name` is a socket of ours.
    pub fn has_socket(&self, name: &str) -> Result<bool> {
        match raw(|| fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW)) {
            Ok(stat) => Ok(is_our(SFlag::S_IFSOCK, &stat)),
            Err(Errno::ENOENT) => Ok(false),
            Err(errno) => Err(self.error("fstatat", name, errno)),
        }
    }

    /// Removes a file or socket. One that is gone is no error.
    pub fn remove(&self, name: &str) -> Result<()> {
        match raw(|| unlinkat(&self.fd, name, UnlinkatFlags::NoRemoveDir)) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(self.error("unlink", name, errno)),
        }
    }

    fn error(&self, call: &'static str, name: &str, errno: Errno) -> OsError {
        OsError::new(call, self.path.join(name).display(), errno)
    }
}

fn is_our(wanted: SFlag, stat: &FileStat) -> bool {
    kind(stat) == wanted && stat.st_uid == geteuid().as_raw()
}
