//! From the file as written to a network that may be run.
//!
//! Every check says all it finds and goes on with what is sound: a network comes out only if nobody has said anything.
//!
//! ```text
//! classes      in Python files are asked what they take
//! attributes   of these are the defaults of keys
//! names        of jobs and pipes
//! wiring       which job is at which end of which pipe
//! allowed      which jobs may be there
//! graph        no cycles but through back edges
//! back_edges   what pipes with `cycle = true` need
//! jobs         what each job runs: executable (with program) or native
//! pipes        codecs and sizes, and whether the ends agree with them
//! coded        what is known of a pipe's codec
//! class_codecs codecs in Python files
//! taking       how a pipe's blocks are taken, and what stands for missing ones
//! payloads     values of the file as payloads
//! full         what happens when a queue is full
//! delivery     what is promised of blocks when a reader is started again
//! limits       what a program may use at most
//! health       how it is noticed that a job hangs
//! restart      whether a job is started again
//! together     who is started again with it
//! times        the output for the times that a job logs
//! ```

mod allowed;
mod attributes;
mod back_edges;
mod class_codecs;
mod classes;
mod codecs;
mod coded;
mod delivery;
mod executable;
mod full;
mod graph;
mod health;
mod jobs;
mod limits;
mod names;
mod native;
mod payloads;
mod pipes;
mod plugin;
mod program;
mod python;
mod restart;
mod shared;
mod taking;
mod times;
mod together;
mod wiring;

use std::collections::HashMap;
use std::ffi::OsString;
use std::mem;
use std::path::{Path, PathBuf};

use pipeloom_job::{CustomCodec, HeadSize, JobKind};

use crate::job_spec::JobSpec;
use crate::kind::Kind;
use crate::network::Network;
use crate::params;
use crate::problem::Problem;
use crate::problems::Problems;
use crate::python::DescribePython;
use crate::read::{self, Lost};
use crate::scope::Scope;
use crate::source::{Sources, Text};
use crate::suggest;

use classes::Classes;
use program::Programs;

/// Gives the jobs in the plugin at a path, or says why there are none.
pub type LoadPlugin = fn(&Path) -> Result<&'static [JobKind], String>;

/// The first argument of the program that runs a plugin's job in a process of its own.
pub const HOST: &str = "host";

/// What a file is checked against.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions<'a> {
    /// The predefined jobs.
    pub kinds: &'a [JobKind],
    /// Loads plugins. Without it there are none.
    pub plugins: Option<LoadPlugin>,
    /// The program that runs a plugin's job in a process of its own, given [`HOST`], the library and the job. Without it no
    /// job can have one.
    pub host: Option<PathBuf>,
    /// Asks for classes in Python files. Without it there are no jobs of these.
    pub python: Option<DescribePython>,
    /// The codecs beside the built-in ones.
    pub codecs: &'a [&'static dyn CustomCodec],
    /// Values of parameters (`--param NAME=VALUE`).
    pub params: Vec<(String, String)>,
    /// Values put into the file (`--set jobs.X.args.KEY=VALUE`): read as TOML or else taken as a text.
    pub sets: Vec<(String, String)>,
    /// The PATH in which programs without a slash are looked up.
    pub path_env: Option<OsString>,
    /// The jobs that will be run.
    pub runs: Runs,
}

/// Which jobs of a file will be run. The programs and folders of others need not be there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Runs {
    /// All of them.
    #[default]
    All,
    /// The one of this name, by [`Network::alone`].
    Only(String),
    /// None.
    Nothing,
}

impl Runs {
    fn has(&self, job: &str) -> bool {
        match self {
            Runs::All => true,
            Runs::Only(name) => name == job,
            Runs::Nothing => false,
        }
    }
}

/// Checks a network file.
///
/// # Errors
/// All that is wrong with it.
pub fn check(text: Text, options: &CheckOptions<'_>) -> Result<Network, Problems> {
    check_given(text, options, &Given::new(), Vec::new())
}

/// Jobs by name whose kinds need not be looked for.
pub(crate) type Given = HashMap<String, Kind>;

/// Checks a text of which some jobs are `given`, and something was found before.
pub(crate) fn check_given(
    text: Text,
    options: &CheckOptions<'_>,
    given: &Given,
    mut problems: Vec<Problem>,
) -> Result<Network, Problems> {
    let mut sources = Sources::new(text);
    for (name, value) in &options.params {
        sources.add_option("--param", format!("{name}={value}"));
    }
    for (key, value) in &options.sets {
        sources.add_option("--set", format!("{key}={value}"));
    }
    let network = network(&sources, options, given, &mut problems);
    match network {
        Some(network) if problems.is_empty() => Ok(Network { sources, ..network }),
        _ => Err(Problems::new(sources, problems)),
    }
}

/// What all checks of one file share.
struct Checker<'a> {
    options: &'a CheckOptions<'a>,
    given: &'a Given,
    scope: Scope<'a>,
    lost: &'a Lost,
    programs: Programs,
    classes: Classes,
    notes: Vec<Problem>,
    /// Whether the job at hand will be run.
    is_run: bool,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    fn say(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// "did you mean ...?", as long as not too much is wrong.
    fn near<'n>(&self, wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        if self.problems.len() < suggest::MAX_SUGGESTIONS { suggest::did_you_mean(wrong, names) } else { None }
    }
}

fn network(
    sources: &Sources,
    options: &CheckOptions<'_>,
    given: &Given,
    problems: &mut Vec<Problem>,
) -> Option<Network> {
    let reading = read::read(sources, problems)?;
    let dir = folder(sources, problems)?;
    let params = params::resolve(&reading, sources, problems);
    let mut checker = Checker {
        options,
        given,
        scope: Scope { params, dir: &dir, sources },
        lost: &reading.lost,
        programs: Programs::new(options.path_env.clone()),
        classes: Classes::default(),
        notes: Vec::new(),
        is_run: true,
        problems,
    };
    let file = checker.with_classes(&reading.file);
    let file = file.as_ref();
    let (name, description) = checker.title(file.network.as_ref(), sources);
    if file.jobs.is_empty() && !checker.lost.ends() {
        checker.say(Problem::without_place("the network has no jobs").help("[jobs.NAME] tables name them"));
    }
    let wiring = wiring::collect(file);
    checker.check_names(file, &wiring);
    checker.check_ends(&wiring);
    checker.check_cycles(&wiring);
    checker.check_back_edges(&wiring);
    let jobs: Vec<_> = file.jobs.iter().map(|(name, table)| checker.job(name, table, &wiring)).collect();
    let pipes = checker.pipes(&wiring, &jobs);
    let head_size = file.network.as_ref().and_then(|network| network.head_size.as_ref());
    let head_size = head_size.and_then(|size| HeadSize::new(size.get() as u8)).unwrap_or(HeadSize::ONE);
    let notes = mem::take(&mut checker.notes);
    let mut jobs: Vec<JobSpec> = jobs.into_iter().map(|job| job.spec).collect::<Option<_>>()?;
    let pipes = pipes.into_iter().collect::<Option<Vec<_>>>()?;
    jobs::settle_steps(&mut jobs, &pipes);
    // The texts themselves are put in by the caller, who owns them.
    let sources = Sources::new(Text { path: PathBuf::new(), text: String::new() });
    let mut network = Network { name, description, head_size, dir: dir.clone(), sources, notes, jobs, pipes };
    network.settle_lives();
    if checker.problems.is_empty() {
        checker.check_lineups(&network);
        checker.check_deliveries(&network, &wiring);
        checker.check_shared(&network, &wiring);
        checker.check_scopes(&network, &wiring);
        network.notes.append(&mut checker.notes);
    }
    Some(network)
}

/// The file's folder, absolute.
fn folder(sources: &Sources, problems: &mut Vec<Problem>) -> Option<PathBuf> {
    match std::path::absolute(sources.path()) {
        Ok(path) => Some(path.parent().unwrap_or(&path).to_owned()),
        Err(error) => {
            problems.push(Problem::without_place(format!("cannot tell the file's folder: {error}")));
            None
        }
    }
}
