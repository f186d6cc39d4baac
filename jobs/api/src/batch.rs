//! What every conduit carries: blocks, gathered into recycled batches.
//!
//! A [`Batch`] is an index, the small payloads one after another in one buffer, and the large ones as counted
//! [`Payload`]s. A job never sees the batch; it sees [`Block`]s, which borrow from it.

mod run;

use std::fmt;
use std::num::NonZeroU64;

pub use run::Run;

use crate::head::{FINISHED, Head, HeadSize};
use crate::payload::Payload;

/// A payload of at least this many bytes travels as a counted [`Payload`], a smaller one by copy.
pub const LARGE_BYTES: usize = 8 * 1024;

/// The number of a block in its epoch, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Seq(NonZeroU64);

impl Seq {
    /// The first block's number.
    pub const FIRST: Seq = Seq(NonZeroU64::MIN);

    /// A block's number; `None` for 0.
    #[inline]
    pub const fn new(number: u64) -> Option<Seq> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Seq(number)),
            None => None,
        }
    }

    /// The number.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The number after this one. At the end of the range it stays where it is.
    #[must_use]
    #[inline]
    pub const fn next(self) -> Seq {
        self.plus(1)
    }

    /// The number so many after this one. At the end of the range it stays where it is.
    #[must_use]
    #[inline]
    pub const fn plus(self, blocks: u64) -> Seq {
        Seq(self.0.saturating_add(blocks))
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One block, as a job sees it: borrowed for the length of a call.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The block's own flags.
    pub head: Head,
    /// The payload.
    pub bytes: &'a [u8],
    home: Option<&'a Payload>,
}

impl<'a> Block<'a> {
    /// A block over bytes of the caller's; whoever keeps it copies them.
    #[inline]
    pub const fn new(head: Head, bytes: &'a [u8]) -> Block<'a> {
        Block { head, bytes, home: None }
    }

    /// A block over a counted payload; whoever keeps it retains the payload.
    #[inline]
    pub fn of(head: Head, payload: &'a Payload) -> Block<'a> {
        Block { head, bytes: payload, home: Some(payload) }
    }

    /// The payload for longer than the call: a large one is retained, a small one copied.
    #[inline]
    pub fn keep(&self) -> Payload {
        self.home.cloned().unwrap_or_else(|| Payload::copy_of(self.bytes))
    }

    /// The same block with another head.
    #[must_use]
    #[inline]
    pub const fn with_head(self, head: Head) -> Block<'a> {
        Block { head, ..self }
    }

    /// The counted payload behind the block, where there is one.
    #[inline]
    pub const fn payload(&self) -> Option<&'a Payload> {
        self.home
    }
}

/// Blocks of one pipe, in order.
#[derive(Default)]
pub struct Batch {
    epoch: u32,
    /// Never shrinks; only the entries before `blocks` mean anything.
    index: Vec<Entry>,
    /// How many blocks there are.
    blocks: usize,
    /// Never shrinks, so that room for a payload need not be cleared first; only the bytes before `sealed` mean anything.
    small: Vec<u8>,
    large: Vec<Payload>,
    /// Where the last small payload that is a block ends in `small`.
    sealed: usize,
    /// Where that payload begins.
    last_small: usize,
    /// Where the payload that is being written ends.
    open: usize,
    /// The sum of the large payloads.
    large_bytes: usize,
}

/// A place in a [`Batch`]; the first one by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Cursor {
    place: usize,
    /// Where small payloads go on.
    small: usize,
}

impl Cursor {
    /// How many blocks stand before it.
    pub const fn passed(self) -> usize {
        self.place
    }

    /// Where small payloads go on.
    pub(crate) const fn small(self) -> usize {
        self.small
    }

    /// The place so many blocks further on, where small payloads go on at `small`.
    pub(crate) const fn after(self, blocks: usize, small: usize) -> Cursor {
        Cursor { place: self.place + blocks, small }
    }
}

/// What is said of a block beside its payload.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    pub(crate) head: Head,
    /// Small: where the payload ends among the small ones. Large: its place among the large ones.
    pub(crate) at: u32,
    pub(crate) large: bool,
}

impl Entry {
    const NONE: Entry = Entry { seq: Seq::FIRST, head: Head::empty(HeadSize::ONE), at: 0, large: false };
}

/// The blocks of a batch, to be walked along.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) index: &'a [Entry],
    pub(crate) small: &'a [u8],
    pub(crate) large: &'a [Payload],
}

impl<'a> View<'a> {
    /// The block under `cursor`, which then stands after it; `None` after the last.
    #[inline(always)]
    pub(crate) fn pass(&self, cursor: &mut Cursor) -> Option<(Seq, Block<'a>)> {
        let entry = self.index.get(cursor.place)?;
        let (bytes, home) = if entry.large {
            let payload = &self.large[entry.at as usize];
            (bytes_of(payload), Some(payload))
        } else {
            let begin = std::mem::replace(&mut cursor.small, entry.at as usize);
            (&self.small[begin..cursor.small], None)
        };
        cursor.place += 1;
        Some((entry.seq, Block { head: entry.head, bytes, home }))
    }
}

/// How far a batch is filled with small payloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Filled {
    /// How many blocks there are.
    pub(crate) blocks: usize,
    /// Where the last small payload ends.
    pub(crate) sealed: usize,
    /// Where it begins.
    pub(crate) last_small: usize,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// How often the count had started again when these blocks were written.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Says which epoch the blocks belong to.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.epoch = epoch;
    }

    /// The number of blocks.
    pub fn len(&self) -> usize {
        self.blocks
    }

    /// Whether there is no block.
    pub fn is_empty(&self) -> bool {
        self.blocks == 0
    }

    /// The sum of all payloads, in bytes.
    pub const fn bytes(&self) -> usize {
        self.sealed + self.large_bytes
    }

    /// Forgets all blocks and keeps the room for the next ones.
    pub fn clear(&mut self) {
        self.blocks = 0;
        self.large.clear();
        self.sealed = 0;
        self.last_small = 0;
        self.open = 0;
        self.large_bytes = 0;
    }

    /// Adds a block: by copy when it is small, by holding its payload when it is large.
    #[inline]
    pub fn push(&mut self, seq: Seq, block: &Block<'_>) {
        self.push_as(seq, block.head, block);
    }

    /// Adds a block with another head than its own.
    #[inline(always)]
    pub fn push_as(&mut self, seq: Seq, head: Head, block: &Block<'_>) {
        if block.bytes.len() >= LARGE_BYTES {
            self.keep(seq, head, block);
        } else {
            self.open(block.bytes.len()).copy_from_slice(block.bytes);
            self.seal(seq, head);
        }
    }

    #[inline(never)]
    fn keep(&mut self, seq: Seq, head: Head, block: &Block<'_>) {
        self.push_large(seq, head, block.keep());
    }

    /// Adds a block over a payload of any size, without a copy.
    pub fn push_large(&mut self, seq: Seq, head: Head, payload: Payload) {
        self.large_bytes += payload.len();
        let at = self.large.len() as u32;
        self.large.push(payload);
        self.add(Entry { seq, head, at, large: true });
    }

    /// Room for a small payload, to be filled in place and made a block by [`Batch::seal`]. What is in it is left over
    /// from earlier use.
    #[inline]
    pub fn open(&mut self, len: usize) -> &mut [u8] {
        self.open = self.sealed + len;
        if self.small.len() < self.open {
            self.widen();
        }
        &mut self.small[self.sealed..self.open]
    }

    /// Has room for the payload that is being written.
    #[cold]
    fn widen(&mut self) {
        self.small.resize(self.open.next_power_of_two(), 0);
    }

    /// Makes what was written since [`Batch::open`] a block.
    #[inline]
    pub fn seal(&mut self, seq: Seq, head: Head) {
        self.last_small = self.sealed;
        self.sealed = self.open;
        // A batch is flushed long before its small payloads reach 4 GiB.
        self.add(Entry { seq, head, at: self.open as u32, large: false });
    }

    #[inline]
    fn add(&mut self, entry: Entry) {
        if self.blocks == self.index.len() {
            self.lengthen(self.blocks + 1);
        }
        self.index[self.blocks] = entry;
        self.blocks += 1;
    }

    /// Has room for so many entries, which are more than there is room for.
    #[cold]
    fn lengthen(&mut self, entries: usize) {
        self.index.resize(entries.next_power_of_two(), Entry::NONE);
    }

    /// Room for so many entries behind the last one, which then count.
    fn add_all(&mut self, blocks: usize) -> &mut [Entry] {
        let before = self.blocks;
        self.blocks += blocks;
        if self.blocks > self.index.len() {
            self.lengthen(self.blocks);
        }
        &mut self.index[before..self.blocks]
    }

    fn entries(&self) -> &[Entry] {
        &self.index[..self.blocks]
    }

    /// The blocks, to be walked along.
    #[inline]
    pub(crate) fn view(&self) -> View<'_> {
        View { index: self.entries(), small: &self.small, large: &self.large }
    }

    /// How far it is filled.
    pub(crate) const fn filled(&self) -> Filled {
        Filled { blocks: self.blocks, sealed: self.sealed, last_small: self.last_small }
    }

    /// All entries that there is room for, and all bytes of small payloads. As no reference is made to them, what [`Batch::open`] has
    /// given before may still be written.
    pub(crate) fn room(&mut self) -> ((*mut Entry, usize), (*mut u8, usize)) {
        ((self.index.as_mut_ptr(), self.index.len()), (self.small.as_mut_ptr(), self.small.len()))
    }

    /// The sum of the large payloads, in bytes.
    pub(crate) const fn large_bytes(&self) -> usize {
        self.large_bytes
    }

    /// It is filled so far now, by a burst that it was lent to: see [`crate::burst`].
    pub fn fill(&mut self, filled: Filled) {
        self.blocks = filled.blocks.min(self.index.len());
        self.sealed = filled.sealed.min(self.small.len());
        self.last_small = filled.last_small.min(self.sealed);
    }

    /// The number of the last block.
    pub fn last_seq(&self) -> Option<Seq> {
        self.entries().last().map(|entry| entry.seq)
    }

    /// The blocks in order, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Seq, Block<'_>)> {
        let mut cursor = Cursor::default();
        std::iter::from_fn(move || self.pass(&mut cursor))
    }

    /// The block under `cursor`, which then stands after it; `None` after the last.
    #[inline]
    pub fn pass(&self, cursor: &mut Cursor) -> Option<(Seq, Block<'_>)> {
        self.view().pass(cursor)
    }

    /// The last block.
    pub fn last(&self) -> Option<Block<'_>> {
        let entry = self.entries().last()?;
        Some(if entry.large {
            Block::of(entry.head, &self.large[entry.at as usize])
        } else {
            Block::new(entry.head, &self.small[self.last_small..entry.at as usize])
        })
    }

    /// Takes the last block off and adds it to the end of `other`. `false` if there is none.
    pub fn move_last(&mut self, other: &mut Batch) -> bool {
        let Some(&Entry { seq, head, at, large }) = self.entries().last() else { return false };
        self.blocks -= 1;
        if large {
            let payload = self.large.remove(at as usize);
            self.large_bytes -= payload.len();
            other.push_large(seq, head, payload);
        } else {
            let bytes = &self.small[self.last_small..at as usize];
            other.push(seq, &Block::new(head, bytes));
            self.open = self.last_small;
            self.sealed = self.last_small;
            let mut before = self.entries().iter().rev().filter(|entry| !entry.large).skip(1);
            self.last_small = before.next().map_or(0, |entry| entry.at as usize);
        }
        true
    }

    /// Sets or clears a bit in the head of the block at `place`.
    pub fn set_bit(&mut self, place: usize, bit: usize, value: bool) {
        if let Some(entry) = self.index[..self.blocks].get_mut(place) {
            entry.head = entry.head.with(bit, value);
        }
    }

    /// Marks the last block as the stream's last. `false` if there is none.
    pub fn finish(&mut self) -> bool {
        let Some(last) = self.blocks.checked_sub(1) else { return false };
        self.set_bit(last, FINISHED, true);
        true
    }
}

/// Not inline, so that it comes back in registers. Otherwise the compiler has one place of memory for a payload's address and
/// length, whether it is large or small, and reads them together just after they were written one by one. For that a
/// processor waits longer than a short step takes.
#[inline(never)]
fn bytes_of(payload: &Payload) -> &[u8] {
    payload
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("epoch", &self.epoch)
            .field("blocks", &self.len())
            .field("bytes", &self.bytes())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::HeadSize;

    fn seqs() -> impl Iterator<Item = Seq> {
        (1..).filter_map(Seq::new)
    }

    #[test]
    fn small_and_large_blocks_come_out_in_order_with_their_numbers() {
        let head = Head::empty(HeadSize::ONE);
        let sizes = [0, 10, LARGE_BYTES, 3, LARGE_BYTES + 5, 1];
        let mut batch = Batch::new();
        for (seq, size) in seqs().zip(sizes) {
            batch.push(seq, &Block::new(head, &vec![size as u8; size]));
        }
        assert_eq!(batch.bytes(), sizes.iter().sum::<usize>());
        assert_eq!(batch.last().map(|block| block.bytes.to_vec()), Some(vec![1]));
        for ((seq, block), (expected, size)) in batch.iter().zip(seqs().zip(sizes)) {
            assert_eq!((seq, block.bytes), (expected, vec![size as u8; size].as_slice()));
            assert_eq!(block.payload().is_some(), size >= LARGE_BYTES);
        }
    }

    #[test]
    fn a_block_written_in_place_is_like_a_pushed_one() {
        let head = Head::empty(HeadSize::ONE);
        let mut batch = Batch::new();
        batch.push_large(Seq::FIRST, head, Payload::copy_of(b"kept"));
        batch.open(3).copy_from_slice(b"abc");
        batch.seal(Seq::FIRST, head);
        let all: Vec<_> = batch.iter().map(|(_, block)| block.bytes.to_vec()).collect();
        assert_eq!(all, [b"kept".to_vec(), b"abc".to_vec()]);
    }

    #[test]
    fn blocks_can_be_taken_off_the_end_one_by_one() {
        let head = Head::empty(HeadSize::ONE);
        let sizes = [3, LARGE_BYTES, 0, 7, LARGE_BYTES + 1, 2];
        let mut batch = Batch::new();
        for (seq, size) in seqs().zip(sizes) {
            batch.push(seq, &Block::new(head, &vec![size as u8; size]));
        }
        let mut reversed = Batch::new();
        while batch.move_last(&mut reversed) {
            assert_eq!(batch.bytes(), batch.iter().map(|(_, block)| block.bytes.len()).sum::<usize>());
            assert_eq!(
                batch.last().map(|block| block.bytes.len()),
                batch.iter().last().map(|(_, block)| block.bytes.len())
            );
        }
        let came: Vec<usize> = reversed.iter().map(|(_, block)| block.bytes.len()).collect();
        assert_eq!(came, sizes.iter().rev().copied().collect::<Vec<_>>());
    }

    #[test]
    fn a_batch_that_is_used_again_shows_nothing_of_what_it_had() {
        let head = Head::empty(HeadSize::ONE);
        let mut batch = Batch::new();
        for blocks in [20, 3, 0, 40] {
            for (seq, number) in seqs().zip(0..blocks) {
                let size = if number % 2 == 0 { LARGE_BYTES + number } else { number };
                batch.push(seq, &Block::new(head, &vec![number as u8; size]));
            }
            let came: Vec<(u64, u8)> = batch.iter().map(|(seq, block)| (seq.get(), block.bytes[0])).collect();
            let sent: Vec<(u64, u8)> = (0..blocks).map(|number| (number as u64 + 1, number as u8)).collect();
            assert_eq!((came, batch.len()), (sent, blocks));
            assert_eq!(batch.last_seq().map(Seq::get), (blocks > 0).then_some(blocks as u64));
            batch.clear();
            assert_eq!((batch.iter().count(), batch.bytes(), batch.last().is_none()), (0, 0, true));
            assert!(!batch.finish());
        }
    }

    #[test]
    fn the_last_block_can_be_marked_as_the_last() {
        let mut batch = Batch::new();
        assert!(!batch.finish());
        batch.push(Seq::FIRST, &Block::new(Head::empty(HeadSize::ONE), b"x"));
        assert!(batch.finish());
        assert!(batch.iter().all(|(_, block)| block.head.is_finished()));
    }
}
