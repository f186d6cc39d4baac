//! Lines up the inputs of one job by the numbers of their blocks. No I/O, no clock, no threads.
//!
//! # Theory of operation
//!
//! A [`Stepper`] has a *lane* for each input of a job. It is given the batches that come on each and told when a lane
//! ends; asked what is ready, it answers with the next compute block, with waiting, or with the end. What it says of
//! lanes that are waited for depends neither on batches nor on which lane was given first.
//!
//! **In step.** Compute block c takes the blocks n(c-1)+1 to nc of a lane with a block count of n, by their numbers. A
//! number that was passed is too old; its block is dropped. A number is missing once a later one is at the front of
//! its lane; a dummy, marked as corrupted, then stands for it. If no lane has any block for c, the count goes on to
//! the first compute block for which one has. So the gaps of a single lane just pass.
//!
//! **The beginning.** The count begins once all lanes in step show a block: in the lowest epoch that any of them shows, with the
//! first compute block for which a lane of that epoch has a block. So a run that goes on in the middle of streams makes no
//! dummies for what was before.
//!
//! **Epochs.** A job that begins again numbers from 1 in a newer epoch. A lane is *at its edge* if a newer epoch
//! begins before the compute block at hand is whole, and *renewed* if it has reached a newer epoch since the count
//! began. What happens is decided when all lanes in step are whole or at their edge:
//!
//! - A lane that is not renewed is whole: the lanes at their edge go on with the others. The first number of their new
//!   epoch takes the first place that is still empty, and they are renewed.
//! - Otherwise the count begins again, at 1, and no lane is renewed any more. Lanes at their edge drop the rest of
//!   their old epoch. The others, renewed before, are taken by their own numbers from now on; what they have used
//!   stays used. So they may lack numbers that the others begin with, and get dummies for these.
//!
//! The epoch of the count is the lowest that any lane in step has reached when it begins.
//!
//! If it is known that all lanes in step will show a newer epoch, none goes on alone ([`Stepper::await_epoch`]): a lane at its
//! edge has dummies for what the others still have of an older one.
//!
//! **Marks.** Reset and finished are of the count, so lanes that are not in step show neither. Where no lane is in step they
//! show reset, but not at the end of a cycle, where it would go round for ever.
//!
//! **Ending.** It is over after a compute block with a finished block on a lane in step, or when a lane in step has
//! ended and cannot fill the compute block at hand. The latter is never finished: the last block was not used. A
//! lane's end is heard before a new beginning of the count. What is left is unused.
//!
//! **Async.** Blocks in the order in which they come, each once. After the lane's end, or its finished block, dummies.
//! The end of a cycle gives dummies without a mark to the very first compute block, which nobody could feed.
//!
//! **Optional.** What there is when all others are ready, each block once, then the default or the payload given last,
//! again. If a buffer overflows, blocks without reset and finished are dropped.
//!
//! **No lane in step.** The count just goes up. A compute block is made when all async lanes have theirs and any lane
//! has something new. It is over when all lanes but the ends of cycles have ended and are used up: finished if every
//! one of them had a finished block, which the head of the last compute block then shows, and otherwise as the first
//! that had none.
//!
//! # Where things are
//!
//! ```text
//! Stepper ── Only                 one lane, one block at a time: a walk along its batches
//!         └─ Join ── Lane         the count, epochs, ending
//!            │       ├─ Shelf     what is held, and what is set out for the compute block at hand
//!            │       │  └─ Backlog
//!            │       └─ Rule      InStep, Async, Optional (Waiting): what is set out next
//!            └─ aligned           what needs no rule: the lanes' next blocks as they are
//! ```
//!
//! Blocks stay in the batches in which they came; a *slot* of a compute block is a place in a batch or a dummy. A
//! batch is emptied when no slot and no place after it needs it, and handed back for the next one that is given. Only
//! then, and only where dummies repeat a payload, is a lane's last block copied, or retained if it is large.

mod aligned;
mod backlog;
mod compute_block;
mod counts;
mod in_step;
mod join;
mod lane;
mod only;
mod optional;
mod shelf;
mod stepper;
#[cfg(test)]
mod tests;

pub(crate) use compute_block::ComputeBlock;
pub(crate) use counts::Counts;
pub(crate) use lane::LaneSpec;
pub(crate) use only::Only;
pub(crate) use stepper::{Ready, Stepper};
