//! Counting the blocks of one pipe for one of its readers.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use pipeloom_events::{PipeEnding, PipeTally};
use pipeloom_job::control::{PipeEnd, PipeReport};

use super::Ending;
use crate::step::Counts;

/// What became of a pipe's blocks for one reader, counted where it happens and read by anyone.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    written: AtomicU64,
    delivered: AtomicU64,
    bytes: AtomicU64,
    dropped: AtomicU64,
    too_old: AtomicU64,
    dummies: AtomicU64,
    lost: AtomicU64,
    repeated: AtomicU64,
    torn: AtomicU64,
    false_resets: AtomicU64,
    on_disk: AtomicU64,
    ending: OnceLock<Ending>,
    /// The program that writes has told what it wrote.
    told_written: AtomicBool,
    /// The program that reads has told what it read.
    told_read: AtomicBool,
}

impl Tally {
    pub(crate) fn add_written(&self, blocks: u64) {
        self.written.fetch_add(blocks, Relaxed);
    }

    pub(crate) fn add_delivered(&self, blocks: u64, bytes: u64) {
        self.delivered.fetch_add(blocks, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Blocks for which there was no room.
    pub(crate) fn add_dropped(&self, blocks: u64) {
        self.dropped.fetch_add(blocks, Relaxed);
    }

    /// What a stepper has made of blocks. Most of it is nothing, and to add that would cost as much.
    pub(crate) fn add_used(&self, counts: &Counts) {
        let used = [
            (&self.delivered, counts.delivered),
            (&self.bytes, counts.bytes),
            (&self.dropped, counts.dropped),
            (&self.too_old, counts.too_old),
            (&self.dummies, counts.dummies),
            (&self.lost, counts.lost),
        ];
        for (count, more) in used.into_iter().filter(|(_, more)| *more > 0) {
            count.fetch_add(more, Relaxed);
        }
    }

    /// Blocks that the reader was given, and had not read when its life was over.
    pub(crate) fn add_lost(&self, blocks: u64, bytes: u64) {
        self.lost.fetch_add(blocks, Relaxed);
        self.take_back(blocks, bytes);
    }

    /// Blocks that were cleared away before the reader was given them.
    pub(crate) fn add_lost_on_the_way(&self, blocks: u64) {
        self.lost.fetch_add(blocks, Relaxed);
    }

    /// Blocks that the reader was given again.
    pub(crate) fn add_repeated(&self, blocks: u64) {
        self.repeated.fetch_add(blocks, Relaxed);
    }

    /// Blocks that the reader was given, and has ended without.
    pub(crate) fn take_back(&self, blocks: u64, bytes: u64) {
        self.delivered.fetch_sub(blocks, Relaxed);
        self.bytes.fetch_sub(bytes, Relaxed);
    }

    /// A block of which a life of the writer had written only a part when it was over.
    pub(crate) fn add_torn(&self) {
        self.torn.fetch_add(1, Relaxed);
    }

    /// A reset bit without cause.
    pub(crate) fn add_false_reset(&self) {
        self.false_resets.fetch_add(1, Relaxed);
    }

    /// A number that is another one when blocks have moved.
    pub(crate) fn moved(&self) -> u64 {
        self.written.load(Relaxed).wrapping_add(self.delivered.load(Relaxed))
    }

    /// So many blocks are left on disk that the reader has not done.
    pub(crate) fn set_on_disk(&self, blocks: u64) {
        self.on_disk.store(blocks, Relaxed);
    }

    /// How the stream ended, as its reader sees it.
    pub(crate) fn set_ending(&self, ending: Ending) {
        // The first word counts: a stream ends once.
        let _ = self.ending.set(ending);
    }

    /// What the program says that writes a pipe of which the runtime sees nothing.
    pub(crate) fn tell_written(&self, report: &PipeReport) {
        self.written.fetch_max(report.blocks, Relaxed);
        self.tell_cleared(report);
        self.told_written.store(true, Relaxed);
    }

    /// What the program has cleared that writes a pipe, before anybody else could see it.
    pub(crate) fn tell_cleared(&self, report: &PipeReport) {
        self.false_resets.fetch_add(report.false_resets, Relaxed);
    }

    /// What the program says that reads it. The writer may have been killed before it could say anything.
    pub(crate) fn tell_read(&self, report: &PipeReport) {
        self.written.fetch_max(report.blocks, Relaxed);
        self.delivered.store(report.blocks, Relaxed);
        self.bytes.store(report.bytes, Relaxed);
        if let Some(end) = report.ending {
            self.set_ending(match end {
                PipeEnd::Finished => Ending::Finished,
                PipeEnd::Ended => Ending::EndedUnfinished,
                PipeEnd::Torn { bytes } => Ending::Torn { bytes: usize::try_from(bytes).unwrap_or(usize::MAX) },
            });
        }
        self.told_read.store(true, Relaxed);
    }

    /// Whether the program that writes has told what it wrote.
    pub(crate) fn has_told_written(&self) -> bool {
        self.told_written.load(Relaxed)
    }

    /// Whether the program that reads has told what it read.
    pub(crate) fn has_told_read(&self) -> bool {
        self.told_read.load(Relaxed)
    }

    /// Whether the stream's end was seen.
    pub(crate) fn has_ending(&self) -> bool {
        self.ending.get().is_some()
    }

    /// The counts. Once both ends are closed, what was written and not delivered is unused.
    pub(crate) fn snapshot(&self, pipe: &str, reader: &str) -> PipeTally {
        let (written, delivered) = (self.written.load(Relaxed), self.delivered.load(Relaxed));
        let (dropped, too_old) = (self.dropped.load(Relaxed), self.too_old.load(Relaxed));
        let lost = self.lost.load(Relaxed);
        PipeTally {
            pipe: pipe.to_owned(),
            reader: reader.to_owned(),
            written,
            delivered,
            dropped,
            too_old,
            dummies: self.dummies.load(Relaxed),
            lost,
            repeated: self.repeated.load(Relaxed),
            torn: self.torn.load(Relaxed),
            false_resets: self.false_resets.load(Relaxed),
            unused: written.saturating_sub(delivered + dropped + too_old + lost),
            on_disk: self.on_disk.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            ending: self.ending.get().map(|ending| match ending {
                Ending::Finished => PipeEnding::Finished,
                Ending::EndedUnfinished => PipeEnding::Ended,
                Ending::Torn { bytes } => PipeEnding::Torn { bytes: *bytes as u64 },
            }),
        }
    }
}
