//! What went in and what came out, in the order in which it is shown.
//!
//! A job that writes one block on each output for each compute block is shown compute block by compute block, whenever what
//! came of one is complete. Of other jobs each block is shown at once.

use std::collections::VecDeque;

use pipeloom_job::Head;

/// Which side of the job a pipe is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Input,
    Output,
}

/// A block of the pipe at place `port` of its side.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Passed {
    pub(super) side: Side,
    pub(super) port: usize,
    /// Its place on its pipe, from 1.
    pub(super) number: u64,
    pub(super) head: Head,
    pub(super) payload: Vec<u8>,
}

/// What is shown next.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Item {
    /// The blocks of this compute block follow.
    ComputeBlock(u64),
    Block(Passed),
    /// The job has taken this compute block.
    Taken(u64),
}

/// How the blocks of a job belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Grouping {
    /// One block on each output for each compute block.
    ByStep,
    /// A job without outputs: a compute block is complete when the job has taken it.
    Sink,
    /// Nobody knows.
    Apart,
}

/// What waits to be shown.
#[derive(Debug)]
pub(super) struct Board {
    grouping: Grouping,
    inputs: Vec<Lane>,
    outputs: Vec<Lane>,
    /// Compute blocks that have been shown.
    shown: u64,
}

/// One pipe.
#[derive(Debug)]
struct Lane {
    block_count: usize,
    passed: u64,
    waiting: VecDeque<Passed>,
}

impl Lane {
    fn of(block_count: usize) -> Lane {
        Lane { block_count, passed: 0, waiting: VecDeque::new() }
    }

    /// The part of this pipe in a compute block, or what there is of it.
    fn part(&mut self) -> impl Iterator<Item = Item> {
        let count = self.block_count.min(self.waiting.len());
        self.waiting.drain(..count).map(Item::Block)
    }

    fn is_whole(&self) -> bool {
        self.waiting.len() >= self.block_count
    }
}

impl Board {
    /// `inputs` are how many blocks of each input make a compute block.
    pub(super) fn new(grouping: Grouping, inputs: impl IntoIterator<Item = usize>, outputs: usize) -> Board {
        let inputs = inputs.into_iter().map(Lane::of).collect();
        Board { grouping, inputs, outputs: (0..outputs).map(|_| Lane::of(1)).collect(), shown: 0 }
    }

    /// How many compute blocks have been shown as a whole.
    pub(super) const fn shown(&self) -> u64 {
        self.shown
    }

    /// How many blocks came on the output that had fewest.
    pub(super) fn fewest(&self) -> u64 {
        self.outputs.iter().map(|lane| lane.passed).min().unwrap_or(0)
    }

    /// A block went by. What can be shown now.
    pub(super) fn pass(&mut self, side: Side, port: usize, head: Head, payload: Vec<u8>) -> Vec<Item> {
        let lanes = if side == Side::Input { &mut self.inputs } else { &mut self.outputs };
        let lane = &mut lanes[port];
        lane.passed += 1;
        let block = Passed { side, port, number: lane.passed, head, payload };
        if self.grouping == Grouping::Apart {
            return vec![Item::Block(block)];
        }
        lane.waiting.push_back(block);
        let mut items = Vec::new();
        while self.grouping == Grouping::ByStep && self.outputs.iter().all(Lane::is_whole) {
            items.extend(self.compute_block());
        }
        items
    }

    /// A job without outputs has taken so many compute blocks.
    pub(super) fn taken(&mut self, compute_blocks: u64) -> Vec<Item> {
        let mut items = Vec::new();
        while self.grouping == Grouping::Sink && self.shown < compute_blocks {
            items.extend(self.compute_block());
            items.push(Item::Taken(self.shown));
        }
        items
    }

    /// There will be no more: what is incomplete. Of inputs only those of the next compute block are of interest, as that is
    /// where the job came to its end.
    pub(super) fn rest(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while self.outputs.iter().any(|lane| !lane.waiting.is_empty()) {
            items.extend(self.compute_block());
        }
        if !self.inputs.is_empty() && self.inputs.iter().all(Lane::is_whole) {
            items.extend(self.compute_block());
        }
        items
    }

    fn compute_block(&mut self) -> Vec<Item> {
        self.shown += 1;
        let lanes = self.inputs.iter_mut().chain(&mut self.outputs);
        [Item::ComputeBlock(self.shown)].into_iter().chain(lanes.flat_map(Lane::part)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::HeadSize;

    fn said(items: Vec<Item>) -> String {
        let word = |item| match item {
            Item::ComputeBlock(number) => format!("{number}:"),
            Item::Taken(number) => format!("taken {number}"),
            Item::Block(block) => {
                let side = if block.side == Side::Input { "<" } else { ">" };
                format!("{}{side}{}", block.port, block.number)
            }
        };
        items.into_iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn pass(board: &mut Board, side: Side, port: usize) -> String {
        said(board.pass(side, port, Head::empty(HeadSize::ONE), Vec::new()))
    }

    #[test]
    fn a_compute_block_is_shown_when_all_outputs_have_theirs() {
        let mut board = Board::new(Grouping::ByStep, [1, 2], 2);
        for (side, port) in [(Side::Input, 0), (Side::Input, 1), (Side::Input, 1), (Side::Input, 0), (Side::Output, 1)]
        {
            assert_eq!(pass(&mut board, side, port), "");
        }
        assert_eq!(pass(&mut board, Side::Output, 0), "1: 0<1 1<1 1<2 0>1 1>1");
        assert_eq!((board.shown(), board.fewest()), (1, 1));
        pass(&mut board, Side::Output, 0);
        assert_eq!(said(board.rest()), "2: 0<2 0>2");
    }

    #[test]
    fn at_the_end_the_compute_block_that_has_nothing_is_shown() {
        let mut board = Board::new(Grouping::ByStep, [1], 1);
        for _ in 0..3 {
            pass(&mut board, Side::Input, 0);
        }
        assert_eq!(pass(&mut board, Side::Output, 0), "1: 0<1 0>1");
        assert_eq!(said(board.rest()), "2: 0<2");
    }

    #[test]
    fn a_sinks_compute_block_is_shown_when_it_is_taken() {
        let mut board = Board::new(Grouping::Sink, [1], 0);
        pass(&mut board, Side::Input, 0);
        pass(&mut board, Side::Input, 0);
        assert_eq!(said(board.taken(0)), "");
        assert_eq!(said(board.taken(1)), "1: 0<1 taken 1");
        assert_eq!(said(board.taken(2)), "2: 0<2 taken 2");
        assert_eq!(said(board.rest()), "");
    }

    #[test]
    fn a_source_has_only_outputs() {
        let mut board = Board::new(Grouping::ByStep, [], 2);
        pass(&mut board, Side::Output, 0);
        assert_eq!(pass(&mut board, Side::Output, 1), "1: 0>1 1>1");
        pass(&mut board, Side::Output, 1);
        assert_eq!(said(board.rest()), "2: 1>2");
    }

    #[test]
    fn where_nothing_belongs_together_each_block_is_shown_at_once() {
        let mut board = Board::new(Grouping::Apart, [2], 1);
        assert_eq!(pass(&mut board, Side::Input, 0), "0<1");
        assert_eq!(pass(&mut board, Side::Output, 0), "0>1");
        assert_eq!(pass(&mut board, Side::Output, 0), "0>2");
        assert_eq!(said(board.rest()), "");
    }
}
