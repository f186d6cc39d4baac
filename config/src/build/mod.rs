//! Networks written in Rust.
//!
//! A [`NetworkBuilder`] has jobs ([`JobBuilder`]), and these have pipes ([`Pipe`]) at their ends. All of them are plain
//! values with a method for each key of the network file, under the key's name. What is built is written as the text of a
//! network file and checked as such: there is one set of checks, errors show that text, and a run keeps it.
//!
//! Beside what a file can say, a network that is built may have
//!
//! - jobs of the program's own ([`JobBuilder::source`], [`JobBuilder::connector`], [`JobBuilder::sink`]), made of the types
//!   in [`pipeloom_job::typed`];
//! - ends of pipes that the program itself has while the network runs ([`JobBuilder::sender`], [`JobBuilder::receiver`]).
//!
//! A `Pipe<T>` knows the type of its values. Whether typed jobs fit their pipes is found by the compiler; two descriptions of
//! one pipe that do not agree, and values that the pipe's codec cannot hold where they are read, are found by the check.
//!
//! ```
//! use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
//! use pipeloom_job::typed::{Connector, Output, Zip, iterate};
//! use pipeloom_job::{Flow, JobError};
//!
//! struct Scale;
//!
//! impl Connector for Scale {
//!     type In = Zip<(u32, f64)>;
//!     type Out = f64;
//!
//!     fn step(&mut self, Zip((factor, value)): Self::In, out: &mut Output<'_, f64>) -> Result<Flow, JobError> {
//!         out.send(&(f64::from(factor) * value))?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! let factors = Pipe::<u32>::new("factors");
//! let values = Pipe::<f64>::new("values").codec("json");
//! let scaled = Pipe::<f64>::new("scaled").codec("lines");
//! let network = NetworkBuilder::new("scaling")
//!     .job(JobBuilder::source("count", || iterate(1..=3), &factors))
//!     .job(JobBuilder::sender("feed", &values))
//!     .job(JobBuilder::connector("scale", || Scale, (&factors, &values), &scaled))
//!     .job(JobBuilder::exec("sort", ["sort", "-n"]).input(&scaled).pass(pipeloom_config::file::PassName::Stdio))
//!     .check_alone()?;
//! assert_eq!(network.jobs().len(), 4);
//! # Ok::<(), pipeloom_config::Problems>(())
//! ```
//!
//! A job whose values are of another type than its pipe's does not compile:
//!
//! ```compile_fail,E0277
//! use pipeloom_config::build::{JobBuilder, Pipe};
//! # use pipeloom_job::typed::{Sink, Output};
//! # use pipeloom_job::{Flow, JobError};
//! # struct Show;
//! # impl Sink for Show {
//! #     type In = f64;
//! #     fn step(&mut self, _: f64, _: &mut Output<'_, ()>) -> Result<Flow, JobError> { Ok(Flow::Again) }
//! # }
//! let texts = Pipe::<String>::new("texts");
//! JobBuilder::sink("show", || Show, &texts); // takes numbers
//! ```

mod feeds;
mod fit;
mod job;
mod keys;
mod network;
mod pipe;
mod table;
mod writing;

pub use feeds::Feeds;
pub use fit::Received;
pub use job::JobBuilder;
pub use network::NetworkBuilder;
pub use pipe::{Pipe, PipeName, Untyped};

#[cfg(test)]
mod tests;
