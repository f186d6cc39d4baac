//! The catalogue of faults: each case a test, whose name begins with its letter and number there.
//!
//! ```text
//! death      jobs and the runtime are killed
//! restart    jobs are killed that are started again
//! stop       runs are halted and stopped
//! flow       slow readers, many readers, many writers, small pipes
//! blocks     blocks that are wrong, cut off or none
//! catalogue  that the table of all faults names tests that are there
//! ```

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blocks;
mod catalogue;
mod death;
mod flow;
mod restart;
mod stop;
