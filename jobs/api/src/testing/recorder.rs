//! An [`Emit`] that keeps what it is given.

use crate::batch::Block;
use crate::control::Report;
use crate::head::{CORRUPTED, FINISHED, Head, HeadSize, RESET};
use crate::step::{Emit, NOTHING_RESERVED, Port, Stopped};

/// A block with bytes of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The head.
    pub head: Head,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Sent {
    /// A block with an empty head of one byte.
    pub fn new(payload: impl Into<Vec<u8>>) -> Sent {
        Sent { head: Head::empty(HeadSize::ONE), payload: payload.into() }
    }

    /// The same block with a bit of its head set.
    #[must_use]
    pub fn with(mut self, bit: usize) -> Sent {
        self.head = self.head.with(bit, true);
        self
    }
}

impl<P: Into<Vec<u8>>> From<P> for Sent {
    fn from(payload: P) -> Sent {
        Sent::new(payload)
    }
}

/// Keeps all blocks and reports of a job. It writes the same bits into heads as the runtime does. It never lets a job
/// wait; it can play readers that go away.
#[derive(Debug)]
pub struct Recorder {
    /// For each output, the blocks in order.
    pub outputs: Vec<Vec<Sent>>,
    /// The reports in order.
    pub reports: Vec<Report>,
    head: Head,
    /// For each output, whether its next block carries the reset bit.
    reset_due: Vec<bool>,
    room: Option<(Port, Vec<u8>)>,
    /// How many more blocks are wanted; `None` for any number.
    wanted: Option<usize>,
}

impl Recorder {
    /// A recorder for a job with so many outputs.
    pub fn new(outputs: usize) -> Recorder {
        Recorder {
            outputs: vec![Vec::new(); outputs],
            reports: Vec::new(),
            head: Head::empty(HeadSize::ONE),
            reset_due: vec![false; outputs],
            room: None,
            wanted: None,
        }
    }

    /// Plays readers that want only so many blocks, over all outputs.
    #[must_use]
    pub fn wanting(mut self, blocks: usize) -> Recorder {
        self.wanted = Some(blocks);
        self
    }

    /// Says what the reduced head of the next step is.
    pub fn set_head(&mut self, head: Head) {
        self.head = head;
        if head.is_reset() {
            self.reset_due.fill(true);
        }
    }

    /// The number of blocks on each output.
    pub fn counts(&self) -> Vec<usize> {
        self.outputs.iter().map(Vec::len).collect()
    }

    /// Marks the last block of each output as its last.
    pub fn finish(&mut self) {
        for last in self.outputs.iter_mut().filter_map(|blocks| blocks.last_mut()) {
            last.head = last.head.with(FINISHED, true);
        }
    }

    fn still_wanted(&self) -> Result<(), Stopped> {
        if self.wanted == Some(0) { Err(Stopped) } else { Ok(()) }
    }

    /// # Panics
    /// If the job has no such output: the runtime checks ports before it starts a job.
    fn keep(&mut self, to: Port, head: Head, payload: Vec<u8>) -> Result<(), Stopped> {
        self.still_wanted()?;
        let reset = std::mem::take(&mut self.reset_due[to.index()]);
        let corrupted = head.is_corrupted() || self.head.is_corrupted();
        // The finished bit is set once it is known which block is the last.
        let head = head.with(RESET, reset).with(FINISHED, false).with(CORRUPTED, corrupted);
        self.outputs[to.index()].push(Sent { head, payload });
        self.wanted = self.wanted.map(|wanted| wanted - 1);
        Ok(())
    }
}

impl Emit for Recorder {
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        self.still_wanted()?;
        // What is left over from earlier use is not zero in life either.
        let (_, room) = self.room.insert((to, vec![0xA5; len]));
        Ok(room)
    }

    /// # Panics
    /// If nothing was reserved.
    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped> {
        let Some((to, payload)) = self.room.take() else { panic!("{NOTHING_RESERVED}") };
        self.keep(to, head.unwrap_or(self.head), payload)
    }

    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        self.room = None;
        self.keep(to, block.head, block.bytes.to_vec())
    }

    fn report(&mut self, what: Report) {
        self.reports.push(what);
    }
}
