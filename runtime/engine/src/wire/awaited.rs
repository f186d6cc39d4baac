//! Executables that are awaited to open one of their FIFOs.
//!
//! Such a FIFO is watched until one of them has come, and no longer: a watch slows down every read and write. It is told that
//! somebody has opened it, but not who. Who still has it open when that is looked at is seen there; who had it open only for a
//! moment is known by the end that was closed.

use std::path::Path;

use pipeloom_config::JobId;
use pipeloom_os::OsError;

use super::ends::{FifoId, Fifos, KeptFifo, Side};

/// An executable that is awaited at a FIFO.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited {
    job: JobId,
    /// Which end it has.
    side: Side,
}

impl Fifos {
    /// Watches for this executable, to be given by [`Fifos::opened`] when it opens the first of its FIFOs.
    pub(crate) fn await_job(&mut self, job: JobId) -> Result<(), OsError> {
        for (id, side) in self.of_job(job) {
            let Some(fifo) = self.fifos.get_mut(&id) else { continue };
            self.watch.add_closes(&fifo.path)?;
            fifo.awaited.push(Awaited { job, side });
        }
        Ok(())
    }

    /// Awaits an executable no more.
    pub(crate) fn await_no_more(&mut self, job: JobId) -> Result<(), OsError> {
        for (id, _) in self.of_job(job) {
            let Some(fifo) = self.fifos.get_mut(&id) else { continue };
            let before = fifo.awaited.len();
            fifo.awaited.retain(|awaited| awaited.job != job);
            if before > fifo.awaited.len() && !fifo.is_watched() {
                self.watch.forget(&fifo.path)?;
            }
        }
        Ok(())
    }

    /// Whether an executable has one of its FIFOs open.
    pub(crate) fn are_held(&self, job: JobId, holds: &dyn Fn(JobId, &Path) -> bool) -> bool {
        self.of_job(job).iter().filter_map(|(id, _)| self.fifos.get(id)).any(|fifo| holds(job, &fifo.path))
    }

    /// All who are awaited anywhere.
    pub(super) fn all_awaited(&self) -> impl Iterator<Item = JobId> {
        self.fifos.values().flat_map(|fifo| fifo.awaited.iter().map(|awaited| awaited.job))
    }

    fn of_job(&self, job: JobId) -> Vec<(FifoId, Side)> {
        self.by_job.get(&job).cloned().unwrap_or_default()
    }
}

impl KeptFifo {
    /// Somebody has opened it: those awaited who have it open.
    pub(super) fn who_came(&self, holds: &dyn Fn(JobId, &Path) -> bool) -> impl Iterator<Item = JobId> {
        self.awaited.iter().map(|awaited| awaited.job).filter(|&job| holds(job, &self.path))
    }

    /// Somebody has closed it, who could write or not: those awaited who may have been that.
    pub(super) fn who_left(&self, wrote: bool) -> impl Iterator<Item = JobId> {
        // Once an end is gone, the keeper closes its own, which can write, though a writer is still awaited.
        let is_keeper = wrote && self.end_gone;
        let side = if wrote { Side::Writer } else { Side::Reader };
        let is_at_side = move |awaited: &&Awaited| !is_keeper && awaited.side == side;
        self.awaited.iter().filter(is_at_side).map(|awaited| awaited.job)
    }
}
