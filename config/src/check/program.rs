//! Whether programs exist and the kernel would execute them.

use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use nix::unistd::{AccessFlags, eaccess};

/// Where programs are looked up if there is no PATH.
const DEFAULT_PATH: &str = "/usr/bin:/bin";

/// The kernel reads so much of a script's first line (`BINPRM_BUF_SIZE`).
const HEAD_BYTES: u64 = 256;

/// Why a program cannot be executed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("there is no program `{}` in PATH", name.display())]
    NotInPath { name: OsString },
    #[error("there is no program at `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("`{}` is a directory, not a program", path.display())]
    Directory { path: PathBuf },
    #[error("`{}` is no file that could be a program", path.display())]
    NoFile { path: PathBuf },
    #[error("`{}` may not be executed", path.display())]
    NotExecutable { path: PathBuf },
    #[error("`{}` is neither a binary (ELF) nor a script with a `#!` line", path.display())]
    UnknownFormat { path: PathBuf },
    #[error("`{}` needs the interpreter `{}`, which is not there", path.display(), interpreter.display())]
    NoInterpreter { path: PathBuf, interpreter: PathBuf },
}

/// Programs looked at so far: networks name the same few again and again.
#[derive(Debug, Default)]
pub(super) struct Programs {
    path: Option<OsString>,
    found: HashMap<OsString, Result<PathBuf, Fault>>,
    inspected: HashMap<PathBuf, Result<(), Fault>>,
}

impl Programs {
    pub(super) fn new(path: Option<OsString>) -> Programs {
        Programs { path, ..Programs::default() }
    }

    /// Looks a program without a slash up in `own_path` or else in the caller's PATH.
    pub(super) fn find(&mut self, name: &OsStr, own_path: Option<&OsStr>) -> Result<PathBuf, Fault> {
        if let Some(path) = own_path {
            return in_path(name, path);
        }
        if let Some(found) = self.found.get(name) {
            return found.clone();
        }
        let found = in_path(name, self.path.as_deref().unwrap_or(DEFAULT_PATH.as_ref()));
        self.found.insert(name.to_owned(), found.clone());
        found
    }

    /// Whether the kernel would execute the file at `path`.
    pub(super) fn inspect(&mut self, path: &Path, own_path: Option<&OsStr>) -> Result<(), Fault> {
        if own_path.is_none()
            && let Some(known) = self.inspected.get(path)
        {
            return known.clone();
        }
        let result = self.look_at(path, own_path);
        if own_path.is_none() {
            self.inspected.insert(path.to_owned(), result.clone());
        }
        result
    }

    fn look_at(&mut self, path: &Path, own_path: Option<&OsStr>) -> Result<(), Fault> {
        let path = path.to_owned();
        let Ok(found) = path.metadata() else { return Err(Fault::Missing { path }) };
        if found.is_dir() {
            return Err(Fault::Directory { path });
        }
        // Opening a FIFO or a device to look into it could wait for ever.
        if !found.is_file() {
            return Err(Fault::NoFile { path });
        }
        if eaccess(&path, AccessFlags::X_OK).is_err() {
            return Err(Fault::NotExecutable { path });
        }
        let mut head = Vec::new();
        // A program may be executable without being readable; then there is nothing more to be seen.
        let Ok(file) = File::open(&path) else { return Ok(()) };
        if file.take(HEAD_BYTES).read_to_end(&mut head).is_err() || head.starts_with(b"\x7fELF") {
            return Ok(());
        }
        let Some(line) = head.strip_prefix(b"#!") else { return Err(Fault::UnknownFormat { path }) };
        self.look_at_interpreter(path, line, own_path)
    }

    fn look_at_interpreter(&mut self, path: PathBuf, line: &[u8], own_path: Option<&OsStr>) -> Result<(), Fault> {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        let Some(interpreter) = words.next() else { return Err(Fault::UnknownFormat { path }) };
        let interpreter = PathBuf::from(OsStr::from_bytes(interpreter));
        // A relative one is looked for in a working directory that is not there yet.
        if interpreter.is_absolute() && !interpreter.exists() {
            return Err(Fault::NoInterpreter { path, interpreter });
        }
        let is_env = interpreter.file_name() == Some("env".as_ref());
        match words.next() {
            // `env` takes options and variables before the program's name.
            Some(name) if is_env && !name.starts_with(b"-") && !name.contains(&b'=') => {
                let name = OsStr::from_bytes(name);
                let missing = |_| Fault::NoInterpreter { path, interpreter: name.into() };
                self.find(name, own_path).map(drop).map_err(missing)
            }
            _ => Ok(()),
        }
    }
}

fn in_path(name: &OsStr, path: &OsStr) -> Result<PathBuf, Fault> {
    let mut fault = Fault::NotInPath { name: name.to_owned() };
    // A relative folder in PATH means another one in each working directory.
    for dir in env::split_paths(path).filter(|dir| dir.is_absolute()) {
        let candidate = dir.join(name);
        if !candidate.is_file() {
            continue;
        }
        if eaccess(&candidate, AccessFlags::X_OK).is_ok() {
            return Ok(candidate);
        }
        fault = Fault::NotExecutable { path: candidate };
    }
    Err(fault)
}

/// Where a relative program is among the dependencies: the file itself, and its path once it is copied.
pub(super) fn in_dependencies(name: &Path, dependencies: &[PathBuf]) -> Option<(PathBuf, PathBuf)> {
    let inside: PathBuf = name.components().filter(|part| *part != Component::CurDir).collect();
    if !inside.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    dependencies.iter().find_map(|dependency| {
        let source = if dependency.is_dir() {
            dependency.join(&inside)
        } else if dependency.file_name() == Some(inside.as_os_str()) {
            dependency.clone()
        } else {
            return None;
        };
        source.is_file().then(|| (source, inside.clone()))
    })
}
