//! Where the lines come from: those that are sent, and standard input.

use std::io::{self, IsTerminal};
use std::os::fd::AsRawFd;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use pipeloom_job::lines::{Lines, Next};
use pipeloom_job::{Flow, JobError, Setup};

use crate::files::{self, Feed};

/// The longest line that is typed, in bytes: as long as one that is sent.
const MAX_LINE_BYTES: usize = 1 << 20;

/// Why a line of standard input cannot be sent.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("line {line} of standard input is longer than {MAX_LINE_BYTES} bytes")]
    TooLong { line: u64 },
    #[error("line {line} of standard input is no text in UTF-8; `lines-source` takes any bytes")]
    Utf8 { line: u64 },
    #[error("cannot wait for standard input and for lines that are sent: {0}")]
    Wait(Errno),
}

/// What came.
pub(super) enum Came {
    Line(String),
    NotYet,
    /// An empty line, or there will be no more.
    End,
}

/// Both places.
pub(super) struct Sources {
    sent: Option<Lines>,
    typed: Option<Typed>,
    /// Both descriptors, where there are two to wait for.
    both: Option<Epoll>,
}

/// Standard input.
struct Typed {
    feed: Feed,
    is_terminal: bool,
    /// How many of the bytes that wait have no line break in them.
    searched: usize,
    /// How many lines came.
    lines: u64,
}

impl Sources {
    /// Standard input is read if it is the job's, and `always` or a terminal.
    pub(super) fn open(always: bool, setup: &Setup) -> Result<Sources, JobError> {
        let is_terminal = io::stdin().is_terminal();
        let reads = setup.standard_input && (always || is_terminal);
        let typed = reads.then(|| Typed::open(is_terminal, setup)).transpose()?;
        let sent = setup.lines.clone();
        let both = match (&typed, &sent) {
            (Some(typed), Some(sent)) => {
                typed.wait_with(sent).map_err(|errno| JobError::failed(LineError::Wait(errno)))?
            }
            _ => None,
        };
        Ok(Sources { sent, typed, both })
    }

    /// Whether somebody sits at a terminal.
    pub(super) fn reads_terminal(&self) -> bool {
        self.typed.as_ref().is_some_and(|typed| typed.is_terminal)
    }

    /// The next line from either. Without any, the end of one is the end of both.
    pub(super) fn next(&mut self) -> Result<Came, JobError> {
        let sent = self.sent.as_ref().map(Lines::next);
        if let Some(Next::Line(line)) = sent {
            return Ok(or_end(line));
        }
        let typed = self.typed.as_mut().map(Typed::next).transpose()?;
        Ok(match (typed, sent) {
            (Some(Came::Line(line)), _) => Came::Line(line),
            (Some(Came::End), _) | (_, Some(Next::Closed)) | (None, None) => Came::End,
            (Some(Came::NotYet) | None, _) => Came::NotYet,
        })
    }

    /// What a step returns where there is none yet.
    pub(super) fn when_ready(&self) -> Flow {
        match (&self.both, &self.typed, &self.sent) {
            (Some(both), ..) => Flow::Readable(both.0.as_raw_fd()),
            (None, Some(typed), _) => typed.feed.when_ready(),
            (None, None, Some(sent)) => sent.when_ready(),
            (None, None, None) => Flow::Done,
        }
    }
}

/// An empty line is an end.
fn or_end(line: String) -> Came {
    if line.is_empty() { Came::End } else { Came::Line(line) }
}

impl Typed {
    fn open(is_terminal: bool, setup: &Setup) -> Result<Typed, JobError> {
        let feed = Feed::open(Path::new("-"), setup)?;
        Ok(Typed { feed, is_terminal, searched: 0, lines: 0 })
    }

    /// Something that is readable when standard input or a line that was sent is; `None` if standard input is always, as
    /// files are.
    fn wait_with(&self, sent: &Lines) -> Result<Option<Epoll>, Errno> {
        let (Some(typed), Some(sent)) = (self.feed.waits_on(), sent.readable()) else { return Ok(None) };
        let both = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for fd in [typed, sent] {
            match both.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, 0)) {
                Err(Errno::EPERM) => return Ok(None),
                other => other?,
            }
        }
        Ok(Some(both))
    }

    fn next(&mut self) -> Result<Came, JobError> {
        loop {
            let waiting = self.feed.waiting();
            let found = memchr::memchr(b'\n', &waiting[self.searched..]).map(|at| self.searched + at);
            let (len, next) = match found {
                Some(len) => (len, len + 1),
                None if waiting.len() > MAX_LINE_BYTES => {
                    return Err(JobError::failed(LineError::TooLong { line: self.lines + 1 }));
                }
                None if self.feed.is_ended() => (waiting.len(), waiting.len()),
                None => {
                    self.searched = waiting.len();
                    match self.feed.read()? {
                        files::Came::NotYet => return Ok(Came::NotYet),
                        files::Came::More | files::Came::End => continue,
                    }
                }
            };
            self.lines += 1;
            let line = std::str::from_utf8(&waiting[..len])
                .map_err(|_| JobError::failed(LineError::Utf8 { line: self.lines }))?
                .to_owned();
            self.feed.take(next);
            self.searched = 0;
            return Ok(or_end(line));
        }
    }
}
