//! When something is synced.

use std::time::Duration;

use super::frail::Faults;
use super::{Home, LIMITS, append_up_to, assert_reads};
use crate::{Spool, SpoolError, SpoolSync};

const SECOND: Duration = Duration::from_secs(1);

fn spool(home: &Home, sync: SpoolSync) -> (Spool, Faults) {
    let faults = Faults::default();
    let spool = Spool::create_in(faults.create(&home.dir()), LIMITS, sync).unwrap();
    faults.take_calls();
    (spool, faults)
}

#[test]
fn many_blocks_are_one_write() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Never);
    append_up_to(&mut spool, 4);
    spool.flush().unwrap();
    assert_eq!(faults.take_calls(), ["create", "write"]);
    spool.flush().unwrap();
    assert!(faults.take_calls().is_empty(), "nothing waits");
    append_up_to(&mut spool, 5);
    spool.flush().unwrap();
    assert_eq!(faults.take_calls(), ["write"]);
}

#[test]
fn each_flush_is_synced_and_so_is_a_segment_that_is_full() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Each);
    append_up_to(&mut spool, 1);
    spool.flush().unwrap();
    assert_eq!(faults.take_calls(), ["create", "write", "sync", "sync names"]);
    append_up_to(&mut spool, 2);
    spool.flush().unwrap();
    assert_eq!(faults.take_calls(), ["write", "sync"]);
    append_up_to(&mut spool, 10);
    assert_eq!(faults.take_calls(), ["write", "sync"], "the first segment is full");
}

#[test]
fn never_means_never() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Never);
    append_up_to(&mut spool, 40);
    spool.flush().unwrap();
    spool.tick(SECOND).unwrap();
    assert_reads(&mut spool, 0..40);
    spool.acknowledge(40).unwrap();
    assert_eq!(spool.due(), None);
    assert!(!faults.take_calls().iter().any(|call| call.starts_with("sync")));
}

#[test]
fn at_an_interval_a_tick_syncs_what_was_flushed_and_what_was_not() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Interval(SECOND));
    assert_eq!(spool.due(), None);
    spool.tick(5 * SECOND).unwrap();
    append_up_to(&mut spool, 1);
    assert_eq!(spool.due(), Some(Duration::ZERO), "it was never synced");
    spool.tick(6 * SECOND).unwrap();
    assert_eq!(faults.take_calls(), ["create", "write", "sync", "sync names"]);
    assert_eq!(spool.due(), None);

    append_up_to(&mut spool, 2);
    spool.flush().unwrap();
    assert_eq!(spool.due(), Some(7 * SECOND));
    spool.tick(7 * SECOND - Duration::from_nanos(1)).unwrap();
    assert_eq!(faults.take_calls(), ["write"]);
    spool.tick(7 * SECOND).unwrap();
    assert_eq!(faults.take_calls(), ["sync"]);
}

#[test]
fn a_tick_that_finds_no_room_is_not_due_again_at_once() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Interval(SECOND));
    append_up_to(&mut spool, 1);
    faults.fail_after(1);
    assert!(matches!(spool.tick(5 * SECOND), Err(SpoolError::NoRoom { .. })));
    assert_eq!(spool.due(), Some(6 * SECOND), "it was due for ever");
    assert!(!spool.tick(6 * SECOND - Duration::from_nanos(1)).unwrap());
    assert!(spool.tick(6 * SECOND).unwrap());
    assert_eq!(spool.due(), None);
}

#[test]
fn the_position_is_synced_before_a_segment_is_deleted() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Each);
    append_up_to(&mut spool, 40);
    spool.flush().unwrap();
    assert_reads(&mut spool, 0..40);
    faults.take_calls();
    spool.acknowledge(1).unwrap();
    assert_eq!(faults.take_calls(), ["write"]);
    spool.acknowledge(10).unwrap();
    assert_eq!(faults.take_calls(), ["write", "sync", "remove", "remove"]);
}

#[test]
fn what_recovery_throws_away_cannot_come_back() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Each);
    append_up_to(&mut spool, 14);
    spool.flush().unwrap();
    drop(spool);
    let second = home.dir().join(&home.segments()[1]);
    std::fs::OpenOptions::new().write(true).open(second).unwrap().set_len(100).unwrap();
    faults.take_calls();
    Spool::recover_in(faults.open(&home.dir()), LIMITS, SpoolSync::Each).unwrap();
    assert_eq!(faults.take_calls(), ["sync", "remove", "cut", "sync names"]);
}

#[test]
fn what_could_not_be_synced_once_is_not_said_to_be_later() {
    let home = Home::new();
    let (mut spool, faults) = spool(&home, SpoolSync::Each);
    append_up_to(&mut spool, 1);
    faults.fail_after(2);
    assert!(matches!(spool.flush(), Err(SpoolError::NoRoom { .. })));
    for _ in 0..2 {
        let error = spool.flush().unwrap_err();
        assert!(matches!(error, SpoolError::NotSynced { .. }), "{error}");
    }
    append_up_to(&mut spool, 2);
    assert!(matches!(spool.flush(), Err(SpoolError::NotSynced { .. })));
    assert_reads(&mut spool, 0..2);
}
