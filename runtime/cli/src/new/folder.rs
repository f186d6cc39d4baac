//! A folder where nothing is yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::term::escape::printable;

/// A file to be written, with its path in the folder.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Why the folder could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("{} is there already and is not empty: take another name, or remove it", shown(.0))]
    NotEmpty(PathBuf),
    #[error("{} is there already and is no folder: take another name", shown(.0))]
    NoFolder(PathBuf),
    #[error("{} cannot be written: {source}", shown(path))]
    Write { path: PathBuf, source: io::Error },
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// Writes the files into a folder that is new or empty. A file that begins with `#!` may be executed.
pub(crate) fn write(folder: &Path, files: &[File]) -> Result<(), FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| FolderError::Write { path, source }
    };
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(FolderError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(FolderError::NoFolder(folder.to_owned()));
        }
        // What else is wrong with it is told by what follows.
        _ => {}
    }
    for file in files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(failed(parent))?;
        let mode = if file.text.starts_with("#!") { 0o777 } else { 0o666 };
        let new = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        new.and_then(|mut new| new.write_all(file.text.as_bytes())).map_err(failed(&path))?;
    }
    Ok(())
}
