//! Who is told what happens in a run, and how.
//!
//! ```text
//! live      a terminal: one line for each job, kept up to date; what is worth a line of its own goes above
//! rows      what stands in those lines
//! meter     bytes a second
//! waits     what an executable waits for
//! lines     no terminal, or a quiet one: a line when something changes
//! words     what such a line says
//! json      a program: each event as it is
//! ```

mod json;
mod lines;
mod live;
mod meter;
mod rows;
mod waits;
mod words;

use std::io::IsTerminal;
use std::time::Duration;

use pipeloom_config::{Body, Network};
use pipeloom_engine::View;
use pipeloom_events::Record;
use pipeloom_job::StandardInput;

use crate::args::RunArgs;
pub(crate) use words::{Detail, Words};

/// Somebody who is told what happens.
pub(super) trait Reporter {
    /// Something has happened.
    fn record(&mut self, record: &Record, view: &View);

    /// How often it wants to look at the run by itself.
    fn every(&self) -> Option<Duration> {
        None
    }

    /// That time has passed.
    fn tick(&mut self, _view: &View) {}

    /// This process halts inside `halt`: what stands on the terminal for now only must not stay there.
    fn aside(&mut self, halt: &mut dyn FnMut()) {
        halt();
    }

    /// Somebody has insisted: the run is being killed.
    fn killing(&mut self) {}

    /// The run is over.
    fn end(&mut self) {}
}

/// The reporter that the arguments and the terminal ask for.
pub(super) fn choose(args: &RunArgs, network: &Network) -> Box<dyn Reporter> {
    if args.json {
        return Box::new(json::Json::new());
    }
    let is_live = !args.quiet && can_be_live(network);
    let detail = match (args.quiet, args.verbose) {
        (true, _) => Detail::Quiet,
        (false, true) => Detail::Verbose,
        (false, false) => Detail::Normal,
    };
    let words = Words::new(network.jobs().map(|(_, job)| job.name.as_str()), detail, is_live);
    if is_live { Box::new(live::Live::new(network, words)) } else { Box::new(lines::Lines::new(words)) }
}

/// Whether standard error is a terminal that can be drawn on, and no job writes to or reads from the same one. What is
/// typed would stand in the middle of what is drawn.
fn can_be_live(network: &Network) -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    let shared = std::io::stdout().is_terminal() || std::io::stdin().is_terminal();
    std::io::stderr().is_terminal() && !is_dumb && !(shared && network.jobs().any(|(_, job)| uses_streams(&job.body)))
}

/// Whether a native job has standard input or output for its file: predefined jobs call it `-`, and some take it unless
/// they are given another.
fn uses_streams(body: &Body) -> bool {
    let Body::Native(native) = body else { return false };
    if native.ports.standard_input != StandardInput::Unused {
        return true;
    }
    let is_standard = |path: &serde_json::Value| path == "-";
    match native.args.table().get("path") {
        Some(path) => is_standard(path),
        None => native.kind.args().pointer("/properties/path/default").is_some_and(is_standard),
    }
}
