//! What must not be left when a run is over: processes that it started, and FIFOs.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeloom_os::process::{PidFd, Signal};

use crate::proc::whose_environment_has;
use crate::waiting::comes_true;

/// What is still there of a test, each in words. Processes have `grace` to go; `own` are FIFOs that the test made itself.
pub(crate) fn left(dir: &Path, own: &[PathBuf], grace: Duration) -> Vec<String> {
    comes_true(grace, || whose_environment_has(dir).is_empty());
    let processes = whose_environment_has(dir).into_iter().map(|(pid, line)| format!("process {pid}: {line}"));
    let fifos =
        fifos_under(dir).into_iter().filter(|path| !own.contains(path)).map(|path| format!("FIFO {}", path.display()));
    let runtime_dir = fs::read_dir(runtime_dir(dir)).expect("the test made it").flatten();
    let others = runtime_dir.map(|entry| format!("entry of XDG_RUNTIME_DIR: {}", entry.path().display()));
    processes.chain(fifos).chain(others).collect()
}

/// What a test has as XDG_RUNTIME_DIR.
pub(crate) fn runtime_dir(dir: &Path) -> PathBuf {
    dir.join("runtime")
}

/// Kills all that a test has started.
pub(crate) fn kill_all(dir: &Path) {
    comes_true(Duration::from_secs(5), || {
        let there = whose_environment_has(dir);
        for (pid, _) in &there {
            // One that has ended meanwhile is none to kill.
            let _ = PidFd::open(*pid).and_then(|process| process.signal(Signal::KILL));
        }
        there.is_empty()
    });
}

fn fifos_under(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(fifos_under(&entry.path())),
            Ok(kind) if kind.is_fifo() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}
