//! A job as a program of its own.
//!
//! The same kind of job that a plugin exports, or that is predefined, runs as a child process, with all that belongs to it:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use pipeloom_job::typed::{Connector, ConnectorJob, Output};
//! use pipeloom_job::{ArgsError, Flow, Job, JobError, Kind, PortList, PortType, Ports, executable};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// The arguments of `gain`.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct GainArgs {
//!     /// What each number is multiplied by.
//!     factor: f64,
//! }
//!
//! /// Multiplies numbers.
//! struct Gain(f64);
//!
//! impl Kind for Gain {
//!     const NAME: &'static str = "gain";
//!     const ABOUT: &'static str = "multiplies numbers";
//!     type Args = GainArgs;
//!
//!     fn ports(_args: &GainArgs) -> Result<Ports, ArgsError> {
//!         Ok(Ports::new(PortList::one(PortType::any()), PortList::one(PortType::any())))
//!     }
//!
//!     fn make(args: GainArgs) -> Result<Box<dyn Job>, ArgsError> {
//!         Ok(ConnectorJob::boxed(Gain(args.factor)))
//!     }
//! }
//!
//! impl Connector for Gain {
//!     type In = f64;
//!     type Out = f64;
//!
//!     fn step(&mut self, value: f64, out: &mut Output<'_, f64>) -> Result<Flow, JobError> {
//!         out.send(&(value * self.0))?;
//!         Ok(Flow::Again)
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     executable::main::<Gain>()
//! }
//! ```
//!
//! ```toml
//! [jobs.louder]
//! exec = ["target/release/gain"]
//! args = { factor = 2.0 }
//! kit = true
//! inputs = ["numbers"]
//! outputs = ["louder"]
//! ```
//!
//! [`run`] takes a [`JobKind`] that is no type, [`run_with`] also codecs that are not built in.
//!
//! # In a run
//!
//! Which pipes there are and how blocks stand on them, the program reads from `PIPELOOM_PIPES` (see
//! [`crate::control::PipeTable`]); `-i` and `-o` among its arguments it passes over. What it reports goes to the control
//! channel. The job's arguments are the JSON object behind `--args` or, without that, the one that the run has put into
//! `PIPELOOM_ARGS`: the job's `args` in the file.
//!
//! Blocks of several inputs belong together by count; the runtime has lined them up. Heads are there where the file says
//! `kit = true` (or `head = true`): the compute block with the finished bit is the last one, and the job's last block then
//! carries it.
//!
//! What is emitted is gathered, and written before the program waits for anything: for input, or for what [`crate::Flow`]
//! says. [`crate::Flow::Until`] counts from the program's start.
//!
//! On pipes with `delivery = "at-least-once"` the program says which compute blocks are done: those whose steps have returned,
//! once what they emitted is written. All others the job's next life is given again. A job that keeps something of its blocks
//! for later, such as one that commits a hundred rows at once, sets [`crate::Ports::acknowledges`] and says itself, by
//! [`crate::Report::Done`], how many compute blocks are safe.
//!
//! | what happens | what the program does |
//! |---|---|
//! | SIGTERM, a source | it ends its stream after the step at hand, whose blocks carry the finished bit. If that step waits for something outside for more than a second, it ends there |
//! | SIGTERM, any other job | nothing: it ends with its inputs |
//! | nobody reads its outputs any more | it ends, with exit code 0 |
//! | the stream ends inside a block, a value cannot be read, the job fails or panics | it says so on standard error, with the job's name and the pipe's, and ends with exit code 1 |
//!
//! # By hand
//!
//! Without `PIPELOOM_PIPES` the arguments say all, and what they say of a pipe stands before it: `--codec` (`json` unless
//! said), `--block-size`, `--block-count`, `--head SIZE`, then `-i PATH` or `-o PATH`; instead of a path, `-` or the number of
//! a descriptor. A pipe that is not given is standard input or output:
//!
//! ```text
//! $ seq 3 | gain --args '{"factor": 2.0}'
//! 2.0
//! 4.0
//! 6.0
//! ```

mod asked;
mod control;
mod descriptors;
mod done;
mod error;
mod format;
mod heart;
mod input;
mod opening;
mod output;
mod outputs;
mod pause;
mod runner;
mod surroundings;
mod wire;

/// The memory of rings, for those who measure what its use costs.
#[doc(hidden)]
pub mod measured {
    pub use crate::shared::{Fillable, Filled};
}

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use self::asked::Asked;
use self::control::Control;
use self::done::{Done, Speaker};
use self::error::ProgramError;
use self::heart::Heart;
use self::outputs::Outputs;
use self::pause::Pauses;
use self::runner::Runner;
use self::surroundings::{Custom, Surroundings};
use crate::codec::{Codec, CustomCodec};
use crate::head::Head;
use crate::job::{JobKind, Steps};
use crate::kind::Kind;

/// Runs a kind of job as this program.
pub fn main<K: Kind>() -> ExitCode {
    run(&JobKind::of::<K>())
}

/// The same for a kind that is a value.
pub fn run(kind: &JobKind) -> ExitCode {
    run_with(kind, &[])
}

/// The same with codecs of the program's own.
pub fn run_with(kind: &JobKind, codecs: &'static [&'static dyn CustomCodec]) -> ExitCode {
    run_given(kind, codecs, std::env::args_os().skip(1))
}

/// The same with other arguments than the program's own.
pub fn run_given(
    kind: &JobKind,
    codecs: &'static [&'static dyn CustomCodec],
    arguments: impl Iterator<Item = OsString>,
) -> ExitCode {
    let start = Instant::now();
    let name = std::env::var("PIPELOOM_JOB").unwrap_or_else(|_| kind.name.to_owned());
    let done = catch_unwind(AssertUnwindSafe(|| prepare(kind, codecs, arguments, &name, start).and_then(Runner::run)));
    match done.unwrap_or_else(|panic| Err(ProgramError::panicked(&*panic))) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => say(&name, &error.to_string()),
    }
    ExitCode::FAILURE
}

/// Reads what a program is started with as [`run`] does, and gives the codec and block count of each pipe, inputs first. For
/// those who try what this survives; nothing is opened.
#[doc(hidden)]
pub fn understand(
    arguments: impl Iterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<(Codec, usize)>, String> {
    let found = Surroundings::new(arguments, environment, &[]).map_err(|error| error.to_string())?;
    Ok(found.inputs.iter().chain(&found.outputs).map(|pipe| (pipe.codec, pipe.block_count)).collect())
}

fn prepare(
    kind: &JobKind,
    codecs: Custom,
    arguments: impl Iterator<Item = OsString>,
    name: &str,
    start: Instant,
) -> Result<Runner, ProgramError> {
    let mut surroundings = Surroundings::new(arguments, |name| std::env::var_os(name), codecs)?;
    let place = surroundings.args_place;
    let wrong_args = |error| ProgramError::Args { place, error };
    let ports = (kind.ports)(&surroundings.args).map_err(wrong_args)?;
    surroundings.add_standard_streams(&ports);
    surroundings.check(&ports)?;
    let job = (kind.new)(&surroundings.args).map_err(wrong_args)?;
    let setup = surroundings.setup(name, &ports);
    let is_source = surroundings.inputs.is_empty();
    let control = Control::open(surroundings.control.as_deref());
    let heart = Heart::new(surroundings.heartbeat, control.again());
    let inputs = surroundings.open_inputs()?;
    let heart = heart.telling(inputs.rings());
    let inputs = inputs.beating(&heart);
    let outputs = surroundings.open_outputs()?;
    let asked = if is_source {
        let name = name.to_owned();
        let say = move || say(&name, "asked to end, but it waits in a step: its stream ends here");
        Some(Asked::listen(say).map_err(ProgramError::Signal)?)
    } else {
        if surroundings.in_run {
            asked::ignore().map_err(ProgramError::Signal)?;
        }
        None
    };
    let speaker = match ports.acknowledges {
        _ if !surroundings.acknowledge || is_source => Speaker::Nobody,
        true => Speaker::Job,
        false => Speaker::Kit,
    };
    let outputs =
        Outputs::new(outputs, control, heart.clone(), Done::new(speaker), Head::empty(surroundings.head_size));
    let outputs = if surroundings.each && !is_source { outputs.at_most_one_each() } else { outputs };
    let even = ports.steps == Steps::Each && !is_source;
    Ok(Runner { job, setup, inputs, outputs, even, pauses: Pauses { start, asked, heart } })
}

/// Tells people something.
fn say(job: &str, what: &str) {
    // If nobody listens there is nobody to be told.
    let _ = writeln!(std::io::stderr(), "{job}: {what}");
}
