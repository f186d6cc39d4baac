//! Waiting for what no descriptor tells.

use std::sync::mpsc;
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

/// Does what may wait for ever, in a thread of its own, and gives what comes of it.
///
/// # Panics
/// If it takes longer than `within`, saying `what` was waited for, or if it panics itself.
#[track_caller]
pub fn in_time<T: Send + 'static>(what: &str, within: Duration, act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    // A thread that waits for ever is left behind; the process ends with the tests.
    std::thread::spawn(move || done.send(act()));
    match result.recv_timeout(within) {
        Ok(result) => result,
        Err(error) => panic!("{what}: {error} within {within:?}"),
    }
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
