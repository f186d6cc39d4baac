//! Reads a TOML file and parses it: the limit for checking a network.

use std::{fs, io, path::PathBuf, process::ExitCode};

use clap::Parser;
use pipeloom_bench::flags::exit_code;

/// Parses a TOML file.
#[derive(Parser)]
struct Flags {
    /// The file.
    file: PathBuf,
}

fn main() -> ExitCode {
    exit_code("bare-toml", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let text = fs::read_to_string(&flags.file)?;
    toml::from_str::<toml::Table>(&text).map(drop).map_err(io::Error::other)
}
