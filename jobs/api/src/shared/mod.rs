//! The two sides of rings, with the memory behind them: for programs with a kit, and for the run.
//!
//! Of the ends of a pipe one has an [`Outgoing`] and one an [`Incoming`], both made of the same memory file and the same eventfd.
//! Neither ever waits.

mod memory;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use self::memory::{Control, check};
pub use self::memory::{Fillable, Filled};
use crate::payload::Payload;
use crate::ring::{
    Descriptor, Places, Reader, RingError, Room, Ticket, WORTH_BYTES, Writer, after_waiting, announce, before_waiting,
    lengths_from, release,
};

/// The ring of an output.
#[derive(Debug)]
pub struct Outgoing {
    writer: Writer<Control>,
    payloads: Fillable,
    bell: File,
}

impl Outgoing {
    /// The writer's side, with so many bytes for payloads in `memory`, which is sealed. The reader rings `bell`, an eventfd in
    /// which nobody waits.
    pub fn new(memory: &OwnedFd, bell: OwnedFd, bytes: usize) -> io::Result<Outgoing> {
        check(memory, bytes)?;
        let payloads = Fillable::map(memory, bytes)?;
        let writer = Writer::new(Control::map(memory)?, bytes).map_err(io::Error::other)?;
        Ok(Outgoing { writer, payloads, bell: bell.into() })
    }

    /// Whether a payload was wanted there before: then lengths stand before all blocks.
    pub fn has_begun(&self) -> bool {
        self.writer.has_begun()
    }

    /// Puts a payload there, if there is room.
    pub fn put(&mut self, payload: &[u8]) -> Option<Descriptor> {
        let place = self.take(payload.len())?;
        self.bytes(place).copy_from_slice(payload);
        Some(place)
    }

    /// Whether a payload of `len` bytes belongs there, with so many blocks before it. Lengths begin with the first one.
    pub fn wants(&mut self, len: usize, blocks_before: u64) -> bool {
        self.writer.wants(len, blocks_before)
    }

    /// A place for `len` bytes, if there is room.
    pub fn take(&mut self, len: usize) -> Option<Descriptor> {
        self.writer.take(len)
    }

    /// Says that somebody waits, and looks again. Wait for [`Outgoing::bell`] if there is nothing.
    pub fn ask(&mut self, len: usize) -> Room {
        // What was rung before is seen now.
        let _ = self.bell.read(&mut [0; 8]);
        self.writer.ask(len)
    }

    /// It does not wait for room any more.
    pub fn stop_asking(&mut self) {
        self.writer.stop_asking();
    }

    /// Nothing is sent with this place.
    pub fn give_up(&mut self, place: Descriptor) {
        self.writer.give_up(place);
    }

    /// Where the payload is to be put.
    pub fn bytes(&mut self, place: Descriptor) -> &mut [u8] {
        self.payloads.bytes(place.offset..place.offset + place.len)
    }

    /// Can be read when there may be room.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

/// The ring of an input.
#[derive(Clone, Debug)]
pub struct Incoming(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    control: Control,
    payloads: Arc<Filled>,
    /// One that has seen nothing yet.
    reader: Reader,
    bell: File,
    /// How many payloads somebody has.
    held: AtomicUsize,
}

impl Incoming {
    /// The reader's side of what [`Outgoing::new`] is made of. The writer learns by this that it may use it.
    pub fn new(memory: &OwnedFd, bell: OwnedFd, bytes: usize) -> io::Result<Incoming> {
        check(memory, bytes)?;
        let payloads = Arc::new(Filled::map(memory, bytes)?);
        let control = Control::map(memory)?;
        let reader = Reader::new(bytes).map_err(io::Error::other)?;
        announce(&control, WORTH_BYTES as u32);
        Ok(Incoming(Arc::new(Inside { control, payloads, reader, bell: bell.into(), held: AtomicUsize::new(0) })))
    }

    /// What the framer of the input finds payloads by.
    pub fn places(&self) -> Box<dyn Places> {
        Box::new(Came { reader: self.0.reader.clone(), ring: self.clone() })
    }

    /// The program is about to wait; `for_this`: for the next block of this input.
    pub fn before_waiting(&self, for_this: bool) {
        let Inside { control, bell, held, .. } = &*self.0;
        // Without a payload in its hands there is nothing that the writer could not have.
        if before_waiting(control, for_this && held.load(Relaxed) > 0) {
            ring(bell);
        }
    }

    /// Whether there are payloads in it, or were.
    pub fn is_used(&self) -> bool {
        lengths_from(&self.0.control).is_some()
    }

    /// It does not wait any more.
    pub fn after_waiting(&self) {
        after_waiting(&self.0.control);
    }
}

/// What comes on an input.
struct Came {
    reader: Reader,
    ring: Incoming,
}

impl Places for Came {
    fn payload(&mut self, came: Descriptor) -> Result<Payload, RingError> {
        let place = self.reader.check(came)?;
        let inside = &self.ring.0;
        inside.held.fetch_add(1, Relaxed);
        Ok(inside.payloads.payload(place, Held { ticket: came.ticket, ring: self.ring.clone() }))
    }

    fn lengths_from(&self) -> Option<u64> {
        lengths_from(&self.ring.0.control)
    }
}

/// A payload that somebody looks at.
struct Held {
    ticket: Ticket,
    ring: Incoming,
}

impl Drop for Held {
    fn drop(&mut self) {
        let Inside { control, bell, held, .. } = &*self.ring.0;
        held.fetch_sub(1, Relaxed);
        if release(control, self.ticket) {
            ring(bell);
        }
    }
}

fn ring(mut bell: &File) {
    // It fails only where so many have rung that one more makes no difference.
    let _ = bell.write_all(&1_u64.to_ne_bytes());
}
