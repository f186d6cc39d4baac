//! Bytes on their way into a pipe: small pieces gathered, large payloads where they are.

use std::collections::VecDeque;
use std::io::IoSlice;

use pipeloom_job::Payload;

/// How many pieces go into one system call.
const SLICES: usize = 64;

/// What is to be written, in order.
#[derive(Default)]
pub(crate) struct WireQueue {
    small: Vec<u8>,
    pieces: VecDeque<Piece>,
    /// Where in `small` the front of the queue is.
    small_done: usize,
    /// How much of the first piece is written.
    written: usize,
}

enum Piece {
    /// So many bytes of `small`.
    Small(usize),
    Large(Payload),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Small(len) => *len,
            Piece::Large(payload) => payload.len(),
        }
    }
}

impl WireQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds a copy of `bytes`.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.small.extend_from_slice(bytes);
        match self.pieces.back_mut() {
            Some(Piece::Small(len)) => *len += bytes.len(),
            _ => self.pieces.push_back(Piece::Small(bytes.len())),
        }
    }

    /// Adds a payload without a copy.
    pub(crate) fn push_payload(&mut self, payload: Payload) {
        if !payload.is_empty() {
            self.pieces.push_back(Piece::Large(payload));
        }
    }

    /// What to write next.
    pub(crate) fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let mut small = self.small_done;
        let mut skip = self.written;
        self.pieces.iter().take(SLICES).map(move |piece| {
            let bytes = match piece {
                Piece::Small(len) => {
                    let bytes = &self.small[small..small + len];
                    small += len;
                    bytes
                }
                Piece::Large(payload) => payload,
            };
            IoSlice::new(&bytes[std::mem::take(&mut skip)..])
        })
    }

    /// Forgets the first `count` bytes: they are written.
    pub(crate) fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(piece) = self.pieces.front()
            && self.written >= piece.len()
        {
            self.written -= piece.len();
            if let Piece::Small(len) = piece {
                self.small_done += len;
            }
            self.pieces.pop_front();
        }
        if self.pieces.is_empty() {
            self.small.clear();
            self.small_done = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_come_out_in_order_however_much_is_written_at_once() {
        for step in 1..20 {
            let mut queue = WireQueue::default();
            queue.push(b"ab");
            queue.push(b"c");
            queue.push_payload(Payload::copy_of(b"LARGE"));
            queue.push_payload(Payload::copy_of(b""));
            queue.push(b"de");
            queue.push_payload(Payload::copy_of(b"BIG"));
            let mut written = Vec::new();
            while !queue.is_empty() {
                let next: Vec<u8> = queue.slices().flat_map(|slice| slice.to_vec()).collect();
                let count = step.min(next.len());
                written.extend_from_slice(&next[..count]);
                queue.advance(count);
            }
            assert_eq!(written, b"abcLARGEdeBIG");
        }
    }
}
