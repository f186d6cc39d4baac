//! Plugins: kinds of jobs out of shared libraries.
//!
//! [`load`] opens a library, checks that it fits and gives its kinds of jobs. They are like all others: whoever checks a
//! file or runs a network does not see that their calls cross a border ([`pipeloom_job::abi`]).
//!
//! ```text
//! load    opening a library, once, and reading what is in it
//! kind    what is asked of a kind of job
//! job     a job of a plugin's, as the engine calls it
//! emit    what such a job calls
//! lines   the lines that are sent to it
//! ```
//!
//! A library is never unloaded: its payloads, tables and threads may live as long as the process.

mod emit;
mod error;
mod job;
mod kind;
mod lines;
mod load;

pub use error::PluginError;
pub use load::load;
