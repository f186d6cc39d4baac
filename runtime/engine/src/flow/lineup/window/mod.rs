//! Compute blocks that a program was given and has not done: they are kept, to be given to its next life again.
//!
//! They are kept in memory as far as the file allows it, and what is more on disk.
//!
//! ```text
//! kept      the blocks of one input that were put together at once
//! overflow  those of them that are on disk
//! ```

mod kept;
mod overflow;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use pipeloom_job::Batch;

pub(super) use self::kept::{Edge, Kept};
use self::overflow::Overflow;
pub(crate) use self::overflow::{Keeps, Unkept};
use crate::flow::Unread;
use crate::flow::heads::Mark;

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
    /// How many blocks of each input are done, or were passed over before one that is.
    passed: Vec<u64>,
    /// The chunk that is to be given to this life next; those behind the last one were not put together yet.
    next: usize,
}

/// Compute blocks that were put together at once.
pub(super) struct Chunk {
    pub(super) marks: Vec<Mark>,
    /// For each input.
    pub(super) inputs: Vec<Kept>,
}

/// How much may be kept of an input, and how much is.
struct Room {
    /// In memory, in bytes.
    limit: usize,
    kept: usize,
    overflow: Overflow,
}

/// What is given again: the marks, and the blocks of each input.
type Again = (Vec<Mark>, Vec<Batch>);

/// What goes wrong with an input.
type Failed = (usize, Unkept);

impl Room {
    /// Keeps these blocks, in memory if there is room.
    fn keep(&mut self, kept: &mut Kept) -> Result<(), Unkept> {
        let bytes = kept.cost();
        // However long a block is, it may be given.
        if self.kept == 0 || self.kept + bytes <= self.limit {
            self.kept += bytes;
            return Ok(());
        }
        kept.put_on(&mut self.overflow).map_err(|why| why.with_window(self.kept + bytes, self.limit))
    }

    fn let_go(&mut self, kept: &Kept) -> Result<(), Unkept> {
        match kept.places() {
            Some(places) => self.overflow.done_before(places.end),
            None => {
                self.kept -= kept.cost();
                Ok(())
            }
        }
    }
}

impl Window {
    pub(super) fn new(keeps: Vec<Keeps>) -> Window {
        let room = |keeps: Keeps| Room { limit: keeps.window_bytes, kept: 0, overflow: Overflow::new(keeps) };
        let inputs: Vec<Room> = keeps.into_iter().map(room).collect();
        let passed = vec![0; inputs.len()];
        Window { inputs, passed, chunks: VecDeque::new(), done: 0, given_in_life: 0, done_in_life: 0, next: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Keeps what this life is given now.
    pub(super) fn keep(&mut self, mut chunk: Chunk) -> Result<(), Failed> {
        self.given_in_life += chunk.marks.len() as u64;
        for (input, (room, kept)) in self.inputs.iter_mut().zip(&mut chunk.inputs).enumerate() {
            room.keep(kept).map_err(|why| (input, why))?;
        }
        self.chunks.push_back(chunk);
        self.next = self.chunks.len();
        Ok(())
    }

    /// This life has done so many compute blocks, of those that it was given.
    pub(super) fn set_done(&mut self, in_life: u64) -> Result<(), Failed> {
        let in_life = in_life.min(self.given_in_life);
        let mut more = in_life.saturating_sub(self.done_in_life) as usize;
        self.done_in_life = self.done_in_life.max(in_life);
        while let Some(first) = self.chunks.front() {
            let left = first.marks.len() - self.done;
            let done = self.done + more.min(left);
            for (passed, kept) in self.passed.iter_mut().zip(&first.inputs) {
                *passed = kept.edge_before(done).passed.max(*passed);
            }
            if more < left {
                self.done += more;
                return Ok(());
            }
            let Some(first) = self.chunks.pop_front() else { break };
            more -= left;
            self.done = 0;
            self.next -= 1;
            for (input, (room, kept)) in self.inputs.iter_mut().zip(&first.inputs).enumerate() {
                room.let_go(kept).map_err(|why| (input, why))?;
            }
        }
        Ok(())
    }

    /// How many blocks of each input are done, or were passed over before one that is.
    pub(super) fn passed(&self) -> &[u64] {
        &self.passed
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
            let whole = kept.whole_in(kept.blocks().saturating_sub(*unread));
            let found = (*unread > 0).then_some((chunk, whole));
            *unread = unread.saturating_sub(kept.blocks());
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
        self.inputs.iter_mut().for_each(|room| room.overflow.begin_again());
    }

    /// What is to be given to this life next, of what another one was given before.
    pub(super) fn next_again(&mut self) -> Result<Option<Again>, Failed> {
        let Some(chunk) = self.chunks.get(self.next) else { return Ok(None) };
        let done = if self.next == 0 { self.done } else { 0 };
        self.next += 1;
        self.given_in_life += (chunk.marks.len() - done) as u64;
        let inputs = self.inputs.iter_mut().zip(&chunk.inputs).enumerate();
        let blocks =
            inputs.map(|(input, (room, kept))| kept.after(done, &mut room.overflow).map_err(|why| (input, why)));
        Ok(Some((chunk.marks[done..].to_vec(), blocks.collect::<Result<_, _>>()?)))
    }

    /// What of an input is not done.
    pub(super) fn left(&self, input: usize) -> Unread {
        let left =
            |(place, chunk): (usize, &Chunk)| chunk.inputs[input].left_after(if place == 0 { self.done } else { 0 });
        self.chunks.iter().enumerate().map(left).fold(Unread::default(), |sum, left| sum + left)
    }
}
