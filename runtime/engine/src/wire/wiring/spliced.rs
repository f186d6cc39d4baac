//! Pipes that the runtime forwards without looking at their payloads.

use pipeloom_config::{PipeId, PipeSpec};

use super::{Forwarded, PipeError, Wiring};
use crate::flow::{CutThrough, SPLICED_FROM, WayIn, WayOut, fate};
use crate::plan::{Carrier, Conduit, Leg};
use crate::wire::ends::TellWhat;
use crate::wire::making::Made;

impl Wiring<'_> {
    /// A pipe between two programs that the runtime hands on as it comes.
    pub(super) fn cut_through(
        &mut self,
        (id, pipe): (PipeId, &PipeSpec),
        from: Carrier,
        to: &[Leg],
    ) -> Result<(), PipeError> {
        let (Some(writer), [leg]) = (pipe.writer, to) else { unreachable!("the plan sees to it") };
        let Conduit::Direct(to) = leg.conduit else { unreachable!("the plan sees to it") };
        let (maker, head_size) = (self.maker(), self.network.head_size());
        let tally = self.tally(id, leg.reader.map(|reader| reader.job), true);
        self.have_told((id, pipe), writer, TellWhat::Cleared, &tally);

        let name = leg.reader.map_or_else(|| pipe.name.to_string(), |reader| maker.leg_name(pipe, reader));
        let Made { program, ours: (end, notice), warning } =
            maker.write_end(pipe, leg.reader, to, name, &mut self.fifos)?;
        self.warnings.extend(warning);
        if let (Some(end), Some(reader)) = (program, leg.reader) {
            self.jobs[reader.job.index()].ends.set_input(reader.port, end);
        }
        let lines = leg.reader.map_or_else(Vec::new, |reader| self.lines.senders(reader));
        let target = WayOut::new(&maker.format(pipe, leg.reader), end, notice, lines);

        let Made { program, ours: (end, notice), warning } =
            maker.read_end(pipe, from, pipe.name.to_string(), &mut self.fifos)?;
        self.warnings.extend(warning);
        let (teller, fate) = fate(self.site.bells.relay(id));
        let ends = &mut self.jobs[writer.job.index()].ends;
        ends.tellers.fates.push(teller);
        program.into_iter().for_each(|end| ends.set_output(writer.port, end));
        let source = WayIn::new(&maker.format(pipe, pipe.writer), head_size, end, notice, SPLICED_FROM);

        let rule = maker.head_rule(pipe.writer, self.lines.receivers(writer));
        let relay = CutThrough::new(pipe.name.as_str(), source, target, rule, head_size, tally);
        let relay = relay.heeding(Some(fate)).beginning(self.site.epoch);
        self.forwarders.push(Forwarded::relay(id, relay));
        Ok(())
    }
}
