//! Three threads and two bounded crossbeam channels; a send carries a batch, and empty batches come back.

use std::{io, mem, thread};

use crossbeam_channel::{Receiver, Sender, bounded};
use pipeloom_job::{Batch, Block, Seq};

use crate::{Forward, Make, Next, Produce, Sum};

/// Batches under way; 16 of 64 blocks make the 1,024 blocks that a pipe holds by default.
const BATCHES: usize = 16;

/// The sending end: gathers blocks and sends full batches.
struct Outlet {
    gathering: Batch,
    most: usize,
    full: Sender<Batch>,
    empty: Receiver<Batch>,
}

impl Outlet {
    fn flush(&mut self) {
        let mut fresh = self.empty.try_recv().unwrap_or_default();
        fresh.clear();
        let batch = mem::replace(&mut self.gathering, fresh);
        // The other end leaves first only by a panic, which its join reports.
        let _ = self.full.send(batch);
    }
}

impl Next for Outlet {
    fn block(&mut self, seq: Seq, block: Block<'_>) {
        self.gathering.push(seq, &block);
        if self.gathering.len() == self.most {
            self.flush();
        }
    }
}

/// The receiving end.
struct Inlet {
    full: Receiver<Batch>,
    empty: Sender<Batch>,
}

impl Inlet {
    fn drain_to(&self, next: &mut dyn Next) {
        for batch in &self.full {
            for (seq, block) in batch.iter() {
                next.block(seq, block);
            }
            // A batch for which there is no room is simply freed.
            let _ = self.empty.try_send(batch);
        }
    }
}

fn link(most: usize) -> (Outlet, Inlet) {
    let (full_in, full_out) = bounded(BATCHES);
    let (empty_in, empty_out) = bounded(2 * BATCHES);
    let outlet = Outlet { gathering: Batch::new(), most, full: full_in, empty: empty_out };
    let inlet = Inlet { full: full_out, empty: empty_in };
    (outlet, inlet)
}

/// Runs `count` blocks of `size` bytes through three threads, `batch` blocks a send.
///
/// # Errors
/// A thread panicked.
pub(crate) fn run(size: usize, count: u64, batch: usize) -> io::Result<Sum> {
    let (mut to_forward, from_source) = link(batch);
    let (mut to_sink, from_forward) = link(batch);
    thread::scope(|threads| {
        threads.spawn(move || {
            let mut source = Produce::new(size, count);
            while let Some((seq, block)) = source.make() {
                to_forward.block(seq, block);
            }
            to_forward.flush();
        });
        threads.spawn(move || {
            let mut forward = Forward { next: &mut to_sink, corrupted: 0 };
            from_source.drain_to(&mut forward);
            to_sink.flush();
        });
        let sink = threads.spawn(move || {
            let mut sum = Sum::default();
            from_forward.drain_to(&mut sum);
            sum
        });
        sink.join().map_err(|_| io::Error::other("the sink's thread panicked"))
    })
}
