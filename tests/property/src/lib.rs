//! Random networks of forwarders, run for real and held against an oracle.
//!
//! The property: every block a source makes reaches every reader behind it once, in order and intact, whatever pipes,
//! codecs, conduits and ways of passing lie between, and the heads say where the stream begins and ends.
//!
//! ```text
//! seeds      which cases are tried
//! content    what a source puts on an output: a function of the block's number
//! case       a random network
//! chain      a random chain of native jobs, on one thread and on several
//! file       the same as a network file
//! kinds      its native jobs
//! wire       blocks on a pipe, as the executables read and write them
//! seen       what a sink has seen
//! oracle     what it must have seen
//! run        one case from the file to the verdict
//! ```
//!
//! The executables are one small program, `worker`, which knows the runtime only by its arguments, its pipes and
//! `PIPELOOM_PIPES`. Its reading and writing of blocks is written anew here, so that a mistake of the runtime's codecs does
//! not meet itself.

pub mod case;
pub mod chain;
pub mod content;
pub mod file;
pub mod kinds;
pub mod oracle;
pub mod run;
pub mod seeds;
pub mod seen;
pub mod wire;
