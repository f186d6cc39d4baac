//! The channel conduit: batches between two threads of the runtime, bounded in blocks and in bytes.
//!
//! The channel itself holds a fixed number of batches; a gauge beside it counts the blocks and bytes in them, so that
//! a few large blocks fill it as well as many small ones. Empty batches travel back and are used again.
//!
//! A channel that may grow has no other bound than the gauge, and a [`Meter`] for who watches it.
//!
//! A writer that waits for room is woken when half of the queue is free, or when the reader itself is about to wait: it may
//! wait for just this writer's blocks on another pipe.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};
use pipeloom_config::QueueLimits;
use pipeloom_job::Batch;
use pipeloom_os::doorbell::Doorbell;

use super::growth::{Grown, LegState, MOST_IN_CHANNEL, doubled};
use super::{Ending, FlowError, Inlet, LEAST_BLOCKS, Outlet, Put, Taken, Tally};

/// How many batches a channel holds, unless it has grown. A writer that finds it full gathers larger batches.
const BATCHES: usize = 64;

struct Shared {
    blocks: AtomicUsize,
    bytes: AtomicUsize,
    /// How many of either there may be.
    max_blocks: AtomicUsize,
    max_bytes: AtomicUsize,
    /// How many batches there may be: a writer that finds so many gathers larger ones.
    max_batches: AtomicUsize,
    /// The writer was refused last, and waits for room.
    refused: AtomicBool,
    /// The writer has ended its stream.
    writer_gone: AtomicBool,
    ending: OnceLock<Ending>,
    /// Something was taken since the writer's doorbell was rung.
    owes_a_ring: AtomicBool,
    /// Set before the writer is told by its doorbell, so that it never goes back to sleep on a queue that stays full.
    reader_gone: AtomicBool,
    writer: Doorbell,
    reader: Doorbell,
}

struct ChannelOutlet {
    /// `None` only while dropping.
    batches: Option<Sender<Batch>>,
    used: Receiver<Batch>,
    shared: Arc<Shared>,
    /// What `refused` says: only this side changes it.
    refused: bool,
}

struct ChannelInlet {
    /// `None` only while dropping.
    batches: Option<Receiver<Batch>>,
    used: Sender<Batch>,
    shared: Arc<Shared>,
}

/// A channel as it is seen by who watches whether jobs wait for each other.
pub(crate) struct Meter {
    shared: Arc<Shared>,
    tally: Arc<Tally>,
}

/// A reader may have taken blocks without waking the writer; it must before it waits itself. Clones are the same debt.
#[derive(Clone)]
pub(crate) struct Debt(Arc<Shared>);

impl Debt {
    /// Wakes the writer, if that is due.
    pub(crate) fn settle(&self) {
        self.0.settle();
    }
}

impl Shared {
    fn new(limits: QueueLimits, writer: &Doorbell, reader: &Doorbell) -> Arc<Shared> {
        Arc::new(Shared {
            blocks: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            max_blocks: AtomicUsize::new(limits.blocks),
            max_bytes: AtomicUsize::new(limits.bytes),
            max_batches: AtomicUsize::new(BATCHES.min(limits.blocks.max(LEAST_BLOCKS))),
            refused: AtomicBool::new(false),
            writer_gone: AtomicBool::new(false),
            ending: OnceLock::new(),
            owes_a_ring: AtomicBool::new(false),
            reader_gone: AtomicBool::new(false),
            writer: writer.clone(),
            reader: reader.clone(),
        })
    }

    fn limits(&self) -> QueueLimits {
        QueueLimits { blocks: self.max_blocks.load(Ordering::Relaxed), bytes: self.max_bytes.load(Ordering::Relaxed) }
    }

    fn held(&self) -> QueueLimits {
        QueueLimits { blocks: self.blocks.load(Ordering::Acquire), bytes: self.bytes.load(Ordering::Acquire) }
    }

    fn settle(&self) {
        // Only the reader's thread sets and clears it.
        if self.owes_a_ring.load(Ordering::Relaxed) {
            self.owes_a_ring.store(false, Ordering::Relaxed);
            self.writer.ring();
        }
    }
}

/// The two ends of a new channel. Each side's doorbell is rung when the other has done something it may wait for.
pub(crate) fn link(limits: QueueLimits, writer: &Doorbell, reader: &Doorbell) -> (Box<dyn Outlet>, Box<dyn Inlet>) {
    let shared = Shared::new(limits, writer, reader);
    ends(bounded(shared.max_batches.load(Ordering::Relaxed)), &shared)
}

/// The same of a channel that may grow, and its meter. Its blocks are counted in `tally`.
pub(crate) fn link_that_grows(
    limits: QueueLimits,
    writer: &Doorbell,
    reader: &Doorbell,
    tally: Arc<Tally>,
) -> (Box<dyn Outlet>, Box<dyn Inlet>, Meter) {
    let shared = Shared::new(limits, writer, reader);
    let (outlet, inlet) = ends(unbounded(), &shared);
    (outlet, inlet, Meter { shared, tally })
}

fn ends(
    (to_reader, batches): (Sender<Batch>, Receiver<Batch>),
    shared: &Arc<Shared>,
) -> (Box<dyn Outlet>, Box<dyn Inlet>) {
    let (to_writer, used) = bounded(BATCHES);
    let inlet = ChannelInlet { batches: Some(batches), used: to_writer, shared: shared.clone() };
    let outlet = ChannelOutlet { batches: Some(to_reader), used, shared: shared.clone(), refused: false };
    (Box::new(outlet), Box::new(inlet))
}

impl Meter {
    /// What is seen of the channel; `None` once one side is gone.
    pub(crate) fn state(&self) -> Option<LegState> {
        let shared = &self.shared;
        if shared.writer_gone.load(Ordering::SeqCst) || shared.reader_gone.load(Ordering::SeqCst) {
            return None;
        }
        let (held, limits) = (shared.held(), shared.limits());
        Some(LegState {
            full: shared.refused.load(Ordering::SeqCst),
            empty: held.blocks == 0,
            awaited: true,
            may_grow: doubled(limits, held, MOST_IN_CHANNEL).is_some(),
            ..LegState::of(&self.tally, held.blocks, 0, 0)
        })
    }

    /// Has more room from now on, if it may.
    pub(crate) fn grow(&self) -> Option<Grown> {
        let limits = doubled(self.shared.limits(), self.shared.held(), MOST_IN_CHANNEL)?;
        self.shared.max_blocks.store(limits.blocks, Ordering::Relaxed);
        self.shared.max_bytes.store(limits.bytes, Ordering::Relaxed);
        self.shared.max_batches.store(usize::MAX, Ordering::Relaxed);
        self.shared.writer.ring();
        Some(Grown::InMemory(limits))
    }
}

impl ChannelOutlet {
    fn has_room_for(&self, batch: &Batch) -> bool {
        let QueueLimits { blocks, bytes } = self.shared.held();
        if blocks + batch.len() <= LEAST_BLOCKS || blocks == 0 {
            return true;
        }
        let limits = self.shared.limits();
        blocks + batch.len() <= limits.blocks && bytes + batch.bytes() <= limits.bytes
    }

    fn note_refusal(before: &mut bool, shared: &Shared, refused: bool) {
        if std::mem::replace(before, refused) != refused {
            shared.refused.store(refused, Ordering::SeqCst);
        }
    }
}

impl Outlet for ChannelOutlet {
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError> {
        let Some(batches) = &self.batches else { return Ok(Put::Gone) };
        if batches.len() >= self.shared.max_batches.load(Ordering::Relaxed) || !self.has_room_for(batch) {
            Self::note_refusal(&mut self.refused, &self.shared, true);
            // A reader that has gone empties nothing any more.
            return Ok(if self.shared.reader_gone.load(Ordering::SeqCst) { Put::Gone } else { Put::Full });
        }
        Self::note_refusal(&mut self.refused, &self.shared, false);
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

    fn is_drained(&self) -> bool {
        self.shared.held().blocks == 0
    }

    fn has_reader(&self) -> bool {
        !self.shared.reader_gone.load(Ordering::SeqCst)
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
        self.shared.writer_gone.store(true, Ordering::SeqCst);
        self.shared.reader.ring();
    }
}

impl Inlet for ChannelInlet {
    fn take(&mut self, batch: &mut Batch) -> Result<Taken, FlowError> {
        let Some(batches) = &self.batches else { return Ok(Taken::End(Ending::EndedUnfinished)) };
        match batches.try_recv() {
            Ok(full) => {
                let blocks = self.shared.blocks.fetch_sub(full.len(), Ordering::AcqRel) - full.len();
                let bytes = self.shared.bytes.fetch_sub(full.bytes(), Ordering::AcqRel) - full.bytes();
                let mut used = std::mem::replace(batch, full);
                used.clear();
                // A full way back just lets the batch go.
                let _ = self.used.try_send(used);
                self.shared.owes_a_ring.store(true, Ordering::Relaxed);
                // A writer that waits is woken for half a queue at once, not for each batch.
                let limits = self.shared.limits();
                if blocks < LEAST_BLOCKS || (blocks <= limits.blocks / 2 && bytes <= limits.bytes / 2) {
                    self.shared.settle();
                }
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

    fn pending(&self) -> usize {
        self.shared.held().blocks
    }

    fn debt(&self) -> Option<Debt> {
        Some(Debt(self.shared.clone()))
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

impl Drop for ChannelInlet {
    fn drop(&mut self) {
        self.batches = None;
        self.shared.reader_gone.store(true, Ordering::SeqCst);
        self.shared.writer.ring();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use pipeloom_job::{Block, Head, HeadSize, Seq};
    use pipeloom_os::doorbell::wait;

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

    #[test]
    fn a_writer_that_sleeps_on_a_full_queue_is_woken_by_its_readers_end() {
        // The writer once looked between the reader's ring and the reader's last trace, saw a full queue, and slept on.
        for _ in 0..500 {
            let (writer, reader) = (Doorbell::new().unwrap(), Doorbell::new().unwrap());
            let (mut outlet, inlet) = link(QueueLimits { blocks: 2, bytes: 1000 }, &writer, &reader);
            assert_eq!(put(&mut outlet, 2, 1), Put::Taken);
            let reader = std::thread::spawn(move || drop(inlet));
            loop {
                writer.prepare_to_sleep();
                if put(&mut outlet, 1, 1) == Put::Gone {
                    writer.stay_awake();
                    break;
                }
                assert!(!wait(&writer, &mut [], Some(Duration::from_secs(5))).unwrap().timed_out());
            }
            reader.join().unwrap();
        }
    }
}
