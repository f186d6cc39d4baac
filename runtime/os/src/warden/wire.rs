//! What runtime and warden say to each other. Both are the same version of the same crate, and [`Answer::Hello`] makes
//! sure of it.

use std::{ffi::OsString, os::fd::RawFd};

use serde::{Deserialize, Serialize};

use super::{Reach, Token};
use crate::{
    limits::Limited,
    process::{Exit, Pid, Signal},
    spawn::SpawnError,
};

/// To be changed with anything in this file.
pub(super) const VERSION: &str = concat!("pipeloom-os ", env!("CARGO_PKG_VERSION"), " warden 6");

/// From the runtime.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Remove this directory of FIFOs at the end.
    RemoveDir(OsString),
    /// Remove this FIFO at the end, if it is still the one whose descriptor comes with this.
    RemoveFifo(OsString),
    /// Start programs into this control group, whose descriptor comes with this, and kill all in it at the end.
    UseCgroup(OsString),
    /// Let programs begin with this soft limit of descriptors, which is lower than ours.
    AllowDescriptors(u64),
    /// What all programs have in their environment that are started from now on.
    Environment(Vec<(OsString, OsString)>),
    /// Start these programs; the descriptors come with this, one for each target of the first, then those of the next.
    Spawn(Vec<(Token, SpawnRequest)>),
    /// Answer with this error. (The runtime found it out, but all its events come through the socket.)
    Refuse(Token, SpawnError),
    /// Send a signal.
    Signal(Token, Signal, Reach),
    /// Who of a job is left?
    Leftovers(Token),
    /// Halt all that was started, and start nothing more for now.
    Pause,
    /// Let it all go on.
    Resume,
}

/// [`crate::spawn::Spawn`] without its descriptors, and without what was told of its environment before.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SpawnRequest {
    pub(super) program: OsString,
    pub(super) argv: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) cwd: Option<OsString>,
    pub(super) targets: Vec<RawFd>,
    pub(super) limits: Vec<(Limited, u64)>,
}

impl SpawnRequest {
    /// Bytes of all its strings.
    pub(super) fn size(&self) -> usize {
        let argv: usize = self.argv.iter().map(|argument| argument.len() + 1).sum();
        self.program.len() + argv + size(&self.env) + self.cwd.as_ref().map_or(0, |cwd| cwd.len())
    }
}

/// Bytes of all the strings of an environment.
pub(super) fn size(env: &[(OsString, OsString)]) -> usize {
    env.iter().map(|(name, value)| name.len() + value.len() + 2).sum()
}

/// From the warden.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The first thing said.
    Hello(String),
    /// Started; its pidfd comes with it.
    Spawned(Token, Pid),
    SpawnFailed(Token, SpawnError),
    Exited(Vec<(Token, Exit)>),
    Leftovers(Token, Vec<Pid>),
    /// The answer to each [`Request::Pause`].
    Paused,
}
