//! Jobs over values instead of bytes.
//!
//! A [`Source`], [`Connector`] or [`Sink`] handles Rust values; which bytes they are is the affair of each pipe's codec
//! (see [`crate::codec`] for what a codec can hold). [`SourceJob`], [`ConnectorJob`] and [`SinkJob`] make [`crate::Job`]s
//! of them:
//!
//! ```
//! use pipeloom_job::testing::Trial;
//! use pipeloom_job::typed::{Connector, ConnectorJob, Output};
//! use pipeloom_job::{Codec, Flow, JobError};
//!
//! /// The mean of each block of numbers.
//! struct Mean;
//!
//! impl Connector for Mean {
//!     type In = Vec<f32>;
//!     type Out = f32;
//!
//!     fn step(&mut self, values: Vec<f32>, out: &mut Output<'_, f32>) -> Result<Flow, JobError> {
//!         out.send(&(values.iter().sum::<f32>() / values.len() as f32))?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let outcome = Trial::new(ConnectorJob::boxed(Mean))
//!     .input("numbers", Codec::Json, ["[1, 2, 6]", "[0.5]"])
//!     .output("means", Codec::Lines)
//!     .run();
//! assert_eq!(outcome.texts(0), ["3", "0.5"]);
//! ```
//!
//! # What ends a job
//!
//! A source that sends its last value and returns [`crate::Flow::Done`] in the same step ends finished: the value
//! carries the finished mark. If it returns `Done` without having sent anything in that step, it ends all the same, but
//! without the mark, and the run says so; sources that cannot look ahead do that. [`iterate`] looks ahead.
//!
//! A connector or sink is called for each compute block. After the last one, or after a step that returns `Done`, `end` is
//! called once; what a connector sends there are its last blocks.
//!
//! # Several inputs and outputs
//!
//! With one input, `In` is the value's type. With several, it is [`Zip`] of a tuple, or [`Every`] for any number of one
//! type. `Out` is the type of output 0; [`Output::send_to`] serves the others.

mod connector;
mod ends;
mod error;
mod inputs;
mod iterate;
mod output;
mod sink;
mod source;

pub use connector::{Connector, ConnectorJob};
pub use error::{InputError, OutputError};
pub use inputs::{Arrived, Every, Inputs, Zip};
pub use iterate::{iterate, try_iterate};
pub use output::Output;
pub use sink::{Sink, SinkJob};
pub use source::{Source, SourceJob};
