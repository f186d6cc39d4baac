//! `pipeloom run`.
//!
//! ```text
//! start       where the run's directory is, what the system must allow, the engine
//! signals     Ctrl-C and its like, as messages
//! halting     Ctrl-Z
//! follow      the loop: events, signals and the clock, until the run is over
//! resume      going on with a run that did not end well
//! report      who is told what happens: a live view, lines, JSON or nobody
//! takers      which jobs take lines, and how they are sent
//! summary     what is said at the end
//! uneven      which programs wrote fewer blocks than they should have
//! unfinished  which pipes lack the finished bit
//! files       what jobs left in the run's directory
//! ```
//!
//! Everything here runs on the main thread, but for the one that waits for signals. The engine has its own threads and
//! is never waited for while it has something to tell.

mod files;
mod follow;
mod halting;
mod report;
mod resume;
mod signals;
mod start;
mod summary;
mod takers;
mod uneven;
mod unfinished;

use pipeloom_config::Network;
use pipeloom_engine::resume::{Origin, Resumable};
use pipeloom_events::ExitStatus;

pub(crate) use files::{Copies, left_in};
pub(crate) use halting::Halting;
pub(crate) use report::{Detail, Words};
pub(crate) use start::{How, StartError, start};
pub(crate) use summary::{Doubts, say_failure, status};

use crate::args::{NetworkArgs, RunArgs};
use crate::network;
use crate::term::out;

pub(crate) fn run(args: &RunArgs) -> ExitStatus {
    if let Some(run) = &args.resume {
        return match resume::find(run) {
            Ok(resumed) => match network::load_again(&resumed, args.json) {
                Ok(network) => run_network(network, None, Some(&resumed), args),
                Err(status) => status,
            },
            Err(error) => out::fail(ExitStatus::Usage, error),
        };
    }
    let NetworkArgs { file, puts } = &args.network;
    match network::load(&args.network, args.json) {
        Ok(network) => run_network(network, network::origin(file, puts), None, args),
        Err(status) => status,
    }
}

fn run_network(network: Network, origin: Option<Origin>, resumed: Option<&Resumable>, args: &RunArgs) -> ExitStatus {
    let quiet = args.quiet || args.json;
    if !quiet {
        network::say_notes(&network);
    }
    let copies = Copies::of(&network);
    let doubts = Doubts::of(&network);
    let mut reporter = report::choose(args, &network);
    if args.json
        && let Err(error) = out::keep_answers_apart()
    {
        return out::fail(ExitStatus::Usage, format_args!("standard output: {error}"));
    }
    let takers = takers::names(&network);
    let run_dir = args.run_dir.as_deref();
    let how = How { origin, resumed, run_dir, time_limit: args.time_limit, lines: args.verbose };
    let started = match start(network, how) {
        Ok(started) => started,
        Err(error) => return out::fail(error.status(), error),
    };
    if !quiet {
        takers::say(&takers, &started.name);
    }
    let (dir, name) = (started.dir.clone(), started.name.clone());
    let summary = follow::follow(started, reporter.as_mut());
    let status = summary::say(&summary, &dir, &doubts, &copies, quiet);
    resume::say(&summary, &name);
    status
}
