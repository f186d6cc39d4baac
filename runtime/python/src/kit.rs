//! The kit's files in a folder that an interpreter can import from.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

static KIT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../jobs/python/src/pipeloom");

/// Why the kit cannot be put anywhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KitError {
    /// There is no folder for it.
    #[error("there is no folder for the Python kit: set XDG_CACHE_HOME or HOME")]
    NoFolder,
    /// It cannot be written.
    #[error("the Python kit cannot be written to {}: {source}", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The folder that has the kit in it, for `PYTHONPATH`. It is in the user's cache, and written once for each version of the
/// kit.
pub(crate) fn folder() -> Result<PathBuf, KitError> {
    let cache = cache().ok_or(KitError::NoFolder)?.join("pipeloom");
    let folder = cache.join(format!("python-{:016x}", version()));
    if !folder.is_dir() {
        write(&cache, &folder).map_err(|source| KitError::Write { path: folder.clone(), source })?;
    }
    Ok(folder)
}

fn cache() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
}

/// Written beside its place and moved there when it is whole, as somebody else may be doing the same.
fn write(cache: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(cache)?;
    let new = tempfile::Builder::new().prefix("python-").tempdir_in(cache)?;
    for (path, contents) in files(&KIT) {
        let path = new.path().join("pipeloom").join(path);
        fs::create_dir_all(path.parent().unwrap_or(cache))?;
        fs::write(path, contents)?;
    }
    match fs::rename(new.path(), folder) {
        Err(_) if folder.is_dir() => Ok(()),
        moved => moved,
    }
}

fn version() -> u64 {
    let mut hasher = DefaultHasher::new();
    files(&KIT).hash(&mut hasher);
    hasher.finish()
}

/// All files of the kit, without what an interpreter has left in its folders.
fn files(dir: &Dir<'static>) -> Vec<(&'static Path, &'static [u8])> {
    let mut files = Vec::new();
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => files.extend(self::files(dir)),
            DirEntry::File(file) if file.path().extension().is_some_and(|kind| kind != "pyc") => {
                files.push((file.path(), file.contents()));
            }
            DirEntry::File(_) => {}
        }
    }
    files
}
