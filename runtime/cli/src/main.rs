//! The `pipeloom` command.
//!
//! ```text
//! args       flags and subcommands, and nothing else
//! network    from a file's path to a checked network
//! run        `run`: starts a network, follows it, says how it ended
//! check      `check`
//! ```

mod args;
mod check;
mod network;
mod run;

use std::process::ExitCode;

use clap::Parser;
use pipeloom_events::ExitStatus;

use args::{Args, Command};

fn main() -> ExitCode {
    if let Some(code) = pipeloom_os::warden::enter() {
        return code;
    }
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let args = Args::parse();
    let status = match args.command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::check(&args),
    };
    ExitCode::from(status.code())
}

/// Says on standard error what is wrong, and what the command ends with because of it.
fn fail(status: ExitStatus, message: &str) -> ExitStatus {
    anstream::eprintln!("error: {message}");
    status
}
