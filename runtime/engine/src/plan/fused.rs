//! Which native jobs in a row are worked by one thread.
//!
//! That is so where a pipe is the only output of one native job and the only input of another one, and where neither needs a
//! thread of its own: because it may wait for something else, because it has several lives, or because the file says so.
//! Then what the first one writes is given to the second at once.

use std::fmt;

use pipeloom_config::{Body, JobId, JobSpec, Kind, Native, Network, PipeId, PipeSpec, Taking, WhenFull};
use pipeloom_job::StandardInput;

/// At most so many jobs are worked by one thread: each is called from inside the one before it, and longer chains may use
/// several processors.
const MOST_JOBS: usize = 16;

/// Why two native jobs in a row are not worked by one thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Apart {
    /// The writer has other outputs.
    Outputs(String),
    /// The reader has other inputs.
    Inputs(String),
    /// The file asks for a thread for this job.
    Asked(String),
    /// This job may wait for something outside the run. It would keep the other one from its work.
    Blocks(String),
    /// This job reads standard input.
    StandardInput(String),
    /// People may send lines to this job.
    Lines(String),
    /// This job is an end of the program that runs the network.
    Host(String),
    /// This job may be started again.
    Restart(String),
    /// The times of this job are logged.
    Times(String),
    /// This reader does not wait for blocks of the pipe.
    NotAwaited(String),
    /// Blocks are kept until they are done.
    Kept,
    /// The writer is the last of so many jobs that one thread works.
    Many(usize),
}

/// What is said of a job.
pub(super) type OfJob = fn(String) -> Apart;

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Apart::Outputs(job) => write!(f, "job {job} writes other pipes too"),
            Apart::Inputs(job) => write!(f, "job {job} reads other pipes too"),
            Apart::Asked(job) => write!(f, "job {job} has `thread = true`"),
            Apart::Blocks(job) => write!(f, "job {job} may wait for something outside the run"),
            Apart::StandardInput(job) => write!(f, "job {job} reads standard input"),
            Apart::Lines(job) => write!(f, "job {job} takes lines that people send"),
            Apart::Host(job) => write!(f, "job {job} is the program that runs the network"),
            Apart::Restart(job) => write!(f, "job {job} may be started again"),
            Apart::Times(job) => write!(f, "the times of job {job} are logged"),
            Apart::NotAwaited(job) => write!(f, "job {job} does not wait for what comes on it"),
            Apart::Kept => f.write_str("its blocks are kept until they are done"),
            Apart::Many(jobs) => write!(f, "the writer's thread works {jobs} jobs already"),
        }
    }
}

/// Whether the ends of a pipe are worked by one thread.
#[derive(Debug)]
pub(super) enum Fusing {
    /// That does not come into question: they are not two native jobs, or something else stands between them.
    No,
    /// They are not, for these reasons.
    Apart(Vec<Apart>),
    /// They are.
    Fused,
}

/// Decides for each pipe. `meet` says which lie on branches that meet again.
pub(super) fn fusing(network: &Network, meet: &[bool]) -> Vec<Fusing> {
    let of_pipe = |(id, pipe): (PipeId, &PipeSpec)| match ends(network, pipe) {
        Some((writer, reader)) if !meet[id.index()] => {
            let apart = apart(network, pipe, writer, reader);
            if apart.is_empty() { Fusing::Fused } else { Fusing::Apart(apart) }
        }
        _ => Fusing::No,
    };
    let mut fusing: Vec<Fusing> = network.pipes().map(of_pipe).collect();
    cut(network, &mut fusing);
    fusing
}

/// The two native jobs that a pipe joins, if it does that and nothing else.
fn ends(network: &Network, pipe: &PipeSpec) -> Option<(JobId, JobId)> {
    let (writer, [reader]) = (pipe.writer?, pipe.readers.as_slice()) else { return None };
    let is_plain = pipe.forced.is_none() && pipe.external.is_none() && pipe.when_full == WhenFull::Block;
    let is_native = |job: JobId| network[job].executable().is_none();
    (is_plain && is_native(writer.job) && is_native(reader.job)).then_some((writer.job, reader.job))
}

fn apart(network: &Network, pipe: &PipeSpec, writer: JobId, reader: JobId) -> Vec<Apart> {
    let (writer, reader) = (&network[writer], &network[reader]);
    let mut apart = Vec::new();
    apart.extend((writer.outputs.len() > 1).then(|| Apart::Outputs(writer.name.to_string())));
    apart.extend((reader.inputs.len() > 1).then(|| Apart::Inputs(reader.name.to_string())));
    apart.extend((pipe.taking != Taking::InStep).then(|| Apart::NotAwaited(reader.name.to_string())));
    apart.extend(pipe.delivery.window().map(|_| Apart::Kept));
    apart.extend([writer, reader].into_iter().flat_map(needs_a_thread));
    apart
}

/// Why a native job needs a thread of its own.
fn needs_a_thread(job: &JobSpec) -> impl Iterator<Item = Apart> {
    let Body::Native(Native { kind, ports, .. }) = &job.body else { unreachable!("only native jobs have threads") };
    let is_host = matches!(kind, Kind::Host(_));
    let table: [(bool, OfJob); 7] = [
        (job.own_thread, Apart::Asked),
        (is_host, Apart::Host),
        (ports.blocks && !is_host, Apart::Blocks),
        (ports.standard_input != StandardInput::Unused, Apart::StandardInput),
        (ports.lines, Apart::Lines),
        (job.has_lives(), Apart::Restart),
        (job.times.is_some(), Apart::Times),
    ];
    let reasons = table.into_iter().filter(|(holds, _)| *holds);
    reasons.map(|(_, reason)| reason(job.name.to_string()))
}

/// Cuts chains that are too long.
fn cut(network: &Network, fusing: &mut [Fusing]) {
    let is_fused = |pipe: &PipeId| matches!(fusing[pipe.index()], Fusing::Fused);
    let firsts: Vec<&JobSpec> =
        network.jobs().map(|(_, job)| job).filter(|job| !job.inputs.iter().any(is_fused)).collect();
    for mut job in firsts {
        let mut jobs = 1;
        while let &[output] = job.outputs.as_slice()
            && let Fusing::Fused = fusing[output.index()]
        {
            if jobs == MOST_JOBS {
                fusing[output.index()] = Fusing::Apart(vec![Apart::Many(jobs)]);
                jobs = 0;
            }
            jobs += 1;
            job = &network[network[output].readers[0].job];
        }
    }
}
