//! Pipes that the runtime forwards.

use std::sync::Arc;

use pipeloom_config::{PipeId, PipeSpec, Taking, WhenFull};
use pipeloom_job::HeadSize;
use pipeloom_os::OsError;

use super::{Way, Wiring};
use crate::flow::{
    EndNotice, FifoInlet, FifoOutlet, HeadSender, Inlet, Lane, LegQueue, Lineup, Outlet, Relay, RelayLeg, Tally, link,
};
use crate::plan::{self, Carrier, Conduit, leads_back};
use crate::step::LaneSpec;
use crate::wire::ends::{Side, TellWhat};
use crate::wire::kernel::{Holder, KernelEnd};

/// The kernel rounds it up to one page.
const SMALLEST_PIPE: usize = 1;

impl Wiring<'_> {
    /// A pipe that the runtime reads and forwards to each reader.
    pub(super) fn relay(
        &mut self,
        id: PipeId,
        pipe: &PipeSpec,
        from: &Conduit,
        to: &[plan::Leg],
    ) -> Result<(), OsError> {
        let legs = to.iter().map(|leg| self.relay_leg(id, pipe, leg)).collect::<Result<Vec<_>, _>>()?;
        let tally = legs.first().map(RelayLeg::tally);
        if let Some((writer, tally)) = pipe.writer.zip(tally.as_ref()) {
            self.have_told((id, pipe), writer, TellWhat::Cleared, tally);
        }
        let inlet = self.relay_inlet(pipe, from, tally)?;
        let relay = Relay::new(pipe.name.as_str(), inlet, legs).held_by(self.times.holds(pipe));
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
        let inlet = inlet.with_notice(notice).timed(pipe.writer.and_then(|writer| self.times.output(writer)));
        Ok(Box::new(match tally {
            Some(tally) => inlet.counting_false_resets(tally),
            None => inlet,
        }))
    }

    pub(super) fn relay_leg(&mut self, id: PipeId, pipe: &PipeSpec, leg: &plan::Leg) -> Result<RelayLeg, OsError> {
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
        let outlet = FifoOutlet::new(self.format(pipe, leg.reader), end)
            .with_notice(notice)
            .timed(leg.reader.and_then(|reader| self.times.hand_over(reader, pipe)));
        let (Some(limits), Some(reader)) = (leg.lineup, leg.reader) else {
            return Ok(RelayLeg::new(Box::new(outlet.for_program(tally.clone(), lines)), queue(pipe), tally));
        };
        let (to_lineup, inlet) = link(limits, self.site.reactor_bell, self.site.reactor_bell);
        let lane = LaneSpec::of(pipe, leads_back(self.network, pipe, reader.job));
        let lane = Lane::new(inlet, lane, tally.clone());
        self.jobs[reader.job.index()].lineup.push((reader.port, lane, Box::new(outlet)));
        Ok(RelayLeg::new(to_lineup, queue(pipe), tally))
    }
}

/// Puts all inputs of one executable in step.
pub(super) fn lineup(
    mut inputs: Vec<(usize, Lane, Box<dyn Outlet>)>,
    lines: Vec<HeadSender>,
    head_size: HeadSize,
) -> Lineup {
    inputs.sort_by_key(|(port, ..)| *port);
    Lineup::new(inputs.into_iter().map(|(_, lane, outlet)| (lane, outlet)).collect(), lines, head_size)
}

/// What may wait in a relay for one reader.
fn queue(pipe: &PipeSpec) -> LegQueue {
    LegQueue::new(pipe.queue, pipe.when_full)
}
