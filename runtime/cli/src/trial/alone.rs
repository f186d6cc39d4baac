//! A job alone: what it is given, its run, how it ended.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crossbeam_channel::bounded;
use pipeloom_config::{JobId, Network};
use pipeloom_events::{ExitStatus, Outcome, RunId};

use super::bench::Bench;
use super::given;
use super::notation::Written;
use super::prompts::Prompts;
use super::session::{Channels, Session, Tried};
use super::show::Show;
use crate::args::TryArgs;
use crate::network;
use crate::run::{Copies, Detail, Doubts, Halting, How, StartError, Words, left_in, say_failure, start, status};
use crate::term::escape::printable;
use crate::term::out;

/// So many blocks may wait to be shown.
const WAITING: usize = 64;

/// Why a job cannot be tried.
#[derive(Debug, thiserror::Error)]
enum TryError {
    #[error(transparent)]
    Given(#[from] given::GivenError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Os(#[from] pipeloom_os::OsError),
    #[error("no thread to read standard input: {0}")]
    Thread(std::io::Error),
}

/// Tries the job of this name.
pub(super) fn run(network: &Network, job: &str, args: &TryArgs) -> Result<ExitStatus, ExitStatus> {
    let id = network.find_job(job).map_err(|problems| network::show(&problems, args.json))?;
    try_run(network, id, args).map_err(|error| out::fail(ExitStatus::Usage, error))
}

fn try_run(network: &Network, id: JobId, args: &TryArgs) -> Result<ExitStatus, TryError> {
    let bench = Bench::new(network, id);
    let scripted = scripted(&bench, args)?;
    let (sender, came) = bounded(WAITING);
    let (alone, feeds) = bench.wire(network, id, args.steps, &sender)?;
    // People who end their inputs do not say which block is the last.
    let doubts = if scripted.is_some() { Doubts::of(&alone) } else { Doubts::without_heads(&alone) };
    let copies = Copies::of(&alone);
    let words = Words::new([bench.job.as_str()], Detail::Verbose, false);
    let dir = RunDir::new(args);
    let started =
        start(alone, How { origin: None, resumed: None, run_dir: Some(&dir.path), time_limit: None, lines: true })?;
    let prompts = if scripted.is_some() { None } else { Some(Prompts::new(&bench).map_err(TryError::Thread)?) };
    let show = Show { json: args.json, inputs: !prompts.as_ref().is_some_and(Prompts::is_terminal), heading: 0 };
    let mut session = Session {
        board: bench.board(),
        show,
        words,
        fed: vec![0; feeds.len()],
        feeds,
        prompts,
        steps: args.steps,
        stopper: started.handle.stopper(),
        halting: Halting::new(started.handle.pauser()),
        view: started.handle.view().clone(),
        has_enough: false,
        wrong: None,
        farewell: None,
        signals: 0,
        bench: &bench,
    };
    if let Some(given) = scripted {
        session.give_all(given);
    }
    let tried = session.follow(started.handle, &Channels { came, signals: started.signals });
    Ok(end(&bench, &tried, &doubts, &copies, &dir, args))
}

/// The blocks that are given with the command. None where they are asked for.
fn scripted(bench: &Bench, args: &TryArgs) -> Result<Option<Vec<Vec<Written>>>, TryError> {
    if args.inputs.is_empty() && args.blocks.is_empty() && !bench.inputs.is_empty() {
        return Ok(None);
    }
    let given = given::read(bench, &args.inputs, &args.blocks)?;
    given::left_over(bench, &given).iter().for_each(out::warn);
    Ok(Some(given))
}

fn end(bench: &Bench, tried: &Tried, doubts: &Doubts, copies: &Copies, dir: &RunDir, args: &TryArgs) -> ExitStatus {
    let summary = &tried.summary;
    if let Some(wrong) = &tried.wrong {
        return out::fail(ExitStatus::Usage, wrong);
    }
    let status = match summary.outcome {
        Outcome::Interrupted if tried.has_enough => ExitStatus::Success,
        outcome => status(outcome),
    };
    match summary.first_failure() {
        // Its own output cannot be read.
        Some((job, cause)) if job != bench.job => drop(out::fail(status, printable(&cause.message))),
        // What it said stands above already.
        _ => say_failure(summary, None),
    }
    if !args.json {
        doubts.say(summary);
        dir.say_what_is_left(copies);
    }
    status
}

/// The directory of the run, which is removed unless somebody wants it.
struct RunDir {
    path: PathBuf,
    is_kept: bool,
}

impl RunDir {
    fn new(args: &TryArgs) -> RunDir {
        match &args.run_dir {
            Some(dir) => RunDir { path: dir.clone(), is_kept: true },
            None => RunDir { path: env::temp_dir().join(format!("pipeloom-try-{}", RunId::now())), is_kept: false },
        }
    }

    fn say_what_is_left(&self, copies: &Copies) {
        let left = left_in(&self.path, copies);
        if left.is_empty() || self.is_kept {
            return;
        }
        let names: Vec<_> = left.iter().map(|file| printable(&file.path.to_string_lossy()).into_owned()).collect();
        out::say(format_args!("not kept: {}; --run-dir DIR keeps what it leaves", names.join(", ")));
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if !self.is_kept
            && Path::exists(&self.path)
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            log::warn!("{}: {error}", self.path.display());
        }
    }
}
