//! The short cut of a [`Join`](super::join::Join): compute blocks for which no rule need be asked.
//!
//! # Theory
//!
//! A compute block is *aligned* if each lane is taken in step, one block at a time, has nothing set out, and has at its
//! front the block of this very number and of the lane's epoch, not finished. Then each lane is whole: nothing is at an
//! edge, missing or too old, and the count neither skips nor ends. So the compute block is made of the fronts, whatever
//! else is held. It needs no slots: the job is called with the fronts where they lie, and then each lane moves on behind
//! its own.
//!
//! All else is left to the rules. They find the lanes as if they had made the aligned compute blocks themselves; and what
//! they have begun to set out, they make.

use pipeloom_job::Block;

use super::ComputeBlock;
use super::lane::{Lane, Rule};

/// Whether compute blocks of these lanes can be aligned.
pub(super) fn can_be(lanes: &[Lane]) -> bool {
    lanes.iter().all(|lane| lane.is_in_step() && lane.shelf.block_count() == 1)
}

/// Adds the blocks of compute block `compute`, if it is aligned.
#[inline]
pub(super) fn fill<'a>(lanes: &'a [Lane], compute: u64, made: &mut ComputeBlock<'a>) -> bool {
    for lane in lanes {
        let Some(block) = front(lane, compute) else { return false };
        made.push(block);
    }
    !made.head.is_finished()
}

#[inline]
fn front(lane: &Lane, compute: u64) -> Option<Block<'_>> {
    let Rule::InStep(in_step) = &lane.rule else { return None };
    let (epoch, number, block) = lane.shelf.front()?;
    in_step.is_place_of(compute, epoch, number).then_some(block)
}

/// The compute block is done.
#[inline]
pub(super) fn pass(lanes: &mut [Lane]) {
    for lane in lanes {
        lane.shelf.pass_front();
    }
}
