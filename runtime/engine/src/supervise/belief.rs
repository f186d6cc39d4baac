//! What can be true. A fact that cannot be is not believed: told twice, or late, it would start or bury a job a second time.

use super::at::At;
use super::facts::{Event, Timer};
use super::job::{Life, Processes};
use super::supervisor::Supervisor;

impl Supervisor {
    /// Whether this can be so, as far as the machine knows.
    pub(super) fn can_be(&self, event: &Event) -> bool {
        match event {
            Event::Begin => self.jobs.iter().all(|job| job.life == Life::Waiting),
            Event::Spawned(at) | Event::SpawnFailed(at, _) => {
                self.runs(*at, true) && matches!(self.life(at.job), Life::Starting | Life::Failed)
            }
            Event::Opened(at, _)
            | Event::Ready(at)
            | Event::Spoke(at)
            | Event::Intake(at, _)
            | Event::Due(Timer::Begin(at) | Timer::Word(at) | Timer::Intake(at)) => self.runs(*at, true),
            Event::Returned(at, _) => self.runs(*at, false),
            _ => event.at().is_none_or(|at| self.is_current(at)),
        }
    }

    /// Whether the main process of a program, or the thread of a native job, is there, and it is this life of it.
    pub(super) fn runs(&self, at: At, is_executable: bool) -> bool {
        let job = &self.jobs[at.job.index()];
        self.is_current(at) && job.processes == Processes::Main && job.is_executable == is_executable
    }

    /// Whether this life of a job is not over for good: what is told of an earlier one changes nothing.
    fn is_current(&self, at: At) -> bool {
        self.at(at.job) == at
    }
}
