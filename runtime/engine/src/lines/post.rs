//! Lines on their way to one job.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pipeloom_job::lines::{LineQueue, Next};
use pipeloom_os::OsError;
use pipeloom_os::doorbell::Doorbell;

/// So many lines may wait for a job.
const MAX_LINES: usize = 1024;

/// And so many bytes, but always one line.
const MAX_BYTES: usize = 1 << 20;

/// Lines that wait for a job. A full one makes its senders wait.
pub(crate) struct Post {
    waiting: Mutex<Waiting>,
    /// Tells the job of lines.
    job: Doorbell,
    /// Tells the senders of room.
    senders: Doorbell,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<String>,
    /// Of all of them together.
    bytes: usize,
    closed: Option<Closed>,
    /// Somebody has found it full and wants to know when there is room.
    is_awaited: bool,
}

/// Why no more lines are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Closed {
    /// Somebody has said that there are no more.
    Ended,
    /// The job is asked to end.
    Stopping,
    /// The job is over.
    Over,
}

/// What came of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Put {
    Taken,
    /// There is no room now; the senders' doorbell is rung when there is.
    Full,
    Closed(Closed),
}

impl Post {
    /// An empty one, whose senders listen to `senders`.
    pub(crate) fn new(senders: &Doorbell) -> Result<Post, OsError> {
        Ok(Post { waiting: Mutex::default(), job: Doorbell::new()?, senders: senders.clone() })
    }

    /// Gives the job a line, if there is one, and with `end` says that no more come: both or, if it is full, neither.
    pub(super) fn put(&self, line: Option<&str>, end: bool) -> Put {
        let mut waiting = self.lock();
        if let Some(why) = waiting.closed {
            return Put::Closed(why);
        }
        if let Some(line) = line {
            if !waiting.has_room(line.len()) {
                waiting.is_awaited = true;
                return Put::Full;
            }
            waiting.bytes += line.len();
            waiting.lines.push_back(line.to_owned());
        }
        waiting.closed = end.then_some(Closed::Ended);
        drop(waiting);
        self.job.ring_always();
        Put::Taken
    }

    /// No more lines are taken. The job need not be woken: it is asked to end, or is over.
    pub(super) fn close(&self, why: Closed) {
        let mut waiting = self.lock();
        if why == Closed::Over {
            waiting.closed = Some(why);
            waiting.lines.clear();
        } else {
            waiting.closed.get_or_insert(why);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn has_room(&self, bytes: usize) -> bool {
        self.lines.is_empty() || (self.lines.len() < MAX_LINES && self.bytes + bytes <= MAX_BYTES)
    }
}

impl LineQueue for Post {
    fn next(&self) -> Next {
        let mut waiting = self.lock();
        let Some(line) = waiting.lines.pop_front() else {
            // With the lock held, nobody rings for a line that has not been looked for.
            self.job.woke();
            return match waiting.closed {
                Some(Closed::Ended | Closed::Over) => Next::Closed,
                // One that is stopped shall not think that it has come to its end.
                Some(Closed::Stopping) | None => Next::Empty,
            };
        };
        waiting.bytes -= line.len();
        let is_awaited = std::mem::take(&mut waiting.is_awaited);
        drop(waiting);
        if is_awaited {
            self.senders.ring_always();
        }
        Next::Line(line)
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        Some(self.job.as_fd())
    }
}

#[cfg(test)]
mod tests {
    use pipeloom_os::doorbell::{Interest, wait};
    use std::time::Duration;

    use super::*;

    fn post() -> (Post, Doorbell) {
        let senders = Doorbell::new().unwrap();
        (Post::new(&senders).unwrap(), senders)
    }

    /// Whether a descriptor is readable now.
    fn is_ready(fd: impl AsFd) -> bool {
        let mut interests = [Interest::readable(fd.as_fd())];
        wait(&Doorbell::new().unwrap(), &mut interests, Some(Duration::ZERO)).unwrap();
        interests[0].ready.any()
    }

    #[test]
    fn a_line_wakes_the_job_and_the_last_one_lets_it_sleep() {
        let (post, _senders) = post();
        assert_eq!(post.next(), Next::Empty);
        assert!(!is_ready(&post.job));
        assert_eq!(post.put(Some("a"), false), Put::Taken);
        assert_eq!(post.put(Some(""), false), Put::Taken);
        assert!(is_ready(&post.job));
        assert_eq!((post.next(), post.next()), (Next::Line("a".into()), Next::Line(String::new())));
        assert_eq!(post.next(), Next::Empty);
        assert!(!is_ready(&post.job));
    }

    #[test]
    fn after_the_end_the_lines_before_it_are_still_there() {
        let (post, _senders) = post();
        assert_eq!(post.put(Some("last"), true), Put::Taken);
        assert_eq!(post.put(Some("more"), false), Put::Closed(Closed::Ended));
        assert_eq!((post.next(), post.next()), (Next::Line("last".into()), Next::Closed));
    }

    #[test]
    fn a_job_that_is_stopped_sees_no_end_and_takes_no_more() {
        let (post, _senders) = post();
        post.put(Some("before"), false);
        post.close(Closed::Stopping);
        assert_eq!(post.put(Some("after"), false), Put::Closed(Closed::Stopping));
        assert_eq!((post.next(), post.next()), (Next::Line("before".into()), Next::Empty));
        post.close(Closed::Over);
        assert_eq!(post.put(None, true), Put::Closed(Closed::Over));
        assert_eq!(post.next(), Next::Closed);
    }

    #[test]
    fn a_full_one_tells_when_there_is_room() {
        let (post, senders) = post();
        for _ in 0..MAX_LINES {
            assert_eq!(post.put(Some("x"), false), Put::Taken);
        }
        assert!(!is_ready(&senders));
        assert_eq!(post.put(Some("y"), true), Put::Full);
        assert_eq!(post.put(None, false), Put::Taken, "nothing needs no room");
        post.next();
        assert!(is_ready(&senders));
        assert_eq!(post.put(Some("y"), true), Put::Taken);
    }

    #[test]
    fn one_line_always_finds_room_and_a_second_long_one_waits() {
        let (post, _senders) = post();
        let long = "x".repeat(MAX_BYTES + 1);
        assert_eq!(post.put(Some(&long), false), Put::Taken);
        assert_eq!(post.put(Some("y"), false), Put::Full);
        assert_eq!(post.next(), Next::Line(long));
        assert_eq!(post.put(Some("y"), false), Put::Taken);
    }
}
