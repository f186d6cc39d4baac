//! The head: the few bytes of flags that travel before every block.
//!
//! A head has 1 to 4 bytes, the same number in the whole network, and is big-endian on the wire. Bits are
//! counted from the most significant one. Three of them have a meaning that the runtime knows; the others
//! belong to the user.
//!
//! ```
//! use pipeloom_job::Head;
//! use pipeloom_job::head::{CORRUPTED, HeadSize};
//!
//! let mut head = Head::empty(HeadSize::ONE) | 0x08;
//! assert_eq!(head.to_string(), "HEAD: 00001000");
//! assert!(head.bit(4) && !head.bit(CORRUPTED));
//!
//! head.set(6, true);
//! assert_eq!(head.slice(4..7).to_string(), "HEAD: 10100000");
//! assert_eq!((head << 1).to_string(), "HEAD: 00010100");
//! assert_eq!((!head & 0x0F).to_number(), 0x05);
//! assert_eq!(head.iter().filter(|bit| *bit).count(), 2);
//! ```

mod bits;
mod operators;

pub use bits::Bits;

/// Flags before a block: `size` bytes, bit 0 the most significant.
///
/// It is one word: the size in the upper half; in the lower half the bits, left-aligned, so that bit 0 of the head is bit
/// 31 whatever the size. Heads are copied for each block, and a processor that reads together what was just written in two
/// parts has to wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Head(u64);

/// How many bytes a head has: 1 to 4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct HeadSize(u8);

impl Default for HeadSize {
    fn default() -> HeadSize {
        HeadSize::ONE
    }
}

impl HeadSize {
    /// One byte, the default of a network.
    pub const ONE: HeadSize = HeadSize(1);

    /// A head size in bytes, or `None` outside 1 to 4.
    #[inline]
    pub const fn new(bytes: u8) -> Option<HeadSize> {
        if bytes >= 1 && bytes <= 4 { Some(HeadSize(bytes)) } else { None }
    }

    /// The number of bytes.
    #[inline]
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }

    #[inline]
    const fn bits(self) -> u32 {
        8 * self.0 as u32
    }

    #[inline]
    const fn mask(self) -> u32 {
        u32::MAX << (32 - self.bits())
    }
}

/// Bit 0: the block was computed from a missing or damaged one.
pub const CORRUPTED: usize = 0;
/// Bit 1: the count of blocks starts again with this block. Written by the runtime.
pub const RESET: usize = 1;
/// Bit 2: this is the last block.
pub const FINISHED: usize = 2;

/// Where one of these three stands in the word: they are in a head of any size.
#[inline]
const fn mask(index: usize) -> u64 {
    0x8000_0000 >> index
}

impl Head {
    /// A head with no bit set.
    #[inline]
    pub const fn empty(size: HeadSize) -> Head {
        Head::pack(0, size)
    }

    /// What a head of this size can hold of left-aligned bits.
    #[inline]
    const fn of_bits(bits: u32, size: HeadSize) -> Head {
        Head::pack(bits & size.mask(), size)
    }

    /// Reads a head from the wire. `None` unless `bytes` is 1 to 4 bytes long.
    #[inline]
    pub fn from_wire(bytes: &[u8]) -> Option<Head> {
        // Each by itself: a call to copy a few bytes would cost more than all the rest.
        let word = match *bytes {
            [a] => [a, 0, 0, 0],
            [a, b] => [a, b, 0, 0],
            [a, b, c] => [a, b, c, 0],
            [a, b, c, d] => [a, b, c, d],
            _ => return None,
        };
        Some(Head::pack(u32::from_be_bytes(word), HeadSize(bytes.len() as u8)))
    }

    /// The bytes on the wire are the first [`Head::size`] of these.
    #[inline]
    pub const fn to_wire(self) -> [u8; 4] {
        self.bits().to_be_bytes()
    }

    /// A head from a number that is written to the right, as `0x08` for the fifth bit of a head of one byte. Bits of the
    /// number for which the head is too small are left out.
    #[inline]
    pub const fn from_number(number: u32, size: HeadSize) -> Head {
        Head::pack(number << (32 - size.bits()), size)
    }

    /// The head as a number, its last bit as 1.
    #[inline]
    pub const fn to_number(self) -> u32 {
        self.bits() >> (32 - self.size().bits())
    }

    /// The same bits in a head of another size: what it has no room for is left out, what is new is not set.
    #[must_use]
    #[inline]
    pub const fn resized(self, size: HeadSize) -> Head {
        Head::of_bits(self.bits(), size)
    }

    /// How many bytes the head has.
    #[inline]
    pub const fn size(self) -> HeadSize {
        HeadSize((self.0 >> 32) as u8)
    }

    #[inline]
    const fn pack(bits: u32, size: HeadSize) -> Head {
        Head((size.0 as u64) << 32 | bits as u64)
    }

    /// Left-aligned.
    #[inline]
    const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// The number of bits.
    #[inline]
    pub const fn bit_count(self) -> usize {
        self.size().bits() as usize
    }

    /// Whether bit `index` is set; `false` beyond the end.
    #[inline]
    pub const fn bit(self, index: usize) -> bool {
        index < self.bit_count() && self.bits() & (0x8000_0000 >> index) != 0
    }

    /// The same head with bit `index` set or cleared. A bit beyond the end is left out.
    #[must_use]
    #[inline]
    pub const fn with(self, index: usize, value: bool) -> Head {
        if index >= self.bit_count() {
            return self;
        }
        let bit = 0x8000_0000 >> index;
        Head(if value { self.0 | bit } else { self.0 & !bit })
    }

    /// Sets or clears bit `index`. A bit beyond the end is left out.
    #[inline]
    pub const fn set(&mut self, index: usize, value: bool) {
        *self = self.with(index, value);
    }

    /// The same head without the two bits that are the runtime's to write: reset and finished.
    #[must_use]
    #[inline]
    pub const fn unmarked(self) -> Head {
        Head(self.0 & !(mask(RESET) | mask(FINISHED)))
    }

    /// The same head, corrupted if it or `cause` is.
    #[must_use]
    #[inline]
    pub const fn with_corruption_of(self, cause: Head) -> Head {
        Head(self.0 | cause.0 & mask(CORRUPTED))
    }

    /// Whether the block was computed from a missing or damaged one.
    #[inline]
    pub const fn is_corrupted(self) -> bool {
        self.0 & mask(CORRUPTED) != 0
    }

    /// Whether the count of blocks starts again with this block.
    #[inline]
    pub const fn is_reset(self) -> bool {
        self.0 & mask(RESET) != 0
    }

    /// Whether this is the last block.
    #[inline]
    pub const fn is_finished(self) -> bool {
        self.0 & mask(FINISHED) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> impl Iterator<Item = HeadSize> {
        (1..=4).filter_map(HeadSize::new)
    }

    #[test]
    fn bit_zero_is_the_most_significant_on_the_wire() {
        let head = Head::empty(HeadSize::ONE).with(FINISHED, true);
        assert_eq!(head.to_wire()[..1], [0x20]);
        assert!(head.is_finished() && !head.is_reset());
    }

    #[test]
    fn a_head_of_any_size_survives_the_wire() {
        for size in sizes() {
            let head = Head::empty(size).with(0, true).with(8 * size.bytes() - 1, true);
            assert_eq!(Head::from_wire(&head.to_wire()[..size.bytes()]), Some(head));
        }
        assert_eq!(Head::from_wire(&[]), None);
        assert_eq!(Head::from_wire(&[0; 5]), None);
    }

    #[test]
    fn a_number_is_big_endian_on_the_wire() {
        for size in sizes() {
            let head = Head::from_number(0x1234_5678, size);
            assert_eq!(head.to_wire()[..size.bytes()], 0x1234_5678_u32.to_be_bytes()[4 - size.bytes()..]);
            assert_eq!(Head::from_number(head.to_number(), size), head);
        }
    }

    #[test]
    fn bits_beyond_the_end_are_neither_read_nor_set() {
        for size in sizes() {
            let head = Head::empty(size);
            assert!(!head.bit(head.bit_count()));
            assert_eq!(head.with(head.bit_count(), true), head);
        }
    }

    #[test]
    fn a_bit_is_set_and_cleared_in_place() {
        for size in sizes() {
            let mut head = Head::empty(size);
            head.set(3, true);
            assert_eq!(head, Head::empty(size).with(3, true));
            head.set(3, false);
            assert_eq!(head, Head::empty(size));
        }
    }

    #[test]
    fn a_head_of_another_size_keeps_its_first_bits() {
        let two = HeadSize::new(2).unwrap();
        let head = Head::empty(two).with(1, true).with(9, true);
        assert_eq!(head.resized(HeadSize::ONE), Head::empty(HeadSize::ONE).with(1, true));
        assert_eq!(head.resized(HeadSize::ONE).resized(two), Head::empty(two).with(1, true));
    }
}
