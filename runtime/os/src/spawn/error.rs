//! Why a program could not be started, told apart further than errno does.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Errno, OsError, error::Reason};

/// Why a program could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SpawnError {
    /// There is no such file.
    #[error("{} does not exist", program.display())]
    ProgramMissing {
        /// The path that was to be started.
        #[serde(with = "as_bytes")]
        program: PathBuf,
    },
    /// The path is a directory.
    #[error("{} is a directory", program.display())]
    IsDirectory {
        /// The path that was to be started.
        #[serde(with = "as_bytes")]
        program: PathBuf,
    },
    /// The file, or a directory on the way to it, may not be executed by this user.
    #[error("{} may not be executed (EACCES)", program.display())]
    NotExecutable {
        /// The path that was to be started, or its interpreter's.
        #[serde(with = "as_bytes")]
        program: PathBuf,
    },
    /// Neither a binary for this machine nor a script with a `#!` line.
    #[error("{} is neither a program for this machine nor a script with a #! line (ENOEXEC)", program.display())]
    UnknownFormat {
        /// The path that was to be started.
        #[serde(with = "as_bytes")]
        program: PathBuf,
    },
    /// The file is there, but not what its `#!` line names or, for a binary, its dynamic loader.
    #[error("the interpreter {} of {} does not exist", interpreter.display(), program.display())]
    InterpreterMissing {
        /// The path that was to be started.
        #[serde(with = "as_bytes")]
        program: PathBuf,
        /// What its first line names, or "(dynamic loader)".
        #[serde(with = "as_bytes")]
        interpreter: PathBuf,
    },
    /// The working directory does not exist, is no directory, or may not be entered.
    #[error("the working directory {} cannot be entered: {}", cwd.display(), Reason(*errno))]
    DirectoryMissing {
        /// The directory asked for.
        #[serde(with = "as_bytes")]
        cwd: PathBuf,
        /// `ENOENT`, `ENOTDIR` or `EACCES`.
        #[serde(with = "as_number")]
        errno: Errno,
    },
    /// Arguments and environment together, or one of them (128 KiB), are more than the kernel takes.
    #[error("arguments and environment are too long (E2BIG)")]
    ArgumentsTooLong,
    /// An argument, a variable or a path has a NUL byte in it.
    #[error("an argument, a variable or a path contains a NUL byte")]
    NulByte,
    /// The user or the machine may have no more processes; it was tried several times.
    #[error("no more processes can be started (EAGAIN)")]
    OutOfProcesses,
    /// The machine is out of memory.
    #[error("out of memory (ENOMEM)")]
    OutOfMemory,
    /// The runtime or the warden can open no more descriptors.
    #[error("no more descriptors can be opened (EMFILE)")]
    OutOfDescriptors,
    /// Anything else.
    #[error("{call}: {}", Reason(*errno))]
    Other {
        /// The call that failed.
        call: String,
        /// The kernel's reason.
        #[serde(with = "as_number")]
        errno: Errno,
    },
}

impl From<OsError> for SpawnError {
    fn from(error: OsError) -> SpawnError {
        match error.errno() {
            Errno::EMFILE | Errno::ENFILE => SpawnError::OutOfDescriptors,
            Errno::ENOMEM => SpawnError::OutOfMemory,
            errno => SpawnError::Other { call: error.call().to_owned(), errno },
        }
    }
}

/// Paths as bytes: serde's own way takes only UTF-8.
mod as_bytes {
    use std::{
        ffi::OsString,
        path::{Path, PathBuf},
    };

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(from).map(PathBuf::from)
    }
}

mod as_number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Errno;

    pub(super) fn serialize<S: Serializer>(errno: &Errno, to: S) -> Result<S::Ok, S::Error> {
        (*errno as i32).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Errno, D::Error> {
        i32::deserialize(from).map(Errno::from_raw)
    }
}
