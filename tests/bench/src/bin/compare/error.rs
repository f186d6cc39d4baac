//! What can go wrong while a row is measured.

use std::{error::Error, io, path::PathBuf, process::ExitStatus};

use nix::errno::Errno;

/// Why a contender gave no figure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("failed to prepare {path}")]
    Prepare {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("failed to write the network file as TOML")]
    Network(#[from] toml::ser::Error),
    #[error("failed to run {tool}, which {needed_for} need: install it, or leave them out by --rows")]
    Tool {
        tool: &'static str,
        needed_for: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("{path} was never made")]
    NeverMade { path: PathBuf },
    #[error("failed to start {program}")]
    Start {
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("failed to {call}")]
    System {
        call: &'static str,
        #[source]
        source: Errno,
    },
    #[error("failed to follow the programs")]
    Follow(#[from] io::Error),
    #[error("{program} failed, {status}{}", said(stderr))]
    Failed { program: String, status: ExitStatus, stderr: String },
    #[error("not over after {seconds} s, killed{}", said(stderr))]
    Hangs { seconds: u64, stderr: String },
    #[error("no report at the chain's end")]
    NoReport(#[source] io::Error),
    #[error("sum {sum} over {count} blocks arrived, not {expected_sum} over {expected_count}")]
    Wrong { sum: u64, count: u64, expected_sum: u64, expected_count: u64 },
}

/// An error and what it comes from, in one line.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        words => format!("; on stderr: {words}"),
    }
}
