//! The reader's way through the segments.

use std::ops::Range;

use pipeloom_job::batch::LARGE_BYTES;
use pipeloom_job::{Batch, Pool};

use crate::chain::{Chain, Segment};
use crate::damage::{Damage, Damaged};
use crate::error::SpoolError;
use crate::record::{Record, needed};
use crate::segment::{self, HEADER_BYTES};
use crate::window::Window;

/// Where the reader is.
pub(crate) struct Reader {
    /// The block that is next.
    place: u64,
    /// Where that block stands, or one before it. `None` until it is looked for.
    spot: Option<Spot>,
    window: Option<Window>,
    pool: Pool,
}

/// A block, and where it stands.
#[derive(Clone, Copy)]
struct Spot {
    /// The first block of its segment.
    segment: u64,
    place: u64,
    offset: u64,
}

impl Reader {
    pub(crate) fn new(place: u64) -> Reader {
        Reader { place, spot: None, window: None, pool: Pool::new() }
    }

    pub(crate) fn place(&self) -> u64 {
        self.place
    }

    /// The next block to be read is the one at `place`.
    pub(crate) fn go_to(&mut self, place: u64) {
        (self.place, self.spot) = (place, None);
    }

    /// Lets go of a file that may have been deleted.
    pub(crate) fn release(&mut self, chain: &Chain) {
        let gone = |window: &mut Window| chain.segment_of(window.segment).is_none_or(|it| it.first != window.segment);
        self.window.take_if(gone);
    }

    /// Puts blocks of one epoch into `batch`, which is emptied before, and says which.
    pub(crate) fn read(
        &mut self,
        chain: &Chain,
        max_blocks: usize,
        max_bytes: usize,
        batch: &mut Batch,
    ) -> Result<Range<u64>, SpoolError> {
        let first = self.place;
        batch.clear();
        while batch.len() < max_blocks && self.place < chain.next() {
            match self.read_one(chain, max_bytes, batch) {
                Ok(true) => {}
                Ok(false) => break,
                // What was read before is told first; the error comes again.
                Err(_) if !batch.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(first..self.place)
    }

    /// Puts one more block into `batch`, unless that has no room for it.
    fn read_one(&mut self, chain: &Chain, max_bytes: usize, batch: &mut Batch) -> Result<bool, SpoolError> {
        let (spot, size) = self.find(chain)?;
        let record = self.record(chain, spot, size)?;
        let bytes = batch.bytes().saturating_add(record.block.bytes.len());
        if !batch.is_empty() && (bytes > max_bytes || record.epoch != batch.epoch()) {
            return Ok(false);
        }
        batch.set_epoch(record.epoch);
        push(batch, &record, &self.pool);
        self.place += 1;
        self.spot = Some(spot.after(size));
        Ok(true)
    }

    /// Finds the block that is next, and says how long its record is. Those before it are passed over by their lengths alone.
    fn find(&mut self, chain: &Chain) -> Result<(Spot, usize), SpoolError> {
        let segment = chain.segment_of(self.place).ok_or_else(|| {
            let damage = Damage::Order { expected: self.place, found: chain.next() };
            Damaged { path: chain.files.directory().to_owned(), offset: 0, damage }
        })?;
        let begin = Spot { segment: segment.first, place: segment.first, offset: HEADER_BYTES as u64 };
        let mut spot = self.spot.filter(|spot| spot.segment == segment.first).unwrap_or(begin);
        loop {
            let size = self.size(chain, segment, spot)?;
            if spot.place == self.place {
                return Ok((spot, size));
            }
            spot = spot.after(size);
        }
    }

    /// How long the record at `spot` is. If it is in a file, it is at hand then.
    fn size(&mut self, chain: &Chain, segment: Segment, spot: Spot) -> Result<usize, SpoolError> {
        let most = chain.limits.max_block_bytes;
        if let Some(rest) = chain.waiting_at(spot.place, spot.offset) {
            return needed(rest, rest.len() as u64, most).map_err(|damage| spot.damaged(chain, damage));
        }
        let window = match self.window.take_if(|window| window.segment == segment.first) {
            Some(window) => window,
            None => Window::open(&chain.files, segment.first)?,
        };
        let end = chain.written_bytes(segment);
        let size = self.window.insert(window).record_size(&chain.files, spot.offset, end, most)?;
        size.map_err(|damage| spot.damaged(chain, damage))
    }

    /// The record of `size` bytes at `spot`.
    fn record<'a>(&'a self, chain: &'a Chain, spot: Spot, size: usize) -> Result<Record<'a>, SpoolError> {
        let at_hand = || self.window.as_ref().map(|window| window.bytes(spot.offset)).unwrap_or_default();
        let bytes = chain.waiting_at(spot.place, spot.offset).unwrap_or_else(at_hand);
        let bytes = bytes.get(..size).unwrap_or_default();
        Record::decode(bytes, spot.place).map_err(|damage| spot.damaged(chain, damage))
    }
}

impl Spot {
    /// The record behind this one, which has `size` bytes.
    fn after(self, size: usize) -> Spot {
        Spot { place: self.place + 1, offset: self.offset + size as u64, ..self }
    }

    fn damaged(self, chain: &Chain, damage: Damage) -> SpoolError {
        Damaged { path: chain.files.path(&segment::name(self.segment)), offset: self.offset, damage }.into()
    }
}

/// A large payload is put into a buffer that comes back when it is not needed any more.
fn push(batch: &mut Batch, record: &Record<'_>, pool: &Pool) {
    let Record { seq, block, .. } = record;
    if block.bytes.len() < LARGE_BYTES {
        return batch.push(*seq, block);
    }
    let mut buffer = pool.take(block.bytes.len());
    buffer.bytes().copy_from_slice(block.bytes);
    batch.push_large(*seq, block.head, buffer.freeze());
}
