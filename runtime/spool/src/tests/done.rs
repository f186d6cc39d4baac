//! Acknowledgements.

use super::{Home, append_up_to, assert_reads, read, told};
use crate::SpoolError;

#[test]
fn segments_go_when_all_their_blocks_are_done() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 40);
    spool.flush().unwrap();
    let all = home.segments();
    assert!(all.len() > 3, "{all:?}");
    assert_reads(&mut spool, 0..40);
    let mut bytes = spool.bytes();
    for (name, next) in all.iter().zip(&all[1..]) {
        let end: u64 = next.trim_end_matches(".blocks").parse().unwrap();
        spool.acknowledge(end - 1).unwrap();
        assert_eq!(&home.segments()[0], name, "its last block is not done");
        spool.acknowledge(end).unwrap();
        assert_eq!(&home.segments()[0], next);
        assert!(spool.bytes() < bytes);
        bytes = spool.bytes();
    }
    spool.acknowledge(40).unwrap();
    assert_eq!(home.segments().len(), 1, "the last one stays for what is to come");
    append_up_to(&mut spool, 41);
    assert_reads(&mut spool, 40..41);
}

#[test]
fn what_is_done_does_not_come_again_after_a_crash() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 40);
    spool.flush().unwrap();
    for done in [1, 2, 3, 17, 39] {
        let from = spool.read_up_to();
        assert_eq!(read(&mut spool, (done - from) as usize), (from..done).map(told).collect::<Vec<_>>());
        spool.acknowledge(done).unwrap();
        drop(spool);
        spool = home.recover();
        assert_eq!((spool.acknowledged(), spool.appended()), (done, 40));
    }
    assert_reads(&mut spool, 39..40);
}

#[test]
fn places_go_on_when_all_is_done() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 5);
    spool.flush().unwrap();
    assert_reads(&mut spool, 0..5);
    spool.acknowledge(5).unwrap();
    drop(spool);
    let mut spool = home.recover();
    assert_eq!((spool.appended(), spool.read_up_to(), spool.acknowledged()), (5, 5, 5));
    append_up_to(&mut spool, 7);
    assert_reads(&mut spool, 5..7);
}

#[test]
fn what_is_done_before_it_is_written_is_never_written() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 3);
    spool.flush().unwrap();
    append_up_to(&mut spool, 5);
    assert_reads(&mut spool, 0..5);
    spool.acknowledge(4).unwrap();
    assert_eq!(home.segments().len(), 1);
    spool.acknowledge(5).unwrap();
    assert_eq!((home.segments().len(), spool.bytes()), (0, 0));
    spool.flush().unwrap();
    append_up_to(&mut spool, 7);
    assert_reads(&mut spool, 5..7);
    spool.flush().unwrap();
    drop(spool);
    assert_reads(&mut home.recover(), 5..7);
}

#[test]
fn what_is_done_in_part_before_it_is_written_is_written_all_the_same() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 5);
    assert_reads(&mut spool, 0..5);
    spool.acknowledge(3).unwrap();
    spool.flush().unwrap();
    drop(spool);
    assert_reads(&mut home.recover(), 3..5);
}

#[test]
fn what_was_done_and_never_written_leaves_nothing_to_do_after_a_crash() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 3);
    spool.flush().unwrap();
    append_up_to(&mut spool, 6);
    assert_reads(&mut spool, 0..6);
    spool.acknowledge(5).unwrap();
    drop(spool);
    let mut spool = home.recover();
    assert_eq!((spool.acknowledged(), spool.appended(), home.segments().len()), (5, 5, 0));
    append_up_to(&mut spool, 6);
    assert_reads(&mut spool, 5..6);
}

#[test]
fn acknowledgements_that_cannot_be_are_named_and_change_nothing() {
    let home = Home::new();
    let mut spool = home.create();
    append_up_to(&mut spool, 10);
    read(&mut spool, 6);
    spool.acknowledge(4).unwrap();
    for (up_to, expected) in [
        (4, "block 4 was acknowledged twice"),
        (3, "acknowledged backwards, up to block 3: all before block 4 are done"),
        (0, "acknowledged backwards, up to block 0: all before block 4 are done"),
        (7, "acknowledged up to block 7, but only those before block 6 were given to the reader"),
        (11, "acknowledged up to block 11, but only those before block 6 were given to the reader"),
        (
            u64::MAX,
            "acknowledged up to block 18446744073709551615, but only those before block 6 were given to the reader",
        ),
    ] {
        assert_eq!(spool.acknowledge(up_to).unwrap_err().to_string(), expected);
        assert_eq!((spool.acknowledged(), spool.read_up_to()), (4, 6));
    }
    spool.rewind_to_acknowledged();
    let error = spool.acknowledge(5).unwrap_err();
    assert!(matches!(error, SpoolError::AcknowledgedUnread { up_to: 5, read: 4 }), "given before it was set back");
    assert_reads(&mut spool, 4..10);
    spool.acknowledge(10).unwrap();
}
