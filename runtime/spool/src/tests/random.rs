//! Any history of a spool, held against a queue in memory.
//!
//! In it are crashes, kills inside a call of the system and calls that find no room. `PROPTEST_CASES=n` says how many histories
//! are tried, `PROPTEST_RNG_SEED=n` tries the same ones again.

use std::collections::VecDeque;
use std::time::Duration;

use pipeloom_job::Batch;
use proptest::collection::vec;
use proptest::prelude::*;

use super::frail::Faults;
use super::{Home, LIMITS, Told};
use crate::{Appended, Damage, Spool, SpoolError, SpoolSync};

/// One thing that is done with a spool.
#[derive(Clone, Debug)]
enum Act {
    Append {
        blocks: usize,
        length: usize,
        new_epoch: bool,
    },
    Flush,
    Tick,
    Read {
        blocks: usize,
        bytes: usize,
    },
    Rewind,
    /// So many thousandths of what was read.
    Acknowledge(u64),
    /// The spool is dropped.
    Drop,
    /// The process is killed inside a call, after so many.
    Kill(usize),
    /// One call finds no room, after so many.
    Fail(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (1..8_usize, 0..200_usize, prop::bool::weighted(0.1))
            .prop_map(|(blocks, length, new_epoch)| Act::Append { blocks, length, new_epoch }),
        4 => Just(Act::Flush),
        1 => Just(Act::Tick),
        8 => (0..10_usize, 0..500_usize).prop_map(|(blocks, bytes)| Act::Read { blocks, bytes }),
        1 => Just(Act::Rewind),
        5 => (0..=1000_u64).prop_map(Act::Acknowledge),
        1 => Just(Act::Drop),
        1 => (0..12_usize).prop_map(Act::Kill),
        1 => (0..12_usize).prop_map(Act::Fail),
    ]
}

fn any_sync() -> impl Strategy<Value = SpoolSync> {
    prop_oneof![Just(SpoolSync::Never), Just(SpoolSync::Interval(Duration::from_secs(3))), Just(SpoolSync::Each),]
}

/// A spool, and what should be in it.
struct Pair {
    home: Home,
    sync: SpoolSync,
    faults: Faults,
    spool: Option<Spool>,
    /// The blocks that are not done.
    blocks: VecDeque<Told>,
    done: u64,
    /// Up to where the reader may have done them, as the answer was lost with the process.
    perhaps_done: u64,
    read: u64,
    /// What is before this place survives a kill.
    flushed: u64,
    epoch: u32,
    now: Duration,
}

impl Pair {
    fn new(sync: SpoolSync) -> Pair {
        let (home, faults) = (Home::new(), Faults::default());
        let spool = Spool::create_in(faults.create(&home.dir()), LIMITS, sync).unwrap();
        let (blocks, now) = (VecDeque::new(), Duration::ZERO);
        let (done, perhaps_done, read, flushed, epoch) = (0, 0, 0, 0, 0);
        Pair { home, sync, faults, spool: Some(spool), blocks, done, perhaps_done, read, flushed, epoch, now }
    }

    fn end(&self) -> u64 {
        self.done + self.blocks.len() as u64
    }

    fn spool(&mut self) -> &mut Spool {
        self.spool.as_mut().unwrap()
    }

    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match *act {
            Act::Append { blocks, length, new_epoch } => {
                self.epoch += u32::from(new_epoch);
                for _ in 0..blocks {
                    self.append(length)?;
                }
            }
            Act::Flush => self.flush(Spool::flush, |_| true),
            Act::Tick => {
                self.now += Duration::from_secs(1);
                let now = self.now;
                let is_due = self.spool().due().is_some_and(|due| due <= now);
                self.flush(|spool| spool.tick(now).map(drop), |_| is_due);
            }
            Act::Read { blocks, bytes } => self.read(blocks, bytes)?,
            Act::Rewind => {
                self.spool().rewind_to_acknowledged();
                self.read = self.done;
            }
            Act::Acknowledge(thousandths) => {
                self.acknowledge(self.done + (self.read - self.done) * thousandths / 1000)?
            }
            Act::Drop => self.recover()?,
            Act::Kill(calls) => self.faults.die_after(calls),
            Act::Fail(calls) => self.faults.fail_after(calls),
        }
        if self.faults.is_dead() {
            self.recover()?;
        }
        let (done, read, end) = (self.done, self.read, self.end());
        let spool = self.spool();
        prop_assert_eq!((spool.acknowledged(), spool.read_up_to(), spool.appended()), (done, read, end));
        prop_assert!(spool.bytes() <= LIMITS.max_bytes);
        Ok(())
    }

    fn append(&mut self, length: usize) -> Result<(), TestCaseError> {
        let place = self.end();
        let told = Told::new(self.epoch, place, length);
        match told.append_to(self.spool()) {
            Ok(Appended::At(at)) => {
                prop_assert_eq!(at, place);
                self.blocks.push_back(told);
            }
            Ok(Appended::Full) => prop_assert!(!self.blocks.is_empty(), "nothing is there, and it is full"),
            Err(SpoolError::NoRoom { .. } | SpoolError::NotSynced { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
        Ok(())
    }

    fn flush(&mut self, flush: impl FnOnce(&mut Spool) -> Result<(), SpoolError>, writes: impl FnOnce(&Spool) -> bool) {
        let writes = writes(self.spool());
        if flush(self.spool()).is_ok() && writes {
            self.flushed = self.end();
        }
    }

    fn read(&mut self, blocks: usize, bytes: usize) -> Result<(), TestCaseError> {
        let mut batch = Batch::new();
        let places = self.spool().read(blocks, bytes, &mut batch).unwrap();
        prop_assert_eq!(&places, &(self.read..self.read + batch.len() as u64));
        prop_assert!(batch.len() <= blocks && (batch.len() <= 1 || batch.bytes() <= bytes));
        prop_assert!(!batch.is_empty() || blocks == 0 || self.read == self.end(), "there is more");
        for (place, (seq, block)) in places.zip(batch.iter()) {
            let expected = &self.blocks[(place - self.done) as usize];
            prop_assert_eq!((batch.epoch(), seq.get(), block.head), (expected.epoch, expected.number, expected.head));
            prop_assert_eq!(block.bytes, &expected.payload);
        }
        self.read += batch.len() as u64;
        Ok(())
    }

    fn acknowledge(&mut self, up_to: u64) -> Result<(), TestCaseError> {
        match self.spool().acknowledge(up_to) {
            Err(SpoolError::AcknowledgedTwice { .. }) => prop_assert_eq!(up_to, self.done),
            // Whether it holds depends on which call it was.
            Ok(()) | Err(SpoolError::NoRoom { .. }) => {
                self.perhaps_done = up_to;
                let holds = self.spool().acknowledged();
                prop_assert!(holds == up_to || holds == self.done);
                self.all_done_before(holds);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
        Ok(())
    }

    fn all_done_before(&mut self, place: u64) {
        self.blocks.drain(..(place - self.done) as usize);
        self.done = place;
    }

    /// The process is gone, and another one takes what is left.
    fn recover(&mut self) -> Result<(), TestCaseError> {
        self.spool = None;
        self.faults.heal();
        let files = self.faults.open(&self.home.dir());
        let (spool, recovered) = Spool::recover_in(files, LIMITS, self.sync).unwrap();
        let (done, end) = (spool.acknowledged(), spool.appended());
        self.spool = Some(spool);
        prop_assert!(done == self.done || done == self.perhaps_done, "{} instead of {}", done, self.done);
        self.all_done_before(done);
        prop_assert!(self.flushed.max(done) <= end && end <= self.end(), "{} of {}..{}", end, self.flushed, self.end());
        self.blocks.truncate((end - done) as usize);
        (self.read, self.flushed, self.now) = (done, end, Duration::ZERO);

        let payloads: usize = self.blocks.iter().map(|told| told.payload.len()).sum();
        prop_assert_eq!((recovered.blocks, recovered.bytes), (end - done, payloads as u64));
        // A write that was broken off is all that a kill can leave.
        let broken_off = |damage| matches!(damage, Damage::Torn | Damage::TornHeader | Damage::Slot);
        prop_assert!(recovered.damage.iter().all(|found| broken_off(found.damage)), "{:?}", recovered.damage);
        self.read(usize::MAX, usize::MAX)?;
        self.spool().rewind_to_acknowledged();
        self.read = done;
        Ok(())
    }
}

proptest! {
    // A case that fails is shrunk to a few acts, and becomes a test of its own rather than a line in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spool_is_a_queue_whatever_happens_to_it(acts in vec(act(), 0..60), sync in any_sync()) {
        let mut pair = Pair::new(sync);
        for act in &acts {
            pair.act(act)?;
        }
        pair.recover()?;
    }
}
