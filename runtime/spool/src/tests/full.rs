//! Limits, and disks without room.

use std::fs;

use super::frail::Faults;
use super::{Home, LIMITS, Told, append_up_to, assert_reads, read, told};
use crate::{Appended, Damage, Spool, SpoolError, SpoolLimits, SpoolSync};

#[test]
fn a_full_spool_says_so_and_takes_more_when_some_is_done() {
    let home = Home::new();
    let mut spool = home.create();
    while let Appended::At(_) = told(spool.appended()).append_to(&mut spool).unwrap() {}
    let end = spool.appended();
    assert!(end > 40);
    assert_eq!(told(end).append_to(&mut spool).unwrap(), Appended::Full);
    assert_eq!(spool.appended(), end);
    spool.flush().unwrap();
    let on_disk: u64 = home.segments().iter().map(|name| fs::metadata(home.dir().join(name)).unwrap().len()).sum();
    assert_eq!(on_disk, spool.bytes());
    assert!(on_disk <= LIMITS.max_bytes);
    read(&mut spool, 20);
    spool.acknowledge(20).unwrap();
    append_up_to(&mut spool, end + 1);
    assert_reads(&mut spool, 20..end + 1);
}

#[test]
fn a_spool_with_one_segment_takes_more_when_all_is_done() {
    let home = Home::new();
    let limits = SpoolLimits { segment_bytes: u64::MAX, ..LIMITS };
    let mut spool = Spool::create(&home.dir(), limits, SpoolSync::Never).unwrap();
    while let Appended::At(_) = told(spool.appended()).append_to(&mut spool).unwrap() {}
    spool.flush().unwrap();
    let end = spool.appended();
    assert_reads(&mut spool, 0..end);
    spool.acknowledge(end - 1).unwrap();
    assert_eq!(told(end).append_to(&mut spool).unwrap(), Appended::Full);
    spool.acknowledge(end).unwrap();
    append_up_to(&mut spool, end + 2);
    spool.flush().unwrap();
    drop(spool);
    let (mut spool, _) = Spool::recover(&home.dir(), limits, SpoolSync::Never).unwrap();
    assert_reads(&mut spool, end..end + 2);
}

#[test]
fn a_block_that_can_never_fit_is_an_error() {
    let home = Home::new();
    let mut spool = home.create();
    assert_eq!(Told::new(0, 0, 200).append_to(&mut spool).unwrap(), Appended::At(0));
    let error = Told::new(0, 1, 201).append_to(&mut spool).unwrap_err();
    assert!(matches!(error, SpoolError::TooLong { bytes: 201, max: 200 }), "{error}");
    drop(spool);

    let limits = SpoolLimits { max_bytes: 153, ..LIMITS };
    let home = Home::new();
    let mut spool = Spool::create(&home.dir(), limits, SpoolSync::Never).unwrap();
    let error = Told::new(0, 0, 101).append_to(&mut spool).unwrap_err();
    assert!(matches!(error, SpoolError::TooLong { bytes: 101, max: 100 }), "{error}");
    assert_eq!(Told::new(0, 0, 100).append_to(&mut spool).unwrap(), Appended::At(0));
    assert_eq!(Told::new(0, 1, 0).append_to(&mut spool).unwrap(), Appended::Full);
}

#[test]
fn what_finds_no_room_on_the_disk_waits_and_can_be_read() {
    let home = Home::new();
    let faults = Faults::default();
    let mut spool = Spool::create_in(faults.create(&home.dir()), LIMITS, SpoolSync::Never).unwrap();
    append_up_to(&mut spool, 2);
    spool.flush().unwrap();
    let file = home.dir().join(&home.segments()[0]);
    let length = fs::metadata(&file).unwrap().len();

    append_up_to(&mut spool, 5);
    faults.fail_after(0);
    let error = spool.flush().unwrap_err();
    let SpoolError::NoRoom { path, .. } = &error else { panic!("{error}") };
    assert_eq!(path, &file);
    assert!(error.to_string().contains("free some"), "{error}");
    assert_eq!(fs::metadata(&file).unwrap().len(), length, "what was written in part is cut off");
    assert_reads(&mut spool, 0..5);

    spool.flush().unwrap();
    append_up_to(&mut spool, 20);
    spool.flush().unwrap();
    drop(spool);
    assert_reads(&mut home.recover(), 0..20);
}

#[test]
fn blocks_can_be_done_though_there_was_never_room_for_them() {
    let home = Home::new();
    let faults = Faults::default();
    let mut spool = Spool::create_in(faults.create(&home.dir()), LIMITS, SpoolSync::Never).unwrap();
    append_up_to(&mut spool, 5);
    faults.fail_after(1);
    assert!(matches!(spool.flush(), Err(SpoolError::NoRoom { .. })));
    assert_reads(&mut spool, 0..5);
    spool.acknowledge(5).unwrap();
    append_up_to(&mut spool, 6);
    spool.flush().unwrap();
    drop(spool);
    assert_reads(&mut home.recover(), 5..6);
}

#[test]
fn a_device_that_is_always_full_gives_the_error_of_a_full_disk() {
    let file = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let home = Home::new();
    let files = Faults::default().create(&home.dir());
    let error = files.write("position", &file, b"x", 0).unwrap_err();
    assert!(matches!(error, SpoolError::NoRoom { .. }), "{error}");
}

#[test]
fn no_memory_is_kept_for_blocks_that_find_no_room() {
    let home = Home::new();
    let faults = Faults::default();
    let limits = SpoolLimits { max_bytes: 64 << 20, segment_bytes: 64 << 20, max_block_bytes: 1 << 20 };
    let mut spool = Spool::create_in(faults.create(&home.dir()), limits, SpoolSync::Never).unwrap();
    let block = |place| Told::new(0, place, 100_000);
    assert_eq!(block(0).append_to(&mut spool).unwrap(), Appended::At(0));
    assert_eq!(block(1).append_to(&mut spool).unwrap(), Appended::At(1));
    for _ in 0..3 {
        faults.fail_after(0);
        assert!(matches!(block(2).append_to(&mut spool), Err(SpoolError::NoRoom { .. })));
        assert_eq!(spool.appended(), 2, "it was not appended");
    }
    assert_eq!(block(2).append_to(&mut spool).unwrap(), Appended::At(2));
    assert_eq!(read(&mut spool, 3), [block(0), block(1), block(2)]);
}

/// Appends, flushes, reads and acknowledges over several segments, and goes on after a call that fails.
fn work(faults: &Faults, spool: &mut Spool) -> bool {
    for _ in 0..5 {
        for _ in 0..6 {
            let place = spool.appended();
            if told(place).append_to(spool).is_err() {
                assert_eq!(spool.appended(), place);
            }
        }
        let _ = spool.flush();
        let from = spool.read_up_to();
        let all = read(spool, 5);
        let to = spool.appended().min(from + 5);
        assert_eq!(all, (from..to).map(told).collect::<Vec<_>>());
        let _ = spool.acknowledge(to - 1);
    }
    !faults.is_armed()
}

#[test]
fn whichever_call_finds_no_room_nothing_is_lost_or_torn() {
    for sync in [SpoolSync::Never, SpoolSync::Each] {
        let mut reached = true;
        let mut calls = 0;
        while reached {
            let home = Home::new();
            let faults = Faults::default();
            let mut spool = Spool::create_in(faults.create(&home.dir()), LIMITS, sync).unwrap();
            faults.fail_after(calls);
            reached = work(&faults, &mut spool);
            faults.heal();
            let (done, end) = (spool.acknowledged(), spool.appended());
            match spool.flush() {
                Ok(()) => {}
                Err(SpoolError::NotSynced { .. }) if sync == SpoolSync::Each => {}
                Err(error) => panic!("{calls} calls before the one that failed: {error}"),
            }
            drop(spool);
            let (mut spool, recovered) = Spool::recover(&home.dir(), LIMITS, sync).unwrap();
            // The call that failed may have been the last one to write a slot.
            assert!(recovered.damage.iter().all(|found| found.damage == Damage::Slot), "{:?}", recovered.damage);
            assert_eq!(recovered.discarded_bytes, 0);
            assert_eq!((spool.acknowledged(), spool.appended()), (done, end), "{calls} calls before");
            assert_reads(&mut spool, done..end);
            calls += 1;
        }
        assert!(calls > 20, "{calls}");
    }
}
