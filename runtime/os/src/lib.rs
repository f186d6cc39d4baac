//! Everything of Pipeloom that holds a descriptor or a pid, and the home of its `unsafe`.
//!
//! The modules stand on each other from the bottom up:
//!
//! ```text
//! call, sys          one system call: EINTR, injected faults, the unsafe blocks
//! error              which call failed on what, and why
//! pipe, fifo         the ends of pipes; directories of FIFOs
//! splice             from one pipe to another, without a copy
//! pipe_quota         how large pipes may be
//! private_dir        what is done in a directory of ours without following links
//! cgroup             a control group of a run's own
//! control            the socket beside a job's pipes
//! socket             the socket on which a run is asked for something
//! keeper             when the runtime may let go of a FIFO
//! memory             memory that programs share
//! doorbell, poller   waiting, for one thread and for a reactor
//! process, signals   pids, exits, /proc; signals to ourselves
//! limits             what the system lets us have, and what we let programs have
//! standard           our standard streams, and who may draw on the terminal
//! load, scheduling   how much of the machine a thread takes, and when it gets it
//! spawn              starting a program, used by the warden only
//! warden             the small process that is parent of all executables
//! ```
//!
//! Nothing here knows what a job or a block is. Linux 5.11 or newer is needed (pidfds, `close_range`).
//!
//! Every descriptor made here is `O_CLOEXEC` from birth. A write to a pipe without readers is an ordinary result
//! ([`pipe::Io::End`]), because Rust programs ignore `SIGPIPE`; a host that has turned it back on must not.

pub mod cgroup;
pub mod doorbell;
pub mod fifo;
pub mod keeper;
pub mod limits;
pub mod load;
pub mod memory;
pub mod pipe;
pub mod pipe_quota;
pub mod poller;
pub mod private_dir;
pub mod process;
pub mod scheduling;
pub mod signals;
pub mod socket;
pub mod splice;
pub mod standard;
pub mod warden;

#[cfg(feature = "fault-injection")]
pub mod faults;

mod call;
mod control;
mod deadline;
mod error;
mod spawn;
mod sys;

pub use control::{control_pair, duplicate};
pub use error::{Errno, OsError, Result};
