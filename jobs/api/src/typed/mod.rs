//! Jobs over values instead of bytes.
//!
//! A [`Source`], [`Connector`] or [`Sink`] handles Rust values; which bytes they are is the affair of each pipe's codec
//! (see [`crate::codec`] for what a codec can hold). [`SourceJob`], [`ConnectorJob`] and [`SinkJob`] make [`crate::Job`]s
//! of them:
//!
//! ```
//! use pipeloom_job::testing::JobTest;
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
//! let outcome = JobTest::of(ConnectorJob::boxed(Mean))
//!     .reads("numbers", Codec::Json, ["[1, 2, 6]", "[0.5]"])
//!     .writes("means", Codec::Lines)
//!     .run();
//! assert_eq!(outcome.texts(0), ["3", "0.5"]);
//! ```
//!
//! # What ends a job
//!
//! A job that sends its last value and returns [`crate::Flow::Done`] in the same step ends finished: the value carries the
//! finished mark. [`Output::finish`] does the same wherever the step then returns from. If it returns `Done` without having
//! sent anything in that step, it ends all the same, but without the mark, and the run says so; sources that cannot look
//! ahead do that. A source that is an iterator looks ahead: see [`iterate`].
//!
//! A connector or sink is called for each compute block. After the last one, or after a step that returns `Done`, `end` is
//! called once; what a connector sends there are its last blocks. For a sink, a step that only looks at its values returns
//! [`crate::Flow::Again`].
//!
//! # Several inputs and outputs
//!
//! | `In` | for |
//! |---|---|
//! | `T` | one input |
//! | [`Zip`]`<(A, B)>` | 2 to 4 inputs, each of its own type |
//! | [`Every`]`<T>` | any number of inputs of one type |
//! | [`First`]`<A, T>` | one input, then any number of another type |
//!
//! Each of these takes one block from an input. Where `block_count` is more than 1, [`Blocks`]`<T>` stands in the place of
//! `T`: the values of all blocks, in order. [`Headed`]`<T>` is a value with its head.
//!
//! `Out` is the type of output 0; [`Output::send_to`] serves the others, [`Output::send_all`] sends one value to all.
//!
//! # Heads
//!
//! A step finds the reduced head as [`Output::head`] and the heads of all blocks as [`Output::in_heads`]. A connector or sink
//! may reduce them in its own way ([`Connector::reduce`]). A block that is sent carries the reduced head, as
//! [`Output::set_head`] may have changed it, or one of its own ([`Output::send_with`], [`Output::send_to_with`]); the next
//! step starts afresh. Reset and finished are the runtime's to write, so that a job may copy heads without a thought of
//! them; it also sees to it that what is computed from corrupted blocks is corrupted.
//!
//! ```
//! use pipeloom_job::testing::{Sent, JobTest};
//! use pipeloom_job::typed::{Connector, ConnectorJob, First, InHeads, Output};
//! use pipeloom_job::{Codec, Flow, Head, JobError};
//!
//! /// Marks a sum as loud.
//! const LOUD: usize = 3;
//!
//! /// The sum of any number of inputs, multiplied by the first one. Only the first one's flags go on.
//! struct Mix;
//!
//! impl Connector for Mix {
//!     type In = First<f64, f64>;
//!     type Out = f64;
//!
//!     fn reduce(&self, heads: InHeads<'_>) -> Head {
//!         heads.on(0).next().unwrap_or(heads.or())
//!     }
//!
//!     fn step(&mut self, First(gain, signals): First<f64, f64>, out: &mut Output<'_, f64>) -> Result<Flow, JobError> {
//!         let mix = gain * signals.iter().sum::<f64>();
//!         out.set_head(out.head().with(LOUD, mix > 10.0));
//!         out.send(&mix)?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let outcome = JobTest::of(ConnectorJob::boxed(Mix))
//!     .reads("gain", Codec::Json, ["2", "2"])
//!     .reads("left", Codec::Json, ["1", "3"])
//!     .reads("right", Codec::Json, [Sent::new("3").with(7), Sent::new("4")])
//!     .writes("mix", Codec::Json)
//!     .run();
//! assert_eq!(outcome.texts(0), ["8.0", "14.0"]);
//! let heads: Vec<String> = outcome.outputs[0].iter().map(|sent| sent.head.to_string()).collect();
//! assert_eq!(heads, ["HEAD: 01000000", "HEAD: 00110000"]);
//! ```

mod connector;
mod ends;
mod error;
mod heads;
mod input;
mod inputs;
mod iterate;
mod output;
mod sink;
mod source;

pub use connector::{Connector, ConnectorJob};
pub use error::{InputError, OutputError};
pub use heads::InHeads;
pub use input::{Blocks, FromBlock, Headed, Input, InputBlocks};
pub use inputs::{Arrived, Every, First, Inputs, Zip};
pub use iterate::{iterate, try_iterate};
pub use output::Output;
pub use sink::{Sink, SinkJob};
pub use source::{Source, SourceJob};
