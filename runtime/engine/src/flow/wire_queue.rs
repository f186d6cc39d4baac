//! Bytes on their way into a pipe: small pieces gathered, large payloads where they are.

use std::collections::VecDeque;
use std::io::IoSlice;

use pipeloom_job::Payload;

/// How many pieces go into one system call.
const SLICES: usize = 64;

/// What is to be written, in order.
#[derive(Default)]
pub(crate) struct WireQueue {
    /// Never shrinks, so that room need not be cleared first; only the bytes before `end` mean anything.
    small: Vec<u8>,
    end: usize,
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
        if !bytes.is_empty() {
            self.room(bytes.len()).copy_from_slice(bytes);
        }
    }

    /// Adds copies of these payloads of `size` bytes, which is more than none, with `head` before each.
    pub(crate) fn push_each(&mut self, head: &[u8], payloads: &[u8], size: usize) {
        if head.is_empty() || payloads.is_empty() {
            return self.push(payloads);
        }
        let each = head.len() + size;
        let room = self.room(payloads.len() / size * each);
        let blocks = room.chunks_exact_mut(each).zip(payloads.chunks_exact(size));
        match *head {
            [only] => blocks.for_each(|(block, payload)| {
                block[0] = only;
                block[1..].copy_from_slice(payload);
            }),
            ref head => blocks.for_each(|(block, payload)| {
                block[..head.len()].copy_from_slice(head);
                block[head.len()..].copy_from_slice(payload);
            }),
        }
    }

    /// Where so many bytes more go, which are more than none.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        let begin = self.end;
        self.end += bytes;
        if self.small.len() < self.end {
            self.small.resize(self.end.next_power_of_two(), 0);
        }
        match self.pieces.back_mut() {
            Some(Piece::Small(len)) => *len += bytes,
            _ => self.pieces.push_back(Piece::Small(bytes)),
        }
        &mut self.small[begin..self.end]
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
            self.end = 0;
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
            queue.push_each(b"-", b"xxxyyy", 3);
            queue.push_each(b"", b"xxyy", 2);
            queue.push_each(b"12", b"z", 1);
            queue.push_each(b"-", b"", 3);
            queue.push(b"de");
            queue.push_payload(Payload::copy_of(b"BIG"));
            let mut written = Vec::new();
            while !queue.is_empty() {
                let next: Vec<u8> = queue.slices().flat_map(|slice| slice.to_vec()).collect();
                let count = step.min(next.len());
                written.extend_from_slice(&next[..count]);
                queue.advance(count);
            }
            assert_eq!(written, b"abcLARGE-xxx-yyyxxyy12zdeBIG");
        }
    }
}
