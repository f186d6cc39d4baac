//! The two sides of rings, with the memory behind them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::descriptors::take;
use super::memory::{Control, Fillable, Filled, check};
use crate::control::RingEntry;
use crate::payload::Payload;
use crate::ring::{
    Descriptor, Places, Reader, RingError, Room, Ticket, Writer, after_waiting, before_waiting, release,
};

/// The ring of an output.
#[derive(Debug)]
pub(super) struct Outgoing {
    writer: Writer<Control>,
    payloads: Fillable,
    bell: File,
}

impl Outgoing {
    /// Takes what the program was given.
    pub(super) fn open(given: &RingEntry) -> io::Result<Outgoing> {
        let (memory, bell) = (take(given.fd)?, take(given.room)?.into());
        check(&memory, given.bytes)?;
        let payloads = Fillable::map(&memory, given.bytes)?;
        let writer = Writer::new(Control::map(&memory)?, given.bytes).map_err(io::Error::other)?;
        Ok(Outgoing { writer, payloads, bell })
    }

    pub(super) fn can_hold(&self, len: usize) -> bool {
        self.writer.can_hold(len)
    }

    /// A place for `len` bytes, if there is room.
    pub(super) fn take(&mut self, len: usize) -> Option<Descriptor> {
        self.writer.take(len)
    }

    /// Says that somebody waits, and looks again. Wait for [`Outgoing::bell`] if there is nothing.
    pub(super) fn ask(&mut self, len: usize) -> Room {
        // What was rung before is seen now.
        let _ = self.bell.read(&mut [0; 8]);
        self.writer.ask(len)
    }

    pub(super) fn stop_asking(&mut self) {
        self.writer.stop_asking();
    }

    /// Nothing is sent with this place.
    pub(super) fn give_up(&mut self, place: Descriptor) {
        self.writer.give_up(place);
    }

    /// Where the payload is to be put.
    pub(super) fn bytes(&mut self, place: Descriptor) -> &mut [u8] {
        self.payloads.bytes(place.offset..place.offset + place.len)
    }

    /// Can be read when there may be room.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

/// The ring of an input.
#[derive(Clone, Debug)]
pub(super) struct Incoming(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    control: Control,
    payloads: Arc<Filled>,
    bytes: usize,
    bell: File,
    /// How many payloads the program has.
    held: AtomicUsize,
}

impl Incoming {
    /// Takes what the program was given.
    pub(super) fn open(given: &RingEntry) -> io::Result<Incoming> {
        let (memory, bell) = (take(given.fd)?, take(given.room)?.into());
        check(&memory, given.bytes)?;
        let payloads = Arc::new(Filled::map(&memory, given.bytes)?);
        let control = Control::map(&memory)?;
        Ok(Incoming(Arc::new(Inside { control, payloads, bytes: given.bytes, bell, held: AtomicUsize::new(0) })))
    }

    /// What the framer of the input finds payloads by.
    pub(super) fn places(&self) -> Result<Box<dyn Places>, RingError> {
        Ok(Box::new(Came { reader: Reader::new(self.0.bytes)?, ring: self.clone() }))
    }

    /// The program is about to wait; `for_this`: for the next block of this input.
    pub(super) fn before_waiting(&self, for_this: bool) {
        let Inside { control, bell, held, .. } = &*self.0;
        // Without a payload in its hands there is nothing that the writer could not have.
        if before_waiting(control, for_this && held.load(Relaxed) > 0) {
            ring(bell);
        }
    }

    pub(super) fn after_waiting(&self) {
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
