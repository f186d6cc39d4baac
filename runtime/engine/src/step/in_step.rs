//! A lane whose blocks are taken by their numbers.

use pipeloom_job::Seq;

use super::backlog::Look;
use super::shelf::{Shelf, Slot};

/// How the numbers on a lane lead to compute blocks.
pub(super) struct InStep {
    /// The epoch that was reached.
    epoch: u32,
    /// The first number that counts in it...
    first: u64,
    /// ...and the place it has in the count.
    place: u64,
    /// Whether a newer epoch was reached since the count began.
    renewed: bool,
}

/// What a lane has for a compute block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Filled {
    /// All of it.
    Whole,
    /// Blocks that have not come yet are needed.
    Waiting,
    /// The rest of it cannot come any more: a newer epoch begins.
    Edge,
    /// The rest of it cannot come any more: the stream has ended.
    Ended,
}

impl InStep {
    pub(super) fn new() -> InStep {
        InStep::in_epoch(0)
    }

    /// The count begins in this epoch.
    pub(super) fn in_epoch(epoch: u32) -> InStep {
        InStep { epoch, first: 1, place: 1, renewed: false }
    }

    /// Whether a newer epoch was reached since the count began.
    pub(super) fn is_renewed(&self) -> bool {
        self.renewed
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Sets out what there is for compute block `compute`.
    #[inline]
    pub(super) fn fill(&mut self, shelf: &mut Shelf, compute: u64) -> Filled {
        let begin = (compute - 1).saturating_mul(shelf.block_count() as u64).saturating_add(1);
        while !shelf.is_full() {
            let needed = begin.saturating_add(shelf.set_out() as u64);
            let Some(Look { epoch, number, block, place, after }) = shelf.backlog.look() else {
                return if shelf.ended.is_some() { Filled::Ended } else { Filled::Waiting };
            };
            if epoch > self.epoch {
                return Filled::Edge;
            }
            let number = number.get();
            match self.place_of(number).filter(|_| epoch == self.epoch) {
                Some(place) if place > needed => shelf.put_stand_in(Slot::Dummy),
                Some(at) if at == needed => {
                    let (bytes, finished) = (block.bytes.len(), block.head.is_finished());
                    shelf.backlog.go_to(after);
                    shelf.put(place, bytes, finished);
                }
                _ => shelf.skip_too_old(after),
            }
        }
        Filled::Whole
    }

    /// The place of a block in the count.
    #[inline]
    fn place_of(&self, number: u64) -> Option<u64> {
        number.checked_sub(self.first).map(|after| self.place.saturating_add(after))
    }

    /// Whether a block has this place in the count, without that a newer epoch begins with it.
    #[inline]
    pub(super) fn is_place_of(&self, place: u64, epoch: u32, number: Seq) -> bool {
        epoch == self.epoch && self.place_of(number.get()) == Some(place)
    }

    /// The first compute block for which the next block is not too old.
    pub(super) fn next_compute(&self, shelf: &Shelf) -> Option<u64> {
        let place = self.place_of(shelf.backlog.look()?.number.get())?;
        Some((place - 1) / shelf.block_count() as u64 + 1)
    }

    /// Whether a newer epoch begins before the compute block is whole.
    pub(super) fn is_at_edge(&self, shelf: &Shelf) -> bool {
        !shelf.is_full() && shelf.backlog.look().is_some_and(|look| look.epoch > self.epoch)
    }

    /// A newer epoch begins, but not on all lanes: its numbers go on from the first place that is still to be filled.
    pub(super) fn go_on(&mut self, shelf: &Shelf, compute: u64) {
        let Some(look) = shelf.backlog.look() else { return };
        let begin = (compute - 1).saturating_mul(shelf.block_count() as u64).saturating_add(1);
        *self = InStep {
            epoch: look.epoch,
            first: look.number.get(),
            place: begin.saturating_add(shelf.set_out() as u64),
            renewed: true,
        };
    }

    /// The count has begun again in this epoch. If nothing of it comes here, what comes of a later one waits.
    pub(super) fn wait_in(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// The count begins again.
    pub(super) fn restart(&mut self, shelf: &mut Shelf) {
        if self.is_at_edge(shelf) {
            shelf.outdate();
            let epoch = shelf.backlog.look().map_or(self.epoch, |look| look.epoch);
            *self = InStep::in_epoch(epoch);
        } else {
            // The lane is whole, so the next block's number is higher than all that were used, and stays in front of
            // whatever comes again.
            shelf.rewind();
            *self = InStep::in_epoch(self.epoch);
        }
    }
}
