//! The reader's side.

use std::ops::Range;

use super::{ALWAYS, Descriptor, RingError, State, Ticket, Word, check_size};

/// A ticket that is further ahead of the last one is one before it. Any number may have been given up in between.
const MOST_APART: u32 = u32::MAX / 2;

/// Checks what comes on the pipe.
#[derive(Clone, Debug)]
pub struct Reader {
    bytes: usize,
    last: Ticket,
}

impl Reader {
    /// The reader of a ring with so many bytes for payloads.
    pub fn new(bytes: usize) -> Result<Reader, RingError> {
        check_size(bytes)?;
        Ok(Reader { bytes, last: Ticket::NONE })
    }

    /// The same, with so many tickets seen already.
    #[cfg(test)]
    pub(super) fn after(self, last: Ticket) -> Reader {
        Reader { last, ..self }
    }

    /// Where the payload lies, in bytes from the first payload's place. Its place stays taken until [`release`].
    pub fn check(&mut self, came: Descriptor) -> Result<Range<usize>, RingError> {
        let Descriptor { offset, len, ticket } = came;
        let end = offset.checked_add(len).filter(|end| *end <= self.bytes);
        let Some(end) = end else { return Err(RingError::Outside { offset, len, bytes: self.bytes }) };
        if ticket.number() == 0 || ticket.number() == ALWAYS || !(1..=MOST_APART).contains(&ticket.after(self.last)) {
            return Err(RingError::Ticket { ticket: ticket.number(), last: self.last.number() });
        }
        self.last = ticket;
        Ok(offset..end)
    }
}

/// The reader looks for payloads in the ring from now on: the writer may put those there that have so many bytes. Before its first read.
pub fn announce(state: &impl State, worth: u32) {
    state.known().set(worth.max(1));
}

/// How many blocks come without a length before the first one with one, on a pipe whose codec gives them none. `None` while it
/// is not known: those that have begun to come before this call have none.
pub fn lengths_from(state: &impl State) -> Option<u64> {
    state.lengths().get().checked_sub(1).map(u64::from)
}

/// Nobody looks at the payload with this ticket any more. Says whether the room bell is to be rung.
#[must_use]
pub fn release(state: &impl State, ticket: Ticket) -> bool {
    let slots = state.slots();
    slots[ticket.place(slots.len())].set(ticket.number());
    match state.wanted().look() {
        0 => false,
        ALWAYS => true,
        wanted if ticket.after(Ticket::new(wanted)) < u32::MAX / 2 => state.wanted().take(wanted),
        _ => false,
    }
}

/// The reader is about to wait; `for_this`: for the next block of this pipe, while it has payloads of the ring. Says whether the
/// room bell is to be rung.
#[must_use]
pub fn before_waiting(state: &impl State, for_this: bool) -> bool {
    if for_this {
        state.hungry().set(1);
    }
    match state.wanted().look() {
        0 => false,
        ALWAYS => true,
        wanted => state.wanted().take(wanted),
    }
}

/// The reader has not to wait any more.
pub fn after_waiting(state: &impl State) {
    state.hungry().set(0);
}
