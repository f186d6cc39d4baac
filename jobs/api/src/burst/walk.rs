//! What a burst takes: blocks of one batch, or nothing for a source.

#![expect(unsafe_code, reason = "the batch crosses the border to plugins as pointers")]

use std::marker::PhantomData;

use crate::batch::{Batch, Block, Cursor, Entry, Seq, View};
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

    /// The next block, with its number and where the one after it begins. Without one, or if it is too old, there is
    /// nothing to do here.
    #[inline(always)]
    pub(crate) fn next(&self) -> Option<(Seq, Block<'a>, Cursor)> {
        // SAFETY: these are the slices of `Walk::of`, which are lent for `'a`.
        let view: View<'a> = unsafe {
            View {
                index: std::slice::from_raw_parts(self.index, self.blocks),
                small: std::slice::from_raw_parts(self.small, self.small_len),
                large: std::slice::from_raw_parts(self.large, self.large_len),
            }
        };
        let mut after = self.cursor;
        let (number, block) = view.pass(&mut after)?;
        (number.get() > self.passed).then_some((number, block, after))
    }

    /// The block with this number is done.
    #[inline(always)]
    pub(crate) fn pass(&mut self, number: Seq, after: Cursor) {
        (self.passed, self.cursor) = (number.get(), after);
    }
}
