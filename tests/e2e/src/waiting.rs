//! Waiting for what no descriptor tells.

use std::time::{Duration, Instant};

/// How often to look again.
const AGAIN: Duration = Duration::from_millis(2);

/// Looks again and again until `done`, at most `within`.
///
/// # Panics
/// If it is not done by then, saying `what` was waited for.
#[track_caller]
pub fn until(what: &str, within: Duration, done: impl FnMut() -> bool) {
    assert!(comes_true(within, done), "{what}: not within {within:?}");
}

/// Whether `done` comes true within that time.
pub(crate) fn comes_true(within: Duration, mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + within;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        // Nobody unparks this thread: it looks again after a while, and if somebody did, a little earlier.
        std::thread::park_timeout(AGAIN);
    }
}
