//! Which blocks in a pipe of the kernel its reader has not read.
//!
//! The kernel knows how many bytes are left in a pipe, and blocks are read in the order in which they were written. So it is
//! enough to know how long the last ones were: those that may still be in the pipe.

use std::collections::VecDeque;

use super::Unread;

/// The last blocks that were put into a pipe.
pub(super) struct Sent {
    /// How much the pipe holds, in bytes.
    capacity: usize,
    blocks: VecDeque<Length>,
    /// The bytes of all `blocks` on the wire.
    bytes: usize,
    /// How many of them are not written yet.
    unwritten: usize,
}

/// How long a block is.
#[derive(Clone, Copy)]
struct Length {
    /// With its head and its framing.
    on_wire: usize,
    payload: usize,
}

impl Sent {
    pub(super) fn new(capacity: usize) -> Sent {
        Sent { capacity, blocks: VecDeque::new(), bytes: 0, unwritten: 0 }
    }

    /// A block is going to be written.
    pub(super) fn add(&mut self, on_wire: usize, payload: usize) {
        self.blocks.push_back(Length { on_wire, payload });
        self.bytes += on_wire;
        self.unwritten += on_wire;
    }

    /// So many bytes are written.
    pub(super) fn written(&mut self, bytes: usize) {
        self.unwritten -= bytes;
        // What cannot be in the pipe any more was read.
        while let Some(first) = self.blocks.front()
            && self.bytes - first.on_wire >= self.capacity + self.unwritten
        {
            self.bytes -= first.on_wire;
            self.blocks.pop_front();
        }
    }

    /// The blocks that were not read whole, if so many bytes are in the pipe. One of which a part was read counts.
    pub(super) fn unread(&self, in_pipe: usize) -> Unread {
        let mut left = in_pipe + self.unwritten;
        let mut unread = Unread::default();
        for block in self.blocks.iter().rev() {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(block.on_wire);
            unread.blocks += 1;
            unread.bytes += block.payload as u64;
        }
        unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After these blocks, each with 2 bytes around its payload, all of them written.
    fn sent(payloads: &[usize]) -> Sent {
        let mut sent = Sent::new(100);
        for payload in payloads {
            sent.add(payload + 2, *payload);
            sent.written(payload + 2);
        }
        sent
    }

    fn unread(blocks: u64, bytes: u64) -> Unread {
        Unread { blocks, bytes }
    }

    #[test]
    fn blocks_of_which_bytes_are_left_were_not_read() {
        let sent = sent(&[8, 18, 28]);
        let table = [(0, 0, 0), (1, 1, 28), (30, 1, 28), (31, 2, 46), (50, 2, 46), (51, 3, 54), (60, 3, 54)];
        for (in_pipe, blocks, bytes) in table {
            assert_eq!(sent.unread(in_pipe), unread(blocks, bytes), "{in_pipe} bytes in the pipe");
        }
    }

    #[test]
    fn blocks_that_are_not_written_yet_were_not_read() {
        let mut sent = sent(&[8]);
        sent.add(20, 18);
        assert_eq!(sent.unread(0), unread(1, 18));
        sent.written(5);
        assert_eq!(sent.unread(5), unread(1, 18));
        assert_eq!(sent.unread(15), unread(2, 26));
    }

    #[test]
    fn only_blocks_that_may_be_in_the_pipe_are_remembered() {
        let many = vec![8; 1000];
        let sent = sent(&many);
        assert_eq!(sent.blocks.len(), 10);
        assert_eq!(sent.unread(100), unread(10, 80));
        // A block longer than the pipe.
        let sent = super::tests::sent(&[8, 500]);
        assert_eq!(sent.unread(100), unread(1, 500));
    }
}
