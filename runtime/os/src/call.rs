//! The one gate through which this crate's system calls go.
//!
//! It repeats a call that a signal interrupted and, with the feature `fault-injection`, fails the call that a test has
//! chosen. `close` does not pass here (it must never be repeated, and its errors say nothing about pipes), nor does the
//! write that rings a doorbell (it cannot fail, and a lost ring would be a fault that no kernel has).

use std::fmt::Display;

use crate::{Errno, OsError, Result};

/// Makes a system call whose errno the caller wants to look at.
pub(crate) fn raw<T>(mut make: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match injected().and_then(|()| make()) {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// Makes a system call named `name` on `what`, which is formatted only when it fails.
pub(crate) fn call<T>(name: &'static str, what: impl Display, make: impl FnMut() -> Result<T, Errno>) -> Result<T> {
    raw(make).map_err(|errno| OsError::new(name, what, errno))
}

#[cfg(feature = "fault-injection")]
fn injected() -> Result<(), Errno> {
    crate::faults::pass()
}

#[cfg(not(feature = "fault-injection"))]
fn injected() -> Result<(), Errno> {
    Ok(())
}
