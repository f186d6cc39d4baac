//! What stands on the pipe in place of a payload that lies in the ring.

use super::ALIGN;

/// The bit of a length that says that the payload lies in the ring.
pub const IN_RING: u32 = 1 << 31;

/// The number of a place that was taken, from 1. After the highest number comes 1 again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(u32);

impl Ticket {
    /// Before the first ticket of a ring.
    pub(super) const NONE: Ticket = Ticket(0);

    /// The ticket with this number. Any number may come from the other side.
    pub const fn new(number: u32) -> Ticket {
        Ticket(number)
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The next ticket. It is neither 0 nor what [`super::ALWAYS`] means.
    pub(super) const fn next(self) -> Ticket {
        if self.0 >= u32::MAX - 1 { Ticket(1) } else { Ticket(self.0 + 1) }
    }

    /// How many tickets after `before` it comes, about: around the highest number it may be two more.
    pub(super) const fn after(self, before: Ticket) -> u32 {
        self.0.wrapping_sub(before.0)
    }

    /// Its place among so many words.
    pub(super) const fn place(self, words: usize) -> usize {
        self.0 as usize % words
    }
}

/// Where a payload lies in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Where it begins, in bytes from the first payload's place.
    pub offset: usize,
    /// Its length in bytes.
    pub len: usize,
    /// What it is released by.
    pub ticket: Ticket,
}

impl Descriptor {
    /// How many bytes it has on the pipe.
    pub const WIRE_BYTES: usize = 12;

    /// As it stands on the pipe, behind the head.
    pub fn to_wire(self) -> [u8; Descriptor::WIRE_BYTES] {
        // A ring has less than 2^31 bytes.
        let words = [self.len as u32 | IN_RING, (self.offset / ALIGN) as u32, self.ticket.number()];
        let mut wire = [0; Descriptor::WIRE_BYTES];
        wire.chunks_exact_mut(4).zip(words).for_each(|(to, word)| to.copy_from_slice(&word.to_le_bytes()));
        wire
    }

    /// What these bytes say, whatever they are: [`super::Reader::check`] says whether it can be.
    pub fn from_wire(wire: &[u8; Descriptor::WIRE_BYTES]) -> Descriptor {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *wire;
        Descriptor {
            offset: (u32::from_le_bytes([e, f, g, h]) as usize).saturating_mul(ALIGN),
            len: (u32::from_le_bytes([a, b, c, d]) & !IN_RING) as usize,
            ticket: Ticket::new(u32::from_le_bytes([i, j, k, l])),
        }
    }
}
