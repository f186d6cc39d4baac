//! The one gate through which this crate's system calls go.
//!
//! It repeats a call that a signal interrupted and, with the feature `fault-injection`, fails the call that a test has
//! chosen. Some calls do not pass here, as they cannot fail, and a test of what no kernel does is worth nothing: `close` (which
//! must never be repeated either), the write that rings a doorbell and the read that takes it back, the `shutdown` of a socket that
//! is connected, and what tells of time and of this process. `tests/gate.rs` sees that all others do.

use std::{fmt::Display, io};

use crate::{Errno, OsError, Result};

/// Makes a system call whose errno the caller wants to look at.
#[track_caller]
pub(crate) fn raw<T>(make: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    repeated("", make)
}

/// Makes a system call named `name` on `what`, which is formatted only when it fails.
#[track_caller]
pub(crate) fn call<T>(name: &'static str, what: impl Display, make: impl FnMut() -> Result<T, Errno>) -> Result<T> {
    repeated(name, make).map_err(|errno| OsError::new(name, what, errno))
}

/// As [`raw`], of a function of std's.
#[track_caller]
pub(crate) fn raw_std<T>(mut make: impl FnMut() -> io::Result<T>) -> Result<T, Errno> {
    raw(|| make().map_err(|error| errno(&error)))
}

/// As [`call`], of a function of std's.
#[track_caller]
pub(crate) fn call_std<T>(
    name: &'static str,
    what: impl Display,
    mut make: impl FnMut() -> io::Result<T>,
) -> Result<T> {
    call(name, what, || make().map_err(|error| errno(&error)))
}

#[track_caller]
fn repeated<T>(name: &'static str, mut make: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match injected(name).and_then(|()| make()) {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// Errors that std makes up itself carry no number; for our calls that is only "interior NUL", an invalid argument.
fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EINVAL, Errno::from_raw)
}

#[cfg(feature = "fault-injection")]
#[track_caller]
fn injected(name: &'static str) -> Result<(), Errno> {
    crate::faults::pass(name)
}

#[cfg(not(feature = "fault-injection"))]
fn injected(_: &'static str) -> Result<(), Errno> {
    Ok(())
}
