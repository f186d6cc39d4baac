//! Pipes that the runtime forwards without looking at their payloads.

use pipeloom_config::{PipeId, PipeSpec};
use pipeloom_os::OsError;

use super::{Forwarded, PipeError, Wiring};
use crate::flow::{CutLeg, CutThrough, SPLICED_FROM, Scratch, USUAL_CAPACITY, WayIn, WayOut, fate};
use crate::plan::{Carrier, Conduit, Leg, Route};
use crate::wire::capacity::COPIED;
use crate::wire::ends::TellWhat;
use crate::wire::making::Made;

impl Wiring<'_> {
    /// The pipes of our own that several readers need to share payloads; `None`, and a warning, if the user may not have them.
    pub(super) fn scratches(&mut self, pipe: &PipeSpec, route: &Route) -> Result<Option<Vec<Scratch>>, OsError> {
        let bytes = self.capacities.of(pipe).unwrap_or(USUAL_CAPACITY);
        let scratch = || if self.capacities.has_scratch() { Scratch::of(bytes).transpose() } else { None };
        let scratches: Option<Vec<_>> = (0..route.scratch_pipes()).map(|_| scratch()).collect();
        if scratches.is_none() {
            self.warnings.push(format!("pipe {}: {COPIED}", pipe.name));
        }
        scratches.map(|scratches| scratches.into_iter().collect()).transpose()
    }

    /// A pipe between programs that the runtime hands on as it comes. With several readers each has one of `scratches`.
    pub(super) fn cut_through(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        from: Carrier,
        to: &[Leg],
        scratches: Vec<Scratch>,
    ) -> Result<(), PipeError> {
        let Some(writer) = pipe.writer else { unreachable!("the plan sees to it") };
        let mut scratches = scratches.into_iter();
        let legs = to.iter().map(|leg| self.cut_leg((id, pipe), leg, scratches.next()));
        let legs = legs.collect::<Result<Vec<_>, PipeError>>()?;
        if let Some(leg) = legs.first() {
            self.have_told((id, pipe), writer, TellWhat::Cleared, &leg.tally());
        }
        let (maker, head_size) = (self.maker(), self.network.head_size());
        let Made { program, ours: (end, notice), warning } =
            maker.read_end(pipe, from, pipe.name.to_string(), &mut self.fifos)?;
        self.warnings.extend(warning);
        let (teller, fate) = fate(self.site.bells.relay(id));
        let ends = &mut self.jobs[writer.job.index()].ends;
        ends.tellers.fates.push(teller);
        program.into_iter().for_each(|end| ends.set_output(writer.port, end));
        let source = WayIn::new(&maker.format(pipe, pipe.writer), head_size, end, notice, SPLICED_FROM);

        let rule = maker.head_rule(pipe.writer, self.lines.receivers(writer));
        let relay = CutThrough::new(pipe.name.as_str(), source, legs, rule, head_size);
        let relay = relay.heeding(Some(fate)).beginning(self.site.epoch);
        self.forwarders.push(Forwarded::relay(id, relay));
        Ok(())
    }

    fn cut_leg(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        leg: &Leg,
        scratch: Option<Scratch>,
    ) -> Result<CutLeg, PipeError> {
        let Conduit::Direct(carrier) = leg.conduit else { unreachable!("the plan sees to it") };
        let maker = self.maker();
        let tally = self.tally(id, leg.reader.map(|reader| reader.job), true);
        let name = leg.reader.map_or_else(|| pipe.name.to_string(), |reader| maker.leg_name(pipe, reader));
        let Made { program, ours: (end, notice), warning } =
            maker.write_end(pipe, leg.reader, carrier, name, &mut self.fifos)?;
        self.warnings.extend(warning);
        if let (Some(end), Some(reader)) = (program, leg.reader) {
            self.jobs[reader.job.index()].ends.set_input(reader.port, end);
        }
        let lines = leg.reader.map_or_else(Vec::new, |reader| self.lines.senders(reader));
        let way = WayOut::new(&maker.format(pipe, leg.reader), end, notice, lines);
        Ok(CutLeg::new(way.holding(scratch), tally))
    }
}
