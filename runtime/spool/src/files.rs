//! The files of a spool: what can be done with them, and what is said when it fails.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::error::SpoolError;
use crate::segment::HeaderError;

/// What a spool asks of the system. There is [`Folder`](crate::folder::Folder), and what tests put in its place.
pub(crate) trait Disk: Send {
    /// Makes a file that must not be there.
    fn create(&self, name: &str) -> io::Result<File>;
    /// Opens a regular file.
    fn open(&self, name: &str) -> io::Result<File>;
    /// The names in the directory.
    fn names(&self) -> io::Result<Vec<OsString>>;
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Makes a file shorter.
    fn cut(&self, file: &File, length: u64) -> io::Result<()>;
    /// Waits until a file's bytes are on disk.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Waits until the names in the directory are on disk.
    fn sync_names(&self) -> io::Result<()>;
    /// Removes a file's name; who has it open keeps it.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Removes the directory, which must be empty.
    fn remove_itself(&self) -> io::Result<()>;
}

/// The directory of a spool. Its errors say which file they are about.
pub(crate) struct Files {
    path: PathBuf,
    disk: Box<dyn Disk>,
}

impl Files {
    pub(crate) fn new(path: &Path, disk: Box<dyn Disk>) -> Files {
        Files { path: path.to_owned(), disk }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.path
    }

    fn failed(&self, call: &'static str, name: &str) -> impl FnOnce(io::Error) -> SpoolError {
        let path = if name.is_empty() { self.path.clone() } else { self.path(name) };
        move |source| failed(call, path, source)
    }

    pub(crate) fn refused(&self, name: &str, why: HeaderError) -> SpoolError {
        SpoolError::Refused { path: self.path(name), why }
    }

    pub(crate) fn create(&self, name: &str) -> Result<File, SpoolError> {
        self.disk.create(name).map_err(self.failed("create", name))
    }

    /// A file that is no regular one is refused.
    pub(crate) fn open(&self, name: &str) -> Result<File, SpoolError> {
        let not_a_file = |error: &io::Error| {
            let errno = error.raw_os_error().map(Errno::from_raw);
            matches!(errno, Some(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO))
        };
        let file = match self.disk.open(name) {
            Err(error) if not_a_file(&error) => return Err(self.refused(name, HeaderError::Foreign)),
            opened => opened.map_err(self.failed("open", name))?,
        };
        let kind = file.metadata().map_err(self.failed("stat", name))?;
        if kind.is_file() { Ok(file) } else { Err(self.refused(name, HeaderError::Foreign)) }
    }

    pub(crate) fn open_if_there(&self, name: &str) -> Result<Option<File>, SpoolError> {
        match self.open(name) {
            Ok(file) => Ok(Some(file)),
            Err(SpoolError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn names(&self) -> Result<Vec<OsString>, SpoolError> {
        self.disk.names().map_err(self.failed("list", ""))
    }

    pub(crate) fn length(&self, name: &str, file: &File) -> Result<u64, SpoolError> {
        file.metadata().map(|found| found.len()).map_err(self.failed("stat", name))
    }

    /// Fills `bytes` from a file.
    pub(crate) fn read(&self, name: &str, file: &File, bytes: &mut [u8], at: u64) -> Result<(), SpoolError> {
        file.read_exact_at(bytes, at).map_err(|error| self.failed("read", name)(error))
    }

    /// A file's first bytes, as many as it has.
    pub(crate) fn read_up_to(&self, name: &str, file: &File, most: usize) -> Result<Vec<u8>, SpoolError> {
        let length = self.length(name, file)?.min(most as u64);
        let mut bytes = vec![0; length as usize];
        self.read(name, file, &mut bytes, 0)?;
        Ok(bytes)
    }

    pub(crate) fn write(&self, name: &str, file: &File, bytes: &[u8], at: u64) -> Result<(), SpoolError> {
        self.disk.write(file, bytes, at).map_err(|error| self.failed("write", name)(error))
    }

    pub(crate) fn cut(&self, name: &str, file: &File, length: u64) -> Result<(), SpoolError> {
        self.disk.cut(file, length).map_err(self.failed("truncate", name))
    }

    pub(crate) fn sync(&self, name: &str, file: &File) -> Result<(), SpoolError> {
        self.disk.sync(file).map_err(self.failed("sync", name))
    }

    pub(crate) fn sync_names(&self) -> Result<(), SpoolError> {
        self.disk.sync_names().map_err(self.failed("sync", ""))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), SpoolError> {
        self.disk.remove(name).map_err(self.failed("remove", name))
    }

    pub(crate) fn remove_itself(&self) -> Result<(), SpoolError> {
        self.disk.remove_itself().map_err(self.failed("remove", ""))
    }
}

/// The error for a call that failed; a disk that is full has one of its own.
pub(crate) fn failed(call: &'static str, path: PathBuf, source: io::Error) -> SpoolError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SpoolError::NoRoom { path, source },
        _ => SpoolError::Io { call, path, source },
    }
}
