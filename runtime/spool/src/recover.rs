//! What a crash, a full disk or a bad one has left of a spool.
//!
//! First all is looked at, and only then anything is changed: a file that is refused leaves the directory as it was.

use std::collections::VecDeque;

use crate::chain::{Chain, Segment};
use crate::damage::{Damage, Damaged};
use crate::error::SpoolError;
use crate::files::Files;
use crate::limits::SpoolLimits;
use crate::position::{self, Position};
use crate::record::Record;
use crate::segment::{self, HEADER_BYTES, Header, HeaderError, first_of};
use crate::window::Window;

/// What was found in a spool.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Recovered {
    /// How many blocks are there that the reader has not done with.
    pub blocks: u64,
    /// Their payloads, in bytes.
    pub bytes: u64,
    /// The newest epoch of them; none if there are no blocks.
    pub newest_epoch: Option<u32>,
    /// How many bytes behind them were of no use and are gone now. Those of blocks that were done do not count.
    pub discarded_bytes: u64,
    /// Why, and what else is not as it was written.
    pub damage: Vec<Damaged>,
}

/// A segment as it was found, and what of it is kept.
struct Found {
    /// The place of its first block, as its name says.
    first: u64,
    /// How many bytes it has.
    bytes: u64,
    header: Result<Header, Damage>,
    kept: Option<Segment>,
}

/// Puts a spool in order.
pub(crate) fn recover(
    files: Files,
    limits: SpoolLimits,
    syncs: bool,
) -> Result<(Position, Chain, Recovered), SpoolError> {
    let mut segments = list(&files)?;
    let position = position::find(&files)?;
    let mut recovered = Recovered { damage: position.damage.iter().cloned().collect(), ..Recovered::default() };
    let done = done_before(&files, position.place(), &segments, &mut recovered);
    let behind = segments.iter().skip(1).take_while(|next| next.first <= done && next.header.is_ok()).count();
    look(&files, &limits, &mut segments[behind..], done, &mut recovered)?;
    let next = segments.iter().filter_map(|found| found.kept).map(|kept| kept.end).max().unwrap_or(0);
    if next < done {
        segments.iter_mut().for_each(|found| found.kept = None);
    }
    recovered.blocks = next.saturating_sub(done);

    let position = position.repair(&files, done)?;
    if syncs {
        position.sync(&files)?;
    }
    for found in segments.iter().rev() {
        let name = segment::name(found.first);
        match found.kept {
            None => files.remove(&name)?,
            Some(kept) if kept.bytes < found.bytes => files.cut(&name, &files.open(&name)?, kept.bytes)?,
            Some(_) => {}
        }
    }
    if syncs {
        // A power cut must not bring back a segment that new blocks would then seem to lead on to.
        files.sync_names()?;
    }
    let chain = Chain::new(files, limits, syncs, next.max(done));
    let kept: VecDeque<Segment> = segments.iter().filter_map(|found| found.kept).collect();
    let chain = chain.with_segments(kept)?;
    Ok((position, chain, recovered))
}

/// The segments in order, with their headers. All files must be a spool's.
fn list(files: &Files) -> Result<Vec<Found>, SpoolError> {
    let names = files.names()?;
    if names.is_empty() {
        return Err(SpoolError::NoSpool(files.directory().to_owned()));
    }
    let mut segments = Vec::new();
    for name in names.iter().filter(|name| *name != position::NAME) {
        let foreign = || files.refused(&name.to_string_lossy(), HeaderError::Foreign);
        let first = first_of(name).ok_or_else(foreign)?;
        let name = segment::name(first);
        let file = files.open(&name)?;
        let header = match Header::decode(&files.read_up_to(&name, &file, HEADER_BYTES)?) {
            Ok(header) if header.first != first => Err(Damage::Order { expected: first, found: header.first }),
            Ok(header) => Ok(header),
            Err(HeaderError::Damaged(damage)) => Err(damage),
            Err(refused) => return Err(files.refused(&name, refused)),
        };
        segments.push(Found { first, bytes: files.length(&name, &file)?, header, kept: None });
    }
    segments.sort_by_key(|found| found.first);
    Ok(segments)
}

/// Up to where the blocks are done. Only segments that are done are ever deleted, so the first that is there may know better
/// than the position.
fn done_before(files: &Files, position: Option<u64>, segments: &[Found], recovered: &mut Recovered) -> u64 {
    match (position, segments.first()) {
        (Some(expected), Some(&Found { first, .. })) if first > expected => {
            let path = files.path(&segment::name(first));
            recovered.damage.push(Damaged { path, offset: 0, damage: Damage::Order { expected, found: first } });
            first
        }
        (Some(place), _) => place,
        (None, first) => first.map_or(0, |found| found.first),
    }
}

/// Finds out which segments are kept, and how far: all that follows one another without damage, from the first on.
fn look(
    files: &Files,
    limits: &SpoolLimits,
    segments: &mut [Found],
    done: u64,
    recovered: &mut Recovered,
) -> Result<(), SpoolError> {
    let mut expected = None;
    let mut is_whole = true;
    // A crash between making a file and writing to it is no damage.
    let not_begun = segments.last().filter(|last| last.bytes == 0).map(|last| last.first);
    for found in segments.iter_mut().filter(|found| Some(found.first) != not_begun) {
        let (valid_bytes, damage) = match (found.header, expected) {
            _ if !is_whole => (0, None),
            (Err(damage), _) => (0, Some(damage)),
            (Ok(_), Some(expected)) if expected != found.first => {
                (0, Some(Damage::Order { expected, found: found.first }))
            }
            (Ok(header), _) => {
                let (kept, damage) = scan(files, limits, found, header, done, recovered)?;
                found.kept = Some(kept).filter(|kept| kept.first < kept.end);
                expected = Some(kept.end);
                (kept.bytes, damage)
            }
        };
        is_whole &= damage.is_none();
        recovered.discarded_bytes += found.bytes - valid_bytes;
        recovered.damage.extend(damage.map(|damage| Damaged {
            path: files.path(&segment::name(found.first)),
            offset: valid_bytes,
            damage,
        }));
    }
    Ok(())
}

/// Reads a segment up to its end or the first damage. Of blocks that are done only the lengths are needed.
fn scan(
    files: &Files,
    limits: &SpoolLimits,
    found: &Found,
    header: Header,
    done: u64,
    recovered: &mut Recovered,
) -> Result<(Segment, Option<Damage>), SpoolError> {
    let mut window = Window::open(files, found.first)?;
    let mut kept = Segment { first: found.first, end: found.first, bytes: HEADER_BYTES as u64 };
    while kept.bytes < found.bytes {
        let size = match window.record_size(files, kept.bytes, found.bytes, limits.max_block_bytes)? {
            Ok(size) => size,
            Err(Damage::TooLong { length }) if length <= header.max_block_bytes as usize => {
                let path = files.path(&segment::name(found.first));
                return Err(SpoolError::Longer { path, bytes: length, max: limits.max_block_bytes });
            }
            Err(damage) => return Ok((kept, Some(damage))),
        };
        if kept.end >= done {
            match Record::decode(&window.bytes(kept.bytes)[..size], kept.end) {
                Ok(record) => {
                    recovered.bytes += record.block.bytes.len() as u64;
                    recovered.newest_epoch = recovered.newest_epoch.max(Some(record.epoch));
                }
                Err(damage) => return Ok((kept, Some(damage))),
            }
        }
        (kept.end, kept.bytes) = (kept.end + 1, kept.bytes + size as u64);
    }
    Ok((kept, None))
}
