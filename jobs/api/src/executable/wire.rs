//! What waits to be written on one output.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};

use crate::codec::{EncodeError, Frame};
use crate::head::{FINISHED, Head};
use crate::payload::Payload;
use crate::ring::Descriptor;

/// How many large payloads go into one system call.
const MOST_LARGE: usize = 8;

/// Blocks as they stand on the pipe: framing and small payloads in one buffer, large payloads where they are.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// Never shrinks; only the bytes before `end` mean anything.
    small: Vec<u8>,
    end: usize,
    /// Each stands before the byte of `small` at this place.
    large: VecDeque<(usize, Payload)>,
    large_bytes: usize,
    /// What is written already: bytes of `small`, and of the first large payload.
    small_done: usize,
    large_done: usize,
    /// Where the last block begins, while none of it is written.
    last: Option<usize>,
}

/// Where a block that is being put together begins, and its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    start: usize,
    payload: usize,
    end: usize,
}

/// What came of writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written {
    All,
    /// The pipe is full.
    Full,
    /// Nobody reads the pipe any more.
    Gone,
}

impl Wire {
    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.end - self.small_done + self.large_bytes - self.large_done
    }

    /// Room for a payload of `len` bytes behind `framing` bytes.
    #[inline]
    pub(super) fn open(&mut self, framing: usize, len: usize) -> Open {
        let payload = self.end + framing;
        let open = Open { start: self.end, payload, end: payload + len };
        // One byte more: a line break.
        if self.small.len() <= open.end {
            self.small.resize((open.end + 1).next_power_of_two(), 0);
        }
        open
    }

    pub(super) fn payload(&mut self, open: Open) -> &mut [u8] {
        &mut self.small[open.payload..open.end]
    }

    /// Makes a block of what was put into [`Wire::payload`]. `frame` gets the payload and must have the framing's size.
    #[inline]
    pub(super) fn seal<'a>(
        &mut self,
        open: Open,
        frame: impl FnOnce(&[u8]) -> Result<Frame<'a>, EncodeError>,
    ) -> Result<(), EncodeError> {
        let frame = frame(&self.small[open.payload..open.end])?;
        let after = frame.after();
        // A few bytes each, or none: a call to copy them would cost more than they do.
        self.small[open.start..open.payload].iter_mut().zip(frame.before()).for_each(|(to, byte)| *to = *byte);
        let end = open.end + after.len();
        self.small[open.end..end].iter_mut().zip(after).for_each(|(to, byte)| *to = *byte);
        (self.end, self.last) = (end, Some(open.start));
        Ok(())
    }

    /// The same for a block that has only a head around it, or nothing.
    #[inline]
    pub(super) fn seal_plain(&mut self, open: Open, head: Option<Head>) {
        if let Some(head) = head {
            // Byte by byte: a call to copy them would cost more than they do.
            self.small[open.start..open.payload].iter_mut().zip(head.to_wire()).for_each(|(to, byte)| *to = byte);
        }
        (self.end, self.last) = (open.end, Some(open.start));
    }

    /// Adds a block by copy, whatever its framing is.
    pub(super) fn push(&mut self, frame: &Frame<'_>, payload: &[u8]) {
        let open = self.open(frame.before().len(), payload.len() + frame.after().len());
        let end = open.payload + payload.len();
        self.small[open.start..open.payload].copy_from_slice(frame.before());
        self.small[open.payload..end].copy_from_slice(payload);
        self.small[end..open.end].copy_from_slice(frame.after());
        (self.end, self.last) = (open.end, Some(open.start));
    }

    /// Adds a block by copy that has only a head around it, or nothing.
    #[inline]
    pub(super) fn push_plain(&mut self, head: Option<Head>, payload: &[u8]) {
        let open = self.open(head.map_or(0, |head| head.size().bytes()), payload.len());
        self.payload(open).copy_from_slice(payload);
        self.seal_plain(open, head);
    }

    /// Adds a block whose payload lies in a ring.
    pub(super) fn push_place(&mut self, head: Option<Head>, place: Descriptor) {
        self.push_plain(head, &place.to_wire());
    }

    /// Adds a block over a large payload, without a copy.
    pub(super) fn push_payload(&mut self, frame: &Frame<'_>, payload: Payload) {
        let open = self.open(frame.before().len(), frame.after().len());
        self.small[open.start..open.payload].copy_from_slice(frame.before());
        self.small[open.payload..open.end].copy_from_slice(frame.after());
        self.large_bytes += payload.len();
        self.large.push_back((open.payload, payload));
        (self.end, self.last) = (open.end, Some(open.start));
    }

    /// Sets the finished bit in the head of the last block. `false` if that is written already.
    pub(super) fn finish(&mut self) -> bool {
        let last = self.last.filter(|last| *last >= self.small_done && *last < self.end);
        if let Some(at) = last {
            self.small[at] |= 0x80 >> FINISHED;
        }
        last.is_some()
    }

    /// Writes what waits, as far as it goes; `but_last`: not the last block, which has a head.
    pub(super) fn write(&mut self, to: &mut impl Write, but_last: bool) -> io::Result<Written> {
        let until = if but_last { self.last.unwrap_or(self.end) } else { self.end };
        loop {
            let slices = self.slices(until);
            let written = if slices.is_empty() { Ok(0) } else { to.write_vectored(&slices) };
            let count = match written {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(self.is_full()),
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Written::Gone),
                Err(error) => return Err(error),
            };
            self.advance(count);
        }
        self.tidy();
        Ok(Written::All)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Wire { small: std::mem::take(&mut self.small), ..Wire::default() };
    }

    /// What is to be written before the place `until`, or the beginning of it.
    fn slices(&self, until: usize) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(2 * self.large.len().min(MOST_LARGE) + 1);
        let (mut small, mut done) = (self.small_done, self.large_done);
        let before = self.large.iter().take_while(|(place, _)| *place <= until);
        for (place, payload) in before.take(MOST_LARGE) {
            slices.push(IoSlice::new(&self.small[small..*place]));
            slices.push(IoSlice::new(&payload[std::mem::take(&mut done)..]));
            small = *place;
        }
        if self.large.len() <= MOST_LARGE {
            slices.push(IoSlice::new(&self.small[small..until]));
        }
        slices.retain(|slice| !slice.is_empty());
        slices
    }

    fn advance(&mut self, mut count: usize) {
        while count > 0 {
            let small = self.large.front().map_or(self.end, |(place, _)| *place) - self.small_done;
            let of_small = count.min(small);
            self.small_done += of_small;
            count -= of_small;
            if count == 0 {
                break;
            }
            let Some((_, payload)) = self.large.front() else { break };
            let of_large = count.min(payload.len() - self.large_done);
            self.large_done += of_large;
            count -= of_large;
            if self.large_done == payload.len() {
                self.large_bytes -= payload.len();
                self.large_done = 0;
                self.large.pop_front();
            }
        }
        if self.last.is_some_and(|last| last < self.small_done) {
            self.last = None;
        }
    }

    /// The pipe is full. What is written goes, once it is much.
    fn is_full(&mut self) -> Written {
        if self.small_done > self.end / 2 {
            self.tidy();
        }
        Written::Full
    }

    /// Moves what still waits to the front.
    fn tidy(&mut self) {
        let done = self.small_done;
        self.small.copy_within(done..self.end, 0);
        self.end -= done;
        self.large.iter_mut().for_each(|(place, _)| *place -= done);
        self.last = self.last.map(|last| last - done);
        self.small_done = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::{Around, Codec};
    use crate::head::HeadSize;

    const HEAD: Head = Head::empty(HeadSize::ONE);

    /// A pipe that takes so many bytes, and then none.
    struct Narrow {
        taken: Vec<u8>,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            self.room -= count;
            if count == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn push(wire: &mut Wire, payload: &[u8], large: bool) {
        let mut around = Around::default();
        let frame = Frame::around(Codec::Lines, Some(HEAD), payload, usize::MAX, &mut around).unwrap();
        if large {
            wire.push_payload(&frame, Payload::copy_of(payload));
        } else {
            let open = wire.open(1, payload.len());
            wire.payload(open).copy_from_slice(payload);
            wire.seal(open, |_| Ok(frame)).unwrap();
        }
    }

    fn all(wire: &mut Wire, pipe: &mut Narrow) {
        pipe.room = usize::MAX;
        while wire.write(pipe, false).unwrap() == Written::Full {
            pipe.room = usize::MAX;
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_was_put_in(
            blocks in prop::collection::vec((1_usize..40, any::<bool>(), 0_usize..30, any::<bool>()), 1..40),
        ) {
            let (mut wire, mut pipe, mut expected) = (Wire::default(), Narrow { taken: Vec::new(), room: 0 }, Vec::new());
            for (number, (len, large, room, but_last)) in (0_u8..).zip(blocks) {
                let payload = vec![b'a' + number % 26; len];
                push(&mut wire, &payload, large);
                expected.push(0);
                expected.extend_from_slice(&payload);
                expected.push(b'\n');
                pipe.room = room;
                wire.write(&mut pipe, but_last).unwrap();
                prop_assert_eq!(wire.bytes(), expected.len() - pipe.taken.len());
            }
            all(&mut wire, &mut pipe);
            prop_assert_eq!(pipe.taken, expected);
        }
    }

    #[test]
    fn the_last_block_is_kept_until_it_is_known_to_be_the_last() {
        for large in [false, true] {
            let (mut wire, mut pipe) = (Wire::default(), Narrow { taken: Vec::new(), room: usize::MAX });
            push(&mut wire, b"one", large);
            push(&mut wire, b"two", large);
            wire.write(&mut pipe, true).unwrap();
            assert_eq!(pipe.taken, b"\0one\n");
            assert!(wire.finish());
            all(&mut wire, &mut pipe);
            assert_eq!(pipe.taken, b"\0one\n\x20two\n");
            assert!(!wire.finish(), "it is written already");
        }
    }
}
