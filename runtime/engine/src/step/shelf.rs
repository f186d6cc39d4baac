//! What one lane holds, and which of it is set out for the compute block at hand.

use pipeloom_job::head::{CORRUPTED, FINISHED};
use pipeloom_job::{Block, Head, HeadSize, Payload, Seq};

use super::backlog::{Backlog, Look, Place};
use super::counts::Counts;
use crate::flow::Ending;

/// One place in a compute block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    /// A block that came.
    Real(Place),
    /// It is missing.
    Dummy,
    /// None can have come yet: the start of a cycle.
    Start,
    /// None has come now: what an optional lane gives then.
    Repeat,
}

/// Which of the runtime's marks, reset and finished, a lane's blocks show.
#[derive(Clone, Copy, Debug)]
pub(super) enum Marks {
    Both,
    Reset,
    Neither,
}

impl Marks {
    #[inline]
    fn shown(self, block: Block<'_>) -> Block<'_> {
        match self {
            Marks::Both => block,
            Marks::Reset => block.with_head(block.head.with(FINISHED, false)),
            Marks::Neither => block.with_head(block.head.unmarked()),
        }
    }
}

/// The blocks of one lane.
pub(super) struct Shelf {
    block_count: usize,
    pub(super) backlog: Backlog,
    slots: Vec<Slot>,
    /// Where the first slot's block is, or would be.
    start: Place,
    out: SetOut,
    last: Last,
    /// The payload where there is none to repeat.
    stand_in: Vec<u8>,
    /// Whether a payload that stands in is the last one's.
    repeats: bool,
    marks: Marks,
    /// How the lane's stream ended.
    pub(super) ended: Option<Ending>,
    /// Whether the stream's last block was used.
    pub(super) finished: bool,
    pub(super) counts: Counts,
}

/// What the slots are made of.
#[derive(Clone, Copy, Debug, Default)]
struct SetOut {
    real: u64,
    bytes: u64,
    too_old: u64,
    dummies: u64,
    last: Option<Place>,
    finished: bool,
}

/// The block that was delivered last, for those who repeat it: its place while its batch is held, its content after.
#[derive(Default)]
struct Last {
    place: Option<Place>,
    kept: Option<Head>,
    small: Vec<u8>,
    large: Option<Payload>,
}

impl Shelf {
    pub(super) fn new(block_count: usize, stand_in: Vec<u8>, repeats: bool, marks: Marks) -> Shelf {
        Shelf {
            block_count,
            backlog: Backlog::default(),
            slots: Vec::new(),
            start: Place::default(),
            out: SetOut::default(),
            last: Last::default(),
            stand_in,
            repeats,
            marks,
            ended: None,
            finished: false,
            counts: Counts::default(),
        }
    }

    /// Lets go of the batches of which nothing is set out and nothing is left to look at.
    pub(super) fn release_passed(&mut self) {
        if self.slots.is_empty() {
            self.release(self.backlog.next());
        }
    }

    /// The next block if nothing is set out and it takes no search, with its epoch and its number.
    #[inline]
    pub(super) fn front(&self) -> Option<(u32, Seq, Block<'_>)> {
        if self.slots.is_empty() { self.backlog.front() } else { None }
    }

    /// The block at the front was in a compute block, alone.
    #[inline]
    pub(super) fn pass_front(&mut self) {
        if self.repeats {
            self.last.place = Some(self.backlog.next());
        }
        let Some((bytes, is_last)) = self.backlog.pass_front() else { return };
        self.counts.delivered += 1;
        self.counts.bytes += bytes as u64;
        if is_last {
            self.release_passed();
        }
    }

    /// Whether as many slots are set out as a compute block has.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.slots.len() >= self.block_count
    }

    /// How many slots are set out.
    #[inline]
    pub(super) fn set_out(&self) -> usize {
        self.slots.len()
    }

    /// How many places a compute block has on this lane.
    #[inline]
    pub(super) fn block_count(&self) -> usize {
        self.block_count
    }

    /// Whether a block that came is among the slots.
    #[inline]
    pub(super) fn has_real(&self) -> bool {
        self.out.real > 0
    }

    /// Whether the stream's last block is among the slots.
    #[inline]
    pub(super) fn has_finished(&self) -> bool {
        self.out.finished
    }

    /// Sets out the block at `place`.
    #[inline]
    pub(super) fn put(&mut self, place: Place, bytes: usize, finished: bool) {
        if self.slots.is_empty() {
            self.start = place;
        }
        self.slots.push(Slot::Real(place));
        self.out.real += 1;
        self.out.bytes += bytes as u64;
        self.out.last = Some(place);
        self.out.finished |= finished;
    }

    /// Sets out the backlog's next block.
    #[inline]
    pub(super) fn put_next(&mut self) -> bool {
        let Some(Look { block, place, after, .. }) = self.backlog.look() else { return false };
        let (bytes, finished) = (block.bytes.len(), block.head.is_finished());
        self.backlog.go_to(after);
        self.put(place, bytes, finished);
        true
    }

    /// Sets out what stands for a block.
    pub(super) fn put_stand_in(&mut self, slot: Slot) {
        if self.slots.is_empty() {
            self.start = self.backlog.next();
        }
        self.out.dummies += u64::from(!matches!(slot, Slot::Repeat));
        self.slots.push(slot);
    }

    /// Sets out dummies for all that is missing.
    pub(super) fn fill_with_dummies(&mut self) {
        while !self.is_full() {
            self.put_stand_in(Slot::Dummy);
        }
    }

    /// Passes over the backlog's next block, which is too old.
    pub(super) fn skip_too_old(&mut self, after: Place) {
        self.backlog.go_to(after);
        if self.slots.is_empty() {
            self.counts.too_old += 1;
        } else {
            self.out.too_old += 1;
        }
    }

    /// The slots are done.
    #[inline]
    pub(super) fn commit(&mut self) {
        let out = std::mem::take(&mut self.out);
        self.counts.delivered += out.real;
        self.counts.bytes += out.bytes;
        self.counts.too_old += out.too_old;
        self.counts.dummies += out.dummies;
        self.finished |= out.finished;
        self.slots.clear();
        if out.last.is_some() {
            self.last.place = out.last;
        }
    }

    /// Lets go of all batches that hold nothing at `before` or after it.
    #[inline]
    pub(super) fn release(&mut self, before: Place) {
        if let Some(place) = self.last.place.filter(|place| self.backlog.would_release(*place, before)) {
            self.keep_last(place);
        }
        self.backlog.release(before);
    }

    /// Its batch goes: copies the block that was delivered last, if anybody may want it again.
    fn keep_last(&mut self, place: Place) {
        self.last.place = None;
        if let Some(block) = self.backlog.at(place).filter(|_| self.repeats) {
            self.last.kept = Some(block.head);
            self.last.small.clear();
            self.last.large = block.payload().cloned();
            if self.last.large.is_none() {
                self.last.small.extend_from_slice(block.bytes);
            }
        }
    }

    /// The block that was delivered last.
    fn last(&self) -> Option<Block<'_>> {
        if let Some(place) = self.last.place {
            return self.backlog.at(place);
        }
        let head = self.last.kept?;
        Some(match &self.last.large {
            Some(payload) => Block::of(head, payload),
            None => Block::new(head, &self.last.small),
        })
    }

    /// Takes the slots back; their blocks come again.
    pub(super) fn rewind(&mut self) {
        if !self.slots.is_empty() {
            self.backlog.go_to(self.start);
        }
        self.slots.clear();
        self.out = SetOut::default();
    }

    /// The blocks among the slots cannot be used any more.
    pub(super) fn outdate(&mut self) {
        self.counts.too_old += self.out.real + self.out.too_old;
        self.slots.clear();
        self.out = SetOut::default();
    }

    /// All that it holds is lost.
    pub(super) fn clear(&mut self, also_left: usize) {
        self.counts.lost += self.let_go_of_all(also_left);
    }

    /// Nothing of it will be used any more.
    pub(super) fn close(&mut self, also_left: usize) {
        self.counts.unused += self.let_go_of_all(also_left);
    }

    /// Lets go of all blocks. Says how many could still have been used.
    fn let_go_of_all(&mut self, also_left: usize) -> u64 {
        self.counts.too_old += self.out.too_old;
        let left = self.out.real + (self.backlog.left() + also_left) as u64;
        self.slots.clear();
        self.out = SetOut::default();
        if let Some(place) = self.last.place {
            self.keep_last(place);
        }
        self.backlog.clear();
        left
    }

    /// Whether something stands at this place of the compute block for a block that did not come.
    pub(super) fn is_stand_in(&self, place: usize) -> bool {
        self.slots.get(place).is_some_and(|slot| !matches!(slot, Slot::Real(_)))
    }

    /// Each slot as a job sees it.
    #[inline]
    pub(super) fn blocks<'a>(&'a self, size: HeadSize, mut each: impl FnMut(Block<'a>)) {
        let mut last = None;
        for slot in &self.slots {
            let head = match *slot {
                Slot::Real(place) => {
                    let Some(block) = self.backlog.at(place) else { continue };
                    last = Some(block);
                    each(self.marks.shown(block));
                    continue;
                }
                Slot::Dummy => Head::empty(size).with(CORRUPTED, true),
                Slot::Start | Slot::Repeat => Head::empty(size),
            };
            last = last.or_else(|| self.last());
            each(match last.filter(|_| self.repeats) {
                Some(block) if matches!(slot, Slot::Repeat) => block.with_head(block.head.unmarked()),
                Some(block) => block.with_head(head),
                None => Block::new(head, &self.stand_in),
            });
        }
    }
}
