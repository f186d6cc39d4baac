//! What the reader gets, and how often.

use std::fs;

use pipeloom_job::batch::LARGE_BYTES;
use pipeloom_job::{Batch, Block};

use super::{Home, LIMITS, Told, append_up_to, assert_reads, read, told};
use crate::{Appended, Damage, Damaged, Record, Spool, SpoolError, SpoolLimits, SpoolSync, recover_bytes};

#[test]
fn blocks_come_in_order_whether_they_are_written_or_not() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 10);
    assert_reads(&mut spool, 0..10);
    append_up_to(&mut spool, 30);
    spool.flush().unwrap();
    append_up_to(&mut spool, 35);
    assert_reads(&mut spool, 10..35);
    assert_reads(&mut spool, 35..35);
}

#[test]
fn blocks_that_were_appended_while_others_were_read_come_too() {
    let home = Home::new();
    let mut spool = home.create();
    for round in 0..10 {
        append_up_to(&mut spool, 3 * round + 3);
        if round % 3 == 0 {
            spool.flush().unwrap();
        }
        assert_eq!(read(&mut spool, 2).len(), 2);
    }
    assert_reads(&mut spool, 20..30);
}

#[test]
fn what_is_not_done_is_read_again_and_again() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 40);
    spool.flush().unwrap();
    append_up_to(&mut spool, 44);
    assert_reads(&mut spool, 0..44);
    spool.rewind_to_acknowledged();
    assert_reads(&mut spool, 0..44);
    spool.acknowledge(17).unwrap();
    for _ in 0..3 {
        spool.rewind_to_acknowledged();
        assert_reads(&mut spool, 17..44);
    }
    spool.acknowledge(42).unwrap();
    spool.rewind_to_acknowledged();
    assert_reads(&mut spool, 42..44);
}

#[test]
fn a_batch_has_as_many_blocks_and_bytes_as_it_may() {
    let home = Home::new();
    let mut spool = home.create();
    for place in 0..6 {
        Told::new(0, place, 100).append_to(&mut spool).unwrap();
    }
    let mut batch = Batch::new();
    assert_eq!(spool.read(2, usize::MAX, &mut batch).unwrap(), 0..2);
    assert_eq!(spool.read(usize::MAX, 299, &mut batch).unwrap(), 2..4);
    assert_eq!(spool.read(usize::MAX, 99, &mut batch).unwrap(), 4..5, "one block at least");
    assert_eq!(spool.read(0, usize::MAX, &mut batch).unwrap(), 5..5);
    assert!(batch.is_empty(), "what was in it before is gone");
}

#[test]
fn a_batch_has_blocks_of_one_epoch() {
    let home = Home::new();
    let mut spool = home.create();
    for (place, epoch) in [0, 0, 1, 3, 3].into_iter().enumerate() {
        Told::new(epoch, place as u64, 10).append_to(&mut spool).unwrap();
    }
    let mut batch = Batch::new();
    for (places, epoch) in [(0..2, 0), (2..3, 1), (3..5, 3)] {
        assert_eq!(spool.read(10, usize::MAX, &mut batch).unwrap(), places);
        assert_eq!(batch.epoch(), epoch);
    }
}

#[test]
fn empty_small_and_large_payloads_come_back_as_they_were() {
    let home = Home::new();
    let limits = SpoolLimits { max_bytes: 64 << 20, segment_bytes: 100_000, max_block_bytes: 1 << 20 };
    let sizes = [0, 1, LARGE_BYTES - 1, LARGE_BYTES, 70_000, 1 << 20, 0, 300_000, 5];
    let all: Vec<Told> = (0..).zip(sizes).map(|(place, size)| Told::new(0, place, size)).collect();
    let mut spool = Spool::create(&home.dir(), limits, SpoolSync::Never).unwrap();
    for (place, told) in (0..).zip(&all) {
        assert_eq!(told.append_to(&mut spool).unwrap(), Appended::At(place));
    }
    assert_eq!(read(&mut spool, 100), all);
    spool.flush().unwrap();
    drop(spool);
    let (mut spool, recovered) = Spool::recover(&home.dir(), limits, SpoolSync::Never).unwrap();
    assert_eq!(recovered.bytes, sizes.iter().sum::<usize>() as u64);
    assert_eq!(read(&mut spool, 100), all);
}

#[test]
fn a_block_that_is_longer_than_a_segment_has_one_for_itself() {
    let home = Home::new();
    let limits = SpoolLimits { segment_bytes: 1, ..LIMITS };
    let mut spool = Spool::create(&home.dir(), limits, SpoolSync::Never).unwrap();
    append_up_to(&mut spool, 5);
    spool.flush().unwrap();
    assert_eq!(home.segments().len(), 5);
    assert_reads(&mut spool, 0..5);
}

#[test]
fn segments_hold_the_records_that_were_appended() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 20);
    spool.flush().unwrap();
    let mut place = 0;
    for file in home.segments() {
        let bytes = fs::read(home.dir().join(file)).unwrap();
        let cut = recover_bytes(&bytes, LIMITS.max_block_bytes).unwrap();
        assert_eq!((cut.valid_bytes, cut.damage), (bytes.len(), None));
        for record in cut.records {
            let Record { place: at, epoch, seq, block: Block { head, bytes, .. } } = record;
            assert_eq!(at, place);
            assert_eq!(Told { epoch, number: seq.get(), head, payload: bytes.to_vec() }, told(place));
            place += 1;
        }
    }
    assert_eq!(place, 20);
}

#[test]
fn a_file_that_changes_while_it_is_in_use_is_named_and_nothing_before_it_is_lost() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 3);
    spool.flush().unwrap();
    let file = home.dir().join(&home.segments()[0]);
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, &bytes).unwrap();
    let mut batch = Batch::new();
    assert_eq!(spool.read(10, usize::MAX, &mut batch).unwrap(), 0..2);
    for _ in 0..2 {
        let error = spool.read(10, usize::MAX, &mut batch).unwrap_err();
        let SpoolError::Damaged(Damaged { path, damage: Damage::Checksum, .. }) = error else { panic!("{error}") };
        assert_eq!(path, file);
    }
}
