//! Compute blocks that a program was given and has not done: they are kept, to be given to its next life again.

use std::collections::VecDeque;

use pipeloom_job::Batch;

use super::stand_ins::StandIns;
use crate::flow::Unread;
use crate::flow::heads::Mark;

/// What keeping a block costs beside its payload, in bytes: its place in the batch, the end of its compute block, and the mark.
const BLOCK_BYTES: usize = 64;

/// What keeping some blocks of an input together costs.
const CHUNK_BYTES: usize = 512;

/// The compute blocks that a program has not done, in order.
pub(super) struct Window {
    /// How much may be kept of each input, and how much is.
    inputs: Vec<Room>,
    chunks: VecDeque<Chunk>,
    /// So many compute blocks of the first chunk are done.
    done: usize,
    /// So many compute blocks this life was given, and so many of them are done.
    given_in_life: u64,
    done_in_life: u64,
    /// The chunk that is to be given to this life next; those behind the last one were not put together yet.
    next: usize,
}

/// Compute blocks that were put together at once.
pub(super) struct Chunk {
    pub(super) marks: Vec<Mark>,
    /// For each input.
    pub(super) inputs: Vec<Kept>,
}

/// The blocks of one input.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) blocks: Batch,
    /// How many blocks there are up to the end of each compute block.
    pub(super) ends: Vec<usize>,
    /// Which blocks stand for missing ones.
    stand_ins: StandIns,
}

/// How much may be kept of an input, and how much is, in bytes.
struct Room {
    limit: usize,
    kept: usize,
}

/// More is kept of an input than may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Overfull {
    pub(super) input: usize,
    pub(super) bytes: usize,
    pub(super) limit: usize,
}

impl Kept {
    /// A copy of these blocks.
    pub(super) fn new(blocks: &Batch, ends: Vec<usize>, stand_ins: StandIns) -> Kept {
        Kept { blocks: rest(blocks, 0), ends, stand_ins }
    }

    /// How much memory they take.
    fn cost(&self) -> usize {
        CHUNK_BYTES + BLOCK_BYTES * self.blocks.len() + self.blocks.bytes()
    }

    /// A copy of all but the first `done` compute blocks.
    fn after(&self, done: usize) -> Batch {
        rest(&self.blocks, self.first_after(done))
    }

    fn first_after(&self, done: usize) -> usize {
        done.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    /// What is left after the first `done` compute blocks, without what stands for missing blocks.
    fn left_after(&self, done: usize) -> Unread {
        let first = self.first_after(done);
        let bytes = self.blocks.iter().skip(first).map(|(_, block)| block.bytes.len() as u64).sum();
        self.stand_ins.clone().take_last(Unread { blocks: (self.blocks.len() - first) as u64, bytes })
    }
}

/// A copy of a batch without its first blocks.
fn rest(batch: &Batch, first: usize) -> Batch {
    let mut rest = Batch::new();
    rest.set_epoch(batch.epoch());
    batch.iter().skip(first).for_each(|(number, block)| rest.push(number, &block));
    rest
}

impl Window {
    pub(super) fn new(limits: Vec<usize>) -> Window {
        let inputs = limits.into_iter().map(|limit| Room { limit, kept: 0 }).collect();
        Window { inputs, chunks: VecDeque::new(), done: 0, given_in_life: 0, done_in_life: 0, next: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Keeps what this life is given now.
    pub(super) fn keep(&mut self, chunk: Chunk) -> Result<(), Overfull> {
        self.given_in_life += chunk.marks.len() as u64;
        for (room, kept) in self.inputs.iter_mut().zip(&chunk.inputs) {
            room.kept += kept.cost();
        }
        self.chunks.push_back(chunk);
        self.next = self.chunks.len();
        // However long a block is, it may be given.
        let is_over = |room: &Room| room.kept > room.limit && self.chunks.len() > 1;
        match self.inputs.iter().position(is_over) {
            Some(input) => {
                let Room { limit, kept } = self.inputs[input];
                Err(Overfull { input, bytes: kept, limit })
            }
            None => Ok(()),
        }
    }

    /// This life has done so many compute blocks, of those that it was given.
    pub(super) fn set_done(&mut self, in_life: u64) {
        let in_life = in_life.min(self.given_in_life);
        let mut more = in_life.saturating_sub(self.done_in_life) as usize;
        self.done_in_life = self.done_in_life.max(in_life);
        while let Some(first) = self.chunks.front() {
            let left = first.marks.len() - self.done;
            if more < left {
                self.done += more;
                return;
            }
            for (room, kept) in self.inputs.iter_mut().zip(&first.inputs) {
                room.kept -= kept.cost();
            }
            more -= left;
            self.done = 0;
            self.next -= 1;
            self.chunks.pop_front();
        }
    }

    /// How many compute blocks this life was given before the last `unread` blocks of an input.
    pub(super) fn given_without(&self, input: usize, unread: u64) -> u64 {
        let behind: usize = self.read(input, unread).map(|(chunk, read)| chunk.marks.len() - read).sum();
        self.given_in_life.saturating_sub(behind as u64)
    }

    /// Of the chunks that this life was given, from the last one on, how many compute blocks of each it has read whole on an
    /// input, if it has not read the last `unread` blocks of that. Those before it has read.
    fn read(&self, input: usize, unread: u64) -> impl Iterator<Item = (&Chunk, usize)> {
        let given = self.chunks.iter().take(self.next).rev();
        given.scan(unread as usize, move |unread, chunk| {
            let kept = &chunk.inputs[input];
            let read = kept.blocks.len().saturating_sub(*unread);
            let whole = if read == 0 { 0 } else { kept.ends.partition_point(|end| *end <= read) };
            let found = (*unread > 0).then_some((chunk, whole));
            *unread = unread.saturating_sub(kept.blocks.len());
            found
        })
    }

    /// What of an input this life has not read, if that is the last `unread` blocks of what it was given, or was not given again.
    pub(super) fn unread(&self, input: usize, unread: u64) -> Unread {
        let not_given = self.chunks.iter().skip(self.next).map(|chunk| chunk.inputs[input].left_after(0));
        let not_read = self.read(input, unread).map(|(chunk, read)| chunk.inputs[input].left_after(read));
        not_given.chain(not_read).fold(Unread::default(), |sum, left| sum + left)
    }

    /// The next life begins: all that is not done is to be given again.
    pub(super) fn begin_life(&mut self) {
        (self.next, self.given_in_life, self.done_in_life) = (0, 0, 0);
    }

    /// What is to be given to this life next, of what another one was given before: the marks, and the blocks of each input.
    pub(super) fn next_again(&mut self) -> Option<(Vec<Mark>, Vec<Batch>)> {
        let chunk = self.chunks.get(self.next)?;
        let done = if self.next == 0 { self.done } else { 0 };
        self.next += 1;
        self.given_in_life += (chunk.marks.len() - done) as u64;
        let blocks = chunk.inputs.iter().map(|kept| kept.after(done)).collect();
        Some((chunk.marks[done..].to_vec(), blocks))
    }

    /// What of an input is not done.
    pub(super) fn left(&self, input: usize) -> Unread {
        let left =
            |(place, chunk): (usize, &Chunk)| chunk.inputs[input].left_after(if place == 0 { self.done } else { 0 });
        self.chunks.iter().enumerate().map(left).fold(Unread::default(), |sum, left| sum + left)
    }
}

#[cfg(test)]
mod tests {
    use pipeloom_job::{Block, Head, HeadSize, Seq};

    use super::*;

    const PLAIN: Head = Head::empty(HeadSize::ONE);

    /// Compute blocks with these numbers, of an input with one block of a byte and one with two of two bytes.
    fn chunk(numbers: std::ops::RangeInclusive<u64>) -> Chunk {
        let mut chunk = Chunk { marks: Vec::new(), inputs: vec![Kept::default(), Kept::default()] };
        for number in numbers {
            let seq = Seq::new(number).unwrap();
            chunk.marks.push(Mark { epoch: 0, number: seq, head: PLAIN });
            for (kept, (blocks, text)) in chunk.inputs.iter_mut().zip([(1, "a"), (2, "bb")]) {
                (0..blocks).for_each(|_| kept.blocks.push(seq, &Block::new(PLAIN, text.as_bytes())));
                kept.ends.push(kept.blocks.len());
            }
        }
        chunk
    }

    fn window() -> Window {
        Window::new(vec![100_000, 100_000])
    }

    /// The numbers of all that is given again, and how many blocks of each input.
    fn given_again(window: &mut Window) -> (Vec<u64>, [usize; 2]) {
        let (mut numbers, mut blocks) = (Vec::new(), [0, 0]);
        while let Some((marks, inputs)) = window.next_again() {
            numbers.extend(marks.iter().map(|mark| mark.number.get()));
            blocks.iter_mut().zip(&inputs).for_each(|(sum, input)| *sum += input.len());
        }
        (numbers, blocks)
    }

    #[test]
    fn what_was_not_read_counts_in_whole_compute_blocks() {
        let mut window = window();
        window.keep(chunk(1..=3)).unwrap();
        window.keep(chunk(4..=7)).unwrap();
        for (unread, one, two) in [(0, 7, 7), (1, 6, 6), (2, 5, 6), (4, 3, 5), (5, 2, 4), (7, 0, 3), (14, 0, 0)] {
            assert_eq!((window.given_without(0, unread), window.given_without(1, unread)), (one, two), "{unread}");
        }
        window.set_done(2);
        window.begin_life();
        given_again(&mut window);
        assert_eq!((window.given_without(0, 0), window.given_without(0, 5)), (5, 0));
    }

    #[test]
    fn what_is_not_done_is_given_again_on_all_inputs() {
        for done in 0..=7 {
            let mut window = window();
            window.keep(chunk(1..=3)).unwrap();
            window.keep(chunk(4..=7)).unwrap();
            assert_eq!(given_again(&mut window), (vec![], [0, 0]), "this life was given all");
            window.set_done(done);
            window.begin_life();
            let left = 7 - done as usize;
            assert_eq!(given_again(&mut window), ((done + 1..=7).collect(), [left, 2 * left]));
            assert_eq!(window.is_empty(), done == 7);
            assert_eq!(window.left(1), Unread { blocks: 2 * left as u64, bytes: 4 * left as u64 });
        }
    }

    #[test]
    fn each_life_counts_by_itself() {
        let mut window = window();
        window.keep(chunk(1..=4)).unwrap();
        window.set_done(2);
        window.begin_life();
        given_again(&mut window);
        window.set_done(1);
        window.keep(chunk(5..=6)).unwrap();
        window.set_done(3);
        window.begin_life();
        assert_eq!(given_again(&mut window).0, [6]);
    }

    #[test]
    fn what_was_not_given_to_this_life_cannot_be_done() {
        let mut window = window();
        window.keep(chunk(1..=2)).unwrap();
        window.begin_life();
        window.set_done(u64::MAX);
        assert_eq!(given_again(&mut window).0, [1, 2]);
    }

    #[test]
    fn blocks_without_a_byte_have_their_limit_too() {
        let mut window = Window::new(vec![100_000, 100_000]);
        let empty = |count: u64| {
            let mut chunk = Chunk { marks: Vec::new(), inputs: vec![Kept::default(), Kept::default()] };
            for seq in (1..=count).filter_map(Seq::new) {
                chunk.marks.push(Mark { epoch: 0, number: seq, head: PLAIN });
                chunk.inputs[0].blocks.push(seq, &Block::new(PLAIN, b""));
                chunk.inputs[0].ends.push(seq.get() as usize);
            }
            chunk
        };
        let error = (0..100).find_map(|_| window.keep(empty(64)).err());
        assert!(error.is_some_and(|error| error.input == 0), "there was no end to them: {error:?}");
        window.set_done(u64::MAX);
        assert!(window.inputs.iter().all(|room| room.kept == 0));
    }

    #[test]
    fn more_than_one_chunk_may_not_be_longer_than_the_limit() {
        // Of its second input each compute block has two blocks of two bytes.
        let cost = |compute_blocks: usize| CHUNK_BYTES + 2 * compute_blocks * (BLOCK_BYTES + 2);
        let mut window = Window::new(vec![100_000, 16]);
        window.keep(chunk(1..=100)).unwrap();
        let bytes = cost(100) + cost(1);
        assert_eq!(window.keep(chunk(101..=101)), Err(Overfull { input: 1, bytes, limit: 16 }));
        let mut window = Window::new(vec![100_000, 4 * cost(1)]);
        (1..=4).for_each(|number| window.keep(chunk(number..=number)).unwrap());
        window.set_done(1);
        window.keep(chunk(5..=5)).unwrap();
        assert!(window.keep(chunk(6..=6)).is_err());
    }
}
