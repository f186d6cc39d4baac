//! A lane that is never waited for.

use std::collections::VecDeque;

use pipeloom_config::{Buffer, DropSide};

use super::backlog::Place;
use super::shelf::{Shelf, Slot};

/// The blocks of an optional lane that wait.
pub(super) struct Waiting {
    buffer: Option<Buffer>,
    queue: VecDeque<Queued>,
}

#[derive(Clone, Copy, Debug)]
struct Queued {
    place: Place,
    bytes: usize,
    finished: bool,
    /// Whether it must not be dropped.
    marked: bool,
}

impl Waiting {
    pub(super) fn new(buffer: Option<Buffer>) -> Waiting {
        Waiting { buffer, queue: VecDeque::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether more can be given without that a block waits for longer than it must.
    pub(super) fn has_room(&self, wanted: usize) -> bool {
        self.buffer.is_some() || self.queue.len() < wanted
    }

    /// Queues what came, and drops what there is no room for.
    pub(super) fn queue(&mut self, shelf: &mut Shelf) {
        while let Some(look) = shelf.backlog.look() {
            let head = look.block.head;
            self.queue.push_back(Queued {
                place: look.place,
                bytes: look.block.bytes.len(),
                finished: head.is_finished(),
                marked: head.is_reset() || head.is_finished(),
            });
            let after = look.after;
            shelf.backlog.go_to(after);
            shelf.counts.dropped += u64::from(self.shed());
        }
        self.release(shelf);
    }

    /// Drops a block if there is one too many. One that is marked never is, nor does it take the place of another.
    fn shed(&mut self) -> bool {
        let Some(buffer) = self.buffer.filter(|buffer| self.queue.len() > buffer.blocks.get()) else { return false };
        let mut unmarked = self.queue.iter().enumerate().filter(|(_, queued)| !queued.marked).map(|(at, _)| at);
        if unmarked.clone().count() <= buffer.blocks.get() {
            return false;
        }
        let at = match buffer.drop {
            DropSide::Oldest => unmarked.next(),
            DropSide::Newest => unmarked.next_back(),
        };
        at.is_some_and(|at| self.queue.remove(at).is_some())
    }

    /// Sets out a compute block: what there is, then repeats.
    pub(super) fn fill(&mut self, shelf: &mut Shelf) {
        while !shelf.is_full() {
            let at_end = shelf.finished || shelf.has_finished();
            match if at_end { None } else { self.queue.pop_front() } {
                Some(queued) => shelf.put(queued.place, queued.bytes, queued.finished),
                None => shelf.put_stand_in(Slot::Repeat),
            }
        }
    }

    /// Lets go of what nobody needs, while nothing is set out.
    pub(super) fn release(&self, shelf: &mut Shelf) {
        if shelf.set_out() == 0 {
            let before = self.queue.front().map_or(shelf.backlog.next(), |queued| queued.place);
            shelf.release(before);
        }
    }

    /// Forgets the blocks that wait; how many there were.
    pub(super) fn take(&mut self) -> usize {
        std::mem::take(&mut self.queue).len()
    }
}
