//! Lines that people send to a job while it runs.
//!
//! A kind of job that takes them says so in its ports ([`crate::Ports::lines`]) and finds a [`Lines`] in its
//! [`crate::Setup`]. It asks for the next line in its step and never waits inside: where there is none, it returns
//! [`Lines::when_ready`].
//!
//! ```
//! use pipeloom_job::lines::{Lines, Next};
//! use pipeloom_job::testing::JobTest;
//! use pipeloom_job::typed::{Output, Source, SourceJob};
//! use pipeloom_job::{Codec, Flow, JobError, Setup};
//!
//! /// Sends on what people say to it.
//! #[derive(Default)]
//! struct Listen {
//!     lines: Option<Lines>,
//! }
//!
//! impl Source for Listen {
//!     type Out = String;
//!
//!     fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
//!         self.lines = setup.lines.clone();
//!         Ok(())
//!     }
//!
//!     fn step(&mut self, out: &mut Output<'_, String>) -> Result<Flow, JobError> {
//!         let Some(lines) = &self.lines else { return Ok(Flow::Done) };
//!         match lines.next() {
//!             Next::Line(line) => out.send(&line)?,
//!             Next::Empty => return Ok(lines.when_ready()),
//!             Next::Closed => return Ok(Flow::Done),
//!         }
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let outcome = JobTest::of(SourceJob::boxed(Listen::default())).lines(["+", "-"]).writes("said", Codec::Lines).run();
//! assert_eq!(outcome.texts(0), ["+", "-"]);
//! ```

use std::fmt;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;

use crate::step::Flow;

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// A line, without its line break.
    Line(String),
    /// None now.
    Empty,
    /// None any more.
    Closed,
}

/// Where lines come from. The runtime has one for each job that takes lines; jobs see it as [`Lines`].
pub trait LineQueue: Send + Sync {
    /// Takes the next line. Never waits.
    fn next(&self) -> Next;

    /// A descriptor that is readable when [`LineQueue::next`] has something new after it said [`Next::Empty`]; none for a
    /// queue that never says so.
    fn readable(&self) -> Option<BorrowedFd<'_>>;
}

/// The lines sent to one job. Clones give lines of the same queue, each line to one of them.
#[derive(Clone)]
pub struct Lines {
    queue: Arc<dyn LineQueue>,
}

impl Lines {
    /// The lines of this queue.
    pub fn new(queue: Arc<dyn LineQueue>) -> Lines {
        Lines { queue }
    }

    /// Takes the next line. Never waits.
    pub fn next(&self) -> Next {
        self.queue.next()
    }

    /// What a step returns after [`Next::Empty`], to be called when there is a line or there will be none any more.
    pub fn when_ready(&self) -> Flow {
        self.readable().map_or(Flow::Again, |fd| Flow::Readable(fd.as_raw_fd()))
    }

    /// The descriptor to wait for, for jobs that wait for something else too; none if nothing has to be waited for.
    pub fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.queue.readable()
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("readable", &self.readable()).finish_non_exhaustive()
    }
}
