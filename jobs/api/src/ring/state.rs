//! The words that both sides see.
//!
//! Their places in the memory are the same for all kits:
//!
//! ```text
//! byte 0      wanted: the ticket that the writer waits for; 0 if it does not wait
//! byte 64     hungry: 1 while the reader waits for the next block
//! byte 128    SLOTS words: the ticket that was released last, for tickets with this remainder
//! byte 2176   known: from how many bytes on the reader wants payloads here; 0 while it does not look for any
//! byte 2180   lengths: 1 more than the blocks before the first one with a length; 0 while no payload was put here
//! byte 2184   writer: 1 once a program has opened the writer's side
//! ```

use std::ops::Deref;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// How many bytes stand before the payloads: a multiple of the pages of any machine, so that payloads can be mapped alone.
pub const CONTROL_BYTES: usize = 64 * 1024;

/// Where `wanted` stands, in bytes.
pub const WANTED_AT: usize = 0;

/// Where `hungry` stands, in bytes.
pub const HUNGRY_AT: usize = 64;

/// Where the words of the slots begin, in bytes.
pub const SLOTS_AT: usize = 128;

/// How many payloads may be in the ring at once.
pub const SLOTS: usize = 512;

/// Where `known` stands, in bytes.
pub const KNOWN_AT: usize = SLOTS_AT + SLOTS * size_of::<u32>();

/// Where `lengths` stands, in bytes.
pub const LENGTHS_AT: usize = KNOWN_AT + size_of::<u32>();

/// Where `writer` stands, in bytes.
pub const WRITER_AT: usize = LENGTHS_AT + size_of::<u32>();

/// In `wanted`: the reader is to ring at each release, and never changes this. For writers that cannot say it and look again
/// in one order.
pub const ALWAYS: u32 = u32::MAX;

/// A word that both sides see.
pub trait Word {
    /// What stands there; all that was written before it was [`Word::set`] is seen too.
    fn get(&self) -> u32;

    /// Writes it, for the other side's [`Word::get`].
    fn set(&self, value: u32);

    /// Writes it and gives what stood there before. All calls of this and of the next two come in one order, and a later one sees
    /// all that was written before an earlier one.
    fn swap(&self, value: u32) -> u32;

    /// What stands there, in the order of [`Word::swap`].
    fn look(&self) -> u32;

    /// Writes 0 if `value` stands there, and says whether it did.
    fn take(&self, value: u32) -> bool;
}

impl Word for AtomicU32 {
    fn get(&self) -> u32 {
        self.load(Acquire)
    }

    fn set(&self, value: u32) {
        self.store(value, Release);
    }

    fn swap(&self, value: u32) -> u32 {
        AtomicU32::swap(self, value, AcqRel)
    }

    fn look(&self) -> u32 {
        self.fetch_add(0, AcqRel)
    }

    fn take(&self, value: u32) -> bool {
        self.compare_exchange(value, 0, AcqRel, Relaxed).is_ok()
    }
}

/// All words of a ring, wherever they lie.
pub trait State {
    /// A word.
    type Word: Word;

    /// What the writer waits for.
    fn wanted(&self) -> &Self::Word;

    /// Whether the reader waits.
    fn hungry(&self) -> &Self::Word;

    /// From how many bytes on the reader wants payloads, or 0.
    fn known(&self) -> &Self::Word;

    /// From which block on there are lengths.
    fn lengths(&self) -> &Self::Word;

    /// Whether there is, or was, a writer.
    fn writer(&self) -> &Self::Word;

    /// The words of the slots: a power of two, four at least, and both sides see as many.
    fn slots(&self) -> &[Self::Word];
}

/// Whoever leads to one, as a reference and an `Arc` do.
impl<P: Deref<Target: State>> State for P {
    type Word = <P::Target as State>::Word;

    fn wanted(&self) -> &Self::Word {
        (**self).wanted()
    }

    fn hungry(&self) -> &Self::Word {
        (**self).hungry()
    }

    fn known(&self) -> &Self::Word {
        (**self).known()
    }

    fn lengths(&self) -> &Self::Word {
        (**self).lengths()
    }

    fn writer(&self) -> &Self::Word {
        (**self).writer()
    }

    fn slots(&self) -> &[Self::Word] {
        (**self).slots()
    }
}

/// The state of a ring whose two sides are in one process: for trying it.
#[derive(Debug)]
pub struct Local {
    wanted: AtomicU32,
    hungry: AtomicU32,
    known: AtomicU32,
    lengths: AtomicU32,
    writer: AtomicU32,
    slots: Vec<AtomicU32>,
}

impl Local {
    /// The state of a new ring.
    pub fn new() -> Local {
        let zero = || AtomicU32::new(0);
        let slots = (0..SLOTS).map(|_| zero()).collect();
        Local { wanted: zero(), hungry: zero(), known: zero(), lengths: zero(), writer: zero(), slots }
    }
}

impl Default for Local {
    fn default() -> Local {
        Local::new()
    }
}

impl State for Local {
    type Word = AtomicU32;

    fn wanted(&self) -> &AtomicU32 {
        &self.wanted
    }

    fn hungry(&self) -> &AtomicU32 {
        &self.hungry
    }

    fn known(&self) -> &AtomicU32 {
        &self.known
    }

    fn lengths(&self) -> &AtomicU32 {
        &self.lengths
    }

    fn writer(&self) -> &AtomicU32 {
        &self.writer
    }

    fn slots(&self) -> &[AtomicU32] {
        &self.slots
    }
}
