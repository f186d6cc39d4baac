//! Making all conduits of a run.
//!
//! ```text
//! found     what earlier attempts of the run have left on disk
//! fused     native jobs that share a thread
//! leg       the way from a writer straight to one reader
//! relayed   pipes that the runtime forwards, and lineups
//! spliced   those that it forwards without their payloads
//! records   pipes that the runtime itself writes
//! native    what a native job's thread is given
//! ```

mod found;
mod fused;
mod leg;
mod native;
mod records;
mod relayed;
mod spliced;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipeloom_config::{Body, End, Executable, JobId, JobSpec, Network, PipeId, PipeSpec};
use pipeloom_os::OsError;
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::fifo::FifoDir;
use pipeloom_os::pipe_quota::PipeQuota;
use pipeloom_spool::SpoolError;

pub use self::found::FoundError;
pub(crate) use self::found::{Found, tidy};
use self::found::{note_path, settling_inputs};
use self::fused::FusedLeg;
use self::native::Place;
#[cfg(test)]
pub(crate) use self::relayed::lineup;
use super::bells::Bells;
use super::capacity::Capacities;
use super::ends::{ChildEnds, Fifos};
use super::head_lines::HeadLines;
use super::making::Maker;
use super::pipe_leg::PipeLeg;
use super::time_lines::{LifeTimes, TimeLines};
use crate::flow::{
    Clock, Controls, Debt, DoneNote, Forwarder, Inlet, Keeps, Lane, Leg, Lineup, OutPort, Outlet, Runner, Settler,
    SpoolRoom, Tally,
};
use crate::host::HostEnds;
use crate::lines::Post;
use crate::plan::{Conduit, Hold, PipePlan, Plan, Route, leads_back};
use crate::reactor::{FactSender, Meters};
use crate::run_dir::{RunDirError, WINDOWS};
use crate::step::LaneSpec;
use crate::wire::ends::TellWhat;

/// Where a run is made.
pub(crate) struct Site<'a> {
    /// The FIFO directory.
    pub(crate) fifo_dir: &'a FifoDir,
    /// The run's directory.
    pub(crate) run_dir: &'a Path,
    /// Where the runtime's ends tell what happens to them.
    pub(crate) facts: &'a FactSender,
    /// The reactor's doorbell, for channels that end in a relay.
    pub(crate) bells: &'a Bells,
    /// The run's clock.
    pub(crate) clock: Clock,
    /// The epoch that all sources begin with.
    pub(crate) epoch: u32,
    /// How often it was begun, this time included.
    pub(crate) attempt: u32,
}

/// Everything that was made.
pub(crate) struct Wired {
    /// The native jobs that have a thread, ready to be worked. Each has those with it that are worked on its thread.
    pub(crate) runners: HashMap<JobId, Box<Runner>>,
    /// How each native job is reached.
    pub(crate) controls: HashMap<JobId, Controls>,
    /// What each executable is given that has one life.
    pub(crate) programs: HashMap<JobId, ChildEnds>,
    /// What the runtime forwards.
    pub(crate) forwarders: Vec<Forwarded>,
    /// Lines on their way to the jobs that take them.
    pub(crate) posts: HashMap<JobId, Arc<Post>>,
    /// The ends of pipes that the program has which runs the network.
    pub(crate) host: HostEnds,
    /// All FIFOs.
    pub(crate) fifos: Fifos,
    /// The counts for each pipe and reader.
    pub(crate) tallies: Vec<PipeLeg>,
    /// Channels that may grow.
    pub(crate) meters: Meters,
    /// What could not be had and is not needed.
    pub(crate) warnings: Vec<String>,
    /// What lays the lines around each life of a program whose times are logged.
    pub(crate) times: HashMap<JobId, LifeTimes>,
}

/// Something that the runtime forwards.
pub(crate) struct Forwarded {
    /// The job whose inputs it puts in step, if it does that.
    pub(crate) lined_up: Option<JobId>,
    /// The pipes it is about: a relay's one, or all inputs of an executable.
    pub(crate) pipes: Vec<PipeId>,
    pub(crate) forwarder: Box<dyn Forwarder>,
    /// Who is kept back when its queue is full, if anybody watches that.
    pub(crate) watched_writer: Option<JobId>,
    /// Whether it tells the times of an executable.
    pub(crate) tells_times: bool,
}

impl Forwarded {
    pub(crate) fn relay(pipe: PipeId, relay: impl Forwarder + 'static) -> Forwarded {
        Forwarded {
            lined_up: None,
            pipes: vec![pipe],
            forwarder: Box::new(relay),
            watched_writer: None,
            tells_times: false,
        }
    }

    /// What puts all inputs of a job in step.
    pub(crate) fn lineup(job: JobId, inputs: Vec<PipeId>, lineup: Lineup) -> Forwarded {
        Forwarded {
            lined_up: Some(job),
            pipes: inputs,
            forwarder: Box::new(lineup),
            watched_writer: None,
            tells_times: false,
        }
    }

    /// The same, which tells the times of an executable.
    pub(crate) fn telling_times(self) -> Forwarded {
        Forwarded { tells_times: true, ..self }
    }

    /// The same, with this writer watched.
    pub(crate) fn watching(self, writer: Option<JobId>) -> Forwarded {
        Forwarded { watched_writer: writer, ..self }
    }
}

/// Why a pipe cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// The system refuses something that it needs.
    #[error(transparent)]
    Os(#[from] OsError),
    /// There is no place on disk for what waits.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The same for the folder of all such places.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The place where a program outside the network is to find it is taken.
    #[error(
        "something is at its `path` {} already: remove it or name another `path`; what a run that was killed has left, \
         `pipeloom sweep` removes",
        path.display()
    )]
    Taken {
        /// The place.
        path: PathBuf,
    },
}

impl PipeError {
    /// Says of an outer FIFO that its place is taken, if this is so.
    fn of(self, pipe: &PipeSpec) -> PipeError {
        match (self, &pipe.external) {
            (PipeError::Os(error), Some(external)) if error.is_taken() => {
                PipeError::Taken { path: external.path.clone() }
            }
            (error, _) => error,
        }
    }
}

/// Why a run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// A pipe cannot be had.
    #[error("pipe {pipe}: {source}")]
    Pipe {
        /// The pipe.
        pipe: String,
        /// Why.
        source: PipeError,
    },
    /// The system refuses something that the run needs.
    #[error(transparent)]
    Run(#[from] OsError),
    /// A native job does not take its arguments after all.
    #[error("job {job}: {message}")]
    Args {
        /// The job.
        job: String,
        /// What is wrong.
        message: String,
    },
}

/// Makes what `plan` says.
pub(crate) fn wire(network: &Network, plan: &Plan, site: &Site<'_>, found: Found) -> Result<Wired, WireError> {
    // Where the kernel does not say what it allows, pipes stay as they are.
    let (capacities, warning) = match PipeQuota::of_this_process() {
        Ok(quota) => Capacities::share_out(network, plan, quota),
        Err(_) => (Capacities::usual(), None),
    };
    let mut wiring = Wiring::new(network, plan, site, found, &capacities)?;
    wiring.warnings.extend(warning);
    for (id, pipe) in network.pipes() {
        wiring
            .pipe(id, pipe, plan.pipe(id))
            .map_err(|source| WireError::Pipe { pipe: pipe.name.to_string(), source: source.of(pipe) })?;
    }
    wiring.finish()
}

/// What is being gathered for one job.
struct Gathering {
    bell: Doorbell,
    debts: Vec<Debt>,
    inputs: Vec<Option<Lane>>,
    outputs: Vec<OutPort>,
    ends: ChildEnds,
    /// For an executable whose inputs the runtime puts in step: each with its place.
    lanes: Vec<(usize, Lane)>,
    /// The program's pipes for them, unless each of its lives has its own.
    outlets: Vec<(usize, Box<dyn Outlet>)>,
}

struct Wiring<'a> {
    network: &'a Network,
    plan: &'a Plan,
    site: &'a Site<'a>,
    jobs: Vec<Gathering>,
    fused: Vec<FusedLeg>,
    lines: HeadLines,
    times: TimeLines,
    forwarders: Vec<Forwarded>,
    fifos: Fifos,
    capacities: &'a Capacities,
    tallies: Vec<PipeLeg>,
    meters: Meters,
    warnings: Vec<String>,
    /// What earlier attempts have left on disk.
    found: Found,
}

impl<'a> Wiring<'a> {
    fn new(
        network: &'a Network,
        plan: &'a Plan,
        site: &'a Site<'a>,
        found: Found,
        capacities: &'a Capacities,
    ) -> Result<Wiring<'a>, OsError> {
        let mut bells: HashMap<JobId, Doorbell> = HashMap::new();
        let mut gather = |(id, job): (JobId, &JobSpec)| {
            Ok(Gathering {
                bell: match job.body {
                    Body::Native(_) => match bells.entry(plan.worker(network, id)) {
                        Entry::Occupied(bell) => bell.get().clone(),
                        Entry::Vacant(none) => none.insert(Doorbell::new()?).clone(),
                    },
                    Body::Executable(_) => site.bells.lineup(id),
                },
                debts: Vec::new(),
                inputs: job.inputs.iter().map(|_| None).collect(),
                outputs: job.written().map(|_| OutPort::new(Vec::new())).collect(),
                ends: ChildEnds::for_job(job),
                lanes: Vec::new(),
                outlets: Vec::new(),
            })
        };
        let mut jobs = network.jobs().map(&mut gather).collect::<Result<Vec<_>, OsError>>()?;
        let (mut lines, mut times) = (HeadLines::lay(network, plan, site.facts), TimeLines::lay(network));
        for (id, job) in network.jobs().filter(|(id, _)| !network.has_pipes_by_life(*id)) {
            let marks = lines.receivers(End { job: id, port: job.outputs.len() });
            jobs[id.index()].ends.tellers.birth = times.begin(id, marks, &site.bells.times());
        }
        Ok(Wiring {
            network,
            plan,
            site,
            jobs,
            fused: Vec::new(),
            lines,
            times,
            forwarders: Vec::new(),
            fifos: Fifos::new()?,
            capacities,
            tallies: Vec::new(),
            meters: Meters::new(),
            warnings: Vec::new(),
            found,
        })
    }

    fn pipe(&mut self, id: PipeId, pipe: &PipeSpec, plan: &PipePlan) -> Result<(), PipeError> {
        match &plan.route {
            Route::Legs(legs) => {
                let Some(writer) = pipe.writer else { return Ok(()) };
                for leg in legs {
                    if let Some(reader) = leg.reader {
                        let tally = self.leg(id, pipe, writer, reader, leg, plan)?;
                        if plan.is_between_kits {
                            self.have_told((id, pipe), writer, TellWhat::Written, &tally);
                            self.have_told((id, pipe), reader, TellWhat::Read, &tally);
                        }
                    }
                }
                Ok(())
            }
            Route::Fused { reader } => {
                if let Some(writer) = pipe.writer {
                    self.fused_leg(id, pipe, writer, *reader);
                }
                Ok(())
            }
            Route::Relay { from: Conduit::Direct(carrier), to, hold: Hold::CutThrough }
                if let Some(scratches) = self.scratches(pipe, &plan.route)? =>
            {
                self.cut_through((id, pipe), *carrier, to, scratches)
            }
            Route::Relay { from, to, .. } => self.relay((id, pipe), from, to, plan.may_grow),
            Route::Records { to } => self.records((id, pipe), to, plan.may_grow),
        }
    }

    fn maker(&self) -> Maker<'a> {
        let Site { fifo_dir, facts, .. } = self.site;
        Maker { network: self.network, fifo_dir, capacities: self.capacities, facts }
    }

    fn tally(&mut self, pipe: PipeId, reader: Option<JobId>, seen: bool) -> Arc<Tally> {
        let tally = Arc::<Tally>::default();
        self.tallies.push(PipeLeg::new(pipe, reader, seen, tally.clone()));
        tally
    }

    fn give_outlet(&mut self, pipe: &PipeSpec, writer: End, outlet: Box<dyn Outlet>, tally: &Arc<Tally>) {
        self.give_leg(pipe, writer, Leg::new(outlet, pipe.queue.blocks, tally.clone()));
    }

    fn give_leg(&mut self, pipe: &PipeSpec, writer: End, leg: Leg) {
        let keeps = pipe.delivery.window().is_some() || pipe.cycle;
        self.jobs[writer.job.index()].outputs[writer.port].add(leg.keeping(keeps));
    }

    fn give_inlet(&mut self, pipe: PipeId, reader: End, inlet: Box<dyn Inlet>, tally: &Arc<Tally>) {
        self.give_settling_inlet(pipe, reader, inlet, tally, None);
    }

    /// The same, for blocks that may stay on disk until they are done.
    fn give_settling_inlet(
        &mut self,
        pipe: PipeId,
        reader: End,
        inlet: Box<dyn Inlet>,
        tally: &Arc<Tally>,
        settler: Option<Settler>,
    ) {
        self.jobs[reader.job.index()].debts.extend(inlet.debt());
        let spec = &self.network[pipe];
        let lane = LaneSpec::of(spec, leads_back(self.network, spec, reader.job));
        self.jobs[reader.job.index()].inputs[reader.port] =
            Some(Lane::new(inlet, lane, tally.clone()).settling(settler));
    }

    fn program(&self, end: End) -> Option<&'a Executable> {
        self.network[end.job].executable()
    }

    /// Whether an end belongs to a program that may be started again, whose ends are made for each of its lives.
    fn has_lives(&self, end: End) -> bool {
        self.program(end).is_some() && self.network.has_pipes_by_life(end.job)
    }

    fn finish(mut self) -> Result<Wired, WireError> {
        self.share_debts();
        let Wiring { network, site, jobs, fused, mut lines, times, fifos, tallies, meters, mut warnings, .. } = self;
        // What is said of all pipes is said once.
        let mut said = HashSet::new();
        warnings.retain(|warning| said.insert(warning.clone()));
        let mut wired = Wired {
            runners: HashMap::new(),
            controls: HashMap::new(),
            programs: HashMap::new(),
            posts: HashMap::new(),
            forwarders: self.forwarders,
            host: HostEnds::default(),
            fifos,
            tallies,
            meters,
            warnings,
            times: times.of_lives(),
        };
        let standard_input = native::reads_standard_input(network);
        for ((id, spec), job) in network.jobs().zip(jobs) {
            match &spec.body {
                Body::Executable(_) => {
                    if !job.lanes.is_empty() {
                        let keeps = network.acknowledgement(id).map(|_| kept(network, spec, site.run_dir));
                        let lines = lines.of_lineup(id);
                        let lineup = relayed::lineup(keeps, job.lanes, job.outlets, lines, network.head_size());
                        let lineup = lineup.noting(done_note(network, spec, site.run_dir));
                        wired.forwarders.push(Forwarded::lineup(id, spec.inputs.clone(), lineup));
                    }
                    if !network.has_pipes_by_life(id) {
                        wired.programs.insert(id, job.ends);
                    }
                }
                Body::Native(native) => {
                    let reads_stdin = standard_input == Some(id);
                    wired.add_native(id, spec, native, Place { network, site, reads_stdin }, job)?;
                }
            }
        }
        wired.fuse(fused);
        Ok(wired)
    }
}

/// Where is noted how far a job is, if several of its inputs stay on disk until they are done.
fn done_note(network: &Network, job: &JobSpec, run_dir: &Path) -> Option<DoneNote> {
    if settling_inputs(network, job).count() < 2 {
        return None;
    }
    // Without it, more may come again after a kill: that is no reason not to run.
    let note = DoneNote::create(&note_path(job, run_dir));
    note.inspect_err(|error| log::warn!("job {}: how far it is cannot be noted: {error}", job.name)).ok()
}

/// How much of each of a job's inputs is kept until it is done, what is on disk in the run's directory.
pub(crate) fn kept(network: &Network, job: &JobSpec, run_dir: &Path) -> Vec<Keeps> {
    let kept = |&input: &PipeId| {
        let pipe = &network[input];
        let window = pipe.delivery.window();
        Keeps {
            pipe: pipe.name.as_str().into(),
            window_bytes: window.map_or(0, |window| window.bytes),
            room: SpoolRoom {
                max_bytes: window.map_or(0, |window| window.spool_bytes),
                max_block_bytes: pipe.max_block_bytes,
            },
            dir: run_dir.join(WINDOWS).join(format!("{}@{}", pipe.name, job.name)),
        }
    };
    job.inputs.iter().map(kept).collect()
}
