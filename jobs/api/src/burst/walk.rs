//! What a burst takes: blocks of one batch, or nothing for a source.

#![expect(unsafe_code, reason = "the batch crosses the border to plugins as pointers")]

use std::marker::PhantomData;

use crate::batch::{Batch, Cursor, Entry, Seq, View};
use crate::payload::Payload;

/// The blocks of a batch from a place on. Nobody changes the batch while it is lent.
#[repr(C)]
pub(crate) struct Walk<'a> {
    index: *const Entry,
    blocks: usize,
    small: *const u8,
    small_len: usize,
    large: *const Payload,
    large_len: usize,
    pub(crate) cursor: Cursor,
    /// Blocks up to this number are too old.
    pub(crate) passed: u64,
    lent: PhantomData<&'a Batch>,
}

/// Small blocks one after the other, none of which begins or ends a stream.
pub(crate) struct Stretch<'a> {
    pub(crate) entries: &'a [Entry],
    /// Where the first payload begins, as the entries count.
    pub(crate) begin: usize,
    pub(crate) bytes: &'a [u8],
    pub(crate) last: Entry,
    /// Where the block after it stands.
    pub(crate) after: Cursor,
}

impl<'a> Walk<'a> {
    /// Along nothing.
    pub(crate) fn nowhere() -> Walk<'a> {
        Walk::of(&[], &[], &[], Cursor::default(), 0)
    }

    /// Along this batch from `cursor` on.
    pub(crate) fn along(batch: &'a Batch, cursor: Cursor, passed: u64) -> Walk<'a> {
        let View { index, small, large } = batch.view();
        Walk::of(index, small, large, cursor, passed)
    }

    fn of(index: &'a [Entry], small: &'a [u8], large: &'a [Payload], cursor: Cursor, passed: u64) -> Walk<'a> {
        Walk {
            index: index.as_ptr(),
            blocks: index.len(),
            small: small.as_ptr(),
            small_len: small.len(),
            large: large.as_ptr(),
            large_len: large.len(),
            cursor,
            passed,
            lent: PhantomData,
        }
    }

    /// The whole batch.
    #[inline(always)]
    pub(crate) fn view(&self) -> View<'a> {
        // SAFETY: these are the slices of `Walk::of`, which are lent for `'a`.
        unsafe {
            View {
                index: std::slice::from_raw_parts(self.index, self.blocks),
                small: std::slice::from_raw_parts(self.small, self.small_len),
                large: std::slice::from_raw_parts(self.large, self.large_len),
            }
        }
    }

    /// The longest stretch of usual blocks from here on, with no more than so many blocks and bytes.
    pub(crate) fn stretch(&self, most: usize, most_bytes: usize, size: Option<usize>) -> Option<Stretch<'a>> {
        let View { index, small, .. } = self.view();
        let ahead = index.get(self.cursor.passed()..)?;
        let begin = self.cursor.small();
        let (mut passed, mut end) = (self.passed, begin);
        let usual = ahead.iter().take(most).take_while(|entry| {
            let Entry { seq, head, at, large } = **entry;
            let before = std::mem::replace(&mut end, at as usize);
            let is_next = seq.get() > std::mem::replace(&mut passed, seq.get());
            let is_usual = is_next && !large && !head.is_reset() && !head.is_finished();
            is_usual && end - begin <= most_bytes && size.is_none_or(|size| end - before == size)
        });
        let entries = ahead.get(..usual.count())?;
        let last = *entries.last()?;
        let after = self.cursor.after(entries.len(), last.at as usize);
        Some(Stretch { entries, begin, bytes: small.get(begin..last.at as usize)?, last, after })
    }

    /// The block with this number is done.
    #[inline(always)]
    pub(crate) fn pass(&mut self, number: Seq, after: Cursor) {
        (self.passed, self.cursor) = (number.get(), after);
    }
}
