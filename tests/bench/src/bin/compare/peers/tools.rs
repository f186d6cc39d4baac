//! Where other people's programs are.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The folder that `peers/install` fills, and what is in the `PATH`.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Those in a folder, which need not be there.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// A program by its name.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        let own = ["bin", "python/bin"].map(|place| self.folder.join(place));
        let path = env::var_os("PATH").unwrap_or_default();
        own.into_iter().chain(env::split_paths(&path)).map(|place| place.join(name)).find(|program| program.is_file())
    }

    /// A Python that has these modules.
    pub(crate) fn python(&self, modules: &str) -> Option<PathBuf> {
        let python = self.find("python3")?;
        said(&python, &["-c", &format!("import {modules}")]).map(|_| python)
    }
}

/// What a tool prints; `None` if it is not there or fails.
#[expect(clippy::disallowed_methods, reason = "a tool that is waited for at once; no warden belongs here")]
pub(super) fn said(tool: &Path, argv: &[impl AsRef<OsStr>]) -> Option<String> {
    let done = Command::new(tool).args(argv).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
}
