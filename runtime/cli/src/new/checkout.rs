//! A new job's packages out of a checkout of Pipeloom's source, instead of the registries.

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folder::File;
use super::quoted;
use crate::term::escape::printable;

/// A folder with Pipeloom's source.
pub(crate) struct Checkout {
    /// The package that jobs in Rust are written against.
    rust: PathBuf,
    /// The package for jobs in Python.
    python: PathBuf,
}

/// Why a folder is no such checkout.
#[derive(Debug, thiserror::Error)]
#[error("{} is no checkout of Pipeloom's source: {}: {source}", printable(&dir.to_string_lossy()), printable(part))]
pub(crate) struct NoCheckout {
    dir: PathBuf,
    part: &'static str,
    source: io::Error,
}

impl Checkout {
    pub(crate) fn at(dir: &Path) -> Result<Checkout, NoCheckout> {
        let package = |part: &'static str, file: &str| {
            let found = dir.join(part).canonicalize().and_then(|path| path.join(file).metadata().map(|_| path));
            found.map_err(|source| NoCheckout { dir: dir.to_owned(), part, source })
        };
        Ok(Checkout { rust: package("jobs/api", "Cargo.toml")?, python: package("jobs/python", "pyproject.toml")? })
    }

    /// Names the checkout's packages wherever the files name those of the registries.
    pub(crate) fn name_in(&self, files: &mut [File]) {
        for File { path, text } in files {
            if path.as_os_str() == "Cargo.toml" {
                // Of what JSON escapes, TOML reads all in the same way.
                let rust = Value::from(self.rust.to_string_lossy());
                let _ = write!(text, "\n[patch.crates-io]\npipeloom-job = {{ path = {rust} }}\n");
            } else if path.as_os_str() == "README.md" {
                let python = format!("pip install pytest {}", quoted(&self.python.to_string_lossy()));
                *text = text.replace("pip install pytest pipeloom", &python);
            }
        }
    }
}
