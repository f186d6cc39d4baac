//! Any bit flipped, any file cut short: the longest valid prefix comes back, and the rest is counted.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{Home, LIMITS, append_up_to, read, told};
use crate::segment::HEADER_BYTES;
use crate::{Damage, HeaderError, Record, Recovered, Spool, SpoolLimits, SpoolSync, recover_bytes};

/// How many blocks the spool has, and how many of them are done.
const BLOCKS: u64 = 8;
const DONE: u64 = 2;

/// Segments of three blocks at most.
const SHORT: SpoolLimits = SpoolLimits { segment_bytes: 180, ..LIMITS };

/// A spool of three segments, in the first of which some blocks are done.
fn left_behind() -> Home {
    let home = Home::new();
    let mut spool = Spool::create(&home.dir(), SHORT, SpoolSync::Never).unwrap();
    append_up_to(&mut spool, BLOCKS);
    spool.flush().unwrap();
    read(&mut spool, 4);
    spool.acknowledge(1).unwrap();
    spool.acknowledge(DONE).unwrap();
    assert_eq!(home.segments().len(), 3);
    home
}

/// A record of the spool.
struct Place {
    /// The first block of its segment.
    segment: u64,
    place: u64,
    begin: usize,
    end: usize,
}

/// Where the records of a segment are.
fn places(bytes: &[u8]) -> Vec<Place> {
    let records = recover_bytes(bytes, LIMITS.max_block_bytes).unwrap().records;
    let (mut end, segment) = (HEADER_BYTES, records[0].place);
    let place = |record: &Record<'_>| {
        let begin = end;
        end += record.size();
        Place { segment, place: record.place, begin, end }
    };
    records.iter().map(place).collect()
}

/// What is left of a spool after something was done to it. It goes on, and is whole from then on.
#[track_caller]
fn recover(home: &Home) -> (Recovered, Range<u64>) {
    let (mut spool, recovered) = Spool::recover(&home.dir(), SHORT, SpoolSync::Never).unwrap();
    let there = spool.acknowledged()..spool.appended();
    assert_eq!(recovered.blocks, there.end - there.start);
    let payloads: usize = there.clone().map(|place| told(place).payload.len()).sum();
    assert_eq!(recovered.bytes, payloads as u64);
    append_up_to(&mut spool, there.end + 3);
    spool.flush().unwrap();
    drop(spool);
    let (mut spool, again) = Spool::recover(&home.dir(), SHORT, SpoolSync::Never).unwrap();
    assert_eq!((again.discarded_bytes, &again.damage), (0, &vec![]), "after {recovered:?}");
    assert_eq!(read(&mut spool, usize::MAX), (there.start..there.end + 3).map(told).collect::<Vec<_>>());
    (recovered, there)
}

/// Does something to a file of a spool, and puts the directory back in order behind it.
struct Harm {
    home: Home,
    whole: Vec<(PathBuf, Vec<u8>)>,
}

impl Harm {
    fn new() -> Harm {
        let home = left_behind();
        let whole = home.files().into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect();
        Harm { home, whole }
    }

    fn bytes_behind(&self, segment: u64) -> u64 {
        let later = |name: &str| name.trim_end_matches(".blocks").parse::<u64>().is_ok_and(|first| first > segment);
        let later = self.whole.iter().filter(|(file, _)| later(&super::name(file)));
        later.map(|(_, bytes)| bytes.len() as u64).sum()
    }

    fn undo(&self) {
        for file in self.home.files() {
            fs::remove_file(file).unwrap();
        }
        for (file, whole) in &self.whole {
            fs::write(file, whole).unwrap();
        }
    }

    #[track_caller]
    fn with(&self, file: &Path, bytes: &[u8]) -> (Recovered, Range<u64>) {
        self.undo();
        fs::write(file, bytes).unwrap();
        recover(&self.home)
    }
}

#[test]
fn a_bit_of_any_byte_of_a_segment_may_flip() {
    let harm = Harm::new();
    for (file, whole) in &harm.whole[..3] {
        let records = places(whole);
        let first = records[0].segment;
        for byte in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[byte] ^= 1 << (byte % 8);
            let (recovered, there) = harm.with(file, &bytes);
            let found: Vec<Damage> = recovered.damage.iter().map(|found| found.damage).collect();
            let hit = records.iter().find(|record| (record.begin..record.end).contains(&byte));
            let is_length = |record: &Place| (4..8).contains(&(byte - record.begin));
            let what = format!("byte {byte} of the segment of block {first}: {recovered:?}");
            match hit {
                Some(record) if record.place < DONE && !is_length(record) => {
                    assert_eq!((there, found), (DONE..BLOCKS, vec![]), "{what}");
                }
                // The lengths lead astray, so no block behind this one is found.
                Some(record) if record.place < DONE => {
                    assert_eq!((there, found.len()), (DONE..DONE, 1), "{what}");
                }
                hit => {
                    let end = hit.map_or(first.max(DONE), |record| record.place);
                    let valid = hit.map_or(0, |record| record.begin);
                    assert_eq!((there, found.len()), (DONE..end, 1), "{what}");
                    let discarded = (whole.len() - valid) as u64 + harm.bytes_behind(first);
                    assert_eq!(recovered.discarded_bytes, discarded, "{what}");
                }
            }
        }
    }
}

#[test]
fn with_any_bit_of_its_bytes_flipped_a_segment_is_cut_before_it() {
    let harm = Harm::new();
    let whole = &harm.whole[1].1;
    let records = places(whole);
    for bit in 0..8 * whole.len() {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let cut = recover_bytes(&bytes, SHORT.max_block_bytes);
        match records.iter().find(|record| record.end > bit / 8).filter(|_| bit / 8 >= HEADER_BYTES) {
            Some(hit) => {
                let cut = cut.unwrap();
                assert_eq!((cut.valid_bytes, cut.damage.is_some()), (hit.begin, true), "bit {bit}");
            }
            None => assert_eq!(cut.unwrap_err(), HeaderError::Damaged(Damage::Header), "bit {bit}"),
        }
    }
}

#[test]
fn a_segment_may_be_cut_off_anywhere() {
    let harm = Harm::new();
    for (file, whole) in &harm.whole[..3] {
        let records = places(whole);
        let first = records[0].segment;
        for length in 0..whole.len() {
            let (recovered, there) = harm.with(file, &whole[..length]);
            let kept = records.iter().take_while(|record| record.end <= length).last();
            let end = kept.map_or(first, |record| record.place + 1).max(DONE);
            let valid = kept.map_or(if length < HEADER_BYTES { 0 } else { HEADER_BYTES }, |record| record.end);
            let what = format!("{length} bytes of the segment of block {first}: {recovered:?}");
            assert_eq!(there, DONE..end, "{what}");
            assert_eq!(recovered.discarded_bytes, (length - valid) as u64 + harm.bytes_behind(first), "{what}");
            // A last segment that ends with a record, or is empty, may have been written so.
            let is_natural = harm.bytes_behind(first) == 0 && length == valid;
            assert_eq!(recovered.damage.is_empty(), is_natural, "{what}");
        }
    }
}

#[test]
fn a_segment_may_be_gone() {
    let harm = Harm::new();
    for (at, (file, whole)) in harm.whole[..3].iter().enumerate() {
        let first = places(whole)[0].segment;
        harm.undo();
        fs::remove_file(file).unwrap();
        let (recovered, there) = recover(&harm.home);
        match at {
            0 => {
                let next = places(&harm.whole[1].1)[0].segment;
                assert_eq!(there, next..BLOCKS, "segments go from the first on when they are done");
                assert_eq!(recovered.damage[0].damage, Damage::Order { expected: DONE, found: next });
            }
            1 => {
                assert_eq!(there, DONE..first);
                assert_eq!(recovered.discarded_bytes, harm.bytes_behind(first));
                assert!(matches!(recovered.damage[0].damage, Damage::Order { expected, .. } if expected == first));
            }
            _ => assert_eq!((there, recovered.damage), (DONE..first, vec![])),
        }
    }
}

#[test]
fn a_bit_of_any_byte_of_the_position_may_flip() {
    let harm = Harm::new();
    let (file, whole) = harm.whole.last().unwrap();
    for byte in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1 << (byte % 8);
        let (recovered, there) = harm.with(file, &bytes);
        // Generation 3, in the second slot, says 2; generation 2, in the first, says 1.
        let (start, found) = match byte {
            0..32 => (DONE, 1),
            32..512 => (DONE, 0),
            _ => (1, 1),
        };
        assert_eq!((there, recovered.damage.len()), (start..BLOCKS, found), "byte {byte}: {recovered:?}");
        assert_eq!(recovered.discarded_bytes, 0);
    }
}

#[test]
fn the_position_may_be_cut_off_anywhere_or_be_gone() {
    let harm = Harm::new();
    let (file, whole) = harm.whole.last().unwrap();
    for length in 0..whole.len() {
        let (recovered, there) = harm.with(file, &whole[..length]);
        let (start, damage) = if length < 32 { (0, Damage::Position) } else { (1, Damage::Slot) };
        let found: Vec<Damage> = recovered.damage.iter().map(|found| found.damage).collect();
        assert_eq!((there, found), (start..BLOCKS, vec![damage]), "{length} bytes");
    }
    harm.undo();
    fs::remove_file(file).unwrap();
    let (recovered, there) = recover(&harm.home);
    assert_eq!((there, recovered.damage[0].damage), (0..BLOCKS, Damage::Position));
}

#[test]
fn two_segments_that_have_changed_names_are_not_believed() {
    let harm = Harm::new();
    let [(first, one), (second, two), ..] = &harm.whole[..] else { unreachable!() };
    fs::write(first, two).unwrap();
    fs::write(second, one).unwrap();
    let (recovered, there) = recover(&harm.home);
    assert!(there.is_empty());
    assert!(matches!(recovered.damage[0].damage, Damage::Order { expected: 0, .. }));
}

#[test]
fn a_file_of_a_terabyte_of_nothing_is_cut_off_and_takes_no_memory() {
    let harm = Harm::new();
    let (file, whole) = &harm.whole[2];
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len(1 << 40).unwrap();
    let (recovered, there) = recover(&harm.home);
    assert_eq!(there, DONE..BLOCKS);
    assert_eq!(recovered.discarded_bytes, (1 << 40) - whole.len() as u64);
    assert_eq!(recovered.damage[0].damage, Damage::Checksum);
}

#[test]
fn a_record_that_claims_gigabytes_is_cut_off_even_if_its_file_has_them() {
    let harm = Harm::new();
    let (file, whole) = &harm.whole[2];
    let mut bytes = whole.clone();
    let last = places(whole).pop().unwrap();
    bytes[last.begin + 4..last.begin + 8].copy_from_slice(&[0xff; 4]);
    fs::write(file, bytes).unwrap();
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len(1 << 40).unwrap();
    let (recovered, there) = recover(&harm.home);
    assert_eq!(there, DONE..last.place);
    assert_eq!(recovered.damage[0].damage, Damage::TooLong { length: u32::MAX as usize });
}
