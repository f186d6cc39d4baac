//! The writer's side.

use std::collections::VecDeque;

use super::{ALIGN, Descriptor, RingError, State, Ticket, WORTH_BYTES, Word, check_size};

/// Decides where payloads lie.
///
/// The places that are taken, from the oldest on, lie one behind the other, and at the end of the ring they go on at its
/// beginning. A payload is never cut: what is too short for it at the end stays empty.
#[derive(Debug)]
pub struct Writer<S> {
    state: S,
    bytes: usize,
    /// Where the next place begins, if there is room behind it.
    head: usize,
    last: Ticket,
    taken: VecDeque<Taken>,
    /// The shortest payload that is worth a place, for either side.
    worth: usize,
    has_begun: bool,
    /// Nobody has written before.
    is_first: bool,
}

/// A place that was taken.
#[derive(Debug)]
struct Taken {
    start: usize,
    end: usize,
    ticket: Ticket,
    /// Nothing was sent with it.
    given_up: bool,
}

/// What a writer finds that needs room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// This place.
    Here(Descriptor),
    /// None, and the reader has something to do: the bell rings when there may be some.
    Later,
    /// None, and the reader, which has what is in the ring, waits for the next block: if the pipe is empty, the block must go
    /// through it.
    ReaderWaits,
}

impl<S: State> Writer<S> {
    /// The writer of a ring with so many bytes for payloads. If there was another one before, this puts nothing there.
    pub fn new(state: S, bytes: usize) -> Result<Writer<S>, RingError> {
        check_size(bytes)?;
        let (last, taken) = (Ticket::NONE, VecDeque::new());
        let is_first = state.writer().swap(1) == 0;
        let has_begun = !is_first && state.lengths().get() != 0;
        Ok(Writer { state, bytes, head: 0, last, taken, worth: WORTH_BYTES, has_begun, is_first })
    }

    /// The same, with so many tickets given already.
    #[cfg(test)]
    pub(super) fn after(self, last: Ticket) -> Writer<S> {
        Writer { last, ..self }
    }

    /// Whether a payload of `len` bytes belongs into the ring, with so many blocks before it: not before the reader has said that it
    /// knows the ring, nor if it is too short to be worth it for one of them, or too long. With the first one lengths begin
    /// to stand before all blocks.
    pub fn wants(&mut self, len: usize, blocks_before: u64) -> bool {
        self.is_first && len >= self.worth && len <= self.bytes && (self.has_begun || self.begin(len, blocks_before))
    }

    /// Whether a payload was put there, by this writer or one before it: then lengths stand before all blocks.
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }

    fn begin(&mut self, len: usize, blocks_before: u64) -> bool {
        let known = self.state.known().get();
        let word = u32::try_from(blocks_before).ok().and_then(|blocks| blocks.checked_add(1));
        let (1.., Some(word)) = (known, word) else { return false };
        self.worth = self.worth.max(known as usize);
        if len >= self.worth {
            self.state.lengths().set(word);
            self.has_begun = true;
        }
        self.has_begun
    }

    /// A place for `len` bytes, if there is room.
    pub fn take(&mut self, len: usize) -> Option<Descriptor> {
        self.take_back();
        let start = self.room(size(len)?)?;
        let ticket = self.last.next();
        (self.last, self.head) = (ticket, start + size(len)?);
        self.taken.push_back(Taken { start, end: self.head, ticket, given_up: false });
        Some(Descriptor { offset: start, len, ticket })
    }

    /// Nothing is sent with this place.
    pub fn give_up(&mut self, place: Descriptor) {
        let given = self.taken.iter_mut().rev().find(|taken| taken.ticket == place.ticket);
        given.into_iter().for_each(|taken| taken.given_up = true);
    }

    /// Says that it waits for room for `len` bytes, and looks once more. After [`Room::Later`], wait for the bell and for the end of the
    /// pipe's reader, and ask again; at the end call [`Writer::stop_asking`].
    pub fn ask(&mut self, len: usize) -> Room {
        loop {
            self.take_back();
            let wanted = self.wanted(len);
            self.state.wanted().swap(wanted.number());
            if let Some(place) = self.take(len) {
                return Room::Here(place);
            }
            if self.state.hungry().get() != 0 {
                return Room::ReaderWaits;
            }
            // Released in between, while older ones are not: nobody would ring for it.
            if !self.is_released(wanted) {
                return Room::Later;
            }
        }
    }

    /// It does not wait any more.
    pub fn stop_asking(&mut self) {
        self.state.wanted().swap(Ticket::NONE.number());
    }

    /// Takes back what the reader has released, from the oldest on.
    fn take_back(&mut self) {
        while let Some(oldest) = self.taken.front()
            && (oldest.given_up || self.is_released(oldest.ticket))
        {
            self.taken.pop_front();
        }
        if self.taken.is_empty() {
            // What was used last is in the cache.
            self.head = 0;
        }
    }

    /// Where `size` bytes are free, one behind the other.
    fn room(&self, size: usize) -> Option<usize> {
        // The words of two places must not be one, also where the tickets begin again.
        if self.taken.len() + 2 >= self.state.slots().len() {
            return None;
        }
        let Some(oldest) = self.taken.front() else { return (size <= self.bytes).then_some(0) };
        if self.head <= oldest.start {
            return (oldest.start - self.head >= size).then_some(self.head);
        }
        if self.bytes - self.head >= size {
            return Some(self.head);
        }
        (oldest.start >= size).then_some(0)
    }

    /// The ticket to wait for: with it, and those before it, there is room for `len` bytes, or half of the ring is free. To
    /// be woken for each place alone would cost two changes of thread for each block.
    fn wanted(&self, len: usize) -> Ticket {
        let enough = len.max(self.bytes / 2);
        let (mut free, mut wanted) = (0, self.last);
        for taken in &self.taken {
            if !taken.given_up && !self.is_released(taken.ticket) {
                wanted = taken.ticket;
            }
            free += taken.end - taken.start;
            if free >= enough {
                break;
            }
        }
        wanted
    }

    fn is_released(&self, ticket: Ticket) -> bool {
        let slots = self.state.slots();
        slots[ticket.place(slots.len())].get() == ticket.number()
    }
}

/// How much of the ring `len` bytes take.
fn size(len: usize) -> Option<usize> {
    len.max(1).checked_next_multiple_of(ALIGN)
}
