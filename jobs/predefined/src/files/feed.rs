//! Reading without waiting.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pipeloom_job::{Flow, Setup};

use super::error::FileError;
use super::place::{Place, is_standard};

/// How much is read at once, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// A file or standard input, read ahead into a buffer.
pub(crate) struct Feed {
    file: File,
    place: Place,
    /// A file on a disk, which always has the next bytes or its end.
    regular: bool,
    /// The bytes from `start` to `end` wait to be taken.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

/// What became of an attempt to read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Came {
    /// More bytes are waiting now.
    More,
    /// There are none yet.
    NotYet,
    /// There will be none any more.
    End,
}

impl Feed {
    /// Opens what an argument names; `-` is standard input.
    pub(crate) fn open(path: &Path, setup: &Setup) -> Result<Feed, FileError> {
        let (place, file) = if is_standard(path) {
            // A second descriptor, so that dropping it leaves standard input open.
            (Place::StandardInput, io::stdin().as_fd().try_clone_to_owned().map(File::from))
        } else {
            let path = setup.resolve(path);
            // Without waiting for a writer, should it be a FIFO: `ready` tells when one has come.
            let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&path);
            (Place::Path(path), file)
        };
        let file = file.map_err(|error| FileError::new("open", &place, error))?;
        let regular = file.metadata().map_err(|error| FileError::new("open", &place, error))?.is_file();
        Ok(Feed { file, place, regular, buffer: Vec::new(), start: 0, end: 0, ended: false })
    }

    /// Where the bytes come from.
    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// The bytes that wait.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Takes the first `count` bytes that wait.
    pub(crate) fn take(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// Whether no more bytes will come than those that wait.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// What a job returns to be called when [`Feed::read`] will have something.
    pub(crate) fn when_ready(&self) -> Flow {
        self.waits_on().map_or(Flow::Again, |fd| Flow::Readable(fd.as_raw_fd()))
    }

    /// What is readable when [`Feed::read`] will have something; none if it always has.
    pub(crate) fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        (!self.regular).then(|| self.file.as_fd())
    }

    /// Reads on if that can be done without waiting.
    pub(crate) fn read(&mut self) -> Result<Came, FileError> {
        if self.ended {
            return Ok(Came::End);
        }
        if !self.regular && !self.ready()? {
            return Ok(Came::NotYet);
        }
        self.make_room();
        loop {
            match self.file.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(Came::End);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(Came::More);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Came::NotYet),
                // A terminal that was closed, by all that is known of it.
                Err(error) if !self.regular && error.raw_os_error() == Some(Errno::EIO as i32) => self.ended = true,
                Err(error) => return Err(FileError::new("read", &self.place, error)),
            }
            if self.ended {
                return Ok(Came::End);
            }
        }
    }

    fn ready(&self) -> Result<bool, FileError> {
        let mut wanted = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        match poll(&mut wanted, PollTimeout::ZERO) {
            Ok(count) => Ok(count > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(FileError::new("read", &self.place, error.into())),
        }
    }

    fn make_room(&mut self) {
        if self.start > 0 && self.buffer.len() - self.end < READ_BYTES {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < READ_BYTES {
            let grown = (self.buffer.len() * 2).max(2 * READ_BYTES);
            self.buffer.resize(grown, 0);
        }
    }
}
