//! When blocks go into a program and come out of it, told by count.
//!
//! Whoever works an end of a pipe of a program whose times are logged leaves a moment for each block on a line, and
//! [`ProgramTimes`](super::ProgramTimes) takes one from each line for a compute block: the k-th of each belong together, as with the
//! [marks](super::head_line) beside a program. Blocks that were moved at once share a message.
//!
//! A program that is started again has new lines for each life, with the gauges of the last ones.
//!
//! Lines are not bounded, because nobody knows how many compute blocks a program takes before it answers the first. What is
//! bounded is how many compute blocks are through and not told yet: a [`Hold`] says when there are too many.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use pipeloom_os::doorbell::Doorbell;

/// When a block was moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    /// When it was there to be moved.
    pub(crate) begun: Instant,
    /// When all of it was.
    pub(crate) done: Instant,
    /// Whether it was marked as its stream's last.
    pub(crate) finished: bool,
}

impl Moment {
    /// What is known of blocks of one compute block together.
    pub(super) fn and(self, other: Moment) -> Moment {
        Moment {
            begun: self.begun.max(other.begun),
            done: self.done.max(other.done),
            finished: self.finished || other.finished,
        }
    }
}

/// So many blocks were moved at once. The mark is that of the last of them.
struct Row {
    moment: Moment,
    blocks: u64,
}

/// What both ends of a line, and holds, know of it. Clones are about the same.
#[derive(Clone, Default)]
pub(crate) struct Gauge(Arc<Level>);

#[derive(Default)]
struct Level {
    /// Moments that are not taken yet.
    waiting: AtomicU64,
    /// So many leave moments there.
    senders: AtomicUsize,
}

/// Where whoever works an end of a pipe leaves moments.
pub(crate) struct MomentSender {
    /// `None` only while dropping.
    rows: Option<Sender<Row>>,
    gauge: Gauge,
    sent: u64,
    reader: Doorbell,
}

/// Where moments are taken.
pub(crate) struct MomentReceiver {
    rows: Receiver<Row>,
    open: Option<Row>,
    gauge: Gauge,
}

/// What a line has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    Moment,
    Nothing,
    /// And there will be nothing any more.
    End,
}

/// A new line with this gauge; `reader` is rung for each message, and for the end.
pub(crate) fn moment_line(gauge: &Gauge, reader: &Doorbell) -> (MomentSender, MomentReceiver) {
    let (sender, rows) = unbounded();
    gauge.0.senders.fetch_add(1, Relaxed);
    let sender = MomentSender { rows: Some(sender), gauge: gauge.clone(), sent: 0, reader: reader.clone() };
    (sender, MomentReceiver { rows, open: None, gauge: gauge.clone() })
}

impl MomentSender {
    /// So many blocks have been moved now since the beginning; whether the last of them is marked as the stream's last.
    pub(super) fn up_to(&mut self, blocks: u64, finished: bool) {
        let more = blocks - self.sent;
        if more > 0 {
            let now = Instant::now();
            self.send(Row { moment: Moment { begun: now, done: now, finished }, blocks: more });
        }
    }

    fn send(&mut self, row: Row) {
        self.sent += row.blocks;
        let blocks = row.blocks;
        self.gauge.0.waiting.fetch_add(blocks, Relaxed);
        if self.rows.as_ref().is_none_or(|rows| rows.send(row).is_err()) {
            // Nobody reads the times any more: then nobody misses them.
            self.gauge.0.waiting.fetch_sub(blocks, Relaxed);
        }
        self.reader.ring();
    }
}

impl Drop for MomentSender {
    fn drop(&mut self) {
        self.gauge.0.senders.fetch_sub(1, Relaxed);
        self.rows = None;
        self.reader.ring();
    }
}

impl MomentReceiver {
    pub(super) fn look(&mut self) -> Next {
        if self.open.is_none() {
            match self.rows.try_recv() {
                Ok(row) => self.open = Some(row),
                Err(TryRecvError::Empty) => return Next::Nothing,
                Err(TryRecvError::Disconnected) => return Next::End,
            }
        }
        Next::Moment
    }

    /// Takes what [`MomentReceiver::look`] has seen.
    pub(super) fn take(&mut self) -> Option<Moment> {
        let row = self.open.as_mut()?;
        row.blocks -= 1;
        self.gauge.0.waiting.fetch_sub(1, Relaxed);
        let moment = row.moment;
        if row.blocks == 0 {
            self.open = None;
            return Some(moment);
        }
        Some(Moment { finished: false, ..moment })
    }
}

impl Drop for MomentReceiver {
    fn drop(&mut self) {
        // What will not be taken any more keeps nobody back.
        let left: u64 = self.open.take().into_iter().chain(self.rows.try_iter()).map(|row| row.blocks).sum();
        self.gauge.0.waiting.fetch_sub(left, Relaxed);
    }
}

/// Tells when compute blocks are in a program's pipe.
pub(crate) struct HandOver {
    line: MomentSender,
    /// How many blocks make a compute block.
    block_count: NonZeroUsize,
    /// Blocks of one that is not whole yet.
    part: usize,
    queued: u64,
    written: u64,
    /// Up to which byte compute blocks that are not written yet go, and since when they are there.
    open: VecDeque<(u64, Instant)>,
}

impl HandOver {
    pub(crate) fn new(line: MomentSender, block_count: NonZeroUsize) -> HandOver {
        HandOver { line, block_count, part: 0, queued: 0, written: 0, open: VecDeque::new() }
    }

    /// One more block is to be written, so many bytes on the wire.
    pub(super) fn queue(&mut self, bytes: usize, now: Instant) {
        self.queued += bytes as u64;
        self.part += 1;
        if self.part == self.block_count.get() {
            self.part = 0;
            self.open.push_back((self.queued, now));
        }
    }

    /// So many bytes more are in the pipe.
    pub(super) fn written(&mut self, bytes: usize) {
        self.written += bytes as u64;
        let mut now = None;
        while let Some(&(end, begun)) = self.open.front()
            && end <= self.written
        {
            let done = *now.get_or_insert_with(Instant::now);
            let same = self.open.iter().take_while(|&&(end, other)| end <= self.written && other == begun).count();
            self.open.drain(..same);
            self.line.send(Row { moment: Moment { begun, done, finished: false }, blocks: same as u64 });
        }
    }
}

/// Says when no more is to be moved: too many compute blocks are through and not told yet.
#[derive(Clone)]
pub(crate) struct Hold {
    gauges: Arc<[Gauge]>,
    most: u64,
    over: Arc<AtomicBool>,
}

impl Hold {
    /// Over all lines of one program. More than `most` compute blocks are too many.
    pub(crate) fn new(gauges: impl Iterator<Item = Gauge>, most: usize) -> Hold {
        Hold { gauges: gauges.collect(), most: most as u64, over: Arc::default() }
    }

    /// A compute block is through when it is on every line. Lines that have ended keep none back.
    pub(super) fn is_on(&self) -> bool {
        let open = self.gauges.iter().filter(|gauge| gauge.0.senders.load(Relaxed) > 0);
        let through = open.map(|gauge| gauge.0.waiting.load(Relaxed)).min();
        through.is_some_and(|blocks| blocks > self.most) && !self.over.load(Relaxed)
    }

    /// Nobody tells any more.
    pub(super) fn release(&self) {
        self.over.store(true, Relaxed);
    }
}
