//! Where bytes come from or go to.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where bytes come from or go to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    StandardInput,
    StandardOutput,
    Path(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::StandardInput => f.write_str("standard input"),
            Place::StandardOutput => f.write_str("standard output"),
            Place::Path(path) => path.display().fmt(f),
        }
    }
}

/// Whether a path in an argument stands for standard input or output, where a step may wait for somebody outside the run.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
