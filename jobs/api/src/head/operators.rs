//! Bitwise operators: between heads, and with numbers.
//!
//! The result has the size of the left side. A number is read as [`Head::from_number`] says.

use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Not, Shl, ShlAssign, Shr, ShrAssign};

use super::Head;

macro_rules! bitwise {
    ($trait:ident $call:ident $assign_trait:ident $assign_call:ident, $about:literal) => {
        impl $trait for Head {
            type Output = Head;

            #[doc = $about]
            fn $call(self, other: Head) -> Head {
                Head::of_bits(self.bits().$call(other.bits()), self.size())
            }
        }

        impl $trait<u32> for Head {
            type Output = Head;

            #[doc = $about]
            fn $call(self, number: u32) -> Head {
                self.$call(Head::from_number(number, self.size()))
            }
        }

        impl $assign_trait for Head {
            fn $assign_call(&mut self, other: Head) {
                *self = self.$call(other);
            }
        }

        impl $assign_trait<u32> for Head {
            fn $assign_call(&mut self, number: u32) {
                *self = self.$call(number);
            }
        }
    };
}

bitwise!(BitAnd bitand BitAndAssign bitand_assign, "Bits set in both.");
bitwise!(BitOr bitor BitOrAssign bitor_assign, "Bits set in either.");
bitwise!(BitXor bitxor BitXorAssign bitxor_assign, "Bits set in one of the two only.");

impl Not for Head {
    type Output = Head;

    /// Each bit the other way round.
    fn not(self) -> Head {
        Head::of_bits(!self.bits(), self.size())
    }
}

impl Shl<usize> for Head {
    type Output = Head;

    /// The bits moved towards bit 0. Those that fall out are lost, none is set at the end.
    fn shl(self, places: usize) -> Head {
        Head::of_bits(shifted(u32::checked_shl, self.bits(), places), self.size())
    }
}

impl Shr<usize> for Head {
    type Output = Head;

    /// The bits moved away from bit 0. Those that fall out are lost, none is set at the beginning.
    fn shr(self, places: usize) -> Head {
        Head::of_bits(shifted(u32::checked_shr, self.bits(), places), self.size())
    }
}

impl ShlAssign<usize> for Head {
    fn shl_assign(&mut self, places: usize) {
        *self = *self << places;
    }
}

impl ShrAssign<usize> for Head {
    fn shr_assign(&mut self, places: usize) {
        *self = *self >> places;
    }
}

/// By more places than there are, everything falls out.
fn shifted(shift: fn(u32, u32) -> Option<u32>, bits: u32, places: usize) -> u32 {
    u32::try_from(places).ok().and_then(|places| shift(bits, places)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::HeadSize;

    fn heads(number: u32) -> impl Iterator<Item = Head> {
        (1..=4).filter_map(HeadSize::new).map(move |size| Head::from_number(number, size))
    }

    #[test]
    fn a_number_stands_for_the_head_that_it_writes() {
        let head = Head::empty(HeadSize::ONE) | 0x08;
        assert_eq!(head, Head::empty(HeadSize::ONE).with(4, true));
        let four = Head::empty(HeadSize::new(4).unwrap()) | 0x8000_0001;
        assert!(four.bit(0) && four.bit(31) && four.to_number().count_ones() == 2);
    }

    #[test]
    fn operators_with_heads_and_numbers_are_those_of_numbers() {
        for head in heads(0x1234_56A5) {
            let (a, size) = (head.to_number(), head.size());
            let all = Head::from_number(u32::MAX, size).to_number();
            for b in [0, 1, 0x5A, 0x0F0F_0F3C & all, all] {
                let other = Head::from_number(b, size);
                assert_eq!([(head & b).to_number(), (head & other).to_number()], [a & b; 2]);
                assert_eq!([(head | b).to_number(), (head | other).to_number()], [a | b; 2]);
                assert_eq!([(head ^ b).to_number(), (head ^ other).to_number()], [a ^ b; 2]);
            }
            assert_eq!((!head).to_number(), !a & all);
        }
    }

    #[test]
    fn in_place_it_is_the_same() {
        for head in heads(0x1234_56A5) {
            let (mut and, mut or, mut xor, mut left, mut right) = (head, head, head, head, head);
            and &= 0x0F;
            or |= head >> 3;
            xor ^= head;
            left <<= 2;
            right >>= 2;
            assert_eq!([and, or, xor], [head & 0x0F, head | head >> 3, Head::empty(head.size())]);
            assert_eq!([left, right], [head << 2, head >> 2]);
        }
    }

    #[test]
    fn what_is_shifted_out_is_lost() {
        for head in heads(u32::MAX) {
            let count = head.bit_count();
            for places in [0, 1, 7, count - 1, count, 32, usize::MAX] {
                let left: Vec<bool> = (0..count).map(|bit| bit < count.saturating_sub(places)).collect();
                assert_eq!((head << places).iter().collect::<Vec<_>>(), left, "{places} to the left");
                let right: Vec<bool> = left.into_iter().rev().collect();
                assert_eq!((head >> places).iter().collect::<Vec<_>>(), right, "{places} to the right");
            }
            assert_eq!(head >> 3 << 3, head << 3 >> 3 << 3);
            assert_eq!((head << 3 >> 3).to_number().count_ones() as usize, count - 3);
        }
    }

    #[test]
    fn the_left_side_gives_the_size() {
        let (one, two) = (HeadSize::ONE, HeadSize::new(2).unwrap());
        let (short, long) = (Head::from_number(0x81, one), Head::from_number(0xFFFF, two));
        assert_eq!([short | long, short & long, short ^ long], [!Head::empty(one), short, !short]);
        assert_eq!((long & short).to_number(), 0x8100);
    }
}
