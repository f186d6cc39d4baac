//! The heads and numbers of executables' blocks: left before the program, taken up behind it, by count.
//!
//! A program with one block out for each compute block in needs no numbers and no heads on the wire to keep its stream in
//! step: the k-th block it writes belongs to the k-th compute block it read, whatever it buffers in between. So whoever
//! writes its input leaves a mark for each compute block here, and whoever reads its output takes one for each block. Marks
//! with equal heads and numbers in a row are one row, however many they are and whenever they came: so a program that writes
//! less than it reads costs nothing while its heads stay the same.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pipeloom_config::JobId;
use pipeloom_job::{Head, Seq};

use crate::reactor::{Fact, FactSender};

/// A program for which so many more marks wait than it has written blocks may not write one for each compute block.
pub(crate) const FAR_BEHIND: u64 = 1_000_000;

/// What is known of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) epoch: u32,
    pub(crate) number: Seq,
    pub(crate) head: Head,
}

/// So many compute blocks in a row had this head, and numbers that rise by one.
#[derive(Clone, Copy)]
struct Row {
    first: Mark,
    blocks: u64,
}

impl Row {
    /// Adds so many marks, of which `first` is the first, if they are more of the same.
    fn add(&mut self, first: Mark, blocks: u64) -> bool {
        let next = Mark { number: self.first.number.plus(self.blocks), ..self.first };
        let same = first == next;
        if same {
            self.blocks += blocks;
        }
        same
    }

    /// Adds another row, if its marks are more of the same.
    fn join(&mut self, other: &Row) -> bool {
        self.add(other.first, other.blocks)
    }

    /// Takes the first `blocks` marks off; `true` if those were all.
    fn pop(&mut self, blocks: u64) -> bool {
        self.first.number = self.first.number.plus(blocks);
        self.blocks -= blocks;
        self.blocks == 0
    }
}

/// The rows between both ends of a line.
#[derive(Default)]
struct Rows {
    rows: VecDeque<Row>,
    /// How many marks they are.
    marks: u64,
}

impl Rows {
    fn push(&mut self, row: Row) {
        self.marks += row.blocks;
        if !self.rows.back_mut().is_some_and(|last| last.join(&row)) {
            self.rows.push_back(row);
        }
    }

    fn pop(&mut self) -> Option<Row> {
        let row = self.rows.pop_front()?;
        self.marks -= row.blocks;
        Some(row)
    }
}

fn locked(rows: &Mutex<Rows>) -> MutexGuard<'_, Rows> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the writer of a program's input leaves marks.
pub(crate) struct HeadSender {
    /// Gone with the reader of the program's output.
    rows: Weak<Mutex<Rows>>,
    open: Option<Row>,
    /// How many blocks of the input make a compute block.
    block_count: NonZeroUsize,
    /// The heads of a compute block that is not whole yet, and how many.
    part: Option<(Head, usize)>,
    far_behind: Option<FarBehind>,
}

/// Where the reader of a program's output takes them.
pub(crate) struct HeadReceiver {
    rows: Arc<Mutex<Rows>>,
    open: Option<Row>,
}

/// Tells once that a program writes far less than it is given, whichever of its lines sees it first.
#[derive(Clone)]
pub(crate) struct FarBehind {
    job: JobId,
    facts: FactSender,
    is_told: Arc<AtomicBool>,
}

impl FarBehind {
    pub(crate) fn new(job: JobId, facts: &FactSender) -> FarBehind {
        FarBehind { job, facts: facts.clone(), is_told: Arc::default() }
    }

    fn tell(&self) {
        if !self.is_told.swap(true, SeqCst) {
            self.facts.send(Fact::FarBehind(self.job));
        }
    }
}

/// A line of marks around one program, from one of its inputs, with so many blocks for a compute block, to one of its
/// outputs.
pub(crate) fn head_line(block_count: NonZeroUsize) -> (HeadSender, HeadReceiver) {
    let rows = Arc::default();
    let sender = HeadSender { rows: Arc::downgrade(&rows), open: None, block_count, part: None, far_behind: None };
    (sender, HeadReceiver { rows, open: None })
}

impl HeadSender {
    /// Tells it if the program writes far less than it is given.
    pub(crate) fn telling(self, far_behind: Option<FarBehind>) -> HeadSender {
        HeadSender { far_behind, ..self }
    }

    /// Leaves what is known of the next block of the input.
    pub(crate) fn push(&mut self, epoch: u32, number: Seq, head: Head) {
        let (head, blocks) = self.part.take().map_or((head, 1), |(all, blocks)| (all | head, blocks + 1));
        if blocks < self.block_count.get() {
            self.part = Some((head, blocks));
            return;
        }
        let compute_block = number.get().div_ceil(self.block_count.get() as u64);
        self.push_mark(Mark { epoch, number: Seq::new(compute_block).unwrap_or(Seq::FIRST), head });
    }

    /// Leaves what is known of the next `blocks` blocks of the input: they have this head, and numbers that rise by one.
    pub(super) fn push_run(&mut self, epoch: u32, first: Seq, head: Head, blocks: u64) {
        if self.block_count == NonZeroUsize::MIN {
            self.push_marks(Mark { epoch, number: first, head }, blocks);
        } else {
            (0..blocks).for_each(|place| self.push(epoch, first.plus(place), head));
        }
    }

    /// Leaves what is known of the next compute block.
    pub(crate) fn push_mark(&mut self, mark: Mark) {
        self.push_marks(mark, 1);
    }

    /// The same for so many in a row.
    fn push_marks(&mut self, first: Mark, blocks: u64) {
        if !self.open.as_mut().is_some_and(|row| row.add(first, blocks)) {
            self.flush();
            self.open = Some(Row { first, blocks });
        }
    }

    /// Lets the other side see all marks. To be called before the blocks themselves are written.
    pub(crate) fn flush(&mut self) {
        let Some(row) = self.open.take() else { return };
        // If nobody reads the program's output any more, nobody misses the marks.
        let Some(rows) = self.rows.upgrade() else { return };
        let mut rows = locked(&rows);
        rows.push(row);
        if rows.marks > FAR_BEHIND {
            self.far_behind.take().iter().for_each(FarBehind::tell);
        }
    }
}

impl HeadReceiver {
    /// What is known of the next block; `None` if the program wrote a block before it was given a compute block for it.
    pub(crate) fn pop(&mut self) -> Option<Mark> {
        let (mark, _) = self.peek()?;
        self.take(1);
        Some(mark)
    }

    /// The same, left where it is; and how many in a row differ from it by their numbers alone, which rise by one.
    pub(super) fn peek(&mut self) -> Option<(Mark, u64)> {
        if self.open.is_none() {
            self.open = locked(&self.rows).pop();
        }
        self.open.as_ref().map(|row| (row.first, row.blocks))
    }

    /// Takes so many off, at most those that [`HeadReceiver::peek`] has counted.
    pub(super) fn take(&mut self, blocks: u64) {
        if self.open.as_mut().is_some_and(|row| row.pop(blocks)) {
            self.open = None;
        }
    }
}

/// What is known of the next block of an output, from all lines that lead to it; `None` if one of them knows nothing of it.
pub(super) fn pop_all(lines: &mut [HeadReceiver]) -> Option<Mark> {
    let marks = lines.iter_mut().map(HeadReceiver::pop);
    marks.reduce(|all, mark| all.zip(mark).map(|(all, mark)| Mark { head: all.head | mark.head, ..all })).flatten()
}

/// The same, left where it is; and how many in a row differ from it by their numbers alone, which rise by one.
pub(super) fn peek_all(lines: &mut [HeadReceiver]) -> Option<(Mark, u64)> {
    let rows = lines.iter_mut().map(HeadReceiver::peek);
    let both = |(all, blocks): (Mark, u64), (mark, more): (Mark, u64)| {
        (Mark { head: all.head | mark.head, ..all }, blocks.min(more))
    };
    rows.reduce(|all, row| all.zip(row).map(|(all, row)| both(all, row))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reactor::facts;
    use crate::sample::{Sample, job};
    use pipeloom_job::HeadSize;
    use pipeloom_os::doorbell::Doorbell;

    const PLAIN: Head = Head::empty(HeadSize::ONE);

    fn seqs() -> impl Iterator<Item = Seq> {
        (1..).filter_map(Seq::new)
    }

    #[test]
    fn heads_and_numbers_come_back_in_order_one_for_each_block() {
        let heads = [PLAIN.with(1, true), PLAIN, PLAIN, PLAIN.with(5, true), PLAIN, PLAIN.with(2, true)];
        let numbers: Vec<Seq> = [1, 2, 4, 5, 6, 9].into_iter().filter_map(Seq::new).collect();
        let (mut sender, mut receiver) = head_line(NonZeroUsize::MIN);
        for (number, head) in numbers.iter().zip(heads) {
            sender.push(0, *number, head);
        }
        sender.flush();
        for (&number, head) in numbers.iter().zip(heads) {
            assert_eq!(receiver.pop(), Some(Mark { epoch: 0, number, head }));
        }
        assert_eq!(receiver.pop(), None);
    }

    #[test]
    fn a_program_that_answers_nothing_gathers_one_row_however_often_marks_are_flushed() {
        // Each flush was once a message of its own.
        let (mut sender, mut receiver) = head_line(NonZeroUsize::MIN);
        for number in seqs().take(10_000) {
            sender.push(0, number, PLAIN.with(1, number == Seq::FIRST));
            sender.flush();
        }
        assert_eq!(locked(&receiver.rows).rows.len(), 2, "the first block has a head of its own");
        let numbers = std::iter::from_fn(|| receiver.pop()).map(|mark| mark.number.get());
        assert!(numbers.eq(1..=10_000));
        drop(receiver);
        sender.push(0, Seq::FIRST, PLAIN);
        sender.flush();
        assert_eq!(sender.rows.strong_count(), 0);
    }

    #[test]
    fn a_program_that_is_far_behind_is_told_once() {
        let network = Sample::new().program("grep", &[], &[]).network();
        let (teller, heard) = facts(&Doorbell::new().unwrap());
        let grep = job(&network, "grep");
        let far_behind = FarBehind::new(grep, &teller);
        let mut lines = [(); 2].map(|()| head_line(NonZeroUsize::MIN));
        for (sender, _) in &mut lines {
            sender.far_behind = Some(far_behind.clone());
            seqs().take(FAR_BEHIND as usize).for_each(|number| sender.push(0, number, PLAIN));
            sender.flush();
        }
        assert!(heard.facts.try_recv().is_err());
        for (sender, _) in &mut lines {
            sender.push(0, Seq::FIRST, PLAIN);
            sender.flush();
        }
        assert!(matches!(heard.facts.try_recv(), Ok(Fact::FarBehind(told)) if told == grep));
        assert!(heard.facts.try_recv().is_err());
    }

    #[test]
    fn several_blocks_of_an_input_make_one_mark() {
        let (mut sender, mut receiver) = head_line(NonZeroUsize::new(3).unwrap());
        for (number, bit) in seqs().zip([1, 5, 6, 5, 5, 2]) {
            sender.push(0, number, PLAIN.with(bit, true));
        }
        sender.flush();
        let heads: Vec<_> = std::iter::from_fn(|| receiver.pop()).map(|mark| (mark.number.get(), mark.head)).collect();
        let first = PLAIN.with(1, true).with(5, true).with(6, true);
        assert_eq!(heads, [(1, first), (2, PLAIN.with(5, true).with(2, true))]);
    }
}
