//! The fused conduit: the job that reads is worked on the thread of the job that writes, and called from there.
//!
//! What is put here is given to the reader's inbox as it is, and its job is called for each compute block that this makes,
//! before the writer goes on. So there is no queue, and no other thread. All else is as on a thread of its own: the reader has its
//! inbox and outbox, it ends by itself, and it tells so by its own controls. Where it would wait for blocks it returns; where it waits
//! for room, its writer waits with it. All jobs of a thread have one doorbell.
//!
//! A chain of jobs is one such outlet inside the other.

use std::mem;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use pipeloom_job::pace::Pace;
use pipeloom_job::{Batch, JobError};

use super::{Over, Returned, Runner};
use crate::flow::{BatchLimit, Ending, FlowError, Interests, Outlet, Put};

/// While its writer has more, a job is told so often that it is idle, so that what it gathers is written out though its writer
/// never rests.
const IDLES_EVERY: Duration = Duration::from_millis(1);

/// The near end of a fused pipe, and the job behind it.
pub(crate) struct FusedOutlet {
    /// `None` once its job is over.
    reader: Option<Box<Runner>>,
    pace: Pace,
    /// Whether the thread has begun that works it.
    begun: bool,
    /// Whether the job may have gathered something since it was told last that it is idle, and when that was.
    gathers: bool,
    idled: Instant,
}

impl FusedOutlet {
    /// The way to a job that has one input, this, and one life.
    pub(crate) fn new(reader: Box<Runner>) -> FusedOutlet {
        FusedOutlet {
            reader: Some(reader),
            pace: Pace::starting_now(),
            begun: false,
            gathers: true,
            idled: Instant::now(),
        }
    }

    /// Has the reader do something. If its job is over by that, it is told and let go.
    fn work(&mut self, work: impl FnOnce(&mut Runner, &mut Pace) -> Result<Option<Ending>, Over>) {
        let FusedOutlet { reader: Some(reader), pace, .. } = self else { return };
        let worked = catch_unwind(AssertUnwindSafe(|| match work(reader, pace) {
            Ok(None) => None,
            Ok(Some(ending)) => Some(reader.end_of_reader(ending).map_or_else(|over| over, Over::Ended)),
            Err(over) => Some(over),
        }));
        if let Some(worked) = worked.transpose()
            && let Some(reader) = self.reader.take()
        {
            reader.conclude(worked);
        }
    }

    /// No more blocks come.
    fn end(&mut self, ending: Ending) {
        if self.begun {
            self.work(|reader, pace| {
                reader.inbox.end(ending);
                if reader.controls.must_stop() {
                    return Err(Over::Stopped);
                }
                Ok(reader.work_off(pace)?.or(Some(ending)))
            });
        } else if let Some(reader) = self.reader.take() {
            // There was no thread for it, and it is not called on another one.
            reader.end(Returned::Stopped);
        }
    }
}

impl Outlet for FusedOutlet {
    fn put(&mut self, batch: &mut Batch) -> Result<Put, FlowError> {
        if !self.has_reader() {
            return Ok(Put::Gone);
        }
        self.gathers = true;
        let now = Instant::now();
        let idles = now.saturating_duration_since(self.idled) > IDLES_EVERY;
        if idles {
            self.idled = now;
        }
        self.work(|reader, pace| {
            reader.inbox.give(batch);
            let ended = reader.work_off(pace)?;
            if ended.is_none() {
                reader.hand_over()?;
                if idles {
                    reader.job.idle()?;
                }
            }
            Ok(ended)
        });
        Ok(Put::Taken)
    }

    fn flush(&mut self) -> Result<Put, FlowError> {
        Ok(if self.has_reader() { Put::Taken } else { Put::Gone })
    }

    fn has_reader(&self) -> bool {
        self.reader.is_some()
    }

    fn writable(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// To turn from one job to the next and back costs as much as tens of small blocks, or a good part of a large one.
    fn batch_limit(&self) -> BatchLimit {
        BatchLimit { blocks: 256, bytes: 256 * 1024 }
    }

    fn partings<'a>(&'a self, to: &mut Interests<'a>) {
        self.reader.iter().for_each(|reader| reader.outbox.partings(to));
    }

    fn begin(&mut self) {
        self.begun = true;
        self.work(|reader, _| {
            reader.outbox.begin_readers();
            reader.job.setup(&reader.setup)?;
            Ok(None)
        });
    }

    fn rest(&mut self) {
        if mem::take(&mut self.gathers) {
            self.work(|reader, _| {
                reader.job.idle()?;
                reader.outbox.rest();
                Ok(None)
            });
        }
    }

    fn attend(&mut self) {
        self.work(|reader, _| {
            if reader.controls.must_stop() {
                return Err(Over::Stopped);
            }
            reader.outbox.look_for_readers().map_err(JobError::from)?;
            Ok(None)
        });
    }

    fn is_drained(&self) -> bool {
        true
    }

    fn close(mut self: Box<Self>, ending: Ending) {
        self.end(ending);
    }
}

impl Drop for FusedOutlet {
    fn drop(&mut self) {
        self.end(Ending::EndedUnfinished);
    }
}
