//! What each life of a program that may be started again is given.
//!
//! Relays and lineups outlive the lives of a program; its pipes do not. With a new FIFO for each life nothing that one life
//! left, torn or whole, can be taken for what the next one wrote, and no reader begins inside a block.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::vec::IntoIter;

use pipeloom_config::{Acknowledgement, End, JobId, Network, PipeId};
use pipeloom_os::OsError;
use pipeloom_os::fifo::FifoDir;

use super::bells::Bells;
use super::capacity::Capacities;
use super::ends::{ChildEnds, Fifos, TellWhat, Told};
use super::head_lines::outputs_with_lines;
use super::making::{Made, Maker};
use super::pipe_leg::PipeLeg;
use super::time_lines::{LifeLines, LifeTimes};
use crate::flow::{
    Done, FarBehind, HandOver, HeadReceiver, HeadSender, Inlet, MomentSender, Outlet, Tally, fate, head_line,
};
use crate::plan::{Carrier, Conduit, Plan, Route};
use crate::reactor::FactSender;
use crate::supervise::{At, Incarnation};

/// Makes the pipes for each life of a program.
pub(crate) struct Lives {
    pub(crate) network: Arc<Network>,
    pub(crate) plan: Plan,
    pub(crate) fifo_dir: Arc<FifoDir>,
    pub(crate) facts: FactSender,
    /// The reactor's doorbell.
    pub(crate) bells: Bells,
    /// The counts of all pipes.
    pub(crate) legs: Arc<Vec<PipeLeg>>,
    /// Of programs whose times are logged.
    pub(crate) times: HashMap<JobId, LifeTimes>,
}

/// One life of a program.
pub(crate) struct Life {
    /// What the program is given.
    pub(crate) ends: ChildEnds,
    /// What is written for it, an outlet for each of its inputs.
    pub(crate) outlets: Vec<Box<dyn Outlet>>,
    /// Where what is known of each of its compute blocks is left.
    pub(crate) lines: Vec<HeadSender>,
    /// Each shows how many compute blocks it has done at most; none where that does not matter.
    pub(crate) done: Vec<Done>,
    /// What is read of it.
    pub(crate) inlets: Vec<(PipeId, Box<dyn Inlet>)>,
    /// What could not be had and is not needed.
    pub(crate) warnings: Vec<String>,
}

impl Lives {
    /// Makes what this life needs. What an earlier one had in the file system is removed.
    pub(crate) fn begin(&self, at: At, fifos: &mut Fifos) -> Result<Life, OsError> {
        fifos.forget(at.job, &self.fifo_dir)?;
        let job = &self.network[at.job];
        let capacities = &Capacities::usual();
        let maker = Maker { network: &self.network, fifo_dir: &self.fifo_dir, capacities, facts: &self.facts };
        let mut life = Life {
            ends: ChildEnds::for_job(job),
            outlets: Vec::new(),
            lines: Vec::new(),
            done: Vec::new(),
            inlets: Vec::new(),
            warnings: Vec::new(),
        };
        let (mut timed_inputs, mut timed_outputs) = self.begin_times(at.job, &mut life);
        for (port, &input) in job.inputs.iter().enumerate() {
            let (pipe, reader) = (&self.network[input], End { job: at.job, port });
            let name = name_in_life(maker.leg_name(pipe, reader), at.incarnation);
            let made = maker.outlet(pipe, Some(reader), self.carrier_to(input, reader), name, fifos)?;
            let Made { program, ours, warning } = made;
            program.into_iter().for_each(|end| life.ends.set_input(port, end));
            let hand_over = timed_inputs.next().map(|line| HandOver::new(line, pipe.block_count));
            life.outlets.push(Box::new(ours.remembering().timed(hand_over)));
            life.warnings.extend(warning);
        }
        let acknowledgement = self.network.acknowledgement(at.job);
        if acknowledgement == Some(Acknowledgement::Says) {
            let done = Done::new(self.bells.lineup(at.job));
            life.ends.tellers.done = Some(done.clone());
            life.done.push(done);
        }
        let with_lines = outputs_with_lines(&self.network, &self.plan, at.job);
        let far_behind = FarBehind::new(at.job, &self.facts);
        for (port, &output) in job.outputs.iter().enumerate() {
            let pipe = &self.network[output];
            let mut receivers: Vec<HeadReceiver> = Vec::new();
            if with_lines.contains(&port) && !job.inputs.is_empty() {
                let (sender, receiver) = head_line(NonZeroUsize::MIN);
                life.lines.push(sender.telling(Some(far_behind.clone())));
                receivers.push(receiver);
            }
            let name = name_in_life(pipe.name.to_string(), at.incarnation);
            let tally = self.tally(output);
            if let Some(tally) = tally.clone().filter(|_| job.executable().is_some_and(|program| program.kit)) {
                let name = pipe.name.to_string();
                life.ends.tells(Told { pipe: output, name, what: TellWhat::Cleared, tally });
            }
            let made = maker.inlet(pipe, self.carrier_from(output), name, receivers, tally, fifos)?;
            let Made { program, ours, warning } = made;
            program.into_iter().for_each(|end| life.ends.set_output(port, end));
            let shows = acknowledgement == Some(Acknowledgement::Outputs);
            let done = shows.then(|| Done::new(self.bells.lineup(at.job)));
            life.done.extend(done.clone());
            let (teller, fate) = fate(self.bells.relay(output));
            life.ends.tellers.fates.push(teller);
            life.inlets.push((output, Box::new(ours.showing(done).heeding(fate).timed(timed_outputs.next()))));
            life.warnings.extend(warning);
        }
        Ok(life)
    }

    /// Lays the lines of moments of a program whose times are logged: for its inputs, and for its outputs.
    fn begin_times(&self, job: JobId, life: &mut Life) -> (IntoIter<MomentSender>, IntoIter<MomentSender>) {
        let Some(times) = self.times.get(&job) else { return Default::default() };
        let mut marks = Vec::new();
        if !self.network[job].inputs.is_empty() {
            let (sender, receiver) = head_line(NonZeroUsize::MIN);
            life.lines.push(sender);
            marks.push(receiver);
        }
        let LifeLines { birth, inputs, outputs } = times.begin(marks, &self.bells.times());
        life.ends.tellers.birth = Some(birth);
        (inputs.into_iter(), outputs.into_iter())
    }

    /// A job has no other life.
    pub(crate) fn end(&mut self, job: JobId) {
        if self.times.remove(&job).is_some() {
            self.bells.times().ring();
        }
    }

    /// The counts of a pipe for its first reader, where what its writer does is counted.
    fn tally(&self, pipe: PipeId) -> Option<Arc<Tally>> {
        self.legs.iter().find(|leg| leg.pipe == pipe).map(|leg| leg.tally.clone())
    }

    fn carrier_from(&self, pipe: PipeId) -> Carrier {
        match &self.plan.pipe(pipe).route {
            Route::Relay { from, .. } => carrier(from),
            Route::Legs(_) | Route::Fused { .. } | Route::Records { .. } => Carrier::Fifo,
        }
    }

    fn carrier_to(&self, pipe: PipeId, reader: End) -> Carrier {
        let legs = match &self.plan.pipe(pipe).route {
            Route::Relay { to, .. } | Route::Records { to } => to,
            Route::Legs(legs) => legs,
            Route::Fused { .. } => return Carrier::Fifo,
        };
        let leg = legs.iter().find(|leg| leg.reader == Some(reader));
        leg.map_or(Carrier::Fifo, |leg| carrier(&leg.conduit))
    }
}

fn carrier(conduit: &Conduit) -> Carrier {
    match conduit {
        Conduit::Direct(carrier) | Conduit::Shared(carrier, _) => *carrier,
        Conduit::Channel(_) => Carrier::Fifo,
    }
}

/// A name that no pipe has in another life, as names have no `@`.
fn name_in_life(name: String, incarnation: Incarnation) -> String {
    if incarnation == Incarnation::FIRST { name } else { format!("{name}@@{}", incarnation.number()) }
}
