//! Waiting between two steps, as the job has asked for.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

use super::asked::Asked;
use super::descriptors::duplicate;
use super::error::ProgramError;
use super::heart::{Heart, at_most};
use crate::step::Flow;

/// What times count from, and for a source whether it is asked to end, which ends all waiting.
pub(super) struct Pauses {
    pub(super) start: Instant,
    pub(super) asked: Option<Asked>,
    pub(super) heart: Heart,
}

impl Pauses {
    /// Waits as `flow` says.
    pub(super) fn wait(&self, flow: Flow) -> Result<(), ProgramError> {
        match flow {
            Flow::Again | Flow::MayBlock | Flow::Done => Ok(()),
            Flow::Until(time) => self.wait_until(time),
            Flow::After(time) => self.wait_until(self.start.elapsed().saturating_add(time)),
            Flow::Readable(number) => {
                // A descriptor that is not open is ready at once: the job will see the error when it reads.
                let Ok(fd) = duplicate(number) else { return Ok(()) };
                self.sleep(Some(&fd), PollTimeout::NONE)
            }
        }
    }

    /// Whether a source was asked to end.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.as_ref().is_some_and(Asked::is_asked)
    }

    /// Says whether a source is in a step that may wait for something outside.
    pub(super) fn set_may_wait(&self, may_wait: bool) {
        if let Some(asked) = &self.asked {
            asked.set_may_wait(may_wait);
        }
    }

    fn wait_until(&self, time: Duration) -> Result<(), ProgramError> {
        while !self.is_asked() {
            let Some(left) = time.checked_sub(self.start.elapsed()).filter(|left| !left.is_zero()) else { break };
            self.sleep(None, at_most(left))?;
        }
        Ok(())
    }

    fn sleep(&self, fd: Option<&OwnedFd>, timeout: PollTimeout) -> Result<(), ProgramError> {
        let fds = [self.asked.as_ref().map(Asked::wakes), fd.map(AsFd::as_fd)];
        let fds: Vec<_> = fds.into_iter().flatten().collect();
        self.heart.wait_readable(&fds, timeout).map(drop).map_err(ProgramError::Wait)
    }
}
