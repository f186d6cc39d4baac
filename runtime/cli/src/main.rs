//! The `pipeloom` command.
//!
//! ```text
//! args       flags and subcommands, and nothing else
//! term       the terminal: colours, widths, writing, what may not be written there
//! runs       where runs are kept, and which one a name means
//! network    from a file's path to a checked network
//! run        `run`: starts a network, follows it, says how it ended
//! send       `send`: lines for a job of a run
//! sweep      `sweep`: what killed runs have left
//! trial      `try`: one job alone, or one pipe
//! check      `check`
//! graph      `graph`: the network as a picture
//! jobs       `jobs`: the predefined jobs
//! codecs     `codecs`: the codecs
//! host       a job of a plugin in a process of its own
//! import     `import`: projects of other systems as network files
//! new        `new`: folders to begin with
//! schema, completions
//! ```
//!
//! Standard output is the answer, standard error is the talk. Nothing here panics because nobody reads any more.

mod args;
mod check;
mod codecs;
mod completions;
mod graph;
mod host;
mod import;
mod jobs;
mod network;
mod new;
mod run;
mod runs;
mod schema;
mod send;
mod sweep;
mod term;
mod trial;

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser;
use pipeloom_events::ExitStatus;

use args::{Args, Command};

fn main() -> ExitCode {
    if let Some(code) = pipeloom_os::warden::enter() {
        return code;
    }
    if let Some(code) = host::enter() {
        return code;
    }
    // The panic has said on standard error what it is; all that is left is to end with our own fault's code.
    let status = catch_unwind(work).unwrap_or(ExitStatus::Internal);
    ExitCode::from(status.code())
}

fn work() -> ExitStatus {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    term::color::choose(args.color);
    term::log::init();
    match args.command {
        Command::Run(args) => run::run(&args),
        Command::Send(args) => send::send(&args),
        Command::Sweep(args) => sweep::sweep(&args),
        Command::Try(args) => trial::try_out(&args),
        Command::Check(args) => check::check(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::Jobs(args) => jobs::jobs(&args),
        Command::Codecs(args) => codecs::codecs(&args),
        Command::Import(args) => import::import(&args),
        Command::New(args) => new::new(&args),
        Command::Schema => schema::schema(),
        Command::Completions(args) => completions::completions(&args),
    }
}

/// Help and version are answers too, though clap calls them errors.
fn usage(error: &clap::Error) -> ExitStatus {
    let _ = error.print();
    if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success }
}
