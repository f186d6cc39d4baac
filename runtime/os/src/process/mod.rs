//! Processes as seen from outside: pids, how they end, signals to them, and what /proc tells.
//!
//! A pid alone may mean another process a moment later. Only the parent, before it reaps, and the holder of a [`PidFd`]
//! know whom they talk to; what is read here by pid is good for reports and for finding out who is there, no more.

mod exit;
mod pid;
mod proc;
mod rest;
mod signal;

pub use exit::Exit;
pub use pid::{Pid, PidFd, group_is_alive, signal_group};
pub(crate) use pid::{group_of, signal_pid};
pub use proc::{
    OfRun, ProcIo, children, environ_contains, family_has_open, has_open, has_run, io, kill_run, of_runs, wchan,
};
pub(crate) use proc::{descendants, environ, is_asleep, is_exiting, value_in};
pub use rest::Rest;
pub use signal::{Signal, UnknownSignal};
