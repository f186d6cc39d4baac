//! Large payloads in memory that the writer and the reader of a pipe share: where each lies, and when its place is free again.
//!
//! This is the arithmetic alone. It maps nothing, opens nothing and waits for nothing, and it knows the memory only as words
//! that both sides see ([`State`]), so that a test can put every order of events before it.
//!
//! # Theory of operation
//!
//! A pipe with a ring has a memory file and an eventfd beside it, the *room bell*. The file begins with [`CONTROL_BYTES`] of
//! state; the payloads lie behind them. The pipe itself stays what it was: it carries the order of the blocks, wakes the
//! reader, holds the writer up and ends the stream. On it a block is
//!
//! ```text
//! head? length payload                the length below 2^31: as under the codec `framed`
//! head? length offset ticket          the highest bit of the length set: the payload lies in the ring
//! ```
//!
//! all of them `u32`, little-endian, the offset in units of [`ALIGN`] bytes. The second form is [`Descriptor`]. It is written
//! when the payload is complete, so that there is never a part of a block in the ring: a writer that is killed while it
//! fills a place has sent no block.
//!
//! - **Both agree** before a payload lies there: an end that knows no rings, or not with its codec, writes and reads plain bytes. The
//!   reader says that it looks there, and from which size on ([`announce`]), before it reads anything. A writer that sees this says
//!   from which block on it goes by the above ([`Writer::wants`]), before it writes that block. Under a codec that gives each block a length, the highest
//!   bit of one says it all; under `bytes` the reader looks where lengths begin ([`lengths_from`]) after a block has begun to come.
//! - **The writer** ([`Writer`]) alone decides where payloads lie, and keeps that to itself. It takes one place behind the other
//!   and gives each the next *ticket*. Of what the reader writes it only looks at one word for each place: whether the ticket
//!   there is the one that it gave. Nothing that stands in the memory leads it outside.
//! - **The reader** ([`Reader`]) checks what the pipe says before it looks there. It releases places in any order, from any
//!   thread ([`release`]). The writer takes them back from the oldest on.
//! - **A writer without room** says which ticket it waits for ([`Writer::ask`]) and sleeps, on the bell and on the
//!   pipe: the reader may have gone. The reader rings when it releases that ticket, and also before it waits for anything itself
//!   ([`before_waiting`]): the writer may be the one that it waits for.
//! - **A reader that keeps blocks** could have the whole ring while it waits for the next block. It says that it waits. A
//!   writer that sees this, and finds the pipe empty, sends the block through the pipe. So whoever keeps blocks too long makes
//!   its own pipe slower and stops nobody.
//!
//! Both sides follow one pattern where they could miss each other. Each writes a word, and then makes a read-modify-write
//! of the word `wanted`. These come in one order, and the later one sees all that was written before the earlier one: so
//! the reader sees that the writer waits, or the writer sees the place that is free. A program that has no such instructions, as
//! in Python, leaves [`ALWAYS`] in `wanted`, or rings without looking.
//!
//! A pipe may be written by several programs, one after the other, as those that a shell starts. Only the first shares the memory:
//! nobody else knows which places are taken.
//!
//! What cannot be kept from a program with a kit: to write into a payload that it has sent already. It spoils its own
//! blocks, as it could by sending others; but who looks at one twice may see two. A program that is not trusted belongs
//! behind `conduit = "fifo"`.
//!
//! ```
//! use pipeloom_job::ring::{Descriptor, Local, Reader, Writer, announce, release};
//!
//! let state = Local::new();
//! let (mut writer, mut reader) = (Writer::new(&state, 8192)?, Reader::new(8192)?);
//! announce(&state, 4096);
//! assert!(writer.wants(5000, 0), "the reader knows the ring");
//! let taken = writer.take(5000).unwrap();
//! let came = reader.check(Descriptor::from_wire(&taken.to_wire()))?;
//! assert_eq!(came, 0..5000);
//! assert!(!release(&state, taken.ticket), "nobody waits for it");
//! # Ok::<(), pipeloom_job::ring::RingError>(())
//! ```

mod descriptor;
mod reader;
mod state;
mod writer;

pub use descriptor::{Descriptor, IN_RING, Ticket};
pub use reader::{Reader, after_waiting, announce, before_waiting, lengths_from, release};
pub use state::{
    ALWAYS, CONTROL_BYTES, HUNGRY_AT, KNOWN_AT, LENGTHS_AT, Local, SLOTS, SLOTS_AT, State, WANTED_AT, WRITER_AT, Word,
};
pub use writer::{Room, Writer};

use crate::payload::Payload;

/// Payloads begin at multiples of so many bytes: no two share a line of the cache, and any number may be read in place.
pub const ALIGN: usize = 64;

/// The most bytes that a ring has for payloads: a length must not reach the bit that says where a payload lies.
pub const MOST_BYTES: usize = 1 << 30;

/// A payload of at least so many bytes is worth a place in the ring, for a side in C or Rust. Measured, the ring is faster than the
/// pipe from half a KiB on, four times at 4 KiB; but a place is counted and released by itself, and there are [`SLOTS`] of them.
pub const WORTH_BYTES: usize = 4 * 1024;

/// What is wrong with a ring, or with what the other side says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RingError {
    /// No ring has so many bytes.
    #[error("a ring of {bytes} bytes: it has from {ALIGN} to {MOST_BYTES} bytes, in steps of {ALIGN}")]
    Size {
        /// What was asked for.
        bytes: usize,
    },
    /// A block is said to lie where the ring is not.
    #[error(
        "damaged ring: a block of {len} bytes at byte {offset}, and the ring has {bytes} bytes; its writer is at fault"
    )]
    Outside {
        /// Where it is said to begin.
        offset: usize,
        /// How long it is said to be.
        len: usize,
        /// The bytes of the ring.
        bytes: usize,
    },
    /// A ticket that does not follow those before it.
    #[error("damaged ring: ticket {ticket} behind ticket {last}; its writer is at fault")]
    Ticket {
        /// What came.
        ticket: u32,
        /// The last one before.
        last: u32,
    },
}

/// Where a [`crate::codec::Framer`] gets a payload from that lies in a ring.
pub trait Places: Send {
    /// The payload that a descriptor tells of, once.
    fn payload(&mut self, came: Descriptor) -> Result<Payload, RingError>;

    /// What [`lengths_from`] says.
    fn lengths_from(&self) -> Option<u64>;
}

/// Whether a ring may have so many bytes.
const fn check_size(bytes: usize) -> Result<(), RingError> {
    if bytes >= ALIGN && bytes <= MOST_BYTES && bytes.is_multiple_of(ALIGN) {
        Ok(())
    } else {
        Err(RingError::Size { bytes })
    }
}

#[cfg(test)]
mod tests;
