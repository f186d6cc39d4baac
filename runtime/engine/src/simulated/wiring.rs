//! The relays and lineups of a run, wired as a real one, with simulated pipes.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use pipeloom_config::{Acknowledgement, JobId, Network, PipeId, PipeSpec};
use pipeloom_os::doorbell::Doorbell;

use super::pipe::{Far, Near, Pipe};
use super::planted::{Planted, Sieve};
use super::process::End;
use super::worked::Worked;
use crate::flow::{
    CutLeg, CutThrough, Done, FifoInlet, FifoOutlet, HeadReceiver, HeadRule, HeadSender, Inlet, Lane, LegQueue, Outlet,
    Relay, RelayLeg, Renewal, Scratch, Tally, WayIn, WayOut, WireFormat, head_line, link,
};
use crate::plan::{Hold, Leg, Plan, Route, Whole, leads_back, plan};
use crate::reactor::facts;
use crate::step::LaneSpec;
use crate::supervise::At;
use crate::wire::{Forwarded, HeadLines, PipeLeg, kept, lineup, outputs_with_lines};

/// What one life of a job is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    pub(super) inputs: Vec<End>,
    pub(super) outputs: Vec<End>,
    /// Where what it says that it has done is held.
    pub(super) done: Option<Done>,
}

/// The inputs of a job that are put in step, each with its port; the pipes of one that has a single life.
#[derive(Default)]
struct Inputs {
    lanes: Vec<(usize, Lane)>,
    outlets: Vec<(usize, Pipe)>,
}

/// All forwarders of a run, and who has the other ends of their pipes.
pub(super) struct Wiring {
    network: Arc<Network>,
    pub(super) plan: Plan,
    bell: Doorbell,
    lines: HeadLines,
    planted: Option<Planted>,
    pub(super) forwarders: Vec<Worked>,
    pub(super) tallies: Vec<PipeLeg>,
    /// What jobs with one life are given.
    once: HashMap<JobId, Ends>,
}

impl Wiring {
    pub(super) fn new(network: Arc<Network>, bell: Doorbell, planted: Option<Planted>, random: &mut Rng) -> Wiring {
        let plan = plan(&network);
        // Nobody is there to be warned.
        let (nobody, _) = facts(&bell);
        let lines = HeadLines::lay(&network, &plan, &nobody);
        let mut wiring = Wiring {
            network: network.clone(),
            plan,
            bell,
            lines,
            planted,
            forwarders: Vec::new(),
            tallies: Vec::new(),
            once: HashMap::new(),
        };
        let mut lineups: HashMap<JobId, Inputs> = HashMap::new();
        for (id, _) in network.jobs() {
            if !network.has_pipes_by_life(id) {
                let ends = wiring.new_ends(id, random);
                wiring.once.insert(id, ends);
            }
        }
        for (id, pipe) in network.pipes() {
            let Route::Relay { to, hold, .. } = &wiring.plan.pipe(id).route else {
                unreachable!("every pipe is forwarded")
            };
            // Every pipe here asks for a relay; those that have no other reason may do without whole blocks as well.
            let may_cut = matches!(hold, Hold::CutThrough | Hold::WholeBlock(Whole::Asked));
            let (to, mut targets) = (to.clone(), Vec::new());
            if may_cut && random.bool() {
                wiring.cut_through((id, pipe), &to, random);
                continue;
            }
            let legs = to.iter().map(|leg| wiring.relay_leg((id, pipe), leg, &mut targets, &mut lineups)).collect();
            let Some(writer) = pipe.writer else { unreachable!("every pipe has a writer") };
            let source = wiring.once.get(&writer.job).map(|ends| ends.outputs[writer.port].pipe.clone());
            let relay = match source.clone() {
                None => Relay::of_lives(pipe.name.as_str(), legs),
                Some(from) => {
                    let tally = legs.first().map(RelayLeg::tally);
                    let receivers = wiring.lines.receivers(writer);
                    let inlet = wiring.inlet((id, pipe), from, receivers, tally, None);
                    Relay::new(pipe.name.as_str(), inlet, legs)
                }
            };
            wiring.add(Forwarded::relay(id, relay), source, targets);
        }
        for (id, job) in network.jobs() {
            let Some(Inputs { lanes, outlets }) = lineups.remove(&id) else { continue };
            let keeps = network.acknowledgement(id).map(|_| kept(&network, job, Path::new("/nowhere")));
            let targets = outlets.iter().map(|(_, pipe)| Some(pipe.clone())).collect();
            let outlet = |(port, pipe): (usize, Pipe)| {
                let outlet = FifoOutlet::new(wiring.format(&network[job.inputs[port]], id), Near(pipe));
                (port, Box::new(outlet) as Box<dyn Outlet>)
            };
            let outlets = outlets.into_iter().map(outlet).collect();
            let lineup = lineup(keeps, lanes, outlets, wiring.lines.of_lineup(id), network.head_size());
            wiring.add(Forwarded::lineup(id, job.inputs.clone(), lineup), None, targets);
        }
        wiring
    }

    fn add(&mut self, forwarded: Forwarded, source: Option<Pipe>, targets: Vec<Option<Pipe>>) {
        let Forwarded { lined_up, pipes, forwarder, .. } = forwarded;
        self.forwarders.push(Worked {
            lined_up,
            pipes,
            forwarder: Some(forwarder),
            source,
            targets,
            over: false,
            rests: false,
        });
    }

    fn heads(&self, job: JobId) -> bool {
        self.network[job].executable().is_some_and(|program| program.head)
    }

    /// A new pipe for each input and output of a job.
    fn new_ends(&self, job: JobId, random: &mut Rng) -> Ends {
        let mut ends = |pipes: &[PipeId]| {
            let end = |_| End { pipe: Pipe::new(capacity(random)), heads: self.heads(job) };
            pipes.iter().map(end).collect()
        };
        let spec = &self.network[job];
        Ends { inputs: ends(&spec.inputs), outputs: ends(&spec.outputs), done: None }
    }

    fn format(&self, pipe: &PipeSpec, program: JobId) -> WireFormat {
        WireFormat {
            pipe: pipe.name.as_str().into(),
            codec: pipe.codec,
            heads: self.heads(program),
            max_block_bytes: pipe.max_block_bytes,
        }
    }

    /// A pipe whose payloads are not looked at, or only short ones.
    fn cut_through(&mut self, (id, pipe): (PipeId, &PipeSpec), to: &[Leg], random: &mut Rng) {
        let Some(writer) = pipe.writer else { unreachable!("every pipe has a writer") };
        let from = self.once[&writer.job].outputs[writer.port].pipe.clone();
        let mut targets = Vec::new();
        let is_one = to.len() == 1;
        let legs = to.iter().map(|leg| {
            let Some(reader) = leg.reader else { unreachable!("every reader is in the network") };
            let tally = Arc::<Tally>::default();
            self.tallies.push(PipeLeg::new(id, Some(reader.job), true, tally.clone()));
            let to = self.once[&reader.job].inputs[reader.port].pipe.clone();
            targets.push(Some(to.clone()));
            let way = WayOut::new(&self.format(pipe, reader.job), Near(to), None, self.lines.senders(reader));
            let has_scratch = !is_one || random.bool();
            let scratch = has_scratch.then(|| Pipe::new(capacity(random)));
            CutLeg::new(way.holding(scratch.map(|scratch| Scratch::new(Far(scratch.clone()), Near(scratch)))), tally)
        });
        let legs = legs.collect();
        let head_size = self.network.head_size();
        let spliced_from = random.usize(0..40);
        let source = WayIn::new(&self.format(pipe, writer.job), head_size, Far(from.clone()), None, spliced_from);
        let job = self.network[writer.job].name.as_str().into();
        let rule = HeadRule::Program { job, lines: self.lines.receivers(writer) };
        let relay = CutThrough::new(pipe.name.as_str(), source, legs, rule, head_size);
        self.add(Forwarded::relay(id, relay), Some(from), targets);
    }

    fn relay_leg(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        leg: &Leg,
        targets: &mut Vec<Option<Pipe>>,
        lineups: &mut HashMap<JobId, Inputs>,
    ) -> RelayLeg {
        let Some(reader) = leg.reader else { unreachable!("every reader is in the network") };
        let tally = Arc::<Tally>::default();
        self.tallies.push(PipeLeg::new(id, Some(reader.job), true, tally.clone()));
        let to = self.once.get(&reader.job).map(|ends| ends.inputs[reader.port].pipe.clone());
        let queue = LegQueue::new(pipe.queue, pipe.when_full);
        if let Some(limits) = leg.lineup {
            let (to_lineup, inlet) = link(limits, &self.bell, &self.bell);
            let spec = LaneSpec::of(pipe, leads_back(&self.network, pipe, reader.job));
            let Inputs { lanes, outlets } = lineups.entry(reader.job).or_default();
            lanes.push((reader.port, Lane::new(inlet, spec, tally.clone())));
            outlets.extend(to.map(|to| (reader.port, to)));
            targets.push(None);
            return RelayLeg::new(self.planted_in(to_lineup), queue, tally);
        }
        let Some(to) = to else { unreachable!("a program with lives has its inputs put in step") };
        targets.push(Some(to.clone()));
        let outlet = FifoOutlet::new(self.format(pipe, reader.job), Near(to));
        let outlet = outlet.for_program(tally.clone(), self.lines.senders(reader));
        RelayLeg::new(self.planted_in(Box::new(outlet)), queue, tally)
    }

    /// An outlet that may lose a block.
    fn planted_in(&self, outlet: Box<dyn Outlet>) -> Box<dyn Outlet> {
        if self.planted == Some(Planted::DropABlock) { Box::new(Sieve::new(outlet)) } else { outlet }
    }

    fn inlet(
        &self,
        (_, pipe): (PipeId, &PipeSpec),
        from: Pipe,
        lines: Vec<HeadReceiver>,
        tally: Option<Arc<Tally>>,
        done: Option<Done>,
    ) -> Box<dyn Inlet> {
        let Some(writer) = pipe.writer else { unreachable!("every pipe has a writer") };
        let rule = HeadRule::Program { job: self.network[writer.job].name.as_str().into(), lines };
        let inlet = FifoInlet::new(self.format(pipe, writer.job), self.network.head_size(), Far(from), rule);
        let inlet = match tally {
            Some(tally) => inlet.counting_false_resets(tally),
            None => inlet,
        };
        Box::new(inlet.showing(done))
    }

    /// What a life of a job is given; the forwarders around it take it up.
    pub(super) fn begin_life(&mut self, at: At, random: &mut Rng) -> Ends {
        if let Some(ends) = self.once.remove(&at.job) {
            return ends;
        }
        let network = self.network.clone();
        let job = &network[at.job];
        let mut ends = self.new_ends(at.job, random);
        let outlet = |(&pipe, end): (&PipeId, &End)| {
            let outlet = FifoOutlet::new(self.format(&network[pipe], at.job), Near(end.pipe.clone()));
            Box::new(outlet.remembering()) as Box<dyn Outlet>
        };
        let outlets: Vec<_> = job.inputs.iter().zip(&ends.inputs).map(outlet).collect();
        let acknowledgement = network.acknowledgement(at.job);
        let mut done: Vec<Done> = Vec::new();
        if acknowledgement == Some(Acknowledgement::Says) {
            ends.done = Some(Done::new(self.bell.clone()));
            done.extend(ends.done.clone());
        }
        let with_lines = outputs_with_lines(&network, &self.plan, at.job);
        let mut lines: Vec<HeadSender> = Vec::new();
        for (port, (&pipe, end)) in job.outputs.iter().zip(&ends.outputs).enumerate() {
            let mut receivers = Vec::new();
            if with_lines.contains(&port) && !job.inputs.is_empty() {
                let (sender, receiver) = head_line(NonZeroUsize::MIN);
                lines.push(sender);
                receivers.push(receiver);
            }
            let shows = acknowledgement == Some(Acknowledgement::Outputs);
            let shown = shows.then(|| Done::new(self.bell.clone()));
            done.extend(shown.clone());
            let tally = self.tallies.iter().find(|leg| leg.pipe == pipe).map(|leg| leg.tally.clone());
            let inlet = self.inlet((pipe, &network[pipe]), end.pipe.clone(), receivers, tally, shown);
            self.renew_source(pipe, Renewal::Source(inlet), Some(end.pipe.clone()));
        }
        let targets = ends.inputs.iter().map(|end| Some(end.pipe.clone())).collect();
        self.renew_targets(at.job, Renewal::Targets { outlets, lines, done }, targets);
        ends
    }

    /// There is no other life of a job.
    pub(super) fn end_lives(&mut self, job: JobId, well: bool) {
        for pipe in self.network.clone()[job].outputs.clone() {
            self.renew_source(pipe, Renewal::NoSource, None);
        }
        self.renew_targets(job, Renewal::NoTargets { well }, Vec::new());
    }

    pub(super) fn renew_source(&mut self, pipe: PipeId, renewal: Renewal, source: Option<Pipe>) {
        let is_meant = |worked: &&mut Worked| worked.lined_up.is_none() && worked.pipes.contains(&pipe);
        let Some(worked) = self.forwarders.iter_mut().find(is_meant) else { return };
        if let Some(forwarder) = &mut worked.forwarder {
            forwarder.renew(renewal);
            worked.source = source.or(worked.source.take());
        }
    }

    /// What has come for a job on these of its inputs is lost.
    pub(super) fn clear(&mut self, job: JobId, pipes: &[PipeId], awaited: Option<u32>) {
        let network = self.network.clone();
        let inputs = network[job].inputs.iter().enumerate();
        let places = inputs.filter(|(_, input)| pipes.contains(input)).map(|(place, _)| place);
        self.renew_targets(job, Renewal::Clear { inputs: places.collect(), awaited }, Vec::new());
    }

    fn renew_targets(&mut self, job: JobId, renewal: Renewal, targets: Vec<Option<Pipe>>) {
        let Some(worked) = self.forwarders.iter_mut().find(|worked| worked.lined_up == Some(job)) else { return };
        if let Some(forwarder) = &mut worked.forwarder {
            forwarder.renew(renewal);
            if !targets.is_empty() {
                worked.targets = targets;
            }
        }
    }

    /// Has a pipe have more room for one of its readers.
    pub(super) fn grow(&mut self, pipe: PipeId, leg: usize) {
        let is_meant = |worked: &&mut Worked| worked.lined_up.is_none() && worked.pipes.contains(&pipe);
        if let Some(worked) = self.forwarders.iter_mut().find(is_meant) {
            worked.rests = false;
            let grown = worked.forwarder.as_mut().map(|forwarder| forwarder.grow(leg));
            assert!(matches!(grown, Some(Some(_))), "it was seen that it may grow");
        }
    }

    /// Closes all that the forwarder at this place has. Gives the pipes that nobody forwards any more.
    pub(super) fn let_go(&mut self, place: usize) -> Vec<PipeId> {
        let Some(mut forwarder) = self.forwarders[place].forwarder.take() else { return Vec::new() };
        forwarder.abandon();
        let is_forwarded = |pipe: &PipeId| {
            self.forwarders.iter().any(|worked| worked.forwarder.is_some() && worked.pipes.contains(pipe))
        };
        self.forwarders[place].pipes.iter().copied().filter(|pipe| !is_forwarded(pipe)).collect()
    }

    /// The same for all that are about this pipe.
    pub(super) fn let_go_of(&mut self, pipe: PipeId) -> Vec<PipeId> {
        let places = (0..self.forwarders.len()).filter(|&place| self.forwarders[place].pipes.contains(&pipe));
        let places: Vec<usize> = places.collect();
        places.into_iter().flat_map(|place| self.let_go(place)).collect()
    }

    /// A leg whose pipe has lost its reader, of which nobody was told.
    pub(super) fn gone_target(&self) -> Option<(usize, usize)> {
        let is_gone = |pipe: &Option<Pipe>| pipe.as_ref().is_some_and(|pipe| !pipe.has_reader());
        let mut there = self.forwarders.iter().enumerate().filter(|(_, worked)| worked.forwarder.is_some());
        let gone = |(place, worked): (usize, &Worked)| Some((place, worked.targets.iter().position(is_gone)?));
        there.find_map(gone)
    }

    /// Whether the inputs of a job are still put in step.
    pub(super) fn lines_up(&self, job: JobId) -> bool {
        self.forwarders.iter().any(|worked| worked.lined_up == Some(job) && worked.forwarder.is_some() && !worked.over)
    }

    /// What forwards a pipe, or has done so.
    pub(super) fn relay(&self, pipe: PipeId) -> Option<&Worked> {
        self.forwarders.iter().find(|worked| worked.lined_up.is_none() && worked.pipes.contains(&pipe))
    }

    /// All may have something to do.
    pub(super) fn wake_all(&mut self) {
        self.forwarders.iter_mut().for_each(|worked| worked.rests = false);
    }
}

/// Room for one block at least, or for a few.
fn capacity(random: &mut Rng) -> usize {
    random.usize(16..200)
}
