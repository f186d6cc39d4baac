//! The heads and numbers of executables' blocks: left before the program, taken up behind it, by count.
//!
//! A program with one block out for each compute block in needs no numbers and no heads on the wire to keep its stream in
//! step: the k-th block it writes belongs to the k-th compute block it read, whatever it buffers in between. So whoever
//! writes its input leaves a mark for each compute block here, and whoever reads its output takes one for each block. Equal
//! heads in a row cost one message.

use std::num::NonZeroUsize;

use crossbeam_channel::{Receiver, Sender, unbounded};
use pipeloom_job::{Head, Seq};

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
    next: Seq,
    blocks: u64,
}

impl Row {
    fn of(first: Mark) -> Row {
        Row { first, next: first.number.next(), blocks: 1 }
    }

    /// Adds a mark, if it is one more of the same.
    fn add(&mut self, mark: Mark) -> bool {
        let same = (mark.epoch, mark.head, mark.number) == (self.first.epoch, self.first.head, self.next);
        if same {
            (self.next, self.blocks) = (self.next.next(), self.blocks + 1);
        }
        same
    }

    /// Takes the first mark off; `true` if that was the last.
    fn pop(&mut self) -> (Mark, bool) {
        let mark = self.first;
        self.first.number = mark.number.next();
        self.blocks -= 1;
        (mark, self.blocks == 0)
    }
}

/// Where the writer of a program's input leaves marks.
pub(crate) struct HeadSender {
    rows: Sender<Row>,
    open: Option<Row>,
    /// How many blocks of the input make a compute block.
    block_count: NonZeroUsize,
    /// The heads of a compute block that is not whole yet, and how many.
    part: Option<(Head, usize)>,
}

/// Where the reader of a program's output takes them.
pub(crate) struct HeadReceiver {
    rows: Receiver<Row>,
    open: Option<Row>,
}

/// A line of marks around one program, from one of its inputs, with so many blocks for a compute block, to one of its
/// outputs.
pub(crate) fn head_line(block_count: NonZeroUsize) -> (HeadSender, HeadReceiver) {
    let (sender, rows) = unbounded();
    (HeadSender { rows: sender, open: None, block_count, part: None }, HeadReceiver { rows, open: None })
}

impl HeadSender {
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

    /// Leaves what is known of the next compute block.
    pub(crate) fn push_mark(&mut self, mark: Mark) {
        if !self.open.as_mut().is_some_and(|row| row.add(mark)) {
            self.flush();
            self.open = Some(Row::of(mark));
        }
    }

    /// Lets the other side see all marks. To be called before the blocks themselves are written.
    pub(crate) fn flush(&mut self) {
        if let Some(row) = self.open.take() {
            // Nobody reads the program's output any more: then nobody misses the marks.
            let _ = self.rows.send(row);
        }
    }
}

impl HeadReceiver {
    /// What is known of the next block; `None` if the program wrote a block before it was given a compute block for it.
    pub(crate) fn pop(&mut self) -> Option<Mark> {
        let mut row = match self.open.take() {
            Some(row) => row,
            None => self.rows.try_recv().ok()?,
        };
        let (mark, last) = row.pop();
        self.open = (!last).then_some(row);
        Some(mark)
    }
}

/// What is known of the next block of an output, from all lines that lead to it; `None` if one of them knows nothing of it.
pub(super) fn pop_all(lines: &mut [HeadReceiver]) -> Option<Mark> {
    let marks = lines.iter_mut().map(HeadReceiver::pop);
    marks.reduce(|all, mark| all.zip(mark).map(|(all, mark)| Mark { head: all.head | mark.head, ..all })).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::HeadSize;

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
