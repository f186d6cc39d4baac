//! What a block and a job are.
//!
//! This crate is what a job is written against. It knows no thread, channel or FIFO: a job is called with a
//! [`Step`] and calls an [`Emit`]; who stands behind these is the runtime's affair.
//!
//! ```text
//! head       the flags before a block
//! payload    counted bytes
//! pool       buffers for large ones, which come back
//! batch      blocks gathered for a conduit; a Block borrows from it
//! step       what a job is called with (Step, Flow) and calls (Emit)
//! job, kind  the Job trait; kinds of jobs, and what a plan knows of them (Ports)
//! args       a native job's arguments
//! ring       large payloads in memory that two programs share
//! codec      how blocks stand on a pipe and values in blocks
//! typed      jobs over values instead of bytes
//! control    what a job tells the run beside its blocks
//! lines      what people tell a job while it runs
//! log_times  what a job with `log_times` tells of each compute block
//! executable a job as a program of its own (with the feature `executable`)
//! burst      several steps in one call, for those who call jobs
//! pace       how long steps take, for those who call jobs
//! testing    testing a job without its network
//! plugin     jobs in a shared library; abi is its border
//! ```
//!
//! # Versions
//!
//! This crate has a version of its own, by the rules of semantic versioning: a job that builds goes on building until the
//! first number changes (the second one while the first is 0). It needs Rust 1.88 or newer. A plugin and the runtime may
//! have other versions of it and other compilers, as long as [`abi::VERSION`] is the same.
//!
//! # A job
//!
//! This one forwards its blocks unchanged:
//!
//! ```
//! use pipeloom_job::{Emit, Flow, Job, JobError, Port, Step};
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
//! ```

pub mod abi;
pub mod batch;
pub mod burst;
pub mod codec;
pub mod control;
#[cfg(feature = "executable")]
pub mod executable;
pub mod head;
pub mod lines;
pub mod log_times;
pub mod pace;
pub mod payload;
pub mod plugin;
pub mod pool;
pub mod ring;
#[cfg(feature = "shared")]
pub mod shared;
pub mod testing;
pub mod typed;

mod args;
mod job;
mod kind;
mod panics;
pub mod step;

pub use args::{Args, ArgsError, NoArgs};
pub use batch::{Batch, Block, Seq};
pub use codec::{Codec, CodecName, CustomCodec};
pub use control::Report;
pub use head::{Head, HeadSize};
pub use job::{Job, JobError, JobKind, NewJob, PortList, PortSetup, PortType, Ports, Setup, StandardInput, Steps};
pub use kind::Kind;
pub use panics::panic_message;
pub use payload::Payload;
pub use pool::Pool;
pub use step::{Emit, Flow, Port, Step, Stopped};

/// The jobs in the page for those who know MARVELO are tried with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/from-marvelo.md")]
struct FromMarvelo;
