//! A segment of a spool, as it is found on disk.

use pipeloom_job::{Block, Head, HeadSize, Seq};
use pipeloom_spool::{Cut, Damage, HeaderError, Record, recover_bytes};

use crate::choices::one_of;

/// Magic, versions, heads and lengths.
pub const WORDS: &[&str] =
    &["PLSPOOL\n", "PLSPOSN\n", "\u{1}\0\0\0", "\u{2}\0\0\0", "\u{4}", "\u{7f}\u{7f}\u{7f}\u{7f}"];

/// The longest payloads that are tried.
const MAX_BLOCK_BYTES: [usize; 6] = [1 << 20, 0, 1, 7, 100, 4096];

/// How many bytes of choices stand before a segment that is made here, and before each of its records.
const CHOICES: usize = 7;
const OF_RECORD: usize = 5;

/// The bytes of a segment's header.
const HEADER_BYTES: usize = 28;

/// The first byte says how the rest is taken, and the second one the longest payload.
///
/// Either the rest is a segment: what is cut out of it is what a spool would have written, and nothing is left without a reason.
/// Or records are made of it, written, and damaged at one place: all those before that come back, and no other.
pub fn spool(data: &[u8]) {
    match data {
        [mode, max, rest @ ..] if mode % 2 == 0 => any_bytes(rest, one_of(&MAX_BLOCK_BYTES, *max)),
        [_, rest @ ..] => damaged_records(rest),
        [] => {}
    }
}

fn any_bytes(segment: &[u8], max: usize) {
    match recover_bytes(segment, max) {
        Ok(cut) => assert_is_cut(&cut, segment, max),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn assert_is_cut(cut: &Cut<'_>, segment: &[u8], max: usize) {
    let mut again = segment[..HEADER_BYTES].to_vec();
    cut.records.iter().for_each(|record| record.encode(&mut again));
    assert!(segment.starts_with(&again), "what was read is written differently");
    assert_eq!(again.len(), cut.valid_bytes);
    assert_eq!(cut.damage.is_none(), cut.valid_bytes == segment.len(), "{:?}", cut.damage);
    let first = cut.records.first().map_or(0, |record| record.place);
    for (place, record) in (first..).zip(&cut.records) {
        assert_eq!(record.place, place);
        assert!(record.block.bytes.len() <= max, "{} bytes with {max} allowed", record.block.bytes.len());
    }
}

/// The bytes say the place of the first record, which damage there is and where, and then each record.
fn damaged_records(data: &[u8]) {
    let Some((&[first, damage, bit, at @ ..], mut rest)) = data.split_first_chunk::<CHOICES>() else { return };
    let first = u64::from(first) << (first % 50);
    let (mut segment, mut ends) = (header(first).to_vec(), Vec::new());
    while let Some(record) = record(&mut rest, first + ends.len() as u64) {
        record.encode(&mut segment);
        ends.push(segment.len());
    }
    let whole = segment.clone();
    let at = u32::from_le_bytes(at) as usize % (segment.len() + 1);
    let is_whole = match damage % 3 {
        0 => true,
        1 => {
            segment.truncate(at);
            at == whole.len()
        }
        _ => match segment.get_mut(at) {
            Some(byte) => {
                *byte ^= 1 << (bit % 8);
                false
            }
            None => true,
        },
    };
    let before = if is_whole { ends.len() } else { ends.iter().filter(|end| **end <= at).count() };
    match recover_bytes(&segment, MAX_BLOCK_BYTES[0]) {
        Ok(cut) => {
            assert_is_cut(&cut, &segment, MAX_BLOCK_BYTES[0]);
            assert_eq!(cut.records.len(), before, "with damage {} at {at}", damage % 3);
            assert!(whole.starts_with(&segment[..cut.valid_bytes]));
        }
        // One fault is never taken for a file of somebody else's, or of a later version.
        Err(error) => assert!(at < HEADER_BYTES && is_damage(error), "{error}"),
    }
}

const fn is_damage(error: HeaderError) -> bool {
    matches!(error, HeaderError::Damaged(Damage::Header | Damage::TornHeader))
}

/// The record that the next bytes say, which are taken away.
fn record<'a>(rest: &mut &'a [u8], place: u64) -> Option<Record<'a>> {
    let (&[size, bits, epoch, number, length], behind) = rest.split_first_chunk::<OF_RECORD>()?;
    let (payload, behind) = behind.split_at(usize::from(length).min(behind.len()));
    *rest = behind;
    let size = HeadSize::new(size % 4 + 1)?;
    let head = Head::from_number(u32::from(bits), size);
    let seq = Seq::new((u64::from(number) << (number % 56)) + 1)?;
    Some(Record { place, epoch: u32::from(epoch) << 24, seq, block: Block::new(head, payload) })
}

/// The header of a segment, as the documentation of the spool says.
fn header(first: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(b"PLSPOOL\n");
    header[8..12].copy_from_slice(&1_u32.to_le_bytes());
    header[12..16].copy_from_slice(&(MAX_BLOCK_BYTES[0] as u32).to_le_bytes());
    header[16..24].copy_from_slice(&first.to_le_bytes());
    let sum = crc32fast::hash(&header[8..24]);
    header[24..].copy_from_slice(&sum.to_le_bytes());
    header
}
