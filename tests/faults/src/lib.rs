//! Faults that must be survived, each at random moments, against an oracle.
//!
//! ```no_run
//! use pipeloom_faults::{CauseKind, Chain, Signal, fault};
//!
//! # fn a01_kill_the_source_restart_never() {
//! fault(1).seeds().each(|case| {
//!     let chain = Chain::random(case);
//!     let run = case.network(chain.toml()).start();
//!     case.after(&run, "source", chain.progress(case));
//!     case.strike(&run, "source", Signal::KILL);
//!     let over = case.over(run, 1);
//!     over.failed_first("source", CauseKind::Exit, "SIGKILL");
//!     over.all_through(&chain);
//! });
//! # }
//! ```
//!
//! A case is a test function whose name begins with the letter and number of its fault in the catalogue. It is run for each seed from 1
//! on: `PIPELOOM_FAULTS_SEEDS=50` says how many (3 without it), `PIPELOOM_FAULTS_SEED=17` runs only that one again.
//! All that is random in a case comes from its seed.
//!
//! The oracle are two villains: `issue` writes blocks of which every byte follows from their number, and keeps account of how many;
//! `record` checks what it reads, and keeps account of that. When a run is over, three accounts must agree: the source's,
//! the sinks', and the tallies that the run itself has recorded.
//!
//! ```text
//! fault      a number of the catalogue, its seeds, and one run of a case for each
//! case       one of them: what is chosen by its seed, what is done to the run, how it ends
//! chain      blocks, and networks that take them from a source to a sink
//! account    what sources and sinks have kept account of
//! over       a run that is over, held against those accounts
//! law        the law that no block gets lost or doubled unsaid
//! history    which events a run may have, in which order
//! figures    what a case adds to the table, and the table
//! catalogue  where each fault is shown
//! ```
//!
//! With `PIPELOOM_FAULTS_FIGURES=DIR` each run of a case leaves a line of figures in that folder; the program `fault-table` makes a
//! table of them.

mod account;
mod case;
pub mod catalogue;
mod chain;
mod fault;
pub mod figures;
pub mod history;
pub mod law;
mod over;

pub use account::{Block, Issued, Seen};
pub use case::Case;
pub use chain::{Blocks, Chain, Middle};
pub use fault::{Fault, Seeds, fault};
pub use over::Over;
pub use pipeloom_e2e as e2e;
pub use pipeloom_e2e::Signal;
pub use pipeloom_e2e::events::{CauseKind, JobEnd, PipeEnding};
