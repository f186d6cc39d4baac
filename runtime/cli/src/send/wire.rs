//! The run's socket, from outside.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use pipeloom_events::request::{Answer, NotUnderstood, Request, SOCKET_NAME, SendRequest};
use pipeloom_os::socket::connect_to;
use pipeloom_os::{Errno, OsError};

use crate::term::escape::printable;

/// Why a run was not told something.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("the run in {} is not running", printable(&.0.to_string_lossy()))]
    NotRunning(PathBuf),
    #[error("the run has ended")]
    Ended,
    #[error("{}", printable(.0))]
    Refused(String),
    #[error("the line is too long: {0}")]
    TooLong(NotUnderstood),
    #[error("the run's answer is not understood: {0}")]
    NotUnderstood(NotUnderstood),
    #[error("the run's socket: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Os(OsError),
}

/// A connection to a run.
pub(super) struct Wire {
    stream: BufReader<UnixStream>,
}

impl Wire {
    /// Connects to the run in this directory.
    pub(super) fn open(dir: &Path) -> Result<Wire, WireError> {
        match connect_to(&dir.join(SOCKET_NAME)) {
            Ok(stream) => Ok(Wire { stream: BufReader::new(stream) }),
            // It has been removed at the end, or a run that was killed has left it.
            Err(error) if matches!(error.errno(), Errno::ENOENT | Errno::ECONNREFUSED) => {
                Err(WireError::NotRunning(dir.to_owned()))
            }
            Err(error) => Err(WireError::Os(error)),
        }
    }

    /// Sends something and waits until the run has taken it.
    pub(super) fn send(&mut self, request: SendRequest) -> Result<(), WireError> {
        let line = Request::Send(request).to_line().map_err(WireError::TooLong)?;
        // One that turns us away has closed its side, but may have said why.
        let written = self.stream.get_mut().write_all(line.as_bytes());
        let mut answer = Vec::new();
        match self.stream.read_until(b'\n', &mut answer) {
            Err(error) if !is_gone(&error) => return Err(error.into()),
            _ => {}
        }
        match (answer.is_empty(), written) {
            (true, Err(error)) if !is_gone(&error) => Err(error.into()),
            (true, _) => Err(WireError::Ended),
            (false, _) => match Answer::from_line(&answer).map_err(WireError::NotUnderstood)? {
                Answer::Ok => Ok(()),
                Answer::Error(why) => Err(WireError::Refused(why)),
            },
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}
