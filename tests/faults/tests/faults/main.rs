//! The catalogue of faults: each case a test, whose name begins with its letter and number there.
//!
//! ```text
//! death      jobs and the runtime are killed
//! restart    jobs are killed that are started again
//! connector  connectors are killed that are started again
//! join       jobs before a join are started again
//! kits       programs with a kit are killed that say what they have done
//! scope      jobs are killed that take others along
//! sink       sinks are killed that are started again
//! stop       runs are halted and stopped
//! disk       there is no room on disk
//! flow       slow readers, many readers, many writers, small pipes
//! blocks     blocks that are wrong, cut off or none
//! catalogue  that the table of all faults names tests that are there
//! ```

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blocks;
mod catalogue;
mod connector;
mod death;
mod disk;
mod flow;
mod join;
mod kits;
mod restart;
mod scope;
mod sink;
mod stop;
