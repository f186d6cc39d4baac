//! Halting all that was started, and letting it go on.

use super::{Server, Waiting};
use crate::{Result, warden::wire::Answer};

impl Server {
    /// Halts all, and says so.
    pub(super) fn pause(&mut self) -> Result<()> {
        self.paused = true;
        self.family.halt_all();
        self.link.queue(&Answer::Paused, vec![])
    }

    /// Lets all go on, and starts what had to wait for that.
    pub(super) fn resume(&mut self) -> Result<()> {
        self.paused = false;
        self.family.resume_all();
        self.try_again()
    }

    /// Starts a program now, or when all goes on.
    pub(super) fn start_or_wait(&mut self, program: Waiting) -> Result<()> {
        if self.paused {
            self.waiting.push_back(program);
            return Ok(());
        }
        self.start(program)
    }
}
