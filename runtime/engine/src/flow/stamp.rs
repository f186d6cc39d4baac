//! Which number and head a block has that comes out of a pipe of the kernel.

use std::collections::VecDeque;
use std::sync::Arc;

use pipeloom_job::codec::{Alike, Body};
use pipeloom_job::head::RESET;
use pipeloom_job::{Batch, Block, Head, HeadSize, Seq};

use super::Tally;
use super::heads::{HeadReceiver, Mark, peek_all, pop_all};

/// Where the heads of a pipe's blocks come from.
pub(crate) enum HeadRule {
    /// The writer is ours: the heads on the wire are right. Numbers never stand there; they come by a line.
    Ours(Option<HeadReceiver>),
    /// The writer is a program. It may set bits of its own on the wire; resets are the runtime's, and what its inputs
    /// carried comes by count: a line of marks for each of its inputs that the runtime writes.
    Program {
        /// Its job.
        job: Arc<str>,
        /// The lines.
        lines: Vec<HeadReceiver>,
    },
}

/// A program has written more than it was given.
#[derive(Debug, thiserror::Error)]
#[error(
    "job {job} wrote a block for which it was given no compute block: it is block {number}. One block is expected on each \
     output for each compute block; say `steps = \"free\"` if the job writes more or less"
)]
pub(crate) struct Unasked {
    job: Arc<str>,
    number: u64,
}

/// Gives blocks their numbers and heads.
pub(super) struct Stamp {
    rule: HeadRule,
    head_size: HeadSize,
    epoch: u32,
    next: Seq,
    /// The number with which this life of the writer begins.
    first: Seq,
    /// Whether the last block was marked as the last.
    finished: bool,
    /// The program has written more than it was given.
    unasked: bool,
    /// The block that should be the program's last, by count. Whether it is only shows at the stream's end.
    last: Batch,
    /// Blocks that came with those that were asked for, of later epochs. A batch has one.
    later: VecDeque<Batch>,
    /// Where reset bits without cause are counted.
    false_resets: Option<Arc<Tally>>,
}

impl Stamp {
    pub(super) fn new(rule: HeadRule, head_size: HeadSize) -> Stamp {
        Stamp {
            rule,
            head_size,
            epoch: 0,
            next: Seq::FIRST,
            first: Seq::FIRST,
            finished: false,
            unasked: false,
            last: Batch::new(),
            later: VecDeque::new(),
            false_resets: None,
        }
    }

    /// The first block of this life of the writer has this number, in this epoch.
    pub(super) fn begin_at(&mut self, epoch: u32, number: Seq) {
        (self.epoch, self.next, self.first) = (epoch, number, number);
    }

    pub(super) fn count_false_resets(&mut self, tally: Arc<Tally>) {
        self.false_resets = Some(tally);
    }

    /// Whether the last block was marked as the last.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// How many blocks there were.
    pub(super) fn blocks(&self) -> u64 {
        self.next.get() - self.first.get()
    }

    /// Whether all blocks so far should be there.
    pub(super) fn check(&self) -> Result<(), Unasked> {
        match &self.rule {
            HeadRule::Program { job, .. } if self.unasked => {
                Err(Unasked { job: job.clone(), number: self.blocks() + 1 })
            }
            _ => Ok(()),
        }
    }

    /// Adds a block to `batch`, or to those of a later epoch; one that should not be there is left out, and told by
    /// [`Stamp::check`].
    pub(super) fn push(&mut self, batch: &mut Batch, wire: Option<Head>, body: Body<'_>) {
        let Some(Mark { epoch, number, head }) = self.begin(wire) else { return };
        // A source that goes on after its last block: what was held back was not the end, but it stays in its place.
        self.push_last(batch);
        let is_last_by_count = head.is_finished() && wire.is_none() && matches!(self.rule, HeadRule::Program { .. });
        let batch = match is_last_by_count {
            true => {
                self.last.set_epoch(epoch);
                &mut self.last
            }
            false => of_epoch(epoch, batch, &mut self.later),
        };
        match body {
            Body::Small(bytes) => batch.push(number, &Block::new(head, bytes)),
            Body::Large(payload) => batch.push_large(number, head, payload),
        }
    }

    /// The same for all of these, as many as can be at once.
    pub(super) fn push_alike(&mut self, batch: &mut Batch, mut blocks: Alike<'_>) {
        while let Some((wire, payload)) = blocks.clone().next() {
            if let Some((Mark { epoch, number, head }, run)) = self.begin_run(wire, &blocks) {
                blocks.move_to(of_epoch(epoch, batch, &mut self.later), run, number, head);
            } else {
                blocks.next();
                self.push(batch, wire, Body::Small(payload));
            }
        }
    }

    /// What is known of the first of `blocks`, which has the head `wire` there, and how many in a row differ from it by their numbers
    /// alone, which rise by one. `None` if it is more than an ordinary one: [`Stamp::push`] knows what to do.
    fn begin_run(&mut self, wire: Option<Head>, blocks: &Alike<'_>) -> Option<(Mark, usize)> {
        let is_ordinary = |head: &Head| !head.is_reset() && !head.is_finished();
        let is_first = self.next == self.first;
        let head = wire.unwrap_or(Head::empty(self.head_size));
        let own = Mark { epoch: self.epoch, number: self.next, head };
        let (known, most) = match &mut self.rule {
            HeadRule::Ours(Some(line)) => line.peek()?,
            HeadRule::Program { lines, .. } if !lines.is_empty() => peek_all(lines)?,
            // Whatever a program says of its first block, it is a reset.
            HeadRule::Program { .. } if is_first => return None,
            HeadRule::Ours(None) | HeadRule::Program { .. } => (own, u64::MAX),
        };
        if !self.last.is_empty() || ![known.head, head].iter().all(is_ordinary) {
            return None;
        }
        let run = blocks.with_this_head(usize::try_from(most).unwrap_or(usize::MAX));
        let head = match (&mut self.rule, wire) {
            (HeadRule::Program { lines, .. }, wire) => {
                lines.iter_mut().for_each(|line| line.take(run as u64));
                wire.map_or(known.head, |wire| wire.with_corruption_of(known.head))
            }
            (HeadRule::Ours(line), _) => {
                line.iter_mut().for_each(|line| line.take(run as u64));
                known.head
            }
        };
        self.next = self.next.plus(run as u64);
        self.finished = false;
        Some((Mark { head, ..known }, run))
    }

    /// What is known of a block that goes on before all of it is there. `None` if it should not be there, as
    /// [`Stamp::check`] tells. A program's head without one on the wire may turn out not to be its last, so whoever hands blocks
    /// on in this way must know that there is none such.
    pub(super) fn begin(&mut self, wire: Option<Head>) -> Option<Mark> {
        let mark = self.mark(wire)?;
        self.next = self.next.next();
        self.finished = mark.head.is_finished();
        Some(mark)
    }

    /// The stream is at its end, or goes on: adds the block that was held back, if there is one. Says whether there is.
    pub(super) fn push_last(&mut self, batch: &mut Batch) -> bool {
        if self.last.is_empty() {
            return false;
        }
        let batch = of_epoch(self.last.epoch(), batch, &mut self.later);
        self.last.iter().for_each(|(number, block)| batch.push(number, &block));
        self.last.clear();
        true
    }

    /// Replaces `batch` by the blocks of a later epoch that came with those before, if there are any.
    pub(super) fn take_later(&mut self, batch: &mut Batch) -> bool {
        let later = self.later.pop_front();
        later.map(|later| *batch = later).is_some()
    }

    /// What is known of the next block. `None` if it should not be there.
    fn mark(&mut self, wire: Option<Head>) -> Option<Mark> {
        let head = wire.unwrap_or(Head::empty(self.head_size));
        let own = Mark { epoch: self.epoch, number: self.next, head };
        let lines = match &mut self.rule {
            HeadRule::Ours(line) => return Some(line.as_mut().and_then(HeadReceiver::pop).unwrap_or(own)),
            HeadRule::Program { lines, .. } if lines.is_empty() => {
                return Some(Mark { head: self.checked(head, self.next == self.first), ..own });
            }
            HeadRule::Program { lines, .. } => lines,
        };
        let Some(mark) = pop_all(lines) else {
            self.unasked = true;
            return None;
        };
        let head = wire.map_or(mark.head, |wire| self.checked(wire, mark.head.is_reset()));
        Some(Mark { head: head.with_corruption_of(mark.head), ..mark })
    }

    /// A head that a program wrote, with the reset bit where it is due and nowhere else.
    fn checked(&mut self, head: Head, reset: bool) -> Head {
        if head.is_reset()
            && !reset
            && let Some(tally) = &self.false_resets
        {
            tally.add_false_reset();
        }
        head.with(RESET, reset)
    }
}

/// Where a block of this epoch is added: to `batch` while that has no other one, else behind it.
fn of_epoch<'a>(epoch: u32, batch: &'a mut Batch, later: &'a mut VecDeque<Batch>) -> &'a mut Batch {
    if later.is_empty() && (batch.is_empty() || batch.epoch() == epoch) {
        batch.set_epoch(epoch);
        return batch;
    }
    if later.back().is_none_or(|last| last.epoch() != epoch) {
        let mut next = Batch::new();
        next.set_epoch(epoch);
        later.push_back(next);
    }
    later.back_mut().unwrap_or(batch)
}
