//! When the runtime may let go of a FIFO.
//!
//! Opening a FIFO waits for the other side, so two programs that open two FIFOs in crossed order wait for ever. A
//! [`Keeper`] has every FIFO open for reading and writing before any program starts; then no open waits. But a keeper's
//! write end hides the end of the stream from the reader, and its read end hides a broken pipe from the writer, so it
//! must go in time. The obvious moments are wrong:
//!
//! | the keeper goes | what happens |
//! |---|---|
//! | when the writer has exited | a reader that opens later waits for ever, and what was written is lost |
//! | the same, but a read end stays | nothing is lost, but the reader still waits for a writer |
//! | when the reader has exited | a writer that opens later waits for ever |
//!
//! # Theory of operation
//!
//! An end is *gone* when its process, with all that it left, is known to have ended, or when the runtime held that end
//! and has closed it. Until one is gone the keeper stays as it is.
//!
//! *Writer gone.* The keeper becomes a write end alone. Once a reader is there (poll shows no `POLLERR` on it) it
//! closes, and the reader gets what was written and then the end. Until then it waits for somebody to open the FIFO, or
//! for the reader to go too.
//!
//! *Reader gone.* The keeper becomes a read end alone. Once a writer is there (no `POLLHUP`) it closes, and the writer
//! gets its broken pipe. The read end is opened while the old one, a writer, is still held: only then does the kernel
//! report `POLLHUP` for a FIFO without writers (a read end opened without any stays silent until the first has come,
//! see `fifo_open` and `pipe_poll` in fs/pipe.c).
//!
//! *Both gone.* It closes.
//!
//! A child that this process forks has a copy of every descriptor until it execs, close-on-exec or not, and so for a
//! moment looks like a reader and a writer. The pipeloom binary starts no child but the warden, before any FIFO; in a host
//! that starts others the keeper waits until those that have its copy have let go of it.
//!
//! That somebody has opened the FIFO is told by an [`OpenWatch`]; [`Keeper::poke`] then looks again.

mod copies;
mod watch;

use std::{
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{OFlag, open},
    sys::stat::{Mode, fstat},
};

pub use watch::{OpenWatch, Opened};

use crate::{
    Errno, OsError, Result,
    call::call,
    fifo::{Identity, check_is_our_fifo},
    pipe::{ReadEnd, WriteEnd},
};

/// Holds one FIFO open until both its ends can do without.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    identity: Identity,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Neither end is gone.
    Both {
        _fd: OwnedFd,
    },
    /// The writer is gone; held for a reader that has not opened yet.
    ForReader(WriteEnd),
    /// The reader is gone; held for a writer that has not opened yet.
    ForWriter(ReadEnd),
    Closed,
}

/// Whether the keeper is still needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It has closed; the programs have the FIFO to themselves.
    Closed,
    /// It still holds the FIFO, until somebody opens it ([`Keeper::poke`]) or an end goes.
    WaitingForOpen,
}

impl Keeper {
    /// Opens a FIFO of this user's for reading and writing. To be done before any program may open it.
    pub fn open(path: &Path) -> Result<Self> {
        let (fd, identity) = open_fifo(path, OFlag::O_RDWR)?;
        copies::mark(fd.as_fd())?;
        Ok(Self { path: path.to_owned(), identity, state: State::Both { _fd: fd } })
    }

    /// The keeper of a FIFO that will be found at another path.
    #[must_use]
    pub fn found_at(self, path: &Path) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// The FIFO's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A read end for the runtime itself. Possible until an end is gone; say [`Keeper::reader_gone`] when it is closed.
    pub fn open_reader(&self) -> Result<ReadEnd> {
        self.open_end(OFlag::O_RDONLY).and_then(ReadEnd::from_fd)
    }

    /// A write end for the runtime itself. Possible until an end is gone; say [`Keeper::writer_gone`] when it is closed.
    pub fn open_writer(&self) -> Result<WriteEnd> {
        self.open_end(OFlag::O_WRONLY).and_then(WriteEnd::from_fd)
    }

    /// The writer, with all that it left behind, will write no more. After an error nothing has changed.
    pub fn writer_gone(&mut self) -> Result<Settled> {
        match &self.state {
            State::Both { .. } => self.become_one_end(State::ForReader(self.open_writer()?)),
            State::ForWriter(_) => self.state = State::Closed,
            State::ForReader(_) | State::Closed => {}
        }
        self.poke()
    }

    /// The reader, with all that it left behind, will read no more. After an error nothing has changed.
    pub fn reader_gone(&mut self) -> Result<Settled> {
        match &self.state {
            State::Both { .. } => self.become_one_end(State::ForWriter(self.open_reader()?)),
            State::ForReader(_) => self.state = State::Closed,
            State::ForWriter(_) | State::Closed => {}
        }
        self.poke()
    }

    /// Somebody has opened the FIFO: looks whether it was the one waited for. Harmless at any other time.
    pub fn poke(&mut self) -> Result<Settled> {
        if self.is_needed()? {
            return Ok(Settled::WaitingForOpen);
        }
        self.state = State::Closed;
        Ok(Settled::Closed)
    }

    fn is_needed(&self) -> Result<bool> {
        Ok(match &self.state {
            State::Both { .. } => true,
            State::ForReader(end) => end.state()?.no_reader,
            State::ForWriter(end) => end.state()?.hung_up,
            State::Closed => false,
        })
    }

    /// Whether it has let go.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    fn become_one_end(&mut self, end: State) {
        // The old opening is closed here; from now on no new child can get a copy of it.
        self.state = end;
        match &self.state {
            State::ForReader(end) => copies::wait_until_gone(end.as_fd()),
            State::ForWriter(end) => copies::wait_until_gone(end.as_fd()),
            State::Both { .. } | State::Closed => {}
        }
    }

    fn open_end(&self, access: OFlag) -> Result<OwnedFd> {
        // With an end gone the rest may be waiting for the other; an end of ours would count as it.
        if !matches!(self.state, State::Both { .. }) {
            return Err(OsError::new("open", self.path.display(), Errno::EPIPE));
        }
        let (fd, identity) = open_fifo(&self.path, access)?;
        if identity != self.identity {
            return Err(OsError::new("open", self.path.display(), Errno::ESTALE));
        }
        Ok(fd)
    }
}

fn open_fifo(path: &Path, access: OFlag) -> Result<(OwnedFd, Identity)> {
    let flags = access | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let fd = call("open", path.display(), || open(path, flags, Mode::empty()))?;
    let stat = call("fstat", path.display(), || fstat(&fd))?;
    check_is_our_fifo(&stat, path)?;
    Ok((fd, Identity::of(&stat)))
}
