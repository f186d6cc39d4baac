//! What runs have left that could not clean up after themselves: runtime and warden were both killed, or the machine went down.
//!
//! Whether a run goes on is known by the lock that its runtime holds on the run's record. Only where that lock can be had is
//! anything touched, and it is held meanwhile. What belongs to another user is not looked at, and no link is followed.
//!
//! ```text
//! record   the record of a run whose runtime has gone
//! ```

mod record;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pipeloom_events::RunId;
use pipeloom_events::request::SOCKET_NAME;
use pipeloom_os::OsError;
use pipeloom_os::cgroup;
use pipeloom_os::fifo::{self, FifoDir, OuterMark};
use pipeloom_os::private_dir::PrivateDir;
use pipeloom_os::process::{OfRun, Pid, has_run, kill_run, of_runs};

use crate::engine::short;
use crate::run_dir::{EVENTS, OUTER_FIFOS, runs_folder};
use record::Record;

/// Something that is left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Left {
    /// A process that a run has started, or that what it started has.
    Process {
        /// The run.
        run: RunId,
        /// The process.
        pid: Pid,
        /// How it was started.
        command: String,
    },
    /// A FIFO that a run had made where its file says.
    Fifo {
        /// The run.
        run: RunId,
        /// Where it is.
        path: PathBuf,
    },
    /// The socket of a run, on which nobody listens.
    Socket {
        /// The run.
        run: RunId,
        /// Where it is.
        path: PathBuf,
    },
    /// A run whose record has no end. It is told there that the run was interrupted.
    Run {
        /// The run.
        run: RunId,
        /// Its directory.
        dir: PathBuf,
    },
    /// A control group of a run.
    Cgroup {
        /// Where it is.
        path: PathBuf,
    },
    /// A directory of FIFOs.
    FifoDir {
        /// Where it is.
        path: PathBuf,
    },
}

/// Why something that is left could not be seen to.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The system refuses it.
    #[error(transparent)]
    Os(#[from] OsError),
    /// The process was killed and is still there.
    #[error("process {0} was killed, but has not ended")]
    Lives(Pid),
    /// The run's record cannot be read, locked or written.
    #[error("{}: {source}", path.display())]
    Record {
        /// The run's directory.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

/// What is told of each thing found: what it is, and whether it could be seen to.
pub type Tell<'a> = dyn FnMut(&Left, Result<(), SweepError>) + 'a;

/// Looks for what is left of any run of this user: those in the folder of runs, and those that have left processes. Unless this
/// is to `look` only, processes are killed, files are removed, and runs without an end are marked as interrupted.
pub fn sweep_all(look: bool, tell: &mut Tell<'_>) {
    let processes = processes();
    let mut dirs = in_folder();
    dirs.extend(processes.keys().cloned());
    dirs.sort();
    dirs.dedup();
    for dir in dirs {
        // Nobody has asked for this one by name: what cannot be looked at is left alone.
        if let Err(error) = sweep_run(&dir, &processes, look, tell) {
            log::debug!("{error}");
        }
    }
    sweep_dirs(look, |_| true, tell);
}

/// Looks for what is left of the run in `dir`, its directory by its own path.
///
/// # Errors
/// If the run's record cannot be looked at.
pub fn sweep_one(dir: &Path, look: bool, tell: &mut Tell<'_>) -> Result<(), SweepError> {
    if let Some(run) = sweep_run(dir, &processes(), look, tell)? {
        let tag = short(run);
        sweep_dirs(look, |path| fifo::tag(path) == Some(&tag), tell);
    }
    Ok(())
}

/// The processes that runs have left or have, by the run's directory.
fn processes() -> BTreeMap<PathBuf, Vec<OfRun>> {
    let mut processes: BTreeMap<PathBuf, Vec<OfRun>> = BTreeMap::new();
    for process in of_runs() {
        processes.entry(process.dir.clone()).or_default().push(process);
    }
    processes
}

/// The directories in the folder of runs.
fn in_folder() -> Vec<PathBuf> {
    // By its own path, as processes name it.
    let folder = runs_folder().and_then(|folder| folder.canonicalize().ok());
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
    let is_dir = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries.into_iter().flatten().flatten().filter(is_dir).map(|entry| entry.path()).collect()
}

/// Sees to what one run has left, if its runtime has gone, and says which run it is.
fn sweep_run(
    path: &Path,
    processes: &BTreeMap<PathBuf, Vec<OfRun>>,
    look: bool,
    tell: &mut Tell<'_>,
) -> Result<Option<RunId>, SweepError> {
    let Some(dir) = PrivateDir::open(path)? else { return Ok(None) };
    let failed = |source| SweepError::Record { path: path.to_owned(), source };
    let Some(record) = dir.file(EVENTS)? else { return Ok(None) };
    let Some(mut record) = Record::of_the_gone(record).map_err(failed)? else { return Ok(None) };
    let run = record.run();
    let of_run = processes.get(path).into_iter().flatten().filter(|process| process.run == run.to_string());
    sweep_processes(run, of_run, look, tell);
    let marks = outer_fifos(&dir)?;
    for mark in marks.iter().filter(|mark| mark.is_there()) {
        let done = if look { Ok(()) } else { mark.remove().map_err(SweepError::from) };
        tell(&Left::Fifo { run, path: mark.path().to_owned() }, done);
    }
    if !marks.iter().any(OuterMark::is_there) && !look {
        dir.remove(OUTER_FIFOS)?;
    }
    if dir.has_socket(SOCKET_NAME)? {
        let done = if look { Ok(()) } else { dir.remove(SOCKET_NAME).map_err(SweepError::from) };
        tell(&Left::Socket { run, path: path.join(SOCKET_NAME) }, done);
    }
    if !record.has_end() {
        let done = if look { Ok(()) } else { record.interrupt().map_err(failed) };
        tell(&Left::Run { run, dir: path.to_owned() }, done);
    }
    Ok(Some(run))
}

fn sweep_processes<'a>(run: RunId, left: impl Iterator<Item = &'a OfRun>, look: bool, tell: &mut Tell<'_>) {
    let name = run.to_string();
    let left: Vec<&OfRun> = left.collect();
    // Somebody in a shell that one of the run's jobs has started would kill his own shell.
    if left.is_empty() || env::var("PIPELOOM_RUN").is_ok_and(|own| own == name) {
        return;
    }
    let mut alive = Vec::new();
    if !look {
        kill_run(&name);
        alive = has_run(&name);
    }
    for process in left {
        let done = if alive.contains(&process.pid) { Err(SweepError::Lives(process.pid)) } else { Ok(()) };
        tell(&Left::Process { run, pid: process.pid, command: process.command.clone() }, done);
    }
}

/// The outer FIFOs that a run has noted; none if the note makes no sense, as one that was half written.
fn outer_fifos(dir: &PrivateDir) -> Result<Vec<OuterMark>, OsError> {
    let note = dir.file(OUTER_FIFOS)?;
    Ok(note.and_then(|note| serde_json::from_reader(io::BufReader::new(note)).ok()).unwrap_or_default())
}

/// Directories that are locked by their runs, and named after them.
fn sweep_dirs(look: bool, wanted: impl Fn(&Path) -> bool, tell: &mut Tell<'_>) {
    for path in cgroup::abandoned().into_iter().filter(|path| wanted(path)) {
        let done = if look { Ok(()) } else { cgroup::remove_abandoned(&path).map(drop) };
        tell(&Left::Cgroup { path }, done.map_err(SweepError::from));
    }
    sweep_fifo_dirs(look, wanted, tell);
}

/// In all places where a run may have its directory of FIFOs: sessions of one user have different environments.
fn sweep_fifo_dirs(look: bool, wanted: impl Fn(&Path) -> bool, tell: &mut Tell<'_>) {
    let mut bases = vec![FifoDir::default_base(), env::temp_dir()];
    bases.dedup();
    for base in bases {
        let found = fifo::abandoned(&base).unwrap_or_else(|error| {
            log::debug!("{error}");
            Vec::new()
        });
        for path in found.into_iter().filter(|path| wanted(path)) {
            let done = if look { Ok(true) } else { fifo::remove_abandoned(&path) };
            // One that somebody else has removed meanwhile is none.
            if !matches!(done, Ok(false)) {
                tell(&Left::FifoDir { path }, done.map(drop).map_err(SweepError::from));
            }
        }
    }
}
