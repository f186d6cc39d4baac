//! How each pipe is realised.

use pipeloom_config::{
    Body, End, Forced, JobId, JobSpec, Network, Pass, PipeId, PipeSpec, QueueLimits, Side, WhenFull,
};

use super::branches::branches;
use super::fused::{Fusing, fusing};
use super::hold::{Hold, hold};
use super::reason::Reason;
use super::sharing::{Unshared, shared_bytes};

/// What is decided for a whole network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// For each pipe, in the network's order.
    pub pipes: Vec<PipePlan>,
    /// Jobs on branches that meet again, and on cycles, in groups: those of one group may come to wait for each other.
    pub(crate) groups: Vec<Vec<JobId>>,
}

impl Plan {
    /// What is decided for one pipe.
    pub fn pipe(&self, id: PipeId) -> &PipePlan {
        &self.pipes[id.index()]
    }

    /// Whether the runtime puts a job's inputs in step before it gives them to it.
    pub fn lines_up(&self, network: &Network, job: JobId) -> bool {
        let is_lined = |leg: &Leg| leg.lineup.is_some() && leg.reader.is_some_and(|end| end.job == job);
        network[job].inputs.iter().any(|&pipe| match &self.pipe(pipe).route {
            Route::Legs(_) | Route::Fused { .. } => false,
            Route::Relay { to, .. } | Route::Records { to } => to.iter().any(is_lined),
        })
    }

    /// The job whose thread works a native job: itself, or the first of those that are worked together.
    pub(crate) fn worker(&self, network: &Network, mut job: JobId) -> JobId {
        while let &[input] = network[job].inputs.as_slice()
            && let (Route::Fused { .. }, Some(writer)) = (&self.pipe(input).route, network[input].writer)
        {
            job = writer.job;
        }
        job
    }
}

/// What is decided for one pipe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PipePlan {
    /// How it is realised.
    pub route: Route,
    /// Whether two programs with a kit have the ends, with nobody in between: what went through the pipe, only they can say.
    pub is_between_kits: bool,
    /// Whether its queues grow if jobs would wait for each other for ever.
    pub may_grow: bool,
    /// Why.
    pub because: Vec<Reason>,
}

/// How one pipe is realised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// The writer has a conduit of its own to each reader.
    Legs(Vec<Leg>),
    /// The writer's thread works the reader too.
    Fused {
        /// The reader.
        reader: End,
    },
    /// The runtime reads what the writer gives and forwards it to each reader.
    Relay {
        /// From the writer to the runtime.
        from: Conduit,
        /// From the runtime to each reader.
        to: Vec<Leg>,
        /// How much of a block is held before it goes on.
        hold: Hold,
    },
    /// The runtime itself writes the pipe: the times of an executable.
    Records {
        /// From the runtime to each reader.
        to: Vec<Leg>,
    },
}

impl Route {
    /// Whether the runtime forwards or writes the pipe.
    pub(crate) const fn is_worked(&self) -> bool {
        matches!(self, Route::Relay { .. } | Route::Records { .. })
    }

    /// How many pipes of the kernel the runtime has for itself, beside those to the readers.
    pub(crate) fn scratch_pipes(&self) -> usize {
        match self {
            Route::Relay { to, hold: Hold::CutThrough, .. } if to.len() > 1 => to.len(),
            _ => 0,
        }
    }
}

/// The way to one reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leg {
    /// The reader; `None` for a program outside the network.
    pub reader: Option<End>,
    /// Where the runtime first puts all inputs of an executable in step: how much may wait for the other inputs.
    pub lineup: Option<QueueLimits>,
    /// What the blocks go through.
    pub conduit: Conduit,
}

impl Leg {
    /// The same, with memory beside a pipe of the kernel, if there is to be any.
    fn beside(self, ring: Option<usize>) -> Leg {
        let conduit = match (self.conduit, ring) {
            (Conduit::Direct(carrier), Some(bytes)) => Conduit::Shared(carrier, bytes),
            (conduit, _) => conduit,
        };
        Leg { conduit, ..self }
    }
}

/// What blocks go through, from one place to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conduit {
    /// A bounded channel of batches between two threads of the runtime.
    Channel(QueueLimits),
    /// A pipe of the kernel with nobody in between.
    Direct(Carrier),
    /// The same, and beside it so many bytes of memory that both ends share, in which large payloads lie.
    Shared(Carrier, usize),
}

/// The kind of kernel pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carrier {
    /// A FIFO in the run's private directory, because a path is asked for.
    Fifo,
    /// A pipe without a name.
    Unnamed,
    /// A FIFO at the path that the file gives, for a program outside the network.
    Outer,
}

/// Decides how each pipe of `network` is realised.
pub fn plan(network: &Network) -> Plan {
    let (branches, gaps) = (branches(network), network.pipes_with_gaps());
    let lined = network.jobs_to_line_up();
    let around = |id: PipeId| Around { meet_again: branches.meet[id.index()], have_gaps: gaps[id.index()] };
    let fusing = fusing(network, &branches.meet);
    let pipes = network.pipes().zip(fusing);
    let pipes = pipes.map(|((id, pipe), fusing)| plan_pipe(network, pipe, around(id), &lined, fusing)).collect();
    let mut groups = vec![Vec::new(); branches.groups.iter().flatten().max().map_or(0, |last| last + 1)];
    for ((id, _), group) in network.jobs().zip(&branches.groups) {
        group.iter().for_each(|&group| groups[group].push(id));
    }
    Plan { pipes, groups }
}

/// What the network around a pipe makes of it.
#[derive(Clone, Copy)]
struct Around {
    /// It lies on ways that part and meet again.
    meet_again: bool,
    /// Blocks may be missing on it.
    have_gaps: bool,
}

fn plan_pipe(network: &Network, pipe: &PipeSpec, around: Around, lined: &[bool], fusing: Fusing) -> PipePlan {
    let writer = pipe.writer.map(|end| EndKind::of_writer(network, pipe, end));
    let readers: Vec<(End, EndKind)> =
        pipe.readers.iter().map(|&end| (end, EndKind::of_reader(network, pipe, end, lined))).collect();
    let may_grow = around.meet_again;
    let mut because = reasons_for_relay(pipe, writer, &readers, around);
    because.extend(restarted(network, pipe).map(|(id, job)| reason_for_lives(network, id, job)));
    because.extend(watched(network, pipe).map(|job| Reason::Stall(job.name.to_string())));
    because.extend(logged(network, pipe).map(|job| Reason::Times(job.name.to_string())));
    if because.is_empty() {
        if let (Fusing::Fused, &[(reader, _)]) = (&fusing, readers.as_slice()) {
            let (route, because) = (Route::Fused { reader }, vec![Reason::OneThread]);
            return PipePlan { route, is_between_kits: false, may_grow, because };
        }
        let is_between_kits = are_kits(writer, &readers);
        let may_share = |kind: EndKind| pipe.forced != Some(Forced::Fifo) && share_memory(writer, kind);
        let sharing = readers.iter().any(|&(_, kind)| may_share(kind)).then(|| shared_bytes(pipe));
        let ring = |kind: EndKind| sharing.and_then(Result::ok).filter(|_| may_share(kind));
        let legs = readers.iter().map(|&(end, kind)| leg(pipe, writer, end, kind).beside(ring(kind))).collect();
        let mut because = reasons_for_legs(pipe, writer, &readers, is_between_kits);
        because.extend(sharing.map(|sharing| match sharing {
            Ok(_) if pipe.forced == Some(Forced::Shared) => Reason::SharedAsked,
            Ok(_) => Reason::Shared,
            Err(why) => Reason::Unshared(why),
        }));
        because.extend(around.meet_again.then_some(Reason::ChannelGrows));
        if let Fusing::Apart(why) = fusing {
            because.extend(why.into_iter().map(Reason::Apart));
        }
        return PipePlan { route: Route::Legs(legs), is_between_kits, may_grow, because };
    }
    let mut to: Vec<Leg> = readers.iter().map(|&(end, kind)| relay_leg(pipe, end, kind)).collect();
    if pipe.external.as_ref().is_some_and(|external| external.side == Side::Reader) {
        to.push(Leg { reader: None, lineup: None, conduit: Conduit::Direct(Carrier::Outer) });
    }
    if pipe.writer.is_some_and(|end| is_for_times(network, end)) {
        return PipePlan { route: Route::Records { to }, is_between_kits: false, may_grow, because };
    }
    let from = match writer {
        Some(EndKind::Executable { pass, .. } | EndKind::Lined { pass, .. }) => Conduit::Direct(carrier(&[pass])),
        Some(EndKind::Native) => Conduit::Channel(pipe.queue),
        None => Conduit::Direct(Carrier::Outer),
    };
    let hold = hold(network, pipe, &from, &to, may_grow);
    if readers.iter().any(|&(_, kind)| share_memory(writer, kind)) && shared_bytes(pipe).is_ok() {
        because.push(Reason::Unshared(Unshared::Relay));
    }
    PipePlan { route: Route::Relay { from, to, hold }, is_between_kits: false, may_grow, because }
}

/// Whether this is where the runtime writes the times of an executable.
fn is_for_times(network: &Network, writer: End) -> bool {
    let job = &network[writer.job];
    job.executable().is_some() && writer.port == job.outputs.len()
}

/// The executables at the ends of a pipe that may be started again: the runtime has the other ends of all their pipes.
pub(super) fn restarted<'n>(network: &'n Network, pipe: &'n PipeSpec) -> impl Iterator<Item = (JobId, &'n JobSpec)> {
    let ends = pipe.writer.iter().chain(&pipe.readers).map(|end| (end.job, &network[end.job]));
    ends.filter(|(id, job)| job.executable().is_some() && network.has_pipes_by_life(*id))
}

fn reason_for_lives(network: &Network, id: JobId, job: &JobSpec) -> Reason {
    let name = job.name.to_string();
    if job.restart.is_possible() {
        return Reason::Restart(name);
    }
    match network.restarts_with(id).next() {
        Some(first) => Reason::RestartWith(name, network[first].name.to_string()),
        None => Reason::Outlives(name),
    }
}

/// The executables at the ends of a pipe that are to read what waits for them: the runtime must see what they have read, and
/// whether somebody behind them holds them up.
pub(super) fn watched<'n>(network: &'n Network, pipe: &'n PipeSpec) -> impl Iterator<Item = &'n JobSpec> {
    let ends = pipe.writer.iter().chain(&pipe.readers).map(|end| &network[end.job]);
    ends.filter(|job| job.health.stall.is_some())
}

/// The executables at the ends of a pipe whose times are logged: the runtime must see all their blocks.
pub(super) fn logged<'n>(network: &'n Network, pipe: &'n PipeSpec) -> impl Iterator<Item = &'n JobSpec> {
    let ends = pipe.writer.iter().chain(&pipe.readers).map(|end| &network[end.job]);
    ends.filter(|job| job.executable().is_some() && job.times.is_some())
}

/// What a plan asks about an end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EndKind {
    /// The runtime's process.
    Native,
    Executable {
        pass: Pass,
        /// Whether heads are on the wire.
        head: bool,
        kit: bool,
    },
    /// An executable whose inputs the runtime puts in step.
    Lined {
        pass: Pass,
        /// Whether it may be started again.
        has_lives: bool,
    },
}

impl EndKind {
    fn of(network: &Network, pipe: &PipeSpec, end: End) -> EndKind {
        match &network[end.job].body {
            Body::Native(_) => EndKind::Native,
            Body::Executable(program) => EndKind::Executable {
                pass: program.pass,
                head: program.head && pipe.codec.has_blocks(),
                kit: program.kit,
            },
        }
    }

    fn of_writer(network: &Network, pipe: &PipeSpec, end: End) -> EndKind {
        if is_for_times(network, end) { EndKind::Native } else { EndKind::of(network, pipe, end) }
    }

    fn of_reader(network: &Network, pipe: &PipeSpec, end: End, lined: &[bool]) -> EndKind {
        match EndKind::of(network, pipe, end) {
            EndKind::Executable { pass, .. } if lined[end.job.index()] => {
                EndKind::Lined { pass, has_lives: network.has_pipes_by_life(end.job) }
            }
            kind => kind,
        }
    }
}

fn reasons_for_relay(
    pipe: &PipeSpec,
    writer: Option<EndKind>,
    readers: &[(End, EndKind)],
    around: Around,
) -> Vec<Reason> {
    let mut because = Vec::new();
    because.extend((pipe.forced == Some(Forced::Relay)).then_some(Reason::RelayAsked));
    because.extend(pipe.external.as_ref().map(|external| Reason::External(external.side)));
    let from_executable = matches!(writer, Some(EndKind::Executable { .. }));
    if from_executable && readers.len() > 1 {
        because.push(Reason::FanOut(readers.len()));
    }
    if pipe.when_full != WhenFull::Block {
        because.push(Reason::Policy(pipe.when_full));
    }
    if readers.iter().any(|(_, kind)| matches!(kind, EndKind::Lined { has_lives: false, .. })) {
        because.push(Reason::Lineup);
    }
    let has_executable = from_executable || readers.iter().any(|(_, kind)| *kind != EndKind::Native);
    // Nobody could make a FIFO between native jobs as large as their difference.
    if around.meet_again && (has_executable || pipe.forced == Some(Forced::Fifo)) {
        because.push(Reason::BranchesMeet);
    }
    because.extend(heads_between(writer, readers, around.have_gaps));
    because
}

/// Why the runtime looks at the heads between two programs, if it does.
fn heads_between(writer: Option<EndKind>, readers: &[(End, EndKind)], have_gaps: bool) -> Option<Reason> {
    let Some(EndKind::Executable { head: writes, kit: writer_has_kit, .. }) = writer else { return None };
    let [(_, EndKind::Executable { head: reads, kit: reader_has_kit, .. })] = *readers else { return None };
    match (writes || reads, writer_has_kit && reader_has_kit) {
        (false, _) => None,
        (true, false) => Some(Reason::HeadsBetweenExecutables),
        (true, true) => have_gaps.then_some(Reason::Gaps),
    }
}

/// Whether programs with a kit that speak heads have all ends.
fn are_kits(writer: Option<EndKind>, readers: &[(End, EndKind)]) -> bool {
    let speaks_heads = |kind: &EndKind| matches!(kind, EndKind::Executable { head: true, kit: true, .. });
    writer.iter().chain(readers.iter().map(|(_, kind)| kind)).all(speaks_heads)
}

/// Whether both ends know how to share memory, and there is a pipe between them to do it beside.
fn share_memory(writer: Option<EndKind>, reader: EndKind) -> bool {
    let knows = |kind: EndKind| matches!(kind, EndKind::Native | EndKind::Executable { head: true, kit: true, .. });
    writer
        .is_some_and(|writer| knows(writer) && knows(reader) && (writer, reader) != (EndKind::Native, EndKind::Native))
}

fn reasons_for_legs(
    pipe: &PipeSpec,
    writer: Option<EndKind>,
    readers: &[(End, EndKind)],
    between_kits: bool,
) -> Vec<Reason> {
    let mut because = Vec::new();
    if writer == Some(EndKind::Native) && readers.len() > 1 {
        because.push(Reason::NativeWriter(readers.len()));
    }
    if between_kits {
        because.push(Reason::BetweenKits);
    }
    if pipe.forced == Some(Forced::Fifo) {
        because.push(Reason::FifoAsked);
    } else if writer == Some(EndKind::Native) && readers.iter().all(|(_, kind)| *kind == EndKind::Native) {
        because.push(Reason::NativeEnds);
    } else if readers.len() == 1 && !between_kits {
        because.push(Reason::OneToOne);
    }
    because
}

fn leg(pipe: &PipeSpec, writer: Option<EndKind>, end: End, kind: EndKind) -> Leg {
    let passes: Vec<Pass> = [writer, Some(kind)]
        .into_iter()
        .flatten()
        .filter_map(|kind| match kind {
            EndKind::Executable { pass, .. } | EndKind::Lined { pass, .. } => Some(pass),
            EndKind::Native => None,
        })
        .collect();
    let conduit = if pipe.forced == Some(Forced::Fifo) {
        Conduit::Direct(Carrier::Fifo)
    } else if passes.is_empty() {
        Conduit::Channel(pipe.queue)
    } else {
        Conduit::Direct(carrier(&passes))
    };
    Leg { reader: Some(end), lineup: None, conduit }
}

/// Between a relay and a native reader there is only the runtime, so a FIFO there would join nothing, even where one is
/// asked for. If the relay drops blocks, its own queue is the one that is meant, and no other is to hold more than it must.
fn relay_leg(pipe: &PipeSpec, end: End, kind: EndKind) -> Leg {
    let queue = match pipe.when_full {
        WhenFull::Block | WhenFull::Spool(_) => pipe.queue,
        WhenFull::Drop(_) | WhenFull::Fail => QueueLimits { blocks: 1, bytes: 1 },
    };
    match kind {
        EndKind::Native => Leg { reader: Some(end), lineup: None, conduit: Conduit::Channel(queue) },
        EndKind::Lined { pass, .. } => {
            Leg { reader: Some(end), lineup: Some(queue), conduit: Conduit::Direct(carrier(&[pass])) }
        }
        EndKind::Executable { .. } => leg(pipe, Some(EndKind::Native), end, kind),
    }
}

/// A path needs a FIFO; descriptors do not.
fn carrier(passes: &[Pass]) -> Carrier {
    if passes.contains(&Pass::Path) { Carrier::Fifo } else { Carrier::Unnamed }
}
