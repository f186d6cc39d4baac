//! The directory of a spool as it is in life: private, locked, and reached by its descriptor alone.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, Permissions, remove_dir};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, open, openat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use crate::error::SpoolError;
use crate::files::{Disk, failed};

/// Only the owner may read what is on its way between jobs.
const FILE_MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

const DIRECTORY_MODE: u32 = 0o700;

/// An open, locked directory.
pub(crate) struct Folder {
    path: PathBuf,
    directory: Flock<File>,
}

impl Folder {
    /// Makes the directory, or takes one that is ours and empty.
    pub(crate) fn create(path: &Path) -> Result<Folder, SpoolError> {
        match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed("mkdir", path.to_owned(), error));
            }
            _ => {}
        }
        let directory = open_ours(path)?;
        let folder = Folder::lock(path, directory)?;
        let io = |error| failed("list", path.to_owned(), error);
        if !folder.names().map_err(io)?.is_empty() {
            return Err(SpoolError::NotEmpty(path.to_owned()));
        }
        let closed = folder.directory.set_permissions(Permissions::from_mode(DIRECTORY_MODE));
        closed.map_err(|error| failed("chmod", path.to_owned(), error))?;
        Ok(folder)
    }

    /// Opens a directory that nobody else may write to.
    pub(crate) fn open(path: &Path) -> Result<Folder, SpoolError> {
        let directory = open_ours(path)?;
        let found = directory.metadata().map_err(|error| failed("stat", path.to_owned(), error))?;
        if found.mode() & 0o077 != 0 {
            return Err(SpoolError::NotPrivate(path.to_owned()));
        }
        Folder::lock(path, directory)
    }

    /// The lock ends with the descriptor, also when the process is killed.
    fn lock(path: &Path, directory: File) -> Result<Folder, SpoolError> {
        match Flock::lock(directory, FlockArg::LockExclusiveNonblock) {
            Ok(directory) => Ok(Folder { path: path.to_owned(), directory }),
            Err((_, Errno::EWOULDBLOCK)) => Err(SpoolError::InUse(path.to_owned())),
            Err((_, errno)) => Err(failed("lock", path.to_owned(), errno.into())),
        }
    }
}

/// Waits until the name of the directory itself is on disk.
pub(crate) fn sync_parent(path: &Path) -> Result<(), SpoolError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|parent| parent.sync_all());
    synced.map_err(|error| failed("sync", parent.to_owned(), error))
}

fn open_ours(path: &Path) -> Result<File, SpoolError> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let directory = match open(path, flags, Mode::empty()) {
        Ok(directory) => File::from(directory),
        Err(Errno::ENOENT) => return Err(SpoolError::NoSpool(path.to_owned())),
        Err(Errno::ENOTDIR | Errno::ELOOP) => return Err(SpoolError::NotADirectory(path.to_owned())),
        Err(errno) => return Err(failed("open", path.to_owned(), errno.into())),
    };
    let found = directory.metadata().map_err(|error| failed("stat", path.to_owned(), error))?;
    if found.uid() == geteuid().as_raw() { Ok(directory) } else { Err(SpoolError::NotPrivate(path.to_owned())) }
}

impl Disk for Folder {
    fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Ok(File::from(openat(&*self.directory, name, flags, FILE_MODE)?))
    }

    fn open(&self, name: &str) -> io::Result<File> {
        // A FIFO that somebody has put there must not make us wait.
        let flags = OFlag::O_RDWR | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        Ok(File::from(openat(&*self.directory, name, flags, Mode::empty())?))
    }

    fn names(&self) -> io::Result<Vec<OsString>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let again: OwnedFd = openat(&*self.directory, ".", flags, Mode::empty())?;
        let entries = Dir::from_fd(again)?.into_iter().collect::<Result<Vec<_>, Errno>>()?;
        let names = entries.iter().map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
        Ok(names.filter(|name| name != "." && name != "..").collect())
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn cut(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_names(&self) -> io::Result<()> {
        self.directory.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&*self.directory, name, UnlinkatFlags::NoRemoveDir)?)
    }

    fn remove_itself(&self) -> io::Result<()> {
        remove_dir(&self.path)
    }
}
