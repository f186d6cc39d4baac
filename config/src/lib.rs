//! The network file: TOML text to a checked network.
//!
//! No threads and no descriptors; the file system is only asked what is there.

mod network;
mod span;
mod template;

pub use network::{
    Body, End, Executable, External, JobId, JobSpec, Name, Native, Network, OnFailure, Pass, PipeId, PipeSpec, Program,
    QueueLimits, Side, StopPolicy,
};
pub use span::Span;
pub use template::{Part, Template};
