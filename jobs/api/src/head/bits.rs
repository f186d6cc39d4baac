//! The bits of a head: one after another, in part, and as text.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::{Bound, Range, RangeBounds};

use super::{Head, HeadSize};

/// The bits of a head in order, from bit 0 on.
#[derive(Clone, Debug)]
pub struct Bits {
    head: Head,
    rest: Range<usize>,
}

impl Head {
    /// The bits in order, from bit 0 on.
    pub const fn iter(self) -> Bits {
        Bits { head: self, rest: 0..self.bit_count() }
    }

    /// The bits of a range, as a head of their own: its bit 0 is the first bit of the range. It has as few bytes as the
    /// range needs, one at least; bits after those of the range are not set. What lies beyond the end of this head is left out.
    #[must_use]
    pub fn slice(self, range: impl RangeBounds<usize>) -> Head {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&last) => last.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => self.bit_count(),
        };
        let count = end.min(self.bit_count()).saturating_sub(start);
        let beyond = if count == 0 { u32::MAX } else { u32::MAX.checked_shr(count as u32).unwrap_or(0) };
        let size = HeadSize::new(count.div_ceil(8).max(1) as u8).unwrap_or(self.size());
        Head::pack((self << start).bits() & !beyond, size)
    }
}

impl Iterator for Bits {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        self.rest.next().map(|index| self.head.bit(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl DoubleEndedIterator for Bits {
    fn next_back(&mut self) -> Option<bool> {
        self.rest.next_back().map(|index| self.head.bit(index))
    }
}

impl ExactSizeIterator for Bits {}

impl FusedIterator for Bits {}

impl IntoIterator for Head {
    type Item = bool;
    type IntoIter = Bits;

    fn into_iter(self) -> Bits {
        self.iter()
    }
}

impl fmt::Display for Head {
    /// `HEAD: 00100000`, with a space between bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HEAD:")?;
        self.to_wire()[..self.size().bytes()].iter().try_for_each(|byte| write!(f, " {byte:08b}"))
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

    fn heads() -> impl Iterator<Item = Head> {
        (1..=4).filter_map(HeadSize::new).map(|size| Head::from_number(0x1234_56A5, size))
    }

    #[test]
    fn bytes_stand_apart_in_its_text() {
        let texts: Vec<String> = heads().map(|head| head.to_string()).collect();
        assert_eq!(
            texts,
            [
                "HEAD: 10100101",
                "HEAD: 01010110 10100101",
                "HEAD: 00110100 01010110 10100101",
                "HEAD: 00010010 00110100 01010110 10100101"
            ]
        );
        assert_eq!(format!("{:?}", Head::empty(HeadSize::ONE)), "HEAD: 00000000");
    }

    #[test]
    fn bits_come_in_order_from_both_ends() {
        for head in heads() {
            let bits: Vec<bool> = (0..head.bit_count()).map(|index| head.bit(index)).collect();
            assert_eq!(head.into_iter().collect::<Vec<_>>(), bits);
            assert_eq!(head.iter().rev().collect::<Vec<_>>(), bits.into_iter().rev().collect::<Vec<_>>());
            assert_eq!(head.iter().len(), head.bit_count());
        }
    }

    #[test]
    fn a_slice_begins_with_the_first_bit_of_its_range() {
        for head in heads() {
            let count = head.bit_count();
            for (start, end) in (0..=count).flat_map(|start| (start..=count).map(move |end| (start, end))) {
                let slice = head.slice(start..end);
                assert_eq!(slice.size().bytes(), (end - start).div_ceil(8).max(1));
                let expected = head.iter().take(end).skip(start).chain(std::iter::repeat(false));
                assert!(slice.iter().eq(expected.take(slice.bit_count())), "{start}..{end} of {head}: {slice}");
            }
            assert_eq!([head.slice(..), head.slice(0..=count - 1), head.slice(0..99)], [head; 3]);
        }
    }

    #[test]
    fn a_slice_of_no_bits_is_empty() {
        let (empty, three) = (Head::empty(HeadSize::ONE), 3);
        for head in heads() {
            let beyond = head.bit_count();
            assert_eq!([head.slice(beyond..), head.slice(three..2), head.slice(usize::MAX..)], [empty; 3]);
            assert_eq!(head.slice((Bound::Excluded(usize::MAX), Bound::Included(usize::MAX))), empty);
        }
    }
}
