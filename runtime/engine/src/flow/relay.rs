//! Forwarding one pipe to its readers, whole blocks only.
//!
//! A relay has a queue for each reader and takes more from the writer while every reader's queue has room, so the slowest
//! one sets the pace and nothing is dropped. It never waits: [`Relay::advance`] does what can be done and says what
//! to wait for. A reader that ends is left out from then on; when the last one has, the writer sees a broken pipe.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use pipeloom_config::QueueLimits;
use pipeloom_job::Batch;

use super::{Debt, Ending, FlowError, Inlet, LEAST_BLOCKS, Outlet, Put, Taken, Tally};

/// How often one call goes round before others get their turn.
const ROUNDS: usize = 16;

/// Forwards one pipe.
pub(crate) struct Relay {
    /// `None` once it is at its end or all readers are gone.
    inlet: Option<Box<dyn Inlet>>,
    /// What is to be settled before it waits.
    debt: Option<Debt>,
    ending: Ending,
    legs: Vec<RelayLeg>,
    batch: Batch,
    spare: Vec<Batch>,
}

/// The way to one reader.
pub(crate) struct RelayLeg {
    /// `None` once the reader is gone or has been given everything.
    outlet: Option<Box<dyn Outlet>>,
    queue: VecDeque<Batch>,
    blocks: usize,
    bytes: usize,
    limits: QueueLimits,
    tally: Arc<Tally>,
    blocked: bool,
}

/// What a relay waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wants {
    /// To be called again soon: there is more to do.
    Turn,
    /// Its descriptors, or the doorbell.
    Wake,
    /// Nothing any more: all is forwarded, or nobody wants it.
    Nothing,
}

impl RelayLeg {
    pub(crate) fn new(outlet: Box<dyn Outlet>, limits: QueueLimits, tally: Arc<Tally>) -> RelayLeg {
        let queue = VecDeque::new();
        RelayLeg { outlet: Some(outlet), queue, blocks: 0, bytes: 0, limits, tally, blocked: false }
    }

    /// A reader that is gone wants nothing and holds nobody up.
    fn has_room(&self) -> bool {
        self.outlet.is_none()
            || self.blocks < LEAST_BLOCKS
            || (self.blocks < self.limits.blocks && self.bytes < self.limits.bytes)
    }

    fn push(&mut self, batch: Batch) {
        self.blocks += batch.len();
        self.bytes += batch.bytes();
        self.queue.push_back(batch);
    }

    /// Moves on what is queued. Says whether anything moved.
    fn advance(&mut self, spare: &mut Vec<Batch>) -> Result<bool, FlowError> {
        let mut moved = false;
        self.blocked = false;
        while let Some(outlet) = &mut self.outlet {
            let put = match self.queue.front_mut() {
                Some(batch) => {
                    let (blocks, bytes) = (batch.len(), batch.bytes());
                    let put = outlet.put(batch)?;
                    if put == Put::Taken {
                        (self.blocks, self.bytes) = (self.blocks - blocks, self.bytes - bytes);
                        spare.extend(self.queue.pop_front());
                        moved = true;
                        continue;
                    }
                    put
                }
                None => outlet.flush()?,
            };
            match put {
                Put::Gone => {
                    self.outlet = None;
                    self.queue.clear();
                    return Ok(true);
                }
                Put::Full => self.blocked = true,
                Put::Taken => {}
            }
            break;
        }
        Ok(moved)
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.blocked
    }
}

impl Relay {
    pub(crate) fn new(inlet: Box<dyn Inlet>, legs: Vec<RelayLeg>) -> Relay {
        Relay {
            debt: inlet.debt(),
            inlet: Some(inlet),
            ending: Ending::EndedUnfinished,
            legs,
            batch: Batch::new(),
            spare: Vec::new(),
        }
    }

    /// Moves what can be moved. After an error the relay is of no use any more.
    pub(crate) fn advance(&mut self) -> Result<Wants, FlowError> {
        for _ in 0..ROUNDS {
            let mut moved = false;
            for leg in &mut self.legs {
                moved |= leg.advance(&mut self.spare)?;
            }
            moved |= self.take()?;
            self.close_what_is_done();
            if self.is_over() {
                return Ok(Wants::Nothing);
            }
            if !moved {
                self.debt.iter().for_each(Debt::settle);
                return Ok(Wants::Wake);
            }
        }
        Ok(Wants::Turn)
    }

    fn take(&mut self) -> Result<bool, FlowError> {
        if !self.legs.iter().all(RelayLeg::has_room) {
            return Ok(false);
        }
        let Some(inlet) = &mut self.inlet else { return Ok(false) };
        match inlet.take(&mut self.batch)? {
            Taken::Some => {}
            Taken::Empty => return Ok(false),
            Taken::End(ending) => {
                self.ending = ending;
                self.legs.iter().for_each(|leg| leg.tally.set_ending(ending));
                self.inlet = None;
                return Ok(true);
            }
        }
        let mut legs: Vec<&mut RelayLeg> = self.legs.iter_mut().filter(|leg| leg.outlet.is_some()).collect();
        let last = legs.pop();
        for leg in legs {
            let mut copy = self.spare.pop().unwrap_or_default();
            copy.clear();
            copy.set_epoch(self.batch.epoch());
            self.batch.iter().for_each(|(seq, block)| copy.push(seq, &block));
            leg.tally.add_written(copy.len() as u64);
            leg.push(copy);
        }
        if let Some(leg) = last {
            leg.tally.add_written(self.batch.len() as u64);
            leg.push(std::mem::replace(&mut self.batch, self.spare.pop().unwrap_or_default()));
        }
        Ok(true)
    }

    fn close_what_is_done(&mut self) {
        if self.inlet.is_none() {
            for leg in self.legs.iter_mut().filter(|leg| leg.is_idle()) {
                if let Some(outlet) = leg.outlet.take() {
                    outlet.close(self.ending);
                }
            }
        }
    }

    fn is_over(&self) -> bool {
        self.legs.iter().all(|leg| leg.outlet.is_none())
    }

    /// Whether the writer has not ended its stream.
    pub(crate) fn has_more(&self) -> bool {
        self.inlet.is_some()
    }

    /// Whether the writer's blocks are wanted now.
    pub(crate) fn wants_blocks(&self) -> bool {
        self.inlet.is_some() && self.legs.iter().all(RelayLeg::has_room)
    }

    /// The descriptor its blocks come from; `None` once it is at its end, or for a channel.
    pub(crate) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.inlet.as_ref().and_then(|inlet| inlet.readable())
    }

    /// For each leg the descriptor its blocks go to, where there is one, and whether it waits for room there.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (Option<BorrowedFd<'_>>, bool)> {
        self.legs.iter().map(|leg| (leg.outlet.as_ref().and_then(|outlet| outlet.writable()), leg.blocked))
    }

    /// The reader of this leg is gone, even if nothing is to be written to it now.
    pub(crate) fn target_gone(&mut self, leg: usize) {
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.outlet = None;
            leg.queue.clear();
        }
    }

    /// Nobody will forward the rest: counts it, for the report.
    pub(crate) fn abandon(&mut self) {
        if let Some(inlet) = &mut self.inlet {
            inlet.discard();
        }
        self.inlet = None;
        self.legs.clear();
    }
}
