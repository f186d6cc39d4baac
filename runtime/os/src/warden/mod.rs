//! The small process that is parent of all executables.
//!
//! A runtime that is killed cannot clean up after itself, so another process must: the warden. It is the same binary,
//! started with the argument [`ARGUMENT`], or a copy of a runtime that has one thread ([`Warden::fork`]), and it is connected to the
//! runtime by one socket, its life-line. It
//!
//! - starts programs ([`Warden::spawn`]), so that their start does not depend on the size of the runtime's memory and a
//!   host program keeps its own `SIGCHLD` and `waitpid`;
//! - is the *subreaper* of all that they start: whoever loses its parent, by a double fork and setsid too, becomes a
//!   child of the warden and stays in reach;
//! - kills all of them when the life-line ends, for whatever reason, and removes the run's FIFOs.
//!
//! A binary that may be a warden calls [`enter`] first:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     if let Some(code) = pipeloom_os::warden::enter() {
//!         return code;
//!     }
//!     // ... the program itself
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! # Theory of operation
//!
//! How the process comes to be is `birth`. The runtime's half is [`Warden`], the other one [`serve`]. They exchange frames over a stream socket (`link`): a
//! length, a number of descriptors, a message (`wire`), and the descriptors as ancillary data. Neither ever waits to
//! send: what does not fit is queued, so that a thousand spawns can be asked for before the first answer is read.
//!
//! Every job is known by the [`Token`] that the runtime gives it, a new one for each incarnation. The warden is told of
//! ends by SIGCHLD through a signalfd. It then reaps all that have ended and tells them in one message, so that the order
//! in which a reader and the writer it breaks have ended is not turned round. Reaping alone would not do: the kernel
//! closes a process's descriptors before it reports the end, so the writer may be reaped first. After an end that another
//! could explain (SIGPIPE, or a status other than 0) the warden therefore waits a moment for those of its jobs that are on
//! their way out. (A reader that closes its input and lives on, as `head` does for a few microseconds, is not among them.)
//!
//! Who belongs to a job is found in /proc: its main process's descendants, its process group, and among the strays that
//! have lost their parent those whose environment carries the mark `PIPELOOM_WARDEN=PID:TOKEN` that the warden gives to
//! each job.

mod birth;
mod client;
mod family;
mod link;
mod server;
mod starting;
mod wire;

use serde::{Deserialize, Serialize};

pub use client::{Warden, WardenEvent};
pub use server::{enter, has_entered, serve};

pub use crate::spawn::{Environment, Spawn, SpawnError};

/// The first argument of a process that is to be a warden.
pub const ARGUMENT: &str = "__warden";

/// The runtime's number for one incarnation of a job; never used twice with one warden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub u64);

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reach {
    /// The job's main process.
    Process,
    /// Its process group.
    Group,
    /// Its process group, all that descend from it and all strays that carry its mark.
    Everything,
}
