//! Making all conduits of a run.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use pipeloom_config::{Body, End, Executable, JobId, JobSpec, Network, PipeId, PipeSpec, Taking, WhenFull};
use pipeloom_job::lines::Lines;
use pipeloom_job::{Head, HeadSize, PortSetup, Setup, StandardInput, Steps};
use pipeloom_os::OsError;
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::fifo::FifoDir;

use super::ends::{ChildEnds, Fifos, Side};
use super::head_lines::HeadLines;
use super::kernel::{self, Holder, KernelEnd, KernelPipe, Order};
use crate::flow::{
    Clock, Controls, Debt, EndNotice, FifoInlet, FifoOutlet, Forwarder, HeadRule, HeadSender, Inbox, Inlet, Input, Leg,
    LegQueue, Lineup, LineupInput, OutPort, Outbox, Outlet, Relay, RelayLeg, Runner, Tally, Times, WireFormat,
    head_line, link,
};
use crate::lines::Post;
use crate::plan::{self, Carrier, Conduit, Plan, Route, leads_back};
use crate::reactor::FactSender;
use crate::step::LaneSpec;

/// The kernel rounds it up to one page.
const SMALLEST_PIPE: usize = 1;

/// Where a run is made.
pub(crate) struct Site<'a> {
    /// The FIFO directory.
    pub(crate) fifo_dir: &'a FifoDir,
    /// The run's directory.
    pub(crate) run_dir: &'a Path,
    /// Where the runtime's ends tell what happens to them.
    pub(crate) facts: &'a FactSender,
    /// The reactor's doorbell, for channels that end in a relay.
    pub(crate) reactor_bell: &'a Doorbell,
    /// The run's clock.
    pub(crate) clock: Clock,
}

/// Everything that was made.
pub(crate) struct Wired {
    /// Each native job, ready to be worked, and how it is reached.
    pub(crate) natives: HashMap<JobId, (Runner, Controls)>,
    /// What each executable is given.
    pub(crate) programs: HashMap<JobId, ChildEnds>,
    /// What the runtime forwards, each with the pipes it is about.
    pub(crate) forwarders: Vec<(Vec<PipeId>, Box<dyn Forwarder>)>,
    /// Lines on their way to the jobs that take them.
    pub(crate) posts: HashMap<JobId, Arc<Post>>,
    /// All FIFOs.
    pub(crate) fifos: Fifos,
    /// The counts for each pipe and reader.
    pub(crate) tallies: Vec<PipeLeg>,
    /// What could not be had and is not needed.
    pub(crate) warnings: Vec<String>,
}

/// The counts of one pipe for one reader.
#[derive(Debug)]
pub(crate) struct PipeLeg {
    pub(crate) pipe: PipeId,
    /// `None` for a program outside the network.
    pub(crate) reader: Option<JobId>,
    /// Whether the runtime sees the blocks: not between two programs with nobody in between.
    pub(crate) seen: bool,
    pub(crate) tally: Arc<Tally>,
}

/// Why a run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The system refuses something that a pipe needs.
    #[error("pipe {pipe}: {source}")]
    Pipe {
        /// The pipe.
        pipe: String,
        /// What it refuses.
        source: OsError,
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
pub(crate) fn wire(network: &Network, plan: &Plan, site: &Site<'_>) -> Result<Wired, WireError> {
    let mut wiring = Wiring::new(network, plan, site)?;
    for (id, pipe) in network.pipes() {
        wiring
            .pipe(id, pipe, &plan.pipe(id).route)
            .map_err(|source| WireError::Pipe { pipe: pipe.name.to_string(), source })?;
    }
    wiring.finish()
}

/// What is being gathered for one job.
struct Gathering {
    bell: Doorbell,
    debts: Vec<Debt>,
    inputs: Vec<Option<Input>>,
    outputs: Vec<OutPort>,
    ends: ChildEnds,
    /// For an executable whose inputs the runtime puts in step, each with its place.
    lineup: Vec<(usize, LineupInput)>,
}

struct Wiring<'a> {
    network: &'a Network,
    site: &'a Site<'a>,
    jobs: Vec<Gathering>,
    lines: HeadLines,
    forwarders: Vec<(Vec<PipeId>, Box<dyn Forwarder>)>,
    fifos: Fifos,
    tallies: Vec<PipeLeg>,
    warnings: Vec<String>,
}

/// One kernel pipe on the way from a writer to a reader of `pipe`.
struct Way<'a> {
    pipe: &'a PipeSpec,
    writer: Holder,
    reader: Holder,
    name: String,
    /// The size wanted, in bytes.
    capacity: Option<usize>,
}

impl<'a> Wiring<'a> {
    fn new(network: &'a Network, plan: &Plan, site: &'a Site<'a>) -> Result<Wiring<'a>, OsError> {
        let gather = |(_, job): (JobId, &JobSpec)| {
            Ok(Gathering {
                bell: match job.body {
                    Body::Native(_) => Doorbell::new()?,
                    Body::Executable(_) => site.reactor_bell.clone(),
                },
                debts: Vec::new(),
                inputs: job.inputs.iter().map(|_| None).collect(),
                outputs: job.written().map(|_| OutPort::new(Vec::new())).collect(),
                ends: ChildEnds::for_job(job),
                lineup: Vec::new(),
            })
        };
        Ok(Wiring {
            network,
            site,
            jobs: network.jobs().map(gather).collect::<Result<_, OsError>>()?,
            lines: HeadLines::lay(network, plan),
            forwarders: Vec::new(),
            fifos: Fifos::new()?,
            tallies: Vec::new(),
            warnings: Vec::new(),
        })
    }

    fn pipe(&mut self, id: PipeId, pipe: &PipeSpec, route: &Route) -> Result<(), OsError> {
        match route {
            Route::Legs(legs) => {
                let Some(writer) = pipe.writer else { return Ok(()) };
                for leg in legs {
                    if let Some(reader) = leg.reader {
                        self.leg(id, pipe, writer, reader, &leg.conduit, legs.len() > 1)?;
                    }
                }
                Ok(())
            }
            Route::Relay { from, to } => self.relay(id, pipe, from, to),
        }
    }

    /// The way from a writer straight to one reader.
    fn leg(
        &mut self,
        id: PipeId,
        pipe: &PipeSpec,
        writer: End,
        reader: End,
        conduit: &Conduit,
        one_of_several: bool,
    ) -> Result<(), OsError> {
        let tally = self.tally(id, Some(reader.job), self.program(writer).is_none() || self.program(reader).is_none());
        let carrier = match conduit {
            Conduit::Channel(limits) => {
                let (outlet, inlet) =
                    link(*limits, &self.jobs[writer.job.index()].bell, &self.jobs[reader.job.index()].bell);
                self.give_outlet(pipe, writer, outlet, &tally);
                self.give_inlet(id, reader, inlet, &tally);
                return Ok(());
            }
            Conduit::Direct(carrier) => *carrier,
        };
        let name = if one_of_several { self.leg_name(pipe, reader) } else { pipe.name.to_string() };
        let way = Way {
            pipe,
            writer: self.holder(writer),
            reader: self.holder(reader),
            name,
            capacity: pipe.capacity.map(Into::into),
        };
        let KernelPipe { writer: near, reader: far, .. } = self.kernel_pipe(carrier, &way)?;
        // Between two ends of ours, numbers go beside the pipe.
        let (sender, receiver) = head_line(NonZeroUsize::MIN);
        match near {
            KernelEnd::Program(end) => self.jobs[writer.job.index()].ends.set_output(writer.port, end),
            KernelEnd::Runtime(end, fifo) => {
                let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Writer, self.site.facts));
                let outlet = FifoOutlet::new(self.format(pipe, Some(reader)), end).with_notice(notice);
                let outlet = match self.program(reader) {
                    Some(_) => outlet.for_program(tally.clone(), self.lines.senders(reader)),
                    None => outlet.with_lines(vec![sender]),
                };
                self.give_outlet(pipe, writer, Box::new(outlet), &tally);
            }
            KernelEnd::Outside => {}
        }
        match far {
            KernelEnd::Program(end) => self.jobs[reader.job.index()].ends.set_input(reader.port, end),
            KernelEnd::Runtime(end, fifo) => {
                let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Reader, self.site.facts));
                let counts = self.program(writer).is_some();
                let rule = if counts { self.head_rule(Some(writer)) } else { HeadRule::Ours(Some(receiver)) };
                let mut inlet = FifoInlet::new(self.format(pipe, Some(writer)), self.network.head_size(), end, rule)
                    .with_notice(notice);
                if counts {
                    inlet = inlet.counting_written(tally.clone()).counting_false_resets(tally.clone());
                }
                self.give_inlet(id, reader, Box::new(inlet), &tally);
            }
            KernelEnd::Outside => {}
        }
        Ok(())
    }

    fn relay(&mut self, id: PipeId, pipe: &PipeSpec, from: &Conduit, to: &[plan::Leg]) -> Result<(), OsError> {
        let legs = to.iter().map(|leg| self.relay_leg(id, pipe, leg)).collect::<Result<Vec<_>, _>>()?;
        let inlet = self.relay_inlet(pipe, from, legs.first().map(RelayLeg::tally))?;
        let relay = Relay::new(pipe.name.as_str(), inlet, legs);
        let relay = if pipe.cycle { relay.reading_to_the_end() } else { relay };
        self.forwarders.push((vec![id], Box::new(relay)));
        Ok(())
    }

    /// What a program does to heads is counted in `tally`.
    fn relay_inlet(
        &mut self,
        pipe: &PipeSpec,
        from: &Conduit,
        tally: Option<Arc<Tally>>,
    ) -> Result<Box<dyn Inlet>, OsError> {
        let carrier = match (from, pipe.writer) {
            (Conduit::Channel(limits), Some(writer)) => {
                let bell = &self.jobs[writer.job.index()].bell;
                let (outlet, inlet) = link(*limits, bell, self.site.reactor_bell);
                // The relay counts for each of its readers; this count is nobody's.
                self.give_outlet(pipe, writer, outlet, &Arc::default());
                return Ok(inlet);
            }
            (Conduit::Channel(_), None) => Carrier::Outer,
            (Conduit::Direct(carrier), _) => *carrier,
        };
        let writer = pipe.writer.map_or(Holder::Outside, |writer| self.holder(writer));
        let way = Way {
            pipe,
            writer,
            reader: Holder::Runtime,
            name: pipe.name.to_string(),
            capacity: pipe.capacity.map(Into::into),
        };
        let made = self.kernel_pipe(carrier, &way)?;
        if let (KernelEnd::Program(end), Some(writer)) = (made.writer, pipe.writer) {
            self.jobs[writer.job.index()].ends.set_output(writer.port, end);
        }
        let KernelEnd::Runtime(end, fifo) = made.reader else { unreachable!("the runtime holds this end") };
        let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Reader, self.site.facts));
        let rule = self.head_rule(pipe.writer);
        let inlet = FifoInlet::new(self.format(pipe, pipe.writer), self.network.head_size(), end, rule);
        let inlet = inlet.with_notice(notice);
        Ok(Box::new(match tally {
            Some(tally) => inlet.counting_false_resets(tally),
            None => inlet,
        }))
    }

    fn relay_leg(&mut self, id: PipeId, pipe: &PipeSpec, leg: &plan::Leg) -> Result<RelayLeg, OsError> {
        let tally = self.tally(id, leg.reader.map(|reader| reader.job), true);
        let carrier = match (&leg.conduit, leg.reader) {
            (Conduit::Channel(limits), Some(reader)) => {
                let (outlet, inlet) = link(*limits, self.site.reactor_bell, &self.jobs[reader.job.index()].bell);
                self.give_inlet(id, reader, inlet, &tally);
                return Ok(RelayLeg::new(outlet, queue(pipe), tally));
            }
            (Conduit::Channel(_), None) => Carrier::Outer,
            (Conduit::Direct(carrier), _) => *carrier,
        };
        let reader = leg.reader.map_or(Holder::Outside, |reader| self.holder(reader));
        let name = leg.reader.map_or_else(|| pipe.name.to_string(), |reader| self.leg_name(pipe, reader));
        let capacity = match pipe.when_full {
            WhenFull::Block => pipe.capacity.map(Into::into),
            // What has gone into the kernel cannot be dropped any more.
            WhenFull::Drop(_) | WhenFull::Fail => Some(SMALLEST_PIPE),
        };
        let capacity = if pipe.taking == Taking::InStep { capacity } else { Some(SMALLEST_PIPE) };
        let way = Way { pipe, writer: Holder::Runtime, reader, name, capacity };
        let made = self.kernel_pipe(carrier, &way)?;
        if let (KernelEnd::Program(end), Some(reader)) = (made.reader, leg.reader) {
            self.jobs[reader.job.index()].ends.set_input(reader.port, end);
        }
        let KernelEnd::Runtime(end, fifo) = made.writer else { unreachable!("the runtime holds this end") };
        let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Writer, self.site.facts));
        let lines = leg.reader.map_or_else(Vec::new, |reader| self.lines.senders(reader));
        let outlet = FifoOutlet::new(self.format(pipe, leg.reader), end).with_notice(notice);
        let (Some(limits), Some(reader)) = (leg.lineup, leg.reader) else {
            return Ok(RelayLeg::new(Box::new(outlet.for_program(tally.clone(), lines)), queue(pipe), tally));
        };
        let (to_lineup, inlet) = link(limits, self.site.reactor_bell, self.site.reactor_bell);
        let lane = LaneSpec::of(pipe, leads_back(self.network, pipe, reader.job));
        let input = LineupInput::new(inlet, lane, Box::new(outlet), tally.clone());
        self.jobs[reader.job.index()].lineup.push((reader.port, input));
        Ok(RelayLeg::new(to_lineup, queue(pipe), tally))
    }

    fn kernel_pipe(&mut self, carrier: Carrier, way: &Way<'_>) -> Result<KernelPipe, OsError> {
        let order = Order {
            carrier,
            name: &way.name,
            outer: way.pipe.external.as_ref().map(|external| external.path.as_path()),
            writer: way.writer,
            reader: way.reader,
            capacity: way.capacity,
        };
        let mut made = kernel::make(&order, self.site.fifo_dir, &mut self.fifos)?;
        if let Some(refused) = made.capacity_refused.take() {
            self.warnings.push(format!("pipe {}: {refused}; it keeps its size", way.pipe.name));
        }
        Ok(made)
    }

    fn tally(&mut self, pipe: PipeId, reader: Option<JobId>, seen: bool) -> Arc<Tally> {
        let tally = Arc::<Tally>::default();
        self.tallies.push(PipeLeg { pipe, reader, seen, tally: tally.clone() });
        tally
    }

    fn give_outlet(&mut self, pipe: &PipeSpec, writer: End, outlet: Box<dyn Outlet>, tally: &Arc<Tally>) {
        let leg = Leg::new(outlet, pipe.queue.blocks, tally.clone());
        self.jobs[writer.job.index()].outputs[writer.port].add(leg);
    }

    fn give_inlet(&mut self, pipe: PipeId, reader: End, inlet: Box<dyn Inlet>, tally: &Arc<Tally>) {
        self.jobs[reader.job.index()].debts.extend(inlet.debt());
        let spec = &self.network[pipe];
        let lane = LaneSpec::of(spec, leads_back(self.network, spec, reader.job));
        self.jobs[reader.job.index()].inputs[reader.port] = Some(Input::new(pipe, inlet, lane, tally.clone()));
    }

    /// What a program's blocks get; a program outside the network is a source.
    fn head_rule(&mut self, writer: Option<End>) -> HeadRule {
        let job = writer.map_or("", |writer| self.network[writer.job].name.as_str());
        HeadRule::Program {
            job: job.into(),
            lines: writer.map_or_else(Vec::new, |writer| self.lines.receivers(writer)),
        }
    }

    fn program(&self, end: End) -> Option<&'a Executable> {
        self.network[end.job].executable()
    }

    fn holder(&self, end: End) -> Holder {
        self.program(end).map_or(Holder::Runtime, |program| Holder::Program(end.job, program.pass))
    }

    /// A name that no pipe has, as names have no `@`.
    fn leg_name(&self, pipe: &PipeSpec, reader: End) -> String {
        format!("{}@{}", pipe.name, self.network[reader.job].name)
    }

    /// How blocks stand on a kernel pipe whose far end, seen from the runtime, is `other`.
    fn format(&self, pipe: &PipeSpec, other: Option<End>) -> WireFormat {
        // Between ends of ours heads always travel.
        let heads = other.is_some_and(|end| self.program(end).is_none_or(|program| program.head));
        WireFormat {
            pipe: pipe.name.as_str().into(),
            codec: pipe.codec,
            heads: heads && pipe.codec.has_blocks(),
            max_block_bytes: pipe.max_block_bytes,
        }
    }

    fn finish(self) -> Result<Wired, WireError> {
        let Wiring { network, site, jobs, mut lines, forwarders, fifos, tallies, warnings } = self;
        let (natives, programs, posts) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut wired = Wired { natives, programs, posts, forwarders, fifos, tallies, warnings };
        let standard_input = reads_standard_input(network);
        for ((id, spec), job) in network.jobs().zip(jobs) {
            match &spec.body {
                Body::Executable(_) => {
                    wired.programs.insert(id, job.ends);
                    if !job.lineup.is_empty() {
                        let lineup = lineup(job.lineup, lines.of_lineup(id), network.head_size());
                        wired.forwarders.push((spec.inputs.clone(), Box::new(lineup)));
                    }
                }
                Body::Native(native) => {
                    let refused = |message| WireError::Args { job: spec.name.to_string(), message };
                    let args = pipeloom_config::render_args(&native.args, site.run_dir)
                        .map_err(|error| refused(error.to_string()))?;
                    let made = (native.kind.new)(&args).map_err(|error| refused(error.to_string()))?;
                    let mut setup = setup(network, spec, site.run_dir);
                    setup.standard_input =
                        standard_input == Some(id) || native.ports.standard_input == StandardInput::Needed;
                    if native.ports.lines {
                        let post = Arc::new(Post::new(site.reactor_bell)?);
                        setup.lines = Some(Lines::new(post.clone()));
                        wired.posts.insert(id, post);
                    }
                    let controls = Controls::new(id, job.bell, site.facts.clone(), job.debts);
                    let empty = Head::empty(network.head_size());
                    let mut outputs = job.outputs;
                    let times = spec.times.and_then(|_| outputs.pop());
                    let outbox = Outbox::new(outputs, controls.clone(), empty);
                    let runner = Runner {
                        times: times.is_some().then(|| Times::new(spec.name.as_str(), site.clock)),
                        outbox: match times {
                            Some(port) => outbox.with_times(port),
                            None => outbox,
                        },
                        job: made,
                        setup,
                        inbox: Inbox::new(job.inputs.into_iter().map(made_input).collect(), network.head_size()),
                        controls: controls.clone(),
                        clock: site.clock,
                        numbered_by_step: native.ports.steps == Steps::Each,
                    };
                    wired.natives.insert(id, (runner, controls));
                }
            }
        }
        Ok(wired)
    }
}

/// Puts all inputs of one executable in step.
fn lineup(mut inputs: Vec<(usize, LineupInput)>, lines: Vec<HeadSender>, head_size: HeadSize) -> Lineup {
    inputs.sort_by_key(|(port, _)| *port);
    Lineup::new(inputs.into_iter().map(|(_, input)| input).collect(), lines, head_size)
}

/// What may wait in a relay for one reader.
fn queue(pipe: &PipeSpec) -> LegQueue {
    LegQueue::new(pipe.queue, pipe.when_full)
}

/// One of a job's inputs, once all pipes are made.
fn made_input(input: Option<Input>) -> Input {
    let Some(input) = input else { unreachable!("the plan has a way to each reader of each pipe") };
    input
}

/// The job that reads standard input though it need not: the first one, if nobody needs to.
fn reads_standard_input(network: &Network) -> Option<JobId> {
    let use_of = |job: &JobSpec| match &job.body {
        Body::Native(native) => native.ports.standard_input,
        Body::Executable(_) => StandardInput::Unused,
    };
    let mut first = None;
    for (id, job) in network.jobs() {
        match use_of(job) {
            StandardInput::Needed => return None,
            StandardInput::IfFree => first = first.or(Some(id)),
            StandardInput::Unused => {}
        }
    }
    first
}

fn setup(network: &Network, job: &JobSpec, run_dir: &Path) -> Setup {
    let port = |&pipe: &PipeId| PortSetup { pipe: network[pipe].name.to_string(), codec: network[pipe].codec };
    let head_size: HeadSize = network.head_size();
    Setup {
        job: job.name.to_string(),
        network_dir: network.dir().to_owned(),
        run_dir: run_dir.to_owned(),
        head_size,
        inputs: job.inputs.iter().map(port).collect(),
        outputs: job.outputs.iter().map(port).collect(),
        lines: None,
        standard_input: false,
    }
}
