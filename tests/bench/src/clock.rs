//! Time as all processes of one machine agree on it.

use std::io;

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds on the system's monotonic clock, comparable between processes.
///
/// # Errors
/// What `clock_gettime` says, and a reading before the clock's zero.
pub fn monotonic_ns() -> io::Result<u64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    let seconds = u64::try_from(now.tv_sec()).map_err(io::Error::other)?;
    let nanos = u64::try_from(now.tv_nsec()).map_err(io::Error::other)?;
    Ok(seconds * 1_000_000_000 + nanos)
}
