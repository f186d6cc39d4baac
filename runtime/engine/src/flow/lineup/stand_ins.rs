//! Which of the blocks that a program is given stand for missing ones.
//!
//! Those were written by nobody, and are not counted as delivered; so they are not to be taken back either.

use std::collections::VecDeque;

use crate::flow::Unread;

/// The blocks for one pipe, and which of the last ones stand for others.
#[derive(Clone, Debug, Default)]
pub(super) struct StandIns {
    /// How many blocks there are in all.
    blocks: u64,
    /// The place and the length of each one that stands for another.
    places: VecDeque<(u64, u64)>,
}

impl StandIns {
    /// One more block.
    pub(super) fn add(&mut self, is_stand_in: bool, bytes: usize) {
        if is_stand_in {
            self.places.push_back((self.blocks, bytes as u64));
        }
        self.blocks += 1;
    }

    /// Takes the last blocks away. Gives those of them that came from the writer.
    pub(super) fn take_last(&mut self, last: Unread) -> Unread {
        let taken = self.split_last(last.blocks);
        let bytes: u64 = taken.places.iter().map(|(_, bytes)| bytes).sum();
        Unread { blocks: last.blocks - taken.len() as u64, bytes: last.bytes - bytes }
    }

    /// Takes so many of the last blocks away.
    pub(super) fn split_last(&mut self, blocks: u64) -> StandIns {
        self.blocks -= blocks.min(self.blocks);
        let first = self.places.partition_point(|(place, _)| *place < self.blocks);
        let places = self.places.split_off(first).into_iter().map(|(place, bytes)| (place - self.blocks, bytes));
        StandIns { blocks, places: places.collect() }
    }

    /// Forgets all but so many of the last blocks.
    pub(super) fn keep_last(&mut self, blocks: u64) {
        *self = self.split_last(blocks.min(self.blocks));
    }

    /// How many blocks stand for others.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of 3 bytes, and those of 5 that stand for others.
    fn stand_ins(which: &str) -> StandIns {
        let mut stand_ins = StandIns::default();
        which.chars().for_each(|block| stand_ins.add(block == '-', if block == '-' { 5 } else { 3 }));
        stand_ins
    }

    #[test]
    fn only_blocks_of_the_writer_are_taken_back() {
        let mut last = stand_ins("+-+--+");
        assert_eq!(last.take_last(Unread { blocks: 2, bytes: 8 }), Unread { blocks: 1, bytes: 3 });
        assert_eq!(last.take_last(Unread { blocks: 2, bytes: 8 }), Unread { blocks: 1, bytes: 3 });
        assert_eq!(last.take_last(Unread { blocks: 2, bytes: 8 }), Unread { blocks: 1, bytes: 3 });
        assert_eq!(last.len(), 0);
    }

    #[test]
    fn what_is_split_off_is_counted_anew() {
        let mut first = stand_ins("+-+--+");
        let mut last = first.split_last(3);
        assert_eq!((first.len(), last.len()), (1, 2));
        last.add(true, 5);
        assert_eq!(last.take_last(Unread { blocks: 3, bytes: 13 }), Unread { blocks: 1, bytes: 3 });
        first.keep_last(1);
        assert_eq!(first.len(), 0);
    }
}
