//! Many small blocks that are alike, taken out of a batch and put into one at once.
//!
//! In a batch they stand as they do on a pipe without heads and lengths: one payload after another.

use super::{Batch, Cursor, Entry, Seq};
use crate::head::Head;

/// Small blocks in a row that are alike: they have one head, one size, and numbers that rise by one.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The number of the first.
    pub first: Seq,
    /// The head of each.
    pub head: Head,
    /// How many there are.
    pub blocks: usize,
    /// Their payloads, one after another.
    pub bytes: &'a [u8],
}

impl Batch {
    /// The blocks under `cursor` that are alike, as many as there are in a row, if they are small and of `size` bytes. The cursor then
    /// stands after them.
    pub fn pass_run(&self, cursor: &mut Cursor, size: usize) -> Option<Run<'_>> {
        let rest = self.entries().get(cursor.place..)?;
        let &Entry { seq: first, head, .. } = rest.first()?;
        let (mut seq, mut end) = (first, cursor.small + size);
        let is_next = |entry: &&Entry| {
            let alike = !entry.large && entry.at as usize == end && (entry.seq, entry.head) == (seq, head);
            (seq, end) = (seq.next(), end + size);
            alike
        };
        let blocks = rest.iter().take_while(is_next).count();
        let begin = cursor.small;
        cursor.small += blocks * size;
        cursor.place += blocks;
        (blocks > 0).then(|| Run { first, head, blocks, bytes: &self.small[begin..cursor.small] })
    }

    /// Adds small blocks of `size` bytes, which is more than none, with the same head, and numbers that rise by one from `first`.
    /// On the wire, `before` bytes stand before each of them, which are left out.
    pub fn push_run(&mut self, first: Seq, head: Head, wire: &[u8], before: usize, size: usize) {
        let blocks = wire.len() / (before + size);
        if blocks == 0 {
            return;
        }
        let mut next = (first, self.sealed);
        let room = self.open(blocks * size);
        if before == 0 {
            room.copy_from_slice(&wire[..blocks * size]);
        } else {
            let payloads = wire.chunks_exact(before + size).map(|block| &block[before..]);
            room.chunks_exact_mut(size).zip(payloads).for_each(|(to, payload)| to.copy_from_slice(payload));
        }
        self.sealed = self.open;
        self.last_small = self.open - size;
        for entry in self.add_all(blocks) {
            let (seq, begin) = next;
            next = (seq.next(), begin + size);
            *entry = Entry { seq, head, at: next.1 as u32, large: false };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Block;
    use crate::head::HeadSize;
    use crate::payload::Payload;

    fn seqs() -> impl Iterator<Item = Seq> {
        (1..).filter_map(Seq::new)
    }

    fn all(batch: &Batch) -> Vec<(Seq, Head, Vec<u8>)> {
        batch.iter().map(|(seq, block)| (seq, block.head, block.bytes.to_vec())).collect()
    }

    #[test]
    fn blocks_that_were_added_at_once_are_like_pushed_ones() {
        let head = Head::empty(HeadSize::ONE).with(5, true);
        for before in 0..3 {
            let wire: Vec<u8> = (0..5 * (before + 7)).map(|byte| byte as u8).collect();
            let (mut one_by_one, mut at_once) = (Batch::new(), Batch::new());
            let other = Block::new(head, b"other");
            one_by_one.push(Seq::FIRST, &other);
            at_once.push(Seq::FIRST, &other);
            for (seq, block) in seqs().skip(8).zip(wire.chunks_exact(before + 7)) {
                one_by_one.push(seq, &Block::new(head, &block[before..]));
            }
            at_once.push_run(seqs().nth(8).unwrap(), head, &wire, before, 7);
            loop {
                assert_eq!(all(&at_once), all(&one_by_one), "{before} bytes before each");
                assert_eq!((at_once.bytes(), at_once.len()), (one_by_one.bytes(), one_by_one.len()));
                let mut aside = Batch::new();
                if [&mut at_once, &mut one_by_one].map(|batch| batch.move_last(&mut aside)) == [false; 2] {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_run_ends_where_a_size_a_head_or_a_number_is_another() {
        let (plain, marked) = (Head::empty(HeadSize::ONE), Head::empty(HeadSize::ONE).with(4, true));
        let mut batch = Batch::new();
        let blocks = [(1, plain, 4), (2, plain, 4), (3, marked, 4), (4, marked, 5), (7, marked, 4), (8, marked, 4)];
        for (seq, head, size) in blocks {
            batch.push(Seq::new(seq).unwrap(), &Block::new(head, &vec![seq as u8; size]));
        }
        batch.push_large(Seq::new(9).unwrap(), marked, Payload::copy_of(b"four"));
        let mut cursor = Cursor::default();
        let mut next = || match batch.pass_run(&mut cursor, 4) {
            Some(run) => Some((run.first.get(), run.head, run.blocks, run.bytes.to_vec())),
            None => batch.pass(&mut cursor).map(|(seq, block)| (seq.get(), block.head, 0, block.bytes.to_vec())),
        };
        assert_eq!(next(), Some((1, plain, 2, vec![1, 1, 1, 1, 2, 2, 2, 2])));
        assert_eq!(next(), Some((3, marked, 1, vec![3; 4])));
        assert_eq!(next(), Some((4, marked, 0, vec![4; 5])), "of another size");
        assert_eq!(next(), Some((7, marked, 2, vec![7, 7, 7, 7, 8, 8, 8, 8])));
        assert_eq!(next(), Some((9, marked, 0, b"four".to_vec())), "not with the small ones");
        assert_eq!(next(), None);
    }
}
