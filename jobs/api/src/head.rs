//! The head: the few bytes of flags that travel before every block.
//!
//! A head has 1 to 4 bytes, the same number in the whole network, and is big-endian on the wire. Bits are
//! counted from the most significant one. Three of them have a meaning that the runtime knows; the others
//! belong to the user.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign};

/// Flags before a block: `size` bytes, bit 0 the most significant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// Left-aligned: bit 0 of the head is bit 31 here, whatever the size.
    bits: u32,
    size: HeadSize,
}

/// How many bytes a head has: 1 to 4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HeadSize(u8);

impl HeadSize {
    /// One byte, the default of a network.
    pub const ONE: HeadSize = HeadSize(1);

    /// A head size in bytes, or `None` outside 1 to 4.
    pub const fn new(bytes: u8) -> Option<HeadSize> {
        if bytes >= 1 && bytes <= 4 { Some(HeadSize(bytes)) } else { None }
    }

    /// The number of bytes.
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }

    const fn mask(self) -> u32 {
        u32::MAX << (32 - 8 * self.0 as u32)
    }
}

/// Bit 0: the block was computed from a missing or damaged one.
pub const CORRUPTED: usize = 0;
/// Bit 1: the count of blocks starts again with this block. Written by the runtime.
pub const RESET: usize = 1;
/// Bit 2: this is the last block.
pub const FINISHED: usize = 2;

impl Head {
    /// A head with no bit set.
    pub const fn empty(size: HeadSize) -> Head {
        Head { bits: 0, size }
    }

    /// Reads a head from the wire. `None` unless `bytes` is 1 to 4 bytes long.
    pub fn from_wire(bytes: &[u8]) -> Option<Head> {
        let size = HeadSize::new(u8::try_from(bytes.len()).ok()?)?;
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        Some(Head { bits: u32::from_be_bytes(word), size })
    }

    /// The bytes on the wire are the first [`Head::size`] of these.
    pub const fn to_wire(self) -> [u8; 4] {
        self.bits.to_be_bytes()
    }

    /// How many bytes the head has.
    pub const fn size(self) -> HeadSize {
        self.size
    }

    /// The number of bits.
    pub const fn bit_count(self) -> usize {
        8 * self.size.bytes()
    }

    /// Whether bit `index` is set; `false` beyond the end.
    pub const fn bit(self, index: usize) -> bool {
        index < self.bit_count() && self.bits & (0x8000_0000 >> index) != 0
    }

    /// The same head with bit `index` set or cleared. A bit beyond the end is left out.
    #[must_use]
    pub const fn with(self, index: usize, value: bool) -> Head {
        if index >= self.bit_count() {
            return self;
        }
        let bit = 0x8000_0000 >> index;
        Head { bits: if value { self.bits | bit } else { self.bits & !bit }, size: self.size }
    }

    /// The same head without the two bits that are the runtime's to write: reset and finished.
    #[must_use]
    pub const fn unmarked(self) -> Head {
        Head { bits: self.bits & !(0x8000_0000 >> RESET) & !(0x8000_0000 >> FINISHED), size: self.size }
    }

    /// The same head, corrupted if it or `cause` is.
    #[must_use]
    pub const fn with_corruption_of(self, cause: Head) -> Head {
        Head { bits: self.bits | cause.bits & (0x8000_0000 >> CORRUPTED), size: self.size }
    }

    /// Whether the block was computed from a missing or damaged one.
    pub const fn is_corrupted(self) -> bool {
        self.bit(CORRUPTED)
    }

    /// Whether the count of blocks starts again with this block.
    pub const fn is_reset(self) -> bool {
        self.bit(RESET)
    }

    /// Whether this is the last block.
    pub const fn is_finished(self) -> bool {
        self.bit(FINISHED)
    }
}

impl BitOr for Head {
    type Output = Head;

    /// Bits set in either; the size of the left one.
    fn bitor(self, other: Head) -> Head {
        Head { bits: (self.bits | other.bits) & self.size.mask(), size: self.size }
    }
}

impl BitOrAssign for Head {
    fn bitor_assign(&mut self, other: Head) {
        *self = *self | other;
    }
}

impl BitAnd for Head {
    type Output = Head;

    /// Bits set in both; the size of the left one.
    fn bitand(self, other: Head) -> Head {
        Head { bits: self.bits & other.bits, size: self.size }
    }
}

impl BitAndAssign for Head {
    fn bitand_assign(&mut self, other: Head) {
        *self = *self & other;
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HEAD: ")?;
        for index in 0..self.bit_count() {
            f.write_str(if self.bit(index) { "1" } else { "0" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_zero_is_the_most_significant_on_the_wire() {
        let head = Head::empty(HeadSize::ONE).with(FINISHED, true);
        assert_eq!(head.to_wire()[..1], [0x20]);
        assert_eq!(head.to_string(), "HEAD: 00100000");
        assert!(head.is_finished() && !head.is_reset());
    }

    #[test]
    fn a_head_of_any_size_survives_the_wire() {
        for size in 1..=4u8 {
            let size = HeadSize::new(size).unwrap();
            let head = Head::empty(size).with(0, true).with(8 * size.bytes() - 1, true);
            assert_eq!(Head::from_wire(&head.to_wire()[..size.bytes()]), Some(head));
        }
        assert_eq!(Head::from_wire(&[]), None);
        assert_eq!(Head::from_wire(&[0; 5]), None);
    }

    #[test]
    fn bits_beyond_the_end_are_neither_read_nor_set() {
        let head = Head::empty(HeadSize::ONE);
        assert!(!head.bit(8));
        assert_eq!(head.with(8, true), head);
    }
}
