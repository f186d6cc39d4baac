//! `pipeloom try`: one job of a network alone, or one pipe.
//!
//! ```text
//! notation        how blocks are written and shown; with rust_values and hex
//! wire            `--pipe`: a value on its way over a pipe and back
//! describe        `--describe`: what the job is given
//! alone           the job: what it is given, its run, how it ended
//! bench           the job and its pipes
//! feed, take      the native jobs at the far ends of its pipes
//! given           blocks of files and of the command line
//! ask, prompts    blocks of people
//! board, show     what went by, in order, and how it is shown
//! session         the loop: blocks, events, lines and signals, until it is over
//! ```
//!
//! The job runs as it does in its network: the same check, the same engine, the same pipes. Only the far ends of its pipes
//! are others.

mod alone;
mod ask;
mod bench;
mod board;
mod describe;
mod feed;
mod given;
mod hex;
mod notation;
mod prompts;
mod rust_values;
mod session;
mod show;
mod take;
mod wire;

use std::path::Path;

use pipeloom_config::{Kind, Native, Runs};
use pipeloom_events::ExitStatus;
use pipeloom_job::{Args, Job, JobKind, Ports};
use serde_json::json;

use crate::args::{NETWORK, TryArgs};
use crate::network;
use crate::term::escape::printable;
use crate::term::out;

pub(crate) fn try_out(args: &TryArgs) -> ExitStatus {
    let done = match &args.pipe[..] {
        [pipe, values @ ..] => {
            let network = network::load_for(Runs::Nothing, &args.file, &args.puts, args.json);
            network.and_then(|network| wire::show(&network, pipe, values, args.json))
        }
        [] => named(args).and_then(|(file, job)| {
            let network = network::load_for(Runs::Only(job.clone()), file, &args.puts, args.json)?;
            if args.describe { describe::describe(&network, &job, args) } else { alone::run(&network, &job, args) }
        }),
    };
    done.unwrap_or_else(|status| status)
}

/// The network file and the job. A single word that is no file is the job.
fn named(args: &TryArgs) -> Result<(&Path, String), ExitStatus> {
    let file = &args.file;
    match &args.job {
        Some(job) => Ok((file, job.clone())),
        None if file.exists() || file.as_os_str() == NETWORK => {
            let file = printable(&file.to_string_lossy()).into_owned();
            Err(out::fail(ExitStatus::Usage, format_args!("which job? `pipeloom try {file} JOB`, or `--pipe PIPE`")))
        }
        None => Ok((Path::new(NETWORK), file.to_string_lossy().into_owned())),
    }
}

/// A native job that no file can name. What it is made of lives as long as the process, as kinds of jobs do.
fn native(name: &'static str, ports: Ports, new: impl Fn() -> Box<dyn Job> + Sync + 'static) -> Native {
    let of_kind = ports.clone();
    let kind = JobKind {
        name,
        about: "",
        args: &|| json!({ "type": "object" }).try_into().unwrap_or_default(),
        ports: Box::leak(Box::new(move |_: &Args| Ok(of_kind.clone()))),
        new: Box::leak(Box::new(move |_: &Args| Ok(new()))),
    };
    Native { kind: Kind::Named(kind), args: Args::default(), ports }
}
