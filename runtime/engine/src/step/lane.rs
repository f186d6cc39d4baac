//! One input of a job.

use std::num::NonZeroUsize;

use pipeloom_config::{Dummy, PipeSpec, Taking};
use pipeloom_job::{Batch, Codec};

use super::in_step::{Filled, InStep};
use super::optional::Waiting;
use super::shelf::{Marks, Shelf, Slot};
use crate::flow::Ending;

/// What the stepper must know of an input.
#[derive(Clone, Debug)]
pub(crate) struct LaneSpec {
    /// How many of its blocks make one compute block.
    pub(crate) block_count: NonZeroUsize,
    /// How its blocks are taken.
    pub(crate) taking: Taking,
    /// What stands for a missing block.
    pub(crate) dummy: Dummy,
    /// Whether its writer needs the job's own blocks.
    pub(crate) feedback: bool,
    /// How long each payload is, if all are of one size.
    pub(crate) block_size: Option<usize>,
}

impl LaneSpec {
    /// What a pipe is to its reader, which it leads back to or not.
    pub(crate) fn of(pipe: &PipeSpec, feedback: bool) -> LaneSpec {
        LaneSpec {
            block_count: pipe.block_count,
            taking: pipe.taking.clone(),
            dummy: pipe.dummy.clone(),
            feedback,
            block_size: match pipe.codec {
                Codec::Bytes { block_size } => Some(block_size),
                _ => None,
            },
        }
    }

    /// In which order lanes should be given blocks before a compute block is asked for: those that are not waited for come
    /// last, so that what came before a block of the others is there.
    pub(crate) fn order(lanes: &[LaneSpec]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..lanes.len()).collect();
        order.sort_by_key(|&lane| matches!(lanes[lane].taking, Taking::Optional(_)));
        order
    }

    /// Whether each compute block is the lane's next block, if there is no other lane.
    pub(super) fn is_plain(&self) -> bool {
        self.taking == Taking::InStep && self.block_count == NonZeroUsize::MIN
    }
}

/// One input: its blocks, and the rule by which they are taken.
pub(super) struct Lane {
    pub(super) shelf: Shelf,
    pub(super) rule: Rule,
    pub(super) feedback: bool,
}

/// How blocks are taken.
pub(super) enum Rule {
    InStep(InStep),
    Async {
        /// The first compute block does not wait for it.
        starts: bool,
    },
    Optional(Waiting),
}

impl Lane {
    /// A lane of a job that has lanes in step, or none.
    pub(super) fn new(spec: LaneSpec, has_in_step: bool) -> Lane {
        let LaneSpec { block_count, taking, dummy, feedback, block_size } = spec;
        let (stand_in, repeats) = match dummy {
            Dummy::Zero => (vec![0; block_size.unwrap_or(0)], false),
            Dummy::Previous { empty } => (empty, true),
            Dummy::Value(value) => (value, false),
        };
        let count = block_count.get();
        // Where others set the count, a stream that begins in the middle of it begins nothing. On a cycle the mark would go round
        // for ever.
        let marks = if has_in_step || feedback { Marks::Neither } else { Marks::Reset };
        let (shelf, rule) = match taking {
            Taking::InStep => (Shelf::new(count, stand_in, repeats, Marks::Both), Rule::InStep(InStep::new())),
            Taking::Async => (Shelf::new(count, stand_in, repeats, marks), Rule::Async { starts: feedback }),
            Taking::Optional(optional) => (
                Shelf::new(count, optional.default, optional.store, marks),
                Rule::Optional(Waiting::new(optional.buffer)),
            ),
        };
        Lane { shelf, rule, feedback }
    }

    pub(super) fn is_in_step(&self) -> bool {
        matches!(self.rule, Rule::InStep(_))
    }

    pub(super) fn give(&mut self, batch: &mut Batch) {
        let Lane { shelf, rule, .. } = self;
        match rule {
            Rule::InStep(_) | Rule::Async { .. } => {
                shelf.release_passed();
                shelf.backlog.give(batch);
            }
            Rule::Optional(waiting) => {
                shelf.backlog.give(batch);
                waiting.queue(shelf);
            }
        }
    }

    /// Whether blocks should be given now.
    pub(super) fn wants(&self) -> bool {
        let Lane { shelf, rule, .. } = self;
        let gap = !shelf.is_full() && shelf.backlog.look().is_none();
        shelf.ended.is_none()
            && match rule {
                Rule::InStep(_) => gap,
                Rule::Async { .. } => gap && !Lane::is_used_up(shelf),
                Rule::Optional(waiting) => !Lane::is_used_up(shelf) && waiting.has_room(shelf.block_count()),
            }
    }

    /// Whether the last block of the stream is used, or is about to be.
    fn is_used_up(shelf: &Shelf) -> bool {
        shelf.finished || shelf.has_finished()
    }

    /// Sets out what there is for compute block `compute`, if the lane is waited for.
    #[inline]
    pub(super) fn fill(&mut self, compute: u64) -> Filled {
        let Lane { shelf, rule, .. } = self;
        match rule {
            Rule::InStep(in_step) => in_step.fill(shelf, compute),
            Rule::Async { starts } => Lane::fill_in_order(shelf, *starts),
            Rule::Optional(_) => Filled::Whole,
        }
    }

    fn fill_in_order(shelf: &mut Shelf, starts: bool) -> Filled {
        while !shelf.is_full() {
            let used_up = Lane::is_used_up(shelf);
            if starts {
                shelf.put_stand_in(Slot::Start);
            } else if used_up || !shelf.put_next() {
                if !used_up && shelf.ended.is_none() {
                    return Filled::Waiting;
                }
                shelf.put_stand_in(Slot::Dummy);
            }
        }
        Filled::Whole
    }

    /// Whether the lane has something that it has not given before.
    pub(super) fn has_news(&self) -> bool {
        match &self.rule {
            Rule::InStep(_) => self.shelf.has_real(),
            Rule::Async { starts } => *starts || self.shelf.has_real(),
            Rule::Optional(waiting) => !self.shelf.finished && (self.shelf.has_real() || waiting.len() > 0),
        }
    }

    /// Whether nothing more can come after what is set out.
    pub(super) fn is_at_end(&self) -> bool {
        self.shelf.finished || (self.shelf.ended.is_some() && !self.has_news() && self.shelf.backlog.look().is_none())
    }

    /// Sets out what there is, if the lane is not waited for.
    pub(super) fn fill_up(&mut self) {
        if let Rule::Optional(waiting) = &mut self.rule {
            waiting.fill(&mut self.shelf);
        }
    }

    /// What is set out is done.
    #[inline]
    pub(super) fn commit(&mut self) {
        let Lane { shelf, rule, .. } = self;
        shelf.commit();
        match rule {
            Rule::InStep(_) => shelf.release_passed(),
            Rule::Async { starts } => {
                *starts = false;
                shelf.release_passed();
            }
            Rule::Optional(waiting) => waiting.release(shelf),
        }
    }

    /// How the lane ended; finished only if its last block was used.
    pub(super) fn ending(&self) -> Ending {
        match self.shelf.ended {
            _ if self.shelf.finished => Ending::Finished,
            None | Some(Ending::Finished) => Ending::EndedUnfinished,
            Some(ending) => ending,
        }
    }

    /// All that it holds is lost.
    pub(super) fn clear(&mut self) {
        let waiting = self.forget_waiting();
        self.shelf.clear(waiting);
    }

    /// Nothing of it will be used any more.
    pub(super) fn close(&mut self) {
        let waiting = self.forget_waiting();
        self.shelf.close(waiting);
    }

    fn forget_waiting(&mut self) -> usize {
        match &mut self.rule {
            Rule::Optional(waiting) => waiting.take(),
            Rule::InStep(_) | Rule::Async { .. } => 0,
        }
    }
}
