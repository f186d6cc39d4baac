//! Trying a job without a network.
//!
//! A [`Trial`] calls a job as the runtime does, over the blocks it is given, and gathers what comes out:
//!
//! ```
//! use pipeloom_job::testing::Trial;
//! use pipeloom_job::{Codec, Emit, Flow, Job, JobError, Port, Step};
//!
//! struct Forward;
//!
//! impl Job for Forward {
//!     fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
//!         for block in step.inputs[0] {
//!             out.emit(Port(0), block)?;
//!         }
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let outcome = Trial::new(Box::new(Forward))
//!     .input("words", Codec::Lines, ["one", "two"])
//!     .output("same", Codec::Lines)
//!     .run();
//! assert_eq!(outcome.texts(0), ["one", "two"]);
//! assert!(outcome.is_finished());
//! ```

mod contract;
mod given;
mod outcome;
mod recorder;
mod trial;

pub use outcome::Outcome;
pub use recorder::{Recorder, Sent};
pub use trial::Trial;
