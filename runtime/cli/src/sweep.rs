//! `pipeloom sweep`: removes what runs have left that were killed together with their wardens, or lost with the machine.

use std::path::{Path, PathBuf};

use pipeloom_engine::sweep::{Left, SweepError, sweep_all, sweep_one};
use pipeloom_events::ExitStatus;
use serde_json::{Value, json};

use crate::args::SweepArgs;
use crate::runs::{FindError, is_run};
use crate::term::escape::printable;
use crate::term::out;

pub(crate) fn sweep(args: &SweepArgs) -> ExitStatus {
    let dirs = match args.dirs.iter().map(|dir| of_run(dir)).collect::<Result<Vec<_>, _>>() {
        Ok(dirs) => dirs,
        Err(error) => return out::fail(ExitStatus::Usage, error),
    };
    let mut status = ExitStatus::Success;
    let mut is_clean = true;
    let tell = &mut |left: &Left, done: Result<(), SweepError>| {
        is_clean = false;
        let said = if args.json { object(left, &done, args.dry_run).to_string() } else { line(left, args.dry_run) };
        match done {
            Ok(()) => status = worse(status, out::answer(&format!("{said}\n"))),
            Err(error) => {
                if args.json {
                    out::answer(&format!("{said}\n"));
                }
                status = out::fail(ExitStatus::Usage, error);
            }
        }
    };
    if dirs.is_empty() {
        sweep_all(args.dry_run, tell);
    }
    let results: Vec<_> = dirs.iter().map(|dir| sweep_one(dir, args.dry_run, tell)).collect();
    for error in results.into_iter().filter_map(Result::err) {
        status = out::fail(ExitStatus::Usage, error);
    }
    if is_clean && status == ExitStatus::Success && !args.json {
        return out::answer(if dirs.is_empty() { "nothing is left of any run\n" } else { "nothing is left\n" });
    }
    status
}

/// The path itself of the directory of a run.
fn of_run(dir: &Path) -> Result<PathBuf, FindError> {
    dir.canonicalize().ok().filter(|dir| is_run(dir)).ok_or_else(|| FindError::NotOne(dir.to_owned()))
}

fn worse(one: ExitStatus, other: ExitStatus) -> ExitStatus {
    if one == ExitStatus::Success { other } else { one }
}

fn line(left: &Left, is_dry: bool) -> String {
    let did = |done: &'static str, would: &'static str| if is_dry { would } else { done };
    let removed = did("removed", "would remove");
    let shown = |path: &Path| printable(&path.display().to_string()).into_owned();
    match left {
        Left::Process { run, pid, command } => {
            format!("{} process {pid} of run {run}: {}", did("killed", "would kill"), printable(command))
        }
        Left::Fifo { run, path } => format!("{removed} the FIFO {} of run {run}", shown(path)),
        Left::Socket { path, .. } => format!("{removed} the socket {}", shown(path)),
        Left::Run { run, dir } => {
            format!("{} run {run} as interrupted, in {}", did("marked", "would mark"), shown(dir))
        }
        Left::Cgroup { path } => format!("{removed} the control group {}", shown(path)),
        Left::FifoDir { path } => format!("{removed} the directory of FIFOs {}", shown(path)),
    }
}

fn object(left: &Left, done: &Result<(), SweepError>, is_dry: bool) -> Value {
    let mut object = match left {
        Left::Process { run, pid, command } => {
            json!({ "v": 1, "left": "process", "run": run, "pid": pid.as_raw(), "command": command })
        }
        Left::Fifo { run, path } => json!({ "v": 1, "left": "fifo", "run": run, "path": text(path) }),
        Left::Socket { run, path } => json!({ "v": 1, "left": "socket", "run": run, "path": text(path) }),
        Left::Run { run, dir } => json!({ "v": 1, "left": "run", "run": run, "dir": text(dir) }),
        Left::Cgroup { path } => json!({ "v": 1, "left": "cgroup", "path": text(path) }),
        Left::FifoDir { path } => json!({ "v": 1, "left": "fifo-dir", "path": text(path) }),
    };
    object["done"] = (done.is_ok() && !is_dry).into();
    if let Err(error) = done {
        object["error"] = error.to_string().into();
    }
    object
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
