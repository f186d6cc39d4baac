//! The way from a relay to one reader: what waits for it, and how that moves on.

use std::sync::Arc;

use pipeloom_job::Batch;
use pipeloom_spool::SpoolError;

use crate::flow::growth::LegState;
use crate::flow::spill::SpillPlace;
use crate::flow::waiting::Waiting;
use crate::flow::{FlowError, FlowErrorKind, Outlet, Put, Tally};

/// The way to one reader.
pub(crate) struct RelayLeg {
    /// `None` once the reader is gone or has been given everything.
    pub(super) outlet: Option<Box<dyn Outlet>>,
    pub(super) queue: Waiting,
    pub(super) tally: Arc<Tally>,
    pub(super) blocked: bool,
    /// Why its reader cannot be given any more, until that is told.
    pub(super) failed: Option<FlowError>,
    /// Where what waits may go if it gets too long for memory.
    pub(super) spill: Option<SpillPlace>,
}

impl RelayLeg {
    pub(crate) fn new(outlet: Box<dyn Outlet>, queue: impl Into<Waiting>, tally: Arc<Tally>) -> RelayLeg {
        RelayLeg { outlet: Some(outlet), queue: queue.into(), tally, blocked: false, failed: None, spill: None }
    }

    /// What waits may go to this place if it gets too long for memory.
    pub(crate) fn spilling_to(self, place: Option<SpillPlace>) -> RelayLeg {
        RelayLeg { spill: place, ..self }
    }

    pub(crate) fn tally(&self) -> Arc<Tally> {
        self.tally.clone()
    }

    /// A reader that is gone wants nothing and holds nobody up.
    pub(super) fn has_room(&self) -> bool {
        self.outlet.is_none() || self.queue.has_room()
    }

    /// Its reader cannot be given any more. Others can.
    pub(super) fn fail(&mut self, error: FlowError) {
        self.leave();
        self.failed = Some(error);
    }

    /// Queues a copy of a batch.
    pub(super) fn queue_copy(
        &mut self,
        batch: &Batch,
        spare: &mut Vec<Batch>,
        pipe: &Arc<str>,
    ) -> Result<(), FlowError> {
        let queue = match &mut self.queue {
            Waiting::OnDisk(queue) => return queue.push(batch).map_err(|error| FlowError::new(pipe, error)),
            Waiting::Spilled(queue) => return queue.push(batch).map_err(|error| FlowError::new(pipe, error)),
            Waiting::InMemory(queue) if !queue.takes_batches() => return self.queue_blocks(batch, spare, pipe),
            Waiting::InMemory(queue) => queue,
        };
        let mut copy = spare.pop().unwrap_or_default();
        copy.clear();
        copy.set_epoch(batch.epoch());
        batch.iter().for_each(|(seq, block)| copy.push(seq, &block));
        queue.push(copy);
        Ok(())
    }

    /// Queues a batch's blocks one by one. A batch may be longer than the queue, so what the reader can take moves on before
    /// anything is dropped.
    fn queue_blocks(&mut self, batch: &Batch, spare: &mut Vec<Batch>, pipe: &Arc<str>) -> Result<(), FlowError> {
        for (seq, block) in batch.iter() {
            if matches!(&self.queue, Waiting::InMemory(queue) if queue.is_full()) && !self.blocked {
                self.advance(spare, pipe)?;
            }
            let Waiting::InMemory(queue) = &mut self.queue else { break };
            if self.outlet.is_none() {
                break;
            }
            let pushed = queue.push_block(batch.epoch(), seq, &block, spare);
            self.tally.add_dropped(queue.take_dropped());
            pushed.map_err(|overflow| FlowError::new(pipe, overflow))?;
        }
        Ok(())
    }

    /// Moves on what is queued. Says whether anything moved.
    pub(super) fn advance(&mut self, spare: &mut Vec<Batch>, pipe: &Arc<str>) -> Result<bool, FlowError> {
        let spooled = |error: SpoolError| FlowError::new(pipe, error);
        let mut moved = false;
        self.blocked = false;
        self.settle().map_err(spooled)?;
        while let Some(outlet) = &mut self.outlet {
            let put = match self.queue.front().map_err(spooled)? {
                Some(batch) => {
                    let (blocks, bytes) = (batch.len(), batch.bytes());
                    let put = outlet.put(batch)?;
                    if put == Put::Taken {
                        spare.extend(self.queue.pop(blocks, bytes).map_err(spooled)?);
                        moved = true;
                        continue;
                    }
                    put
                }
                None => outlet.flush()?,
            };
            if put == Put::Taken && self.queue.on_disk().is_some_and(|queue| queue.is_stuck()) {
                return Err(FlowError::new(pipe, FlowErrorKind::StuckAtEnd));
            }
            match put {
                Put::Gone => {
                    self.leave();
                    return Ok(true);
                }
                Put::Full => self.blocked = true,
                Put::Taken => {}
            }
            break;
        }
        Ok(moved)
    }

    /// What waits is lost.
    pub(super) fn lose(&mut self) -> Result<(), SpoolError> {
        while let Some(batch) = self.queue.front()? {
            let (blocks, bytes) = (batch.len(), batch.bytes());
            self.tally.add_lost_on_the_way(blocks as u64);
            self.queue.pop(blocks, bytes)?;
        }
        Ok(())
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.blocked
    }

    /// What is seen of it; with so much before it, which comes if nothing holds it up.
    pub(super) fn state(&self, has_writer: bool, before: u64, comes: bool) -> Option<LegState> {
        let outlet = self.outlet.as_ref()?;
        let read = outlet.intake().map_or(0, |intake| intake.read);
        Some(LegState {
            full: has_writer && !self.queue.has_room(),
            empty: !comes && self.queue.is_empty() && outlet.is_drained(),
            awaited: true,
            may_grow: self.queue.may_grow(self.spill.is_some()),
            ..LegState::of(&self.tally, self.queue.blocks(), read, before)
        })
    }

    /// Lets go of what the reader has done of what is on disk.
    pub(super) fn settle(&mut self) -> Result<(), SpoolError> {
        let Some(queue) = self.queue.on_disk() else { return Ok(()) };
        queue.settle()?;
        if self.outlet.is_none() {
            queue.end()?;
            self.tally.set_on_disk(queue.undone());
        }
        Ok(())
    }

    /// The reader is gone. What it has not done of what is on disk stays there.
    pub(super) fn leave(&mut self) {
        self.outlet = None;
        if let Err(error) = self.queue.leave() {
            log::warn!("what waits on disk for a reader that is gone: {error}");
        }
        if let Some(queue) = self.queue.on_disk() {
            self.tally.set_on_disk(queue.undone());
        }
    }

    /// Has the bell rung when the reader has done more of what is on disk. Says whether it has meanwhile.
    pub(super) fn wait_for_reader(&mut self) -> bool {
        self.queue.on_disk().is_some_and(|queue| queue.wait_for_reader())
    }

    pub(super) fn is_over(&self) -> bool {
        self.outlet.is_none() && self.queue.is_over()
    }
}
