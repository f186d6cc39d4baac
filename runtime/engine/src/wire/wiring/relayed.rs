//! Pipes that the runtime forwards.

use std::sync::Arc;
use std::time::Duration;

use pipeloom_config::{Ack, End, PipeId, PipeSpec, SpoolSpec, SpoolSync, WhenFull};
use pipeloom_job::HeadSize;
use pipeloom_os::OsError;

use super::found::spool_name;
use super::{Forwarded, PipeError, Wiring};
use crate::flow::{
    HeadSender, Inlet, Keeps, Lane, LegQueue, Lineup, MOST_ON_DISK, Outlet, Relay, RelayLeg, Settler, SpillPlace,
    SpoolQueue, SpoolRoom, Tally, Waiting, fate, link,
};
use crate::plan::{self, Carrier, Conduit, leads_back};
use crate::run_dir::{SPILL, SPOOLS, make_folder};
use crate::step::LaneSpec;
use crate::wire::ends::TellWhat;
use crate::wire::making::Made;

/// How often what is to be synced at an interval is.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

impl Wiring<'_> {
    /// A pipe that the runtime reads and forwards to each reader.
    pub(super) fn relay(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        from: &Conduit,
        to: &[plan::Leg],
        may_grow: bool,
    ) -> Result<(), PipeError> {
        let legs = to.iter().map(|leg| self.relay_leg(id, pipe, leg, may_grow)).collect::<Result<Vec<_>, _>>()?;
        let relay = if pipe.writer.is_some_and(|writer| self.has_lives(writer)) {
            Relay::of_lives(pipe.name.as_str(), legs)
        } else {
            let tally = legs.first().map(RelayLeg::tally);
            if let Some((writer, tally)) = pipe.writer.zip(tally.as_ref()) {
                self.have_told((id, pipe), writer, TellWhat::Cleared, tally);
            }
            let inlet = self.relay_inlet((id, pipe), from, tally)?;
            Relay::new(pipe.name.as_str(), inlet, legs)
        };
        let relay = relay.beginning(self.site.epoch).held_by(self.times.holds(pipe));
        let relay = if pipe.cycle { relay.reading_to_the_end() } else { relay };
        let watched = pipe.writer.filter(|_| may_grow).map(|writer| writer.job);
        self.forwarders.push(Forwarded::relay(id, relay).watching(watched));
        Ok(())
    }

    /// What a program does to heads is counted in `tally`.
    fn relay_inlet(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        from: &Conduit,
        tally: Option<Arc<Tally>>,
    ) -> Result<Box<dyn Inlet>, OsError> {
        let carrier = match (from, pipe.writer) {
            (Conduit::Channel(limits), Some(writer)) => {
                let bell = &self.jobs[writer.job.index()].bell;
                let (outlet, inlet) = link(*limits, bell, &self.site.bells.relay(id));
                // The relay counts for each of its readers; this count is nobody's.
                self.give_outlet(pipe, writer, outlet, &Arc::default());
                return Ok(inlet);
            }
            (Conduit::Channel(_), None) => Carrier::Outer,
            (Conduit::Direct(carrier) | Conduit::Shared(carrier, _), _) => *carrier,
        };
        let lines = pipe.writer.map_or_else(Vec::new, |writer| self.lines.receivers(writer));
        let name = pipe.name.to_string();
        let made = self.maker().inlet(pipe, carrier, name, lines, tally, &mut self.fifos)?;
        let Made { program, ours, warning } = made;
        self.warnings.extend(warning);
        let mut ours = ours.timed(pipe.writer.and_then(|writer| self.times.output(writer)));
        if let (Some(end), Some(writer)) = (program, pipe.writer) {
            let (teller, fate) = fate(self.site.bells.relay(id));
            ours = ours.heeding(fate);
            let ends = &mut self.jobs[writer.job.index()].ends;
            ends.tellers.fates.push(teller);
            ends.set_output(writer.port, end);
        }
        Ok(Box::new(ours))
    }

    /// What may wait in a relay for one reader; where it stays until it is done, with what is told that it is.
    fn waiting(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        reader: Option<End>,
        tally: &Tally,
    ) -> Result<(Waiting, Option<Settler>), PipeError> {
        let WhenFull::Spool(spool) = pipe.when_full else {
            return Ok((LegQueue::new(pipe.queue, pipe.when_full).into(), None));
        };
        let name = spool_name(self.network, pipe, reader);
        let queue = match self.found.take(&name) {
            Some((queue, blocks)) => {
                tally.add_written(blocks);
                queue
            }
            None => {
                let folder = self.site.run_dir.join(SPOOLS);
                make_folder(&folder)?;
                SpoolQueue::create(folder.join(name), room(pipe, spool), sync(spool.sync))?
            }
        };
        // A program outside the network says nothing of what it has done.
        let Some(window) = pipe.delivery.window().filter(|_| pipe.outlives_runtime() && reader.is_some()) else {
            return Ok((queue.into(), None));
        };
        let is_program = reader.is_some_and(|reader| self.program(reader).is_some());
        let only_at_end = is_program && window.ack == Ack::End;
        let (queue, settler) = queue.until_settled(&self.site.bells.relay(id), only_at_end);
        Ok((queue.into(), Some(settler)))
    }

    /// Where what waits for a reader may go if it gets too long for memory.
    fn spill_place(&self, pipe: &PipeSpec, reader: Option<End>) -> Option<SpillPlace> {
        let dir = self.site.run_dir.join(SPILL).join(self.maker().leg_name(pipe, reader?));
        Some(SpillPlace { dir, room: SpoolRoom { max_bytes: MOST_ON_DISK, max_block_bytes: pipe.max_block_bytes } })
    }

    pub(super) fn relay_leg(
        &mut self,
        id: PipeId,
        pipe: &PipeSpec,
        leg: &plan::Leg,
        may_grow: bool,
    ) -> Result<RelayLeg, PipeError> {
        let place = self.spill_place(pipe, leg.reader).filter(|_| may_grow);
        self.relay_leg_that_stays(id, pipe, leg).map(|leg| leg.spilling_to(place))
    }

    fn relay_leg_that_stays(&mut self, id: PipeId, pipe: &PipeSpec, leg: &plan::Leg) -> Result<RelayLeg, PipeError> {
        let tally = self.tally(id, leg.reader.map(|reader| reader.job), true);
        let (waiting, settler) = self.waiting((id, pipe), leg.reader, &tally)?;
        let carrier = match (&leg.conduit, leg.reader) {
            (Conduit::Channel(limits), Some(reader)) => {
                let (outlet, inlet) = link(*limits, &self.site.bells.relay(id), &self.jobs[reader.job.index()].bell);
                self.give_settling_inlet(id, reader, inlet, &tally, settler);
                return Ok(RelayLeg::new(outlet, waiting, tally));
            }
            (Conduit::Channel(_), None) => Carrier::Outer,
            (Conduit::Direct(carrier) | Conduit::Shared(carrier, _), _) => *carrier,
        };
        let outlet = match leg.reader {
            Some(reader) if self.has_lives(reader) => None,
            reader => {
                let maker = self.maker();
                let name = reader.map_or_else(|| pipe.name.to_string(), |reader| maker.leg_name(pipe, reader));
                let Made { program, ours, warning } = maker.outlet(pipe, reader, carrier, name, &mut self.fifos)?;
                self.warnings.extend(warning);
                if let (Some(end), Some(reader)) = (program, reader) {
                    self.jobs[reader.job.index()].ends.set_input(reader.port, end);
                }
                Some(ours.timed(reader.and_then(|reader| self.times.hand_over(reader, pipe))))
            }
        };
        let (Some(limits), Some(reader)) = (leg.lineup, leg.reader) else {
            let Some(outlet) = outlet else { unreachable!("a program with lives has its inputs put in step") };
            let lines = leg.reader.map_or_else(Vec::new, |reader| self.lines.senders(reader));
            return Ok(RelayLeg::new(Box::new(outlet.for_program(tally.clone(), lines)), waiting, tally));
        };
        let (to_lineup, inlet) = link(limits, &self.site.bells.relay(id), &self.site.bells.lineup(reader.job));
        let lane = LaneSpec::of(pipe, leads_back(self.network, pipe, reader.job));
        let job = &mut self.jobs[reader.job.index()];
        job.lanes.push((reader.port, Lane::new(inlet, lane, tally.clone()).settling(settler)));
        job.outlets.extend(outlet.map(|outlet| (reader.port, Box::new(outlet) as Box<dyn Outlet>)));
        Ok(RelayLeg::new(to_lineup, waiting, tally))
    }
}

/// Puts all inputs of one executable in step. One that may be started again has no `outlets` yet; with `keeps`, nothing that it
/// is given is lost.
pub(crate) fn lineup(
    keeps: Option<Vec<Keeps>>,
    mut lanes: Vec<(usize, Lane)>,
    mut outlets: Vec<(usize, Box<dyn Outlet>)>,
    lines: Vec<HeadSender>,
    head_size: HeadSize,
) -> Lineup {
    lanes.sort_by_key(|(port, _)| *port);
    outlets.sort_by_key(|(port, _)| *port);
    let lanes = lanes.into_iter().map(|(_, lane)| lane);
    if outlets.is_empty() {
        return Lineup::of_lives(lanes.collect(), keeps, head_size);
    }
    Lineup::new(lanes.zip(outlets.into_iter().map(|(_, outlet)| outlet)).collect(), lines, head_size)
}

/// How much a spool of this pipe may keep.
pub(super) const fn room(pipe: &PipeSpec, spool: SpoolSpec) -> SpoolRoom {
    SpoolRoom { max_bytes: spool.max_bytes, max_block_bytes: pipe.max_block_bytes }
}

/// How a spool is brought to the disk itself.
pub(super) const fn sync(sync: SpoolSync) -> pipeloom_spool::SpoolSync {
    match sync {
        SpoolSync::Never => pipeloom_spool::SpoolSync::Never,
        SpoolSync::Interval => pipeloom_spool::SpoolSync::Interval(SYNC_INTERVAL),
        SpoolSync::Each => pipeloom_spool::SpoolSync::Each,
    }
}
