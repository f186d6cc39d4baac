//! Bugs that are put in on purpose: a simulator that does not find them finds none.

use std::os::fd::BorrowedFd;

use pipeloom_job::Batch;

use crate::flow::{Ending, FlowError, Intake, Outlet, Put, Unread};

/// A bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Planted {
    /// On its way through a relay a block goes missing, and nobody counts it.
    DropABlock,
    /// What programs say that they have done is not heard.
    ForgetAcknowledgements,
    /// What a program says that it has done is taken for one more.
    BelieveTooMuch,
    /// A job is started again though the run is being stopped.
    RespawnWhileStopping,
    /// What is told of an earlier life is taken for news of the one at hand.
    BelieveStaleFacts,
    /// What waits between jobs that are started again together stays.
    KeepWhatWaits,
    /// Nobody looks whether jobs wait for each other.
    WatchNobody,
}

/// An outlet that loses its third block.
pub(super) struct Sieve {
    outlet: Box<dyn Outlet>,
    left: usize,
}

impl Sieve {
    pub(super) fn new(outlet: Box<dyn Outlet>) -> Sieve {
        Sieve { outlet, left: 3 }
    }
}

impl Outlet for Sieve {
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError> {
        let mut others = Batch::new();
        others.set_epoch(batch.epoch());
        let lost = self.left.checked_sub(1);
        batch.iter().enumerate().filter(|(place, _)| Some(*place) != lost).for_each(|(_, (seq, block))| {
            others.push(seq, &block);
        });
        let put = if others.is_empty() { Put::Taken } else { self.outlet.put(&mut others)? };
        if put == Put::Taken {
            self.left = self.left.saturating_sub(batch.len());
            batch.clear();
        }
        Ok(put)
    }

    fn flush(&mut self) -> Result<Put, FlowError> {
        self.outlet.flush()
    }

    fn has_reader(&self) -> bool {
        self.outlet.has_reader()
    }

    fn writable(&self) -> Option<BorrowedFd<'_>> {
        self.outlet.writable()
    }

    fn unread(&self) -> Unread {
        self.outlet.unread()
    }

    fn is_drained(&self) -> bool {
        self.outlet.is_drained()
    }

    fn intake(&self) -> Option<Intake> {
        self.outlet.intake()
    }

    fn close(self: Box<Self>, ending: Ending) {
        self.outlet.close(ending);
    }
}
