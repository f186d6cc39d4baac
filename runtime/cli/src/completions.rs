//! `pipeloom completions`.

use clap::CommandFactory;
use pipeloom_events::ExitStatus;

use crate::args::{Args, CompletionsArgs};
use crate::term::out;

/// Prints the completions for a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> ExitStatus {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "pipeloom", &mut script);
    out::answer(&String::from_utf8_lossy(&script))
}
