//! What an executable is started with: arguments, environment, working directory and descriptors.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::os::fd::{OwnedFd, RawFd};

use pipeloom_config::{
    Acknowledgement, Executable, JobId, Network, Part, Pass, PipeId, Program, Template, inherited, render_args,
};
use pipeloom_events::RunId;
use pipeloom_job::Steps;
use pipeloom_job::control::{ARGS_VARIABLE, CONTROL_FD, Direction, PipeEntry, PipeTable, RingEntry, TABLE_VERSION};
use pipeloom_os::pipe::{ReadEnd, WriteEnd, unnamed};
use pipeloom_os::warden::{Environment, Spawn};
use pipeloom_os::{OsError, control_pair};

use crate::program_limits;
use crate::run_dir::{RunDir, RunDirError, copy_dependencies};
use crate::supervise::{At, Incarnation};
use crate::wire::{ChildEnd, ChildEnds, RingEnd, Side, TellWhat, Tellers, Told};

/// The first descriptor given under `pass = "fd"`.
const FIRST_FD: RawFd = CONTROL_FD + 1;

/// Everything to start one executable with, and the runtime's ends of its streams.
pub(crate) struct Prepared {
    pub(crate) spawn: Spawn,
    pub(crate) stdout: Option<ReadEnd>,
    pub(crate) stderr: ReadEnd,
    pub(crate) control: ReadEnd,
    pub(crate) tellers: Tellers,
}

/// Why an executable cannot even be asked to start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error(transparent)]
    Os(#[from] OsError),
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    #[error(transparent)]
    Args(#[from] pipeloom_config::RunDirError),
}

/// How one pipe is given to the program.
struct Given {
    pipe: PipeId,
    direction: Direction,
    /// The path, or the descriptor's number.
    text: OsString,
    fd: Option<RawFd>,
    /// The memory beside it.
    ring: Option<RingEntry>,
}

/// Gets everything ready to start this life of a job.
pub(crate) fn prepare(
    network: &Network,
    at: At,
    executable: &Executable,
    mut ends: ChildEnds,
    run: RunId,
    run_dir: &RunDir,
    inherited: &Inherited,
) -> Result<Prepared, PrepareError> {
    let spec = &network[at.job];
    let work_dir = run_dir.job(spec.name.as_str());
    // Later lives, and those of later attempts, find the folder as the one before has left it.
    let is_first = at.incarnation == Incarnation::FIRST && (run_dir.attempt() == 1 || !work_dir.exists());
    if !executable.dependencies.is_empty() && is_first {
        copy_dependencies(&executable.dependencies, &work_dir, run_dir)?;
    }
    let cwd = match &executable.cwd {
        Some(cwd) => cwd.clone(),
        None if executable.dependencies.is_empty() => network.dir().to_owned(),
        None => work_dir.clone(),
    };
    let program = match &executable.program {
        Program::At(path) => path.clone(),
        Program::Copied(path) => work_dir.join(path),
    };

    let mut fds = Descriptors::new(executable.pass);
    let input_rings: Vec<_> = (0..ends.inputs.len()).map(|port| ends.take_ring(Side::Reader, port)).collect();
    let output_rings: Vec<_> = (0..ends.outputs.len()).map(|port| ends.take_ring(Side::Writer, port)).collect();
    let tellers = ends.tellers;
    let inputs = spec.inputs.iter().zip(ends.inputs).map(|(&pipe, end)| (pipe, Direction::Input, end));
    let outputs = spec.outputs.iter().zip(ends.outputs).map(|(&pipe, end)| (pipe, Direction::Output, end));
    let mut given: Vec<Given> = inputs
        .chain(outputs)
        .filter_map(|(pipe, direction, end)| end.map(|end| fds.give(pipe, direction, end)))
        .collect();
    // Behind all pipes: their numbers are what people count on.
    for (given, ring) in given.iter_mut().zip(input_rings.into_iter().chain(output_rings)) {
        given.ring = ring.map(|ring| fds.give_ring(ring));
    }
    let (stdout, stderr, control) = fds.add_streams()?;

    let argv = argv(executable, &given, run_dir);
    let mut env = environment(executable, run_dir, &given);
    env.push(("PIPELOOM_RUN".into(), run.to_string().into()));
    env.push(("PIPELOOM_JOB".into(), spec.name.as_str().into()));
    env.push(("PIPELOOM_INCARNATION".into(), at.incarnation.to_string().into()));
    env.push(("PIPELOOM_ATTEMPT".into(), run_dir.attempt().to_string().into()));
    env.push(("PIPELOOM_RUN_DIR".into(), run_dir.path().into()));
    env.push(("PIPELOOM_NETWORK_DIR".into(), network.dir().into()));
    env.push(("PIPELOOM_CONTROL".into(), CONTROL_FD.to_string().into()));
    let args = render_args(&executable.args, run_dir.path())?;
    env.push((ARGS_VARIABLE.into(), args.to_string().into()));
    env.push(("PIPELOOM_PIPES".into(), pipe_table(network, at.job, executable, &given, &tellers.told).into()));

    let (cwd, limits) = (Some(cwd.into()), program_limits::for_kernel(&executable.limits));
    let shared_env = inherited.by(executable);
    let spawn = Spawn { program: program.into(), argv, env, shared_env, cwd, fds: fds.into_list(), limits };
    Ok(Prepared { spawn, stdout, stderr, control, tellers })
}

/// The descriptors that a program gets, by number.
struct Descriptors {
    pass: Pass,
    next: RawFd,
    list: Vec<(OwnedFd, RawFd)>,
}

impl Descriptors {
    fn new(pass: Pass) -> Descriptors {
        Descriptors { pass, next: FIRST_FD, list: Vec::new() }
    }

    fn give(&mut self, pipe: PipeId, direction: Direction, end: ChildEnd) -> Given {
        let fd = match end {
            ChildEnd::Path(path) => return Given { pipe, direction, text: path.into(), fd: None, ring: None },
            ChildEnd::Fd(fd) => fd,
        };
        let number = match (self.pass, direction) {
            (Pass::Stdio, Direction::Input) => 0,
            (Pass::Stdio, Direction::Output) => 1,
            (Pass::Fd | Pass::Path, _) => self.number(),
        };
        self.list.push((fd, number));
        Given { pipe, direction, text: number.to_string().into(), fd: Some(number), ring: None }
    }

    fn give_ring(&mut self, ring: RingEnd) -> RingEntry {
        let (fd, room) = (self.number(), self.number());
        self.list.extend([(ring.memory, fd), (ring.room, room)]);
        RingEntry { fd, room, bytes: ring.bytes }
    }

    /// The next number that is free.
    fn number(&mut self) -> RawFd {
        self.next += 1;
        self.next - 1
    }

    fn has(&self, number: RawFd) -> bool {
        self.list.iter().any(|(_, taken)| *taken == number)
    }

    /// Adds standard output and error that are not pipes of the job, and the control channel. Returns the runtime's ends. Where
    /// standard input is no pipe it is the warden's, from which there is nothing to read.
    fn add_streams(&mut self) -> Result<(Option<ReadEnd>, ReadEnd, ReadEnd), PrepareError> {
        let stdout = if self.has(1) {
            None
        } else {
            let (ours, theirs) = unnamed()?;
            self.list.push((blocking(theirs)?, 1));
            Some(ours)
        };
        let (stderr, theirs) = unnamed()?;
        self.list.push((blocking(theirs)?, 2));
        let (control, theirs) = control_pair()?;
        self.list.push((theirs, CONTROL_FD));
        Ok((stdout, stderr, control))
    }

    fn into_list(self) -> Vec<(OwnedFd, RawFd)> {
        self.list
    }
}

fn blocking(mut end: WriteEnd) -> Result<OwnedFd, OsError> {
    end.set_blocking(true)?;
    Ok(end.into_fd())
}

/// `exec... (-i x)* (-o x)*`. A pipe that stands in the arguments by name gets no flag, nor does standard input or output.
fn argv(executable: &Executable, given: &[Given], run_dir: &RunDir) -> Vec<OsString> {
    let text_of = |pipe: PipeId| given.iter().find(|given| given.pipe == pipe).map(|given| given.text.clone());
    let render = |template: &Template| template.render(run_dir.path(), |pipe| text_of(pipe).unwrap_or_default());
    let named = |pipe: PipeId| {
        executable.argv.iter().flat_map(Template::parts).any(|part| matches!(part, Part::Pipe(named) if *named == pipe))
    };
    let mut argv: Vec<OsString> = executable.argv.iter().map(render).collect();
    if executable.pass == Pass::Stdio {
        return argv;
    }
    for given in given.iter().filter(|given| !named(given.pipe)) {
        let flag = match given.direction {
            Direction::Input => &executable.input_flag,
            Direction::Output => &executable.output_flag,
        };
        if !flag.is_empty() {
            argv.push(flag.into());
        }
        argv.push(given.text.clone());
    }
    argv
}

/// What programs have of this process's environment, as it was when the first of them was started.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    all: OnceCell<Environment>,
    /// What is left for those whose environment is to be cleared.
    kept: OnceCell<Environment>,
}

impl Inherited {
    fn by(&self, executable: &Executable) -> Environment {
        let cell = if executable.env_clear { &self.kept } else { &self.all };
        cell.get_or_init(|| inherited(executable.env_clear).collect()).clone()
    }
}

/// What the file adds to that.
fn environment(executable: &Executable, run_dir: &RunDir, given: &[Given]) -> Vec<(OsString, OsString)> {
    let text_of = |pipe: PipeId| given.iter().find(|given| given.pipe == pipe).map(|given| given.text.clone());
    let render = |value: &Template| value.render(run_dir.path(), |pipe| text_of(pipe).unwrap_or_default());
    executable.env.iter().map(|(name, value)| (name.clone(), render(value))).collect()
}

/// The value of `PIPELOOM_PIPES`. It tells of those in `told`.
fn pipe_table(network: &Network, job: JobId, executable: &Executable, given: &[Given], told: &[Told]) -> String {
    let entry = |given: &Given| PipeEntry {
        between_kits: told.iter().any(|told| told.pipe == given.pipe && told.what != TellWhat::Cleared),
        path: given.fd.is_none().then(|| given.text.to_string_lossy().into_owned()),
        fd: given.fd,
        ring: given.ring,
        ..network[given.pipe].entry(given.direction, executable.head)
    };
    let table = PipeTable {
        v: TABLE_VERSION,
        head_size: network.head_size().bytes() as u8,
        each: executable.steps == Steps::Each,
        heartbeat_seconds: network[job].health.heartbeat.map(|time| time.as_secs_f64()),
        acknowledge: network.acknowledgement(job) == Some(Acknowledgement::Says),
        pipes: given.iter().map(entry).collect(),
    };
    // Numbers, names and paths: nothing that JSON could refuse.
    serde_json::to_string(&table).unwrap_or_default()
}

#[cfg(test)]
mod tests;
