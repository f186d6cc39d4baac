//! Showing the run that the program does not hang.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

use super::control::Control;
use super::descriptors::{self, Waited};
use crate::control::Report;
use crate::shared::Incoming;

/// How many beats there are in the time after which the run takes silence for a hang.
const BEATS: u32 = 4;

/// Beats while blocks are moved and while the program waits, if the run has asked for it. A step that hangs stops it, so there is
/// no thread behind it. Clones are the same heart.
#[derive(Clone, Debug, Default)]
pub(super) struct Heart {
    beating: Option<Rc<Beating>>,
    /// The inputs' rings: their writers may be the ones that are waited for.
    rings: Rc<[Incoming]>,
}

#[derive(Debug)]
struct Beating {
    every: Duration,
    last: Cell<Instant>,
    control: RefCell<Control>,
}

impl Heart {
    /// One that keeps a run from taking the program to hang after so many seconds of silence.
    pub(super) fn new(silence: Option<f64>, control: Control) -> Heart {
        let silence = silence.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let beating = silence.map(|silence| {
            let every = silence / BEATS;
            Rc::new(Beating { every, last: Cell::new(Instant::now()), control: RefCell::new(control) })
        });
        let heart = Heart { beating, rings: Rc::default() };
        heart.beating.iter().for_each(|beating| beating.say());
        heart
    }

    /// One that also tells the writers of these rings of room, before it waits.
    pub(super) fn telling(self, rings: impl Iterator<Item = Incoming>) -> Heart {
        Heart { rings: rings.collect(), ..self }
    }

    /// Whether there is something to do before and while the program waits.
    pub(super) fn beats(&self) -> bool {
        self.beating.is_some() || self.rings.iter().any(Incoming::is_used)
    }

    /// Beats if it is time.
    #[inline]
    pub(super) fn beat(&self) {
        if let Some(beating) = &self.beating {
            beating.beat();
        }
    }

    /// Waits until one of these can be read, or is at its end. Says which can.
    pub(super) fn wait_readable(&self, fds: &[BorrowedFd<'_>], timeout: PollTimeout) -> io::Result<Vec<bool>> {
        self.wait(timeout, |timeout| descriptors::wait_readable(fds, timeout))
    }

    /// Waits until one of these is as it is wanted. Says which are.
    pub(super) fn wait_for(&self, fds: &[Waited<'_>]) -> io::Result<Vec<bool>> {
        self.wait(PollTimeout::NONE, |timeout| descriptors::wait(fds, timeout))
    }

    fn wait(&self, timeout: PollTimeout, wait: impl Fn(PollTimeout) -> io::Result<Vec<bool>>) -> io::Result<Vec<bool>> {
        if timeout == PollTimeout::ZERO {
            return wait(timeout);
        }
        self.rings.iter().for_each(|ring| ring.before_waiting(false));
        let Some(beating) = self.beating.as_ref() else { return wait(timeout) };
        // Asked for the length of no timeout at all, nix panics.
        let time = if timeout == PollTimeout::NONE { None } else { timeout.duration() };
        let until = time.map(|time| Instant::now() + time);
        loop {
            beating.beat();
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let ready = wait(at_most(beating.left().min(left.unwrap_or(Duration::MAX))))?;
            if ready.contains(&true) || left.is_some_and(|left| left.is_zero()) {
                return Ok(ready);
            }
        }
    }
}

impl Beating {
    fn beat(&self) {
        if self.left().is_zero() {
            self.say();
        }
    }

    /// How long until the next beat.
    fn left(&self) -> Duration {
        self.every.saturating_sub(self.last.get().elapsed())
    }

    fn say(&self) {
        self.control.borrow_mut().report(&Report::Alive);
        self.last.set(Instant::now());
    }
}

/// Rounded up to milliseconds, which is how poll counts.
pub(super) fn at_most(time: Duration) -> PollTimeout {
    PollTimeout::try_from(time.saturating_add(Duration::from_micros(999))).unwrap_or(PollTimeout::MAX)
}
