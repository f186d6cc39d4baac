//! Native jobs that share a thread.

use std::collections::HashMap;
use std::sync::Arc;

use pipeloom_config::{End, JobId, PipeId, PipeSpec};

use super::{Wired, Wiring};
use crate::flow::{FusedOutlet, Lane, Leg, Runner, Tally};
use crate::plan::leads_back;
use crate::step::LaneSpec;

/// A pipe whose reader is worked on its writer's thread. It is laid once both are made.
pub(super) struct FusedLeg {
    writer: End,
    reader: JobId,
    queue_blocks: usize,
    tally: Arc<Tally>,
}

impl Wiring<'_> {
    /// The way from a writer to the reader that its thread works.
    pub(super) fn fused_leg(&mut self, id: PipeId, pipe: &PipeSpec, writer: End, reader: End) {
        let tally = self.tally(id, Some(reader.job), true);
        let lane = LaneSpec::of(pipe, leads_back(self.network, pipe, reader.job));
        self.jobs[reader.job.index()].inputs[reader.port] = Some(Lane::brought(lane, tally.clone()));
        self.fused.push(FusedLeg { writer, reader: reader.job, queue_blocks: pipe.queue.blocks, tally });
    }

    /// Whichever job of a thread waits, what the thread owes is to be settled before. All debts are those of the first: the others
    /// have nobody else to read from.
    pub(super) fn share_debts(&mut self) {
        for leg in &self.fused {
            let worker = self.plan.worker(self.network, leg.reader);
            self.jobs[leg.reader.index()].debts = self.jobs[worker.index()].debts.clone();
        }
    }
}

impl Wired {
    /// Gives each job those that are worked on its thread.
    pub(super) fn fuse(&mut self, legs: Vec<FusedLeg>) {
        let readers: Vec<JobId> = legs.iter().map(|leg| leg.reader).collect();
        let mut legs: HashMap<JobId, FusedLeg> = legs.into_iter().map(|leg| (leg.writer.job, leg)).collect();
        let firsts: Vec<JobId> = legs.keys().copied().filter(|writer| !readers.contains(writer)).collect();
        for first in firsts {
            if let Some(runner) = self.take_chain(first, &mut legs) {
                self.runners.insert(first, runner);
            }
        }
    }

    /// A job with all that are behind it on its thread.
    fn take_chain(&mut self, first: JobId, legs: &mut HashMap<JobId, FusedLeg>) -> Option<Box<Runner>> {
        let mut runner = self.runners.remove(&first)?;
        if let Some(FusedLeg { writer, reader, queue_blocks, tally }) = legs.remove(&first)
            && let Some(reader) = self.take_chain(reader, legs)
        {
            runner.jobs += reader.jobs;
            let outlet = Box::new(FusedOutlet::new(reader));
            runner.outbox.add_leg(writer.port, Leg::new(outlet, queue_blocks, tally));
        }
        Some(runner)
    }
}
