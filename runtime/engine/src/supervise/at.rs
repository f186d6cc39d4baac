//! One life of a job.

use std::fmt;

use pipeloom_config::JobId;

/// Which of a job's lives, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Incarnation(u32);

impl Incarnation {
    pub(crate) const FIRST: Incarnation = Incarnation(1);

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    pub(crate) const fn next(self) -> Incarnation {
        Incarnation(self.0.saturating_add(1))
    }

    /// The one of this number; the first for 0, which none has.
    pub(crate) fn of(number: u32) -> Incarnation {
        Incarnation(number.max(1))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One life of a job. What is told of a life that is over changes nothing for the next one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct At {
    pub(crate) job: JobId,
    pub(crate) incarnation: Incarnation,
}

impl At {
    /// A job's first life.
    #[cfg(test)]
    pub(crate) const fn first(job: JobId) -> At {
        At { job, incarnation: Incarnation::FIRST }
    }
}
