//! What the bare programs and the harness of Pipeloom's benchmark share.
//!
//! The bare programs (`bare-source`, `bare-forward`, `bare-sink`, `bare-ping`) are ordinary programs that know
//! `-i` and `-o` and nothing of Pipeloom. The same binaries run over bare FIFOs and inside a network, so that the
//! difference between two figures of one run is what the runtime costs. `bare-native` is the limit for jobs
//! inside one process, `bare-nop` the limit for starting children. `bare-sign` and `bare-striker` show how soon who was killed is
//! replaced.
//!
//! `frame` says how a block stands on the wire, `blocks` reads and writes whole blocks, `pattern` fills and sums
//! payloads, `signature` tells whose a payload is, `report` is what a sink saw and when, `flags` what all programs are asked on
//! the command line. `native` are jobs that do the same inside the runtime: this crate is also a plugin.

pub mod blocks;
pub mod clock;
pub mod flags;
pub mod frame;
mod native;
pub mod pattern;
pub mod report;
pub mod signature;
