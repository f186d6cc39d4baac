//! A reader that goes only so deep.
//!
//! A type may hold itself, as a tree does. Then the payload says how deep the decoder calls itself, three bytes a level are
//! enough, and a stack that overflows ends the whole process. Each level reads something, so the reader is the place to see
//! how much of the stack is in use.

use bincode::de::read::{BorrowReader, Reader, SliceReader};
use bincode::error::DecodeError;

/// How much of the stack one value may take, in bytes: half of what a thread has by default. It is enough for some
/// hundred levels in a build without optimizations, and for thousands in one with them.
const STACK_BYTES: usize = 1 << 20;

/// Reads a payload while the stack is no further than [`STACK_BYTES`] from where it was.
pub(super) struct Shallow<'de> {
    slice: SliceReader<'de>,
    left: usize,
    /// Where the stack was.
    top: usize,
}

impl<'de> Shallow<'de> {
    pub(super) fn new(payload: &'de [u8]) -> Shallow<'de> {
        Shallow { slice: SliceReader::new(payload), left: payload.len(), top: stack() }
    }

    /// How many bytes were not read.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    #[inline]
    fn is_deep(&self) -> bool {
        // Miri has no stack: its variables lie anywhere.
        !cfg!(miri) && self.top.abs_diff(stack()) > STACK_BYTES
    }

    #[inline]
    fn is_allowed(&self) -> Result<(), DecodeError> {
        if self.is_deep() { Err(DecodeError::Other("it is nested too deeply")) } else { Ok(()) }
    }
}

/// Where the stack is, more or less.
#[inline]
fn stack() -> usize {
    let here = 0_u8;
    (&raw const here).addr()
}

impl Reader for Shallow<'_> {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        self.is_allowed()?;
        self.slice.read(bytes)?;
        self.left -= bytes.len();
        Ok(())
    }

    #[inline]
    fn peek_read(&mut self, count: usize) -> Option<&[u8]> {
        // Without it the decoder reads, and then it is told.
        if self.is_deep() { None } else { self.slice.peek_read(count) }
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.slice.consume(count);
        self.left = self.left.saturating_sub(count);
    }
}

impl<'de> BorrowReader<'de> for Shallow<'de> {
    #[inline]
    fn take_bytes(&mut self, length: usize) -> Result<&'de [u8], DecodeError> {
        self.is_allowed()?;
        let bytes = self.slice.take_bytes(length)?;
        self.left -= length;
        Ok(bytes)
    }
}
