//! Copies of a descriptor in children that have been forked and have not yet come to their exec.
//!
//! Whether any is left is told by a lock: flock(2) belongs to the opening that all copies share, and ends when the last of
//! them is closed.

use std::{
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use crate::{Errno, OsError, Result, call::raw, deadline::pause, sys};

/// A child that holds its copy for longer does not mean to exec; then it counts as a reader and a writer, as it is one.
const PATIENCE: Duration = Duration::from_millis(500);

const STEP: Duration = Duration::from_micros(500);

/// Marks an opening, so that its last copy can be waited for.
pub(super) fn mark(fd: BorrowedFd<'_>) -> Result<()> {
    match raw(|| sys::try_lock(fd)) {
        Ok(()) => Ok(()),
        Err(errno) => Err(OsError::new("flock", "FIFO", errno)),
    }
}

/// Waits until no copy is left of the marked opening of the same file, which this process has closed. It almost always
/// returns at once.
pub(super) fn wait_until_gone(fd: BorrowedFd<'_>) {
    let deadline = Instant::now() + PATIENCE;
    while raw(|| sys::try_lock(fd)) == Err(Errno::EWOULDBLOCK) && Instant::now() < deadline {
        pause(STEP);
        if raw(|| sys::try_lock(fd)).is_ok() {
            // The kernel takes the lock away a moment before it counts the reader and the writer off.
            pause(STEP);
        }
    }
}
