//! Runs by name: where they are kept, and which one RUN on the command line means.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pipeloom_engine::runs_folder;
use pipeloom_events::request::SOCKET_NAME;

use crate::term::escape::printable;

/// How many of several runs are named.
const MAX_NAMED: usize = 4;

/// Why a name means no run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("there is no run in {}", shown(.0))]
    NotOne(PathBuf),
    #[error("there is no run `{}`: it is no folder, and no id in {} begins so", printable(name), shown(dir))]
    Missing { name: String, dir: PathBuf },
    #[error("there is no run `{}`: it is no folder, and neither XDG_STATE_HOME nor HOME says where runs are kept", printable(.0))]
    NoPlace(String),
    #[error("{} runs begin with `{}`: {}", ids.len(), printable(name), some(ids))]
    Several { name: String, ids: Vec<String> },
    #[error("the runs in {}: {source}", shown(dir))]
    Io { dir: PathBuf, source: io::Error },
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// The newest of several ids.
fn some(ids: &[String]) -> String {
    let more = if ids.len() > MAX_NAMED { "..., " } else { "" };
    let newest = &ids[ids.len().saturating_sub(MAX_NAMED)..];
    format!("{more}{}; give more of the id", newest.join(", "))
}

/// The directory of the run that `name` means: an id, the beginning of one, or the run's directory. A name with a slash in
/// it, `.` and `..` are directories only. Ids begin with the time, so that many begin alike: of several only those count
/// that have a socket, as runs have while they go on.
pub(crate) fn find(name: &str) -> Result<PathBuf, FindError> {
    let path = Path::new(name);
    if name.contains('/') || name == "." || name == ".." {
        return if is_run(path) { Ok(path.to_owned()) } else { Err(FindError::NotOne(path.to_owned())) };
    }
    let folder = runs_folder();
    let mut ids = folder.as_deref().map_or_else(|| Ok(Vec::new()), |folder| begin_with(name, folder))?;
    if let Some(folder) = folder.as_deref().filter(|_| ids.len() > 1) {
        let going_on: Vec<String> =
            ids.iter().filter(|id| folder.join(id).join(SOCKET_NAME).exists()).cloned().collect();
        if !going_on.is_empty() {
            ids = going_on;
        }
    }
    match (&ids[..], folder) {
        ([only], Some(folder)) => Ok(folder.join(only)),
        ([], _) if is_run(path) => Ok(path.to_owned()),
        ([], _) if path.is_dir() => Err(FindError::NotOne(path.to_owned())),
        ([], Some(dir)) => Err(FindError::Missing { name: name.to_owned(), dir }),
        ([], None) => Err(FindError::NoPlace(name.to_owned())),
        _ => Err(FindError::Several { name: name.to_owned(), ids }),
    }
}

/// Every run has its events there from its first moment.
pub(crate) fn is_run(path: &Path) -> bool {
    path.join("events.jsonl").is_file()
}

/// The ids in `folder` that begin with `name`, from the oldest to the newest.
fn begin_with(name: &str, folder: &Path) -> Result<Vec<String>, FindError> {
    let failed = |source| FindError::Io { dir: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let id = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if !name.is_empty() && id.starts_with(&name.to_ascii_lowercase()) {
            ids.push(id);
        }
    }
    ids.sort();
    Ok(ids)
}
