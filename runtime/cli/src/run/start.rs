//! Starting a run: where its directory is, what the system must allow, the engine.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::Receiver;
use pipeloom_config::Network;
use pipeloom_engine::resume::{Origin, Resumable};
use pipeloom_engine::{Handle, Options, Planned};
use pipeloom_events::{ExitStatus, RunId};
use pipeloom_os::OsError;
use pipeloom_os::limits::{Descriptors, allow_descriptors};
use pipeloom_os::process::Signal;
use pipeloom_os::warden::Warden;

use super::signals;

/// How a network is run.
pub(crate) struct How<'a> {
    /// Where the network comes from.
    pub(crate) origin: Option<Origin>,
    /// The run that is gone on with, if one is.
    pub(crate) resumed: Option<&'a Resumable>,
    /// Where the run's directory is made; without it, under the state directory.
    pub(crate) run_dir: Option<&'a Path>,
    pub(crate) time_limit: Option<Duration>,
    /// Whether the lines of jobs' output are wanted.
    pub(crate) lines: bool,
}

/// A run that has been started, and what is needed to follow it.
pub(crate) struct Started {
    pub(crate) handle: Handle,
    /// Signals to this process.
    pub(crate) signals: Receiver<Signal>,
    /// What the run is called by other commands: its id or, if it is not kept with the others, its directory.
    pub(super) name: String,
    /// The run's directory, absolute.
    pub(super) dir: PathBuf,
}

/// Why a run cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(
        "no place for the run's directory: neither XDG_STATE_HOME nor HOME is an absolute path; \
         set one of them or give --run-dir"
    )]
    NoPlace,
    #[error(
        "the run needs {needed} open descriptors and the system allows {allowed}: raise the limit (`ulimit -n {needed}`) \
         or make the network smaller"
    )]
    Descriptors { needed: u64, allowed: u64 },
    #[error("the run directory {}: {source}", path.display())]
    RunDir { path: PathBuf, source: io::Error },
    #[error("failed to find this program's own path: {0}")]
    OwnPath(io::Error),
    #[error("no thread to wait for signals: {0}")]
    Thread(io::Error),
    #[error(transparent)]
    Os(#[from] OsError),
    #[error(transparent)]
    Engine(#[from] pipeloom_engine::StartError),
}

impl StartError {
    /// Nothing has been started, so it is the environment that is wrong.
    pub(super) const fn status(&self) -> ExitStatus {
        ExitStatus::Usage
    }
}

/// Starts `network`.
pub(crate) fn start(network: Network, how: How<'_>) -> Result<Started, StartError> {
    let planned = Planned::new(network);
    let needed = planned.needs().descriptors;
    let Descriptors { allowed, before } = allow_descriptors(needed)?;
    if allowed < needed {
        return Err(StartError::Descriptors { needed, allowed });
    }
    let run = how.resumed.map_or_else(RunId::now, |resumed| resumed.run);
    let run_dir = match how.run_dir.or(how.resumed.map(|resumed| resumed.dir.as_path())) {
        Some(dir) => std::path::absolute(dir).map_err(|source| StartError::RunDir { path: dir.to_owned(), source })?,
        None => pipeloom_engine::runs_folder().ok_or(StartError::NoPlace)?.join(run.to_string()),
    };
    // Before there is a second thread, as it would not be in the copy.
    let warden = if planned.has_programs() { Warden::fork().inspect_err(say_why_not).ok() } else { None };
    // Before the engine starts threads: they inherit that these signals are blocked.
    let signals = signals::watch()?;
    let options = Options {
        run,
        run_dir: run_dir.clone(),
        warden: (env::current_exe().map_err(StartError::OwnPath)?, Vec::new()),
        time_limit: how.time_limit,
        lines: how.lines,
        program_descriptors: before,
        epoch: how.resumed.map_or(0, |resumed| resumed.epoch.saturating_add(1)),
        origin: how.origin,
        attempts: how.resumed.map_or(0, |resumed| resumed.attempts),
    };
    let handle = match warden {
        Some(warden) => planned.start_under(warden, options)?,
        None => planned.start(options)?,
    };
    // The engine has made it; the shortest name is best to read, but links in it must not confuse.
    let dir = run_dir.canonicalize().unwrap_or(run_dir);
    let is_with_others = dir.file_name().is_some_and(|name| *name == *run.to_string());
    let name = if is_with_others && how.run_dir.is_none() { run.to_string() } else { dir.display().to_string() };
    Ok(Started { handle, signals, name, dir })
}

/// The warden takes a little longer to be there then, and that is all.
fn say_why_not(error: &OsError) {
    log::debug!("the warden is started as a program: {error}");
}
