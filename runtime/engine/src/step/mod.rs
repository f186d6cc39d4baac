//! Lines up the inputs of one job by the numbers of their blocks.

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
