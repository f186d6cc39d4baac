//! The lives of a native job: how each ends, what comes between, and what is left of the last one.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use pipeloom_job::{Job, JobError, Seq, panic_message};

use super::{Over, Returned, Runner};
use crate::flow::Ending;
use crate::flow::controls::Next;
use crate::step::Ready;

/// A job that panics while it is dropped has been told of already.
fn drop_job(job: Box<dyn Job>) {
    if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
        log::error!("a job panicked while it was dropped");
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Returned {
    Returned::Panicked(panic_message(panic).unwrap_or("no message").to_owned())
}

impl Runner {
    /// Works the job until it is over, on this thread.
    pub(crate) fn run(mut self: Box<Self>) {
        self.outbox.begin_readers();
        loop {
            let failed = match catch_unwind(AssertUnwindSafe(|| self.work())) {
                Ok(Over::Job(error @ JobError::Failed(_))) => Returned::Failed(error),
                Ok(Over::Stopped | Over::Job(JobError::Stopped(_))) if self.is_interrupted() => {
                    if !self.rest() {
                        return self.let_go();
                    }
                    continue;
                }
                Ok(over) => {
                    let returned = self.returned(over);
                    return self.end(returned);
                }
                Err(panic) => panicked(&*panic),
            };
            if !self.may_live_again() {
                return self.end(failed);
            }
            self.controls.tell_end(self.life, self.inbox.ended_pipes(), failed);
            // What it made before is still wanted. That it cannot be handed over shows in the next step.
            let _ = self.outbox.flush();
            if !self.begin_life() {
                return self.let_go();
            }
        }
    }

    /// Whether only this life of the job is to end.
    fn is_interrupted(&mut self) -> bool {
        self.make.is_some() && self.controls.is_interrupted() && !self.outbox.has_error()
    }

    /// This life was ended for another one, with which others begin: waits for it. `false` if there is none after all.
    fn rest(&mut self) -> bool {
        self.outbox.break_off();
        self.cut();
        self.controls.tell_end(self.life, self.inbox.ended_pipes(), Returned::Stopped);
        self.begin_life()
    }

    /// This life is over. If it was given the compute block at hand, that is lost, or given again.
    fn cut(&mut self) {
        match (std::mem::take(&mut self.in_step), self.gives_again) {
            (false, _) => {}
            (true, true) => self.inbox.repeat(),
            (true, false) => self.inbox.lose(),
        }
    }

    /// After a failure: whether the job could have another life, with something left to do.
    fn may_live_again(&mut self) -> bool {
        if self.make.is_none() {
            return false;
        }
        self.outbox.break_off();
        self.cut();
        let has_more = matches!(self.inbox.gather(), Ok(Ready::Whole | Ready::Waiting));
        if !has_more {
            self.controls.tell_inputs_over(self.life);
        }
        has_more
    }

    /// Waits for the job's next life, and makes the job anew. `false` if there is none.
    fn begin_life(&mut self) -> bool {
        let Some(make) = &self.make else { return false };
        loop {
            let life = match self.controls.wait_for_next_after(self.life) {
                Next::Life(life) => life,
                Next::Lose(lose) => {
                    self.outbox.lose();
                    if let Err(error) = self.inbox.clear(&lose.pipes, lose.awaited) {
                        // It comes again with the next block, which is told then.
                        log::warn!("{error}");
                    }
                    self.controls.tell_lost(self.life, lose.round);
                    continue;
                }
                Next::Nothing => return false,
            };
            let epoch = self.epoch.max(self.controls.epoch());
            if epoch > self.epoch {
                (self.epoch, self.next) = (epoch, Seq::FIRST);
            }
            (self.life, self.first) = (life, self.next);
            self.setup.continues = true;
            let made = catch_unwind(AssertUnwindSafe(make));
            let failed = match made {
                Ok(Ok(job)) => {
                    drop_job(std::mem::replace(&mut self.job, job));
                    return true;
                }
                Ok(Err(error)) => Returned::Failed(JobError::failed(error)),
                Err(panic) => panicked(&*panic),
            };
            self.controls.tell_end(life, std::iter::empty(), failed);
        }
    }

    /// A job that has no other life is over.
    pub(super) fn conclude(mut self: Box<Self>, worked: thread::Result<Over>) {
        let returned = match worked {
            Ok(over) => self.returned(over),
            Err(panic) => panicked(&*panic),
        };
        self.end(returned);
    }

    /// Tells how the job ended, and lets go of its pipes.
    pub(super) fn end(mut self: Box<Self>, returned: Returned) {
        let has_failed = matches!(returned, Returned::Failed(_) | Returned::Panicked(_));
        if has_failed {
            self.outbox.break_off();
        }
        // What it had emitted is still wanted by those who drain. Who is worked on this thread may take long over it, or fail for
        // want of more: this job's failure is told before.
        let tells_first = has_failed && self.jobs > 1;
        if has_failed && !tells_first {
            let _ = self.outbox.close(Ending::EndedUnfinished);
        }
        if let Returned::Ended(_) = returned {
            self.inbox.settle_all();
        }
        self.inbox.close();
        self.controls.tell_no_other_life(self.life);
        self.controls.tell_end(self.life, self.inbox.ended_pipes(), returned);
        if tells_first {
            let _ = self.outbox.close(Ending::EndedUnfinished);
        }
        let Runner { job, inbox, outbox, .. } = *self;
        drop((inbox, outbox));
        drop_job(job);
    }

    /// Lets go of the pipes of a job that has no other life, which is known.
    fn let_go(mut self: Box<Self>) {
        let _ = self.outbox.close(Ending::EndedUnfinished);
        self.inbox.close();
        let Runner { job, inbox, outbox, .. } = *self;
        drop((inbox, outbox));
        drop_job(job);
    }

    fn returned(&mut self, over: Over) -> Returned {
        match over {
            Over::Ended(ending) => match self.outbox.close(ending) {
                Ok(()) => Returned::Ended(ending),
                Err(stopped) => self.returned(Over::Job(stopped.into())),
            },
            Over::Flow(error) => Returned::Flow(error),
            Over::Stopped => {
                // What it made before is still wanted by those who drain.
                let _ = self.outbox.close(Ending::EndedUnfinished);
                Returned::Stopped
            }
            Over::Job(JobError::Stopped(_)) => match self.outbox.take_error() {
                Some(error) => Returned::Flow(error),
                None if self.controls.must_stop() => Returned::Stopped,
                None => {
                    // Not all of its readers are those of its own outputs.
                    let _ = self.outbox.close(Ending::EndedUnfinished);
                    Returned::Unneeded
                }
            },
            Over::Job(error) => Returned::Failed(error),
        }
    }
}
