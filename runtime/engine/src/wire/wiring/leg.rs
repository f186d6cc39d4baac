//! The way from a writer straight to one reader.

use std::num::NonZeroUsize;
use std::sync::Arc;

use pipeloom_config::{End, PipeId, PipeSpec};
use pipeloom_job::Seq;
use pipeloom_os::OsError;

use super::Wiring;
use crate::flow::{
    EndNotice, FifoInlet, FifoOutlet, HeadRule, Inlet, Leg, Tally, fate, head_line, link, link_that_grows,
};
use crate::plan::{self, Conduit, PipePlan, Route};
use crate::wire::ends::{RingEnd, Side, TellWhat, Told};
use crate::wire::kernel::{KernelEnd, KernelPipe};
use crate::wire::making::Way;

impl Wiring<'_> {
    /// The way from a writer straight to one reader.
    pub(super) fn leg(
        &mut self,
        id: PipeId,
        pipe: &PipeSpec,
        writer: End,
        reader: End,
        leg: &plan::Leg,
        plan: &PipePlan,
    ) -> Result<Arc<Tally>, OsError> {
        let tally = self.tally(id, Some(reader.job), self.program(writer).is_none() || self.program(reader).is_none());
        let carrier = match &leg.conduit {
            Conduit::Channel(limits) if plan.may_grow => {
                let (near, far) = (&self.jobs[writer.job.index()].bell, &self.jobs[reader.job.index()].bell);
                let (outlet, inlet, meter) = link_that_grows(*limits, near, far, tally.clone());
                self.give_leg(pipe, writer, Leg::new(outlet, pipe.queue.blocks, tally.clone()).that_grows());
                self.give_inlet(id, reader, inlet, &tally);
                self.meters.entry(id).or_default().push((reader.job, meter));
                return Ok(tally);
            }
            Conduit::Channel(limits) => {
                let (outlet, inlet) =
                    link(*limits, &self.jobs[writer.job.index()].bell, &self.jobs[reader.job.index()].bell);
                self.give_outlet(pipe, writer, outlet, &tally);
                self.give_inlet(id, reader, inlet, &tally);
                return Ok(tally);
            }
            Conduit::Direct(carrier) | Conduit::Shared(carrier, _) => *carrier,
        };
        let (near_ring, far_ring) = self.share_memory(pipe, writer, reader, &leg.conduit)?;
        let maker = self.maker();
        let is_one_of_several = matches!(&plan.route, Route::Legs(legs) if legs.len() > 1);
        let name = if is_one_of_several { maker.leg_name(pipe, reader) } else { pipe.name.to_string() };
        let (writer_holds, reader_holds) = (maker.holder(writer), maker.holder(reader));
        let capacity = maker.capacities.of(pipe);
        let way = Way { pipe, writer: writer_holds, reader: reader_holds, name, capacity };
        let (made, warning) = maker.kernel_pipe(carrier, &way, &mut self.fifos)?;
        self.warnings.extend(warning);
        let KernelPipe { writer: near, reader: far, .. } = made;
        // Between two ends of ours, numbers go beside the pipe. A stream has none: it is read in other pieces than it is
        // written in.
        let line = pipe.codec.has_blocks().then(|| head_line(NonZeroUsize::MIN));
        let (sender, receiver) = line.unzip();
        match near {
            KernelEnd::Program(end) => self.jobs[writer.job.index()].ends.set_output(writer.port, end),
            KernelEnd::Runtime(end, fifo) => {
                let notice = fifo.map(|fifo| EndNotice::new(fifo, Side::Writer, self.site.facts));
                let ring = near_ring.map(RingEnd::outgoing).transpose()?;
                let outlet = FifoOutlet::new(maker.format(pipe, Some(reader)), end).with_notice(notice).sharing(ring);
                let outlet = match self.program(reader) {
                    Some(_) => outlet.for_program(tally.clone(), self.lines.senders(reader)),
                    None => outlet.with_lines(sender.into_iter().collect()),
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
                let rule = match counts {
                    true => maker.head_rule(Some(writer), self.lines.receivers(writer)),
                    false => HeadRule::Ours(receiver),
                };
                let mut inlet = FifoInlet::new(maker.format(pipe, Some(writer)), self.network.head_size(), end, rule)
                    .with_notice(notice)
                    .sharing(far_ring.map(RingEnd::incoming).transpose()?);
                inlet.begin_at(self.site.epoch, Seq::FIRST);
                if counts {
                    let (teller, fate) = fate(self.jobs[reader.job.index()].bell.clone());
                    self.jobs[writer.job.index()].ends.tellers.fates.push(teller);
                    inlet = inlet.heeding(fate).counting_written(tally.clone()).counting_false_resets(tally.clone());
                    self.have_told((id, pipe), writer, TellWhat::Cleared, &tally);
                }
                self.give_inlet(id, reader, Box::new(inlet), &tally);
            }
            KernelEnd::Outside => {}
        }
        Ok(tally)
    }

    /// Memory that both ends of a pipe share, and a bell for it, where that is planned. Programs are given theirs; what is left is for
    /// the runtime, first where it writes, then where it reads. It is gone when both ends are.
    fn share_memory(
        &mut self,
        pipe: &PipeSpec,
        writer: End,
        reader: End,
        conduit: &Conduit,
    ) -> Result<(Option<RingEnd>, Option<RingEnd>), OsError> {
        let Conduit::Shared(_, bytes) = conduit else { return Ok((None, None)) };
        let near = RingEnd::new(pipe.name.as_str(), *bytes)?;
        let far = near.again()?;
        Ok((self.give_ring(Side::Writer, writer, near), self.give_ring(Side::Reader, reader, far)))
    }

    /// Gives a program its side; for a native job it is given back.
    fn give_ring(&mut self, side: Side, end: End, ring: RingEnd) -> Option<RingEnd> {
        if self.program(end).is_none() {
            return Some(ring);
        }
        self.jobs[end.job.index()].ends.share(side, end.port, ring);
        None
    }

    /// Has a program with a kit tell something of a pipe.
    pub(super) fn have_told(&mut self, (id, pipe): (PipeId, &PipeSpec), end: End, what: TellWhat, tally: &Arc<Tally>) {
        if self.program(end).is_some_and(|program| program.kit) {
            let told = Told { pipe: id, name: pipe.name.to_string(), what, tally: tally.clone() };
            self.jobs[end.job.index()].ends.tells(told);
        }
    }
}
