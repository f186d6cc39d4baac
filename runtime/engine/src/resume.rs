//! Going on with a run whose runtime was killed, or that did not end well.
//!
//! Its record says whether that can be: how the run ended, if it did, and how often it was begun. The lock on the record says
//! whether somebody works it now. What its network was stands in its directory.

use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use pipeloom_events::{Event, Outcome, Record, RunId};
use pipeloom_os::OsError;
use pipeloom_os::private_dir::PrivateDir;
use serde::{Deserialize, Serialize};

use crate::run_dir::{EVENTS, NETWORK, ORIGIN};

/// The version of all that is read here.
const VERSION: u32 = 1;

/// Where a network comes from: what is needed beside its text to read it as it was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The version of this note: 1.
    pub v: u32,
    /// The network file, absolute. Relative paths in it start at its folder.
    pub file: PathBuf,
    /// The parameters that were given, by name.
    pub params: Vec<(String, String)>,
    /// What else was put into it, by key.
    pub sets: Vec<(String, String)>,
}

impl Origin {
    /// The network in `file`, with these parameters and what else was put into it.
    pub fn new(file: PathBuf, params: Vec<(String, String)>, sets: Vec<(String, String)>) -> Origin {
        Origin { v: VERSION, file, params, sets }
    }
}

/// A run that can be gone on with.
#[derive(Clone, Debug)]
pub struct Resumable {
    /// The run.
    pub run: RunId,
    /// Its directory.
    pub dir: PathBuf,
    /// How often it was begun.
    pub attempts: u32,
    /// The epoch in which the sources of its last attempt began.
    pub epoch: u32,
    /// The text of its network file.
    pub network: String,
    /// Where that comes from.
    pub origin: Origin,
}

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// There is no run.
    #[error("there is no run in {}", .0.display())]
    NoRun(PathBuf),
    /// It is another user's, or others may enter it.
    #[error("the run directory {} is not this user's alone", .0.display())]
    NotOurs(PathBuf),
    /// It is being worked.
    #[error("the run in {} goes on: stop it before it is resumed", .0.display())]
    GoesOn(PathBuf),
    /// Nothing is left to do.
    #[error("run {0} finished well: there is nothing to go on with")]
    Finished(RunId),
    /// Its record makes no sense.
    #[error("the record of the run in {} cannot be read: {why}", dir.display())]
    Record {
        /// The run's directory.
        dir: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It does not say where its network comes from.
    #[error(
        "the run in {} does not say where its network file was ({}): only what `pipeloom run` has started can be resumed",
        dir.display(), ORIGIN
    )]
    NoOrigin {
        /// The run's directory.
        dir: PathBuf,
    },
    /// The system refuses something.
    #[error(transparent)]
    Os(#[from] OsError),
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

/// Whether the run in `dir`, its directory by its own path, can be gone on with.
///
/// # Errors
/// If it cannot.
pub fn resumable(dir: &Path) -> Result<Resumable, ResumeError> {
    let opened = PrivateDir::open(dir)?.ok_or_else(|| ResumeError::NotOurs(dir.to_owned()))?;
    let record = opened.file(EVENTS)?.ok_or_else(|| ResumeError::NoRun(dir.to_owned()))?;
    match record.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ResumeError::GoesOn(dir.to_owned())),
        Err(TryLockError::Error(source)) => return Err(ResumeError::Io { path: dir.join(EVENTS), source }),
    }
    let Past { run, attempts, epoch, outcome } = past(record, dir)?;
    if outcome == Some(Outcome::Finished) {
        return Err(ResumeError::Finished(run));
    }
    let text = |name: &str| {
        let file = opened.file(name)?;
        let mut text = String::new();
        let read = file.map(|mut file| file.read_to_string(&mut text)).transpose();
        let there = read.map_err(|source| ResumeError::Io { path: dir.join(name), source })?;
        Ok::<_, ResumeError>(there.map(|_| text))
    };
    let origin = text(ORIGIN)?.and_then(|text| serde_json::from_str(&text).ok());
    let origin = origin.filter(|origin: &Origin| origin.v == VERSION);
    let no_origin = || ResumeError::NoOrigin { dir: dir.to_owned() };
    let origin = origin.ok_or_else(no_origin)?;
    let network = text(NETWORK)?.ok_or_else(no_origin)?;
    Ok(Resumable { run, dir: dir.to_owned(), attempts, epoch, network, origin })
}

/// What a record tells.
struct Past {
    run: RunId,
    attempts: u32,
    epoch: u32,
    /// How the last attempt ended, if that is known.
    outcome: Option<Outcome>,
}

fn past(record: File, dir: &Path) -> Result<Past, ResumeError> {
    let wrong = |why: String| ResumeError::Record { dir: dir.to_owned(), why };
    let mut lines = BufReader::new(record).split(b'\n');
    let mut next = || lines.next().transpose().map_err(|source| ResumeError::Io { path: dir.join(EVENTS), source });
    let first = next()?.ok_or_else(|| wrong("it is empty".to_owned()))?;
    let first: Record = serde_json::from_slice(&first).map_err(|error| wrong(format!("line 1: {error}")))?;
    if first.v != VERSION {
        return Err(wrong(format!("it has version {}, and only {VERSION} is known", first.v)));
    }
    let mut past = Past { run: first.run, attempts: 1, epoch: 0, outcome: None };
    while let Some(line) = next()? {
        // Most lines are about jobs; the last one may not be whole.
        let Ok(Record { event, .. }) = serde_json::from_slice(&line) else { continue };
        match event {
            Event::RunResumed { attempt, epoch, .. } => {
                (past.attempts, past.outcome) = (attempt, None);
                past.epoch = past.epoch.max(epoch);
            }
            Event::RunEnded { outcome, .. } => past.outcome = Some(outcome),
            _ => {}
        }
    }
    Ok(past)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    const ENDED: Event = Event::RunEnded { outcome: Outcome::Failed, seconds: 1.0 };

    /// A run with this record, and what is behind its last whole line.
    fn run(events: &[Event], rest: &str) -> (TempDir, RunId) {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let run = RunId::now();
        let mut file = File::create(dir.path().join(EVENTS)).unwrap();
        for event in events {
            writeln!(file, "{}", serde_json::to_string(&Record::now(run, event.clone())).unwrap()).unwrap();
        }
        file.write_all(rest.as_bytes()).unwrap();
        let origin = Origin::new("/somewhere/network.toml".into(), vec![("a".to_owned(), "b".to_owned())], Vec::new());
        fs::write(dir.path().join(ORIGIN), serde_json::to_string(&origin).unwrap()).unwrap();
        fs::write(dir.path().join(NETWORK), "[jobs]\n").unwrap();
        (dir, run)
    }

    fn started() -> Event {
        Event::RunStarted { network: "n".to_owned(), dir: "d".to_owned(), jobs: Vec::new() }
    }

    fn resumed(attempt: u32, epoch: u32) -> Event {
        Event::RunResumed { attempt, epoch, blocks: 0 }
    }

    #[test]
    fn a_run_that_was_killed_or_did_not_end_well_can_be_gone_on_with() {
        for (events, rest, attempts, epoch) in [
            (vec![started()], "{\"v\":1,", 1, 0),
            (vec![started(), ENDED], "", 1, 0),
            (vec![started(), ENDED, resumed(2, 7)], "", 2, 7),
            (vec![started(), resumed(2, 7), resumed(3, 8), ENDED], "", 3, 8),
        ] {
            let (dir, id) = run(&events, rest);
            let found = resumable(dir.path()).unwrap();
            assert_eq!((found.run, found.attempts, found.epoch), (id, attempts, epoch));
            assert_eq!((found.network.as_str(), found.origin.params.len()), ("[jobs]\n", 1));
        }
    }

    fn why_not(dir: &TempDir) -> String {
        let error = resumable(dir.path()).unwrap_err().to_string();
        error.replace(&dir.path().display().to_string(), "DIR")
    }

    #[test]
    fn what_cannot_be_gone_on_with_is_said_by_name() {
        let well = Event::RunEnded { outcome: Outcome::Finished, seconds: 1.0 };
        let (dir, id) = run(&[started(), resumed(2, 1), well], "");
        assert_eq!(why_not(&dir), format!("run {id} finished well: there is nothing to go on with"));

        let (dir, _) = run(&[started()], "");
        let held = File::open(dir.path().join(EVENTS)).unwrap();
        held.lock().unwrap();
        assert_eq!(why_not(&dir), "the run in DIR goes on: stop it before it is resumed");
        drop(held);

        fs::remove_file(dir.path().join(ORIGIN)).unwrap();
        assert!(why_not(&dir).starts_with("the run in DIR does not say where its network file was (origin.json)"));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(why_not(&dir), "the run directory DIR is not this user's alone");

        let (dir, _) = run(&[], "something\n");
        assert!(why_not(&dir).starts_with("the record of the run in DIR cannot be read: line 1: "));
        let (dir, _) = run(&[], "");
        assert_eq!(why_not(&dir), "the record of the run in DIR cannot be read: it is empty");
        fs::remove_file(dir.path().join(EVENTS)).unwrap();
        assert_eq!(why_not(&dir), "there is no run in DIR");
    }
}
