//! Whole blocks over a pipe: one call a block, or as many blocks a call as fit into the batch.
//!
//! Both ends work on one buffer of a whole number of blocks. With a buffer of one block, each block is one `write` of
//! head and payload together and (where the pipe holds it) one `read`; with a larger one, the same code batches.
//! The writer never waits for company: whoever knows that nothing follows calls [`BlockWriter::flush`].

use std::io::{self, Read, Write};

use crate::frame::{Block, Frame};

/// Writes blocks that are filled in place.
#[derive(Debug)]
pub struct BlockWriter<W> {
    to: W,
    frame: Frame,
    buffer: Buffer,
    filled: usize,
    cut: usize,
}

impl<W: Write> BlockWriter<W> {
    /// A writer of `batch` blocks a call, each call of at most `cut` bytes.
    pub fn new(to: W, frame: Frame, batch: usize, cut: Option<usize>) -> Self {
        Self { to, frame, buffer: Buffer::new(frame, batch), filled: 0, cut: cut.unwrap_or(usize::MAX).max(1) }
    }

    /// The payload of the next block, to be filled by the caller. It still holds what an earlier block left there.
    ///
    /// # Errors
    /// The batch was full and writing it failed.
    pub fn next(&mut self, head: u8) -> io::Result<&mut [u8]> {
        if self.filled == self.buffer.bytes().len() {
            self.flush()?;
        }
        let wire = self.filled..self.filled + self.frame.wire();
        self.filled = wire.end;
        let (head_bytes, payload) = self.buffer.bytes_mut()[wire].split_at_mut(self.frame.head());
        head_bytes.fill(head);
        Ok(payload)
    }

    /// Writes the blocks gathered so far.
    ///
    /// # Errors
    /// What the pipe says; a reader that is gone is `BrokenPipe`.
    pub fn flush(&mut self) -> io::Result<()> {
        let gathered = &self.buffer.bytes()[..std::mem::take(&mut self.filled)];
        for piece in gathered.chunks(self.cut) {
            self.to.write_all(piece)?;
        }
        Ok(())
    }
}

/// Reads whole blocks.
#[derive(Debug)]
pub struct BlockReader<R> {
    from: R,
    frame: Frame,
    buffer: Buffer,
    filled: usize,
    handed_out: usize,
}

/// Whole blocks in the order they came.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    frame: Frame,
    /// Heads and payloads as they stood on the wire.
    pub wire: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// The blocks up to and with the one that has the finished bit, and whether there is one.
    pub fn up_to_finished(self) -> (Self, bool) {
        match self.iter().position(Block::is_finished) {
            Some(before) => (Self { wire: &self.wire[..(before + 1) * self.frame.wire()], ..self }, true),
            None => (self, false),
        }
    }

    /// The blocks, one by one.
    pub fn iter(self) -> impl Iterator<Item = Block<'a>> {
        self.frame.split(self.wire)
    }
}

impl<R: Read> BlockReader<R> {
    /// A reader of up to `batch` blocks a call.
    pub fn new(from: R, frame: Frame, batch: usize) -> Self {
        Self { from, frame, buffer: Buffer::new(frame, batch), filled: 0, handed_out: 0 }
    }

    /// The blocks that are there, at least one; `None` at the stream's end.
    ///
    /// # Errors
    /// What the pipe says, and `UnexpectedEof` for a stream that ends inside a block.
    pub fn read(&mut self) -> io::Result<Option<Blocks<'_>>> {
        let torn = self.handed_out..self.filled;
        self.filled = torn.len();
        self.handed_out = 0;
        self.buffer.bytes_mut().copy_within(torn, 0);
        while self.filled < self.frame.wire() {
            match self.from.read(&mut self.buffer.bytes_mut()[self.filled..])? {
                0 if self.filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => self.filled += more,
            }
        }
        self.handed_out = self.filled - self.filled % self.frame.wire();
        Ok(Some(Blocks { frame: self.frame, wire: &self.buffer.bytes()[..self.handed_out] }))
    }
}

/// Room for a whole number of blocks, the first payload on a word's boundary also behind a head.
#[derive(Debug)]
struct Buffer {
    memory: Vec<u8>,
    start: usize,
}

impl Buffer {
    fn new(frame: Frame, blocks: usize) -> Self {
        let start = (size_of::<u64>() - frame.head()) % size_of::<u64>();
        let mut memory = vec![0; start + frame.wire() * blocks.max(1)];
        // Touch the pages now: first faults belong to no measurement.
        memory.fill(0xA5);
        Self { memory, start }
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[self.start..]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives at most `step` bytes a call, as a pipe may.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let few = into.len().min(self.1);
            self.0.read(&mut into[..few])
        }
    }

    fn written(frame: Frame, batch: usize, cut: Option<usize>) -> Vec<u8> {
        let mut wire = Vec::new();
        let mut writer = BlockWriter::new(&mut wire, frame, batch, cut);
        for number in 1..=10 {
            writer.next(number).unwrap().fill(number);
        }
        writer.flush().unwrap();
        wire
    }

    #[test]
    fn what_was_written_is_read_whatever_the_batch_and_the_size_of_reads() {
        for (head, batch, step) in [(true, 1, 1), (true, 4, 3), (false, 4, 100), (false, 3, 7)] {
            let frame = Frame::new(head, 5);
            let wire = written(frame, batch, Some(2));
            let mut reader = BlockReader::new(Trickle(&wire, step), frame, batch);
            let mut seen = Vec::new();
            while let Some(blocks) = reader.read().unwrap() {
                seen.extend(blocks.iter().map(|block| (block.head, block.payload.to_vec())));
            }
            let sent: Vec<_> = (1..=10u8).map(|number| (if head { number } else { 0 }, vec![number; 5])).collect();
            assert_eq!(seen, sent, "head {head}, batch {batch}, reads of {step}");
        }
    }

    #[test]
    fn a_stream_that_ends_inside_a_block_is_an_error() {
        let frame = Frame::new(true, 5);
        let wire = written(frame, 1, None);
        let mut reader = BlockReader::new(&wire[..8], frame, 1);
        assert_eq!(reader.read().unwrap().unwrap().wire.len(), 6);
        assert_eq!(reader.read().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
