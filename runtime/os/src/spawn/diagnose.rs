//! Finding out what an errno of posix_spawn, or of fork and exec, was about.
//!
//! It is only one number for everything that may go wrong in the child: entering the working directory, the
//! descriptors, the exec. So after a failure the files are looked at. They may have changed in between; then the answer
//! is less exact, never a success.

use std::{
    ffi::{CStr, OsStr},
    fs::{self, File},
    io::Read as _,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::SpawnError;
use crate::{
    Errno,
    call::{raw, raw_std},
};

/// Bytes of a script's first line that the kernel looks at (`BINPRM_BUF_SIZE`).
const FIRST_LINE: u64 = 256;

pub(super) fn diagnose(call: &str, program: &CStr, cwd: Option<&CStr>, errno: Errno) -> SpawnError {
    let cwd = cwd.map(|cwd| Path::new(OsStr::from_bytes(cwd.to_bytes())));
    let program = PathBuf::from(OsStr::from_bytes(program.to_bytes()));
    if matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::ELOOP | Errno::ENAMETOOLONG)
        && let Some(cwd) = cwd
        && let Err(errno) = enter(cwd)
    {
        return SpawnError::DirectoryMissing { cwd: cwd.to_owned(), errno };
    }
    // An empty path stands for no file, not for the working directory.
    let file =
        if program.as_os_str().is_empty() { PathBuf::new() } else { cwd.unwrap_or(Path::new("")).join(&program) };
    match errno {
        Errno::ENOENT | Errno::ENOTDIR if raw_std(|| fs::metadata(&file)).is_err() => {
            SpawnError::ProgramMissing { program }
        }
        Errno::ENOENT | Errno::ENOTDIR => {
            let interpreter = interpreter(&file).unwrap_or_else(|| "(dynamic loader)".into());
            SpawnError::InterpreterMissing { program, interpreter }
        }
        Errno::EACCES if raw_std(|| fs::metadata(&file)).is_ok_and(|found| found.is_dir()) => {
            SpawnError::IsDirectory { program }
        }
        Errno::EACCES => match interpreter(&file) {
            // The script itself is fine, so it must be what its first line names.
            Some(interpreter) if raw(|| access(&file, AccessFlags::X_OK)).is_ok() => {
                SpawnError::NotExecutable { program: interpreter }
            }
            _ => SpawnError::NotExecutable { program },
        },
        Errno::ENOEXEC => SpawnError::UnknownFormat { program },
        Errno::E2BIG => SpawnError::ArgumentsTooLong,
        Errno::EAGAIN => SpawnError::OutOfProcesses,
        Errno::ENOMEM => SpawnError::OutOfMemory,
        Errno::EMFILE | Errno::ENFILE => SpawnError::OutOfDescriptors,
        errno => SpawnError::Other { call: call.to_owned(), errno },
    }
}

fn enter(cwd: &Path) -> Result<(), Errno> {
    match raw_std(|| fs::metadata(cwd)) {
        Ok(found) if !found.is_dir() => Err(Errno::ENOTDIR),
        Ok(_) => raw(|| access(cwd, AccessFlags::X_OK)),
        Err(errno) => Err(errno),
    }
}

/// What a script's `#!` line names.
fn interpreter(file: &Path) -> Option<PathBuf> {
    let mut start = Vec::new();
    raw_std(|| File::open(file)).ok()?.take(FIRST_LINE).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let name = line.trim_ascii().split(|byte| matches!(byte, b' ' | b'\t')).next()?;
    Some(PathBuf::from(OsStr::from_bytes(name)))
}
