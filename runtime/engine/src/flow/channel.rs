//! The channel conduit: batches between two threads of the runtime, bounded in blocks and in bytes.
//!
//! The channel itself holds a fixed number of batches; a gauge beside it counts the blocks and bytes in them, so that
//! a few large blocks fill it as well as many small ones. Empty batches travel back and are used again.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use pipeloom_config::QueueLimits;
use pipeloom_job::Batch;
use pipeloom_os::doorbell::Doorbell;

use super::{Ending, FlowError, Inlet, Outlet, Put, Taken};

/// How many batches a channel holds. A writer that finds it full gathers larger batches.
const BATCHES: usize = 64;

/// A queue always takes this many blocks, however large they are.
const LEAST_BLOCKS: usize = 2;

struct Shared {
    blocks: AtomicUsize,
    bytes: AtomicUsize,
    ending: OnceLock<Ending>,
    writer: Doorbell,
    reader: Doorbell,
}

struct ChannelOutlet {
    /// `None` only while dropping.
    batches: Option<Sender<Batch>>,
    used: Receiver<Batch>,
    shared: Arc<Shared>,
    limits: QueueLimits,
}

struct ChannelInlet {
    /// `None` only while dropping.
    batches: Option<Receiver<Batch>>,
    used: Sender<Batch>,
    shared: Arc<Shared>,
}

/// The two ends of a new channel. Each side's doorbell is rung when the other has done something it may wait for.
pub(crate) fn link(limits: QueueLimits, writer: &Doorbell, reader: &Doorbell) -> (Box<dyn Outlet>, Box<dyn Inlet>) {
    let (to_reader, batches) = bounded(BATCHES.min(limits.blocks.max(LEAST_BLOCKS)));
    let (to_writer, used) = bounded(BATCHES);
    let shared = Arc::new(Shared {
        blocks: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
        ending: OnceLock::new(),
        writer: writer.clone(),
        reader: reader.clone(),
    });
    let outlet = ChannelOutlet { batches: Some(to_reader), used, shared: shared.clone(), limits };
    (Box::new(outlet), Box::new(ChannelInlet { batches: Some(batches), used: to_writer, shared }))
}

impl ChannelOutlet {
    fn has_room_for(&self, batch: &Batch) -> bool {
        let blocks = self.shared.blocks.load(Ordering::Acquire);
        let bytes = self.shared.bytes.load(Ordering::Acquire);
        if blocks + batch.len() <= LEAST_BLOCKS || blocks == 0 {
            return true;
        }
        blocks + batch.len() <= self.limits.blocks && bytes + batch.bytes() <= self.limits.bytes
    }
}

impl Outlet for ChannelOutlet {
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError> {
        let Some(batches) = &self.batches else { return Ok(Put::Gone) };
        if batches.is_full() || !self.has_room_for(batch) {
            // A reader that has gone empties nothing any more.
            return Ok(if Arc::strong_count(&self.shared) == 1 { Put::Gone } else { Put::Full });
        }
        let full = std::mem::replace(batch, self.used.try_recv().unwrap_or_default());
        self.shared.blocks.fetch_add(full.len(), Ordering::AcqRel);
        self.shared.bytes.fetch_add(full.bytes(), Ordering::AcqRel);
        if let Err(refused) = batches.try_send(full) {
            // Only this thread sends, so there was room: the reader is gone.
            *batch = refused.into_inner();
            return Ok(Put::Gone);
        }
        self.shared.reader.ring();
        Ok(Put::Taken)
    }

    fn flush(&mut self) -> Result<Put, FlowError> {
        Ok(Put::Taken)
    }

    fn writable(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn close(self: Box<Self>, ending: Ending) {
        // Set once, here, before the channel disconnects.
        let _ = self.shared.ending.set(ending);
    }
}

impl Drop for ChannelOutlet {
    fn drop(&mut self) {
        self.batches = None;
        self.shared.reader.ring();
    }
}

impl Inlet for ChannelInlet {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        let Some(batches) = &self.batches else { return Ok(Taken::End(Ending::EndedUnfinished)) };
        match batches.try_recv() {
            Ok(full) => {
                self.shared.blocks.fetch_sub(full.len(), Ordering::AcqRel);
                self.shared.bytes.fetch_sub(full.bytes(), Ordering::AcqRel);
                let mut used = std::mem::replace(batch, full);
                used.clear();
                // A full way back just lets the batch go.
                let _ = self.used.try_send(used);
                self.shared.writer.ring();
                Ok(Taken::Some)
            }
            Err(TryRecvError::Empty) => {
                batch.clear();
                Ok(Taken::Empty)
            }
            Err(TryRecvError::Disconnected) => {
                batch.clear();
                Ok(Taken::End(self.shared.ending.get().copied().unwrap_or(Ending::EndedUnfinished)))
            }
        }
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl Drop for ChannelInlet {
    fn drop(&mut self) {
        self.batches = None;
        self.shared.writer.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::{Block, Head, HeadSize, Seq};

    fn batch(blocks: usize, size: usize) -> Batch {
        let mut batch = Batch::new();
        for _ in 0..blocks {
            batch.push(Seq::FIRST, &Block::new(Head::empty(HeadSize::ONE), &vec![0; size]));
        }
        batch
    }

    fn link_of(blocks: usize, bytes: usize) -> (Box<dyn Outlet>, Box<dyn Inlet>) {
        let (writer, reader) = (Doorbell::new().unwrap(), Doorbell::new().unwrap());
        link(QueueLimits { blocks, bytes }, &writer, &reader)
    }

    fn put(outlet: &mut Box<dyn Outlet>, blocks: usize, size: usize) -> Put {
        outlet.put(&mut batch(blocks, size)).unwrap()
    }

    #[test]
    fn it_is_bounded_in_blocks_and_has_room_again_after_a_take() {
        let (mut outlet, mut inlet) = link_of(10, 1 << 20);
        assert_eq!(put(&mut outlet, 6, 1), Put::Taken);
        assert_eq!(put(&mut outlet, 5, 1), Put::Full);
        assert_eq!(put(&mut outlet, 4, 1), Put::Taken);
        let mut taken = Batch::new();
        assert_eq!(inlet.take(&mut taken).unwrap(), Taken::Some);
        assert_eq!(taken.len(), 6);
        assert_eq!(put(&mut outlet, 5, 1), Put::Taken);
    }

    #[test]
    fn two_blocks_fit_however_large_they_are() {
        let (mut outlet, _inlet) = link_of(1024, 1000);
        assert_eq!(put(&mut outlet, 1, 100_000), Put::Taken);
        assert_eq!(put(&mut outlet, 1, 100_000), Put::Taken);
        assert_eq!(put(&mut outlet, 1, 1), Put::Full);
    }

    #[test]
    fn what_was_put_before_the_end_is_still_taken() {
        let (mut outlet, mut inlet) = link_of(10, 1000);
        assert_eq!(put(&mut outlet, 1, 1), Put::Taken);
        outlet.close(Ending::Finished);
        let mut taken = Batch::new();
        assert_eq!(inlet.take(&mut taken).unwrap(), Taken::Some);
        assert_eq!(inlet.take(&mut taken).unwrap(), Taken::End(Ending::Finished));
    }

    #[test]
    fn a_writer_learns_that_its_reader_is_gone_even_when_the_queue_is_full() {
        let (mut outlet, inlet) = link_of(2, 1000);
        assert_eq!(put(&mut outlet, 2, 1), Put::Taken);
        assert_eq!(put(&mut outlet, 1, 1), Put::Full);
        drop(inlet);
        assert_eq!(put(&mut outlet, 1, 1), Put::Gone);
    }
}
