//! What the runtime sees of an executable whose times are logged: compute blocks that go in and come out, by count.

use std::time::Instant;

use pipeloom_job::head::RESET;
use pipeloom_job::{Head, HeadSize, Seq};

use super::heads::{HeadReceiver, Mark, pop_all};
use super::moments::{Moment, MomentReceiver, Next};

/// What is seen of one life of an executable. Each line has one message for each compute block.
pub(crate) struct Seen {
    /// What is known of each compute block that it was given; see [`head_line`](super::head_line). None for a source.
    pub(crate) marks: Vec<HeadReceiver>,
    /// When compute blocks were written, an input each.
    pub(crate) inputs: Vec<MomentReceiver>,
    /// When they were read, an output each.
    pub(crate) outputs: Vec<MomentReceiver>,
}

impl Seen {
    /// Whether there is a compute block to be told of.
    pub(super) fn look(&mut self) -> Next {
        let taken = all(&mut self.inputs);
        if self.outputs.is_empty() {
            return taken;
        }
        match all(&mut self.outputs) {
            // A program may answer before it has read all of a block. The block is told when it is all written.
            Next::Moment if taken == Next::Nothing => Next::Nothing,
            given => given,
        }
    }

    /// What is known of the next compute block, after so many; `None` if it will never be whole.
    pub(super) fn mark(&mut self, told: u64, head_size: HeadSize) -> Option<Mark> {
        if self.marks.is_empty() {
            let head = Head::empty(head_size).with(RESET, told == 0);
            return Some(Mark { epoch: 0, number: Seq::new(told + 1)?, head });
        }
        pop_all(&mut self.marks)
    }

    /// When the compute block that [`Seen::look`] has found began and was done. `before` is when the one before it was done.
    pub(super) fn times(&mut self, before: Instant, head: Head) -> Option<Moment> {
        let (taken, given) = (together(&mut self.inputs), together(&mut self.outputs));
        Some(match (taken, given) {
            (_, Some(given)) => {
                let begun = taken.map_or(before, |taken| taken.done);
                Moment { begun: begun.min(given.done), done: given.done, finished: given.finished }
            }
            (Some(taken), None) => {
                let begun = taken.begun.max(before);
                Moment { begun: begun.min(taken.done), done: taken.done, finished: head.is_finished() }
            }
            (None, None) => return None,
        })
    }
}

/// What lines have for one compute block. One that has ended keeps none back.
fn all(lines: &mut [MomentReceiver]) -> Next {
    let next = lines.iter_mut().map(MomentReceiver::look).filter(|next| *next != Next::End);
    next.reduce(|all, next| if all == Next::Moment { next } else { all }).unwrap_or(Next::End)
}

fn together(lines: &mut [MomentReceiver]) -> Option<Moment> {
    lines.iter_mut().filter_map(MomentReceiver::take).reduce(Moment::and)
}
