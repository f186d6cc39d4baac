//! Cutting a stream of bytes into blocks.
//!
//! The caller reads into [`Framer::space`] and says how much came with [`Framer::filled`]; whole blocks are handed
//! to a closure. Small blocks are cut out of one buffer. A block whose length is known and that is large is read
//! straight into a pool buffer, so that its bytes are not copied. What a length on the wire says is checked against
//! the pipe's maximum before anything is allocated. On a pipe with a ring (see [`crate::ring`]) blocks come to have lengths
//! before them, whatever the codec, and large payloads are handed out where they lie.

use crate::batch::LARGE_BYTES;
use crate::codec::custom::{self, CustomCodec, Found};
use crate::codec::{Alike, Codec, CodecError, Fault};
use crate::head::{Head, HeadSize};
use crate::payload::Payload;
use crate::pool::{Pool, PoolBuffer};
use crate::ring::{Descriptor, IN_RING, Places, RingError};

/// How much is read at once, in bytes, and the longest block of a `stream` pipe.
const READ_BYTES: usize = 64 * 1024;

/// A block that needs at least this much more than what is there is read straight into its own buffer.
const DIRECT_BYTES: usize = READ_BYTES / 2;

/// A payload cut out of the stream.
#[derive(Debug)]
pub enum Body<'a> {
    /// A small one; it stays where it is only for the call.
    Small(&'a [u8]),
    /// A large one in a buffer of its own.
    Large(Payload),
}

/// Why the stream cannot be cut.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// A length on the wire, or a line, is longer than the pipe allows.
    #[error("a block of {got} bytes, more than max_block_bytes = {max}")]
    TooLong {
        /// The longest allowed, in bytes.
        max: usize,
        /// The length on the wire, or what has come of the line, in bytes.
        got: usize,
    },
    /// A length on the wire is none of this pipe's block size, where only the pipe's two ends see lengths.
    #[error("a block of {got} bytes on a pipe with block_size {expected}")]
    WrongSize {
        /// The pipe's block size, in bytes.
        expected: usize,
        /// The length on the wire, in bytes.
        got: usize,
    },
    /// What is said of the memory that both ends share cannot be.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// A custom codec sees no block in the bytes.
    #[error("no block of codec {codec}: {reason}")]
    NoBlock {
        /// The pipe's codec.
        codec: &'static str,
        /// What it says.
        reason: CodecError,
    },
    /// A custom codec did what none may do.
    #[error("codec {codec} is faulty: {fault}")]
    Faulty {
        /// The pipe's codec.
        codec: &'static str,
        /// What it did.
        fault: Fault,
    },
}

/// What was left of a block when the stream ended inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Torn {
    /// How many bytes had come, head and length included.
    pub bytes: usize,
}

/// Cuts one pipe's bytes into blocks.
pub struct Framer {
    codec: Codec,
    /// The size of the head on the wire; `None` if the writer gives no heads.
    head: Option<HeadSize>,
    max: usize,
    pool: Pool,
    buffer: Vec<u8>,
    /// The bytes that wait in `buffer`.
    start: usize,
    end: usize,
    /// How far an unfinished block was already searched for its end.
    searched: usize,
    /// What a custom codec has said of the unfinished block.
    found: Option<Found>,
    direct: Option<Direct>,
    /// Where large payloads lie, if the pipe has a ring.
    ring: Option<Box<dyn Places>>,
    /// How many blocks have been cut, where that is asked.
    cut: u64,
}

/// A large block that is being read into its own buffer.
struct Direct {
    head: Option<Head>,
    buffer: PoolBuffer,
    filled: usize,
    len: usize,
    framing: usize,
}

impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Framer { codec, start, end, direct, .. } = self;
        f.debug_struct("Framer").field("codec", codec).field("waiting", &(end - start)).field("direct", direct).finish()
    }
}

impl std::fmt::Debug for Direct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} bytes", self.filled, self.len)
    }
}

/// What stands at the beginning of the waiting bytes.
enum Next {
    /// A whole block: its head, where its payload lies, where the next block begins.
    Block { head: Option<Head>, payload: std::ops::Range<usize>, next: usize },
    /// The beginning of a block of known length.
    Part { head: Option<Head>, payload: usize, len: usize },
    /// A whole block whose payload lies elsewhere.
    Placed { head: Option<Head>, place: Descriptor, next: usize },
    /// Too little to say.
    Unknown,
}

impl Framer {
    /// A framer for one stream. `head` is the size of the head before each block, if the writer gives heads; `max` the
    /// longest payload allowed, in bytes.
    pub fn new(codec: Codec, head: Option<HeadSize>, max: usize, pool: Pool) -> Framer {
        let head = head.filter(|_| codec.has_blocks());
        let buffer = Vec::new();
        let (found, direct, ring) = (None, None, None);
        Framer { codec, head, max, pool, buffer, start: 0, end: 0, searched: 0, found, direct, ring, cut: 0 }
    }

    /// The same for a pipe with a ring. Its codec is one whose payloads may be any bytes: `bytes`, `framed` or `bincode`.
    pub fn with_ring(self, ring: Option<Box<dyn Places>>) -> Framer {
        Framer { ring, ..self }
    }

    /// Where the next bytes of the stream go; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        if let Some(direct) = &mut self.direct {
            return &mut direct.buffer.bytes()[direct.filled..];
        }
        if self.start == self.end {
            (self.start, self.end, self.searched) = (0, 0, 0);
        } else if self.start > 0 && self.buffer.len() - self.end < READ_BYTES / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.searched = self.searched.saturating_sub(self.start);
            self.start = 0;
        }
        if self.buffer.len() - self.end < READ_BYTES / 2 {
            let grown = (self.buffer.len() * 2).max(READ_BYTES);
            self.buffer.resize(grown, 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Takes the `count` bytes that were put into [`Framer::space`] and hands out the blocks that are now whole.
    pub fn filled(&mut self, count: usize, mut block: impl FnMut(Option<Head>, Body<'_>)) -> Result<(), FrameError> {
        if let Some(direct) = &mut self.direct {
            direct.filled += count;
            if direct.filled == direct.len
                && let Some(Direct { head, buffer, .. }) = self.direct.take()
            {
                self.cut += 1;
                block(head, Body::Large(buffer.freeze()));
            }
            return Ok(());
        }
        if let Some(alike) = self.filled_alike(count) {
            alike.for_each(|(head, payload)| block(head, Body::Small(payload)));
            return Ok(());
        }
        self.end += count;
        loop {
            match self.next()? {
                Next::Block { head, payload, next } => {
                    self.cut += 1;
                    block(head, cut(&self.buffer[payload], &self.pool));
                    self.start = next;
                    self.searched = next;
                }
                Next::Placed { head, place, next } => {
                    if let Some(ring) = &mut self.ring {
                        block(head, Body::Large(ring.payload(place)?));
                    }
                    self.cut += 1;
                    (self.start, self.searched) = (next, next);
                }
                Next::Part { head, payload, len } if payload + len >= self.end + DIRECT_BYTES => {
                    let mut buffer = self.pool.take(len);
                    let filled = self.end - payload;
                    buffer.bytes()[..filled].copy_from_slice(&self.buffer[payload..self.end]);
                    self.direct = Some(Direct { head, buffer, filled, len, framing: payload - self.start });
                    self.found = None;
                    (self.start, self.end, self.searched) = (0, 0, 0);
                    return Ok(());
                }
                Next::Part { .. } | Next::Unknown => return Ok(()),
            }
        }
    }

    /// The same where all blocks are small and of one size, so that where each begins need not be looked for: gives all that are now
    /// whole. Where they are not, it takes nothing and gives `None`, and [`Framer::filled`] is to be called.
    #[inline]
    pub fn filled_alike(&mut self, count: usize) -> Option<Alike<'_>> {
        let (Codec::Bytes { block_size: block_size @ 1..LARGE_BYTES }, None) = (self.codec, &self.ring) else {
            return None;
        };
        let head_bytes = self.head.map_or(0, HeadSize::bytes);
        self.end += count;
        let begin = self.start;
        let next = self.end - (self.end - begin) % (head_bytes + block_size);
        (self.start, self.searched) = (next, next);
        Some(Alike { wire: &self.buffer[begin..next], head_bytes, block_size })
    }

    /// Whether what is left would be a block if the stream ended here, though a writer that was cut off would leave the same:
    /// a line without its line break, or what a custom codec takes for one.
    pub fn has_open_end(&self) -> bool {
        matches!(self.codec, Codec::Json | Codec::Lines | Codec::Custom(_)) && self.start < self.end
    }

    /// The stream was cut off: what is left is no block.
    pub fn cut_off(&mut self) -> Option<Torn> {
        let bytes = self.direct.take().map_or(0, |direct| direct.framing + direct.filled) + self.end - self.start;
        self.start = self.end;
        self.found = None;
        (bytes > 0).then_some(Torn { bytes })
    }

    /// The stream has ended. A last line without its line break is a block, and so may be what is left under a custom codec;
    /// anything else is torn.
    pub fn end(&mut self, mut block: impl FnMut(Option<Head>, Body<'_>)) -> Result<Option<Torn>, FrameError> {
        if let Some(direct) = self.direct.take() {
            return Ok(Some(Torn { bytes: direct.framing + direct.filled }));
        }
        let rest = self.start..self.end;
        self.start = self.end;
        let is_length_known = matches!(self.found.take(), Some(Found::Block { .. }));
        if rest.is_empty() {
            return Ok(None);
        }
        let first = rest.start + self.head.map_or(0, HeadSize::bytes);
        let payload = match self.codec {
            _ if first >= rest.end || is_length_known => None,
            Codec::Json | Codec::Lines => Some(first..rest.end),
            Codec::Custom(codec) => custom::last(codec, &self.buffer[first..rest.end], self.max)?
                .map(|payload| first + payload.start..first + payload.end),
            Codec::Bincode | Codec::Framed | Codec::Bytes { .. } | Codec::Stream => None,
        };
        let Some(payload) = payload else { return Ok(Some(Torn { bytes: rest.len() })) };
        block(Head::from_wire(&self.buffer[rest.start..first]), cut(&self.buffer[payload], &self.pool));
        Ok(None)
    }

    fn next(&mut self) -> Result<Next, FrameError> {
        let waiting = self.end - self.start;
        let head_bytes = self.head.map_or(0, HeadSize::bytes);
        if waiting == 0 || waiting < head_bytes {
            return Ok(Next::Unknown);
        }
        let payload = self.start + head_bytes;
        let head = Head::from_wire(&self.buffer[self.start..payload]);
        match self.codec {
            Codec::Bytes { .. } | Codec::Bincode | Codec::Framed if self.has_lengths() => self.placed(head, payload),
            Codec::Bytes { block_size } => Ok(self.sized(head, payload, block_size)),
            Codec::Bincode | Codec::Framed => {
                let Some(length) = self.buffer[payload..self.end].first_chunk::<4>() else { return Ok(Next::Unknown) };
                let len = u32::from_le_bytes(*length) as usize;
                if len > self.max {
                    return Err(FrameError::TooLong { max: self.max, got: len });
                }
                Ok(self.sized(head, payload + 4, len))
            }
            Codec::Json | Codec::Lines => {
                let from = self.searched.max(payload).min(self.end);
                let found = memchr::memchr(b'\n', &self.buffer[from..self.end]).map(|at| from + at);
                self.searched = self.end;
                let len = found.unwrap_or(self.end) - payload;
                if len > self.max {
                    return Err(FrameError::TooLong { max: self.max, got: len });
                }
                Ok(found.map_or(Next::Unknown, |at| Next::Block { head, payload: payload..at, next: at + 1 }))
            }
            Codec::Stream => {
                let next = self.end.min(self.start + READ_BYTES);
                Ok(Next::Block { head: None, payload: self.start..next, next })
            }
            Codec::Custom(codec) => self.custom(codec, head, payload),
        }
    }

    /// Whether there is a length, or a place in the ring, before the block that has begun to come.
    fn has_lengths(&self) -> bool {
        let Some(ring) = &self.ring else { return false };
        !matches!(self.codec, Codec::Bytes { .. }) || ring.lengths_from().is_some_and(|first| self.cut >= first)
    }

    /// The block whose length stands at byte `at` of the buffer, on a pipe with a ring.
    fn placed(&self, head: Option<Head>, at: usize) -> Result<Next, FrameError> {
        let waiting = &self.buffer[at..self.end];
        let Some(length) = waiting.first_chunk::<4>() else { return Ok(Next::Unknown) };
        let length = u32::from_le_bytes(*length);
        let got = (length & !IN_RING) as usize;
        match self.codec {
            Codec::Bytes { block_size } if block_size != got => {
                return Err(FrameError::WrongSize { expected: block_size, got });
            }
            _ if got > self.max => return Err(FrameError::TooLong { max: self.max, got }),
            _ if length & IN_RING == 0 => return Ok(self.sized(head, at + 4, got)),
            _ => {}
        }
        let Some(wire) = waiting.first_chunk() else { return Ok(Next::Unknown) };
        Ok(Next::Placed { head, place: Descriptor::from_wire(wire), next: at + Descriptor::WIRE_BYTES })
    }

    /// What a custom codec finds from byte `first` of the buffer on. It is not asked again before that can help.
    fn custom(&mut self, codec: &dyn CustomCodec, head: Option<Head>, first: usize) -> Result<Next, FrameError> {
        let bytes = &self.buffer[first..self.end];
        let found = match self.found.take() {
            Some(known @ Found::Block { .. }) => known,
            Some(Found::More { at_least }) if bytes.len() < at_least => Found::More { at_least },
            _ if bytes.is_empty() => return Ok(Next::Unknown),
            _ => {
                let searched = self.searched.saturating_sub(first);
                self.searched = self.end;
                custom::frame(codec, bytes, searched, self.max)?
            }
        };
        let next = match &found {
            Found::Block { payload, next } if *next <= bytes.len() => {
                let payload = first + payload.start..first + payload.end;
                return Ok(Next::Block { head, payload, next: first + next });
            }
            // Only what reaches to the block's end, and has begun, can be read straight to its place.
            Found::Block { payload, next } if payload.end == *next && payload.start <= bytes.len() => {
                Next::Part { head, payload: first + payload.start, len: payload.len() }
            }
            Found::Block { .. } | Found::More { .. } => Next::Unknown,
        };
        self.found = Some(found);
        Ok(next)
    }

    fn sized(&self, head: Option<Head>, payload: usize, len: usize) -> Next {
        if self.end - payload >= len {
            Next::Block { head, payload: payload..payload + len, next: payload + len }
        } else {
            Next::Part { head, payload, len }
        }
    }
}

fn cut<'a>(bytes: &'a [u8], pool: &Pool) -> Body<'a> {
    if bytes.len() < LARGE_BYTES {
        return Body::Small(bytes);
    }
    let mut buffer = pool.take(bytes.len());
    buffer.bytes().copy_from_slice(bytes);
    Body::Large(buffer.freeze())
}
