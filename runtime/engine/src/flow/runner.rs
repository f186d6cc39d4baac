//! A native job on a thread of its own.
//!
//! The runner gathers a compute block, calls the job, and decides when what the job has emitted is handed over: before the
//! thread waits, when the job says that it may wait, and after a step that took long. It tells the supervisor how
//! the job ended *before* it lets go of the job's pipes, so that a writer that dies of a broken pipe is never heard of
//! before the end of its reader.

use std::any::Any;
use std::os::fd::{AsFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use pipeloom_job::{Flow, Head, Job, JobError, Seq, Setup, Step};
use pipeloom_os::doorbell::Interest;
use smallvec::SmallVec;

use super::call::{Call, Pause, Stepped};
use super::inbox::Inbox;
use super::outbox::Outbox;
use super::pace::Pace;
use super::patience::Patience;
use super::{Controls, Ending, FlowError};
use crate::step::Ready;

/// The time since the run's start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn starting_now() -> Clock {
        Clock { start: Instant::now() }
    }

    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }
}

/// How a native job ended.
#[derive(Debug)]
pub(crate) enum Returned {
    /// Its streams are at their end.
    Ended(Ending),
    /// All its readers are gone.
    Unneeded,
    /// It was asked to end.
    Stopped,
    /// It returned an error.
    Failed(JobError),
    /// It panicked, with this message.
    Panicked(String),
    /// A pipe of its could not be read or written.
    Flow(FlowError),
}

/// One native job with all it needs.
pub(crate) struct Runner {
    pub(crate) job: Box<dyn Job>,
    pub(crate) setup: Setup,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) controls: Controls,
    pub(crate) clock: Clock,
    /// Whether each output has one block for each compute block, with its number.
    pub(crate) numbered_by_step: bool,
}

/// What came of waiting for a compute block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gather {
    AtOnce,
    AfterWaiting,
    End(Ending),
}

/// Why the job is not called any more.
enum Over {
    Ended(Ending),
    Stopped,
    Job(JobError),
    Flow(FlowError),
}

impl From<JobError> for Over {
    fn from(error: JobError) -> Over {
        Over::Job(error)
    }
}

impl From<FlowError> for Over {
    fn from(error: FlowError) -> Over {
        Over::Flow(error)
    }
}

impl Runner {
    /// Works the job until it is over, on this thread.
    pub(crate) fn run(mut self) {
        let returned = match catch_unwind(AssertUnwindSafe(|| self.work())) {
            Ok(over) => self.returned(over),
            Err(panic) => Returned::Panicked(panic_message(&*panic)),
        };
        self.inbox.close();
        self.controls.tell_end(self.inbox.ended_pipes(), returned);
        // A job that panics while it is dropped has already been reported.
        let Runner { job, inbox, outbox, .. } = self;
        drop((inbox, outbox));
        if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
            log::error!("a job panicked while it was dropped");
        }
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
                None => Returned::Unneeded,
            },
            Over::Job(error) => {
                let _ = self.outbox.close(Ending::EndedUnfinished);
                Returned::Failed(error)
            }
        }
    }

    fn work(&mut self) -> Over {
        let worked = self
            .job
            .setup(&self.setup)
            .map_err(Over::from)
            .and_then(|()| if self.inbox.is_empty() { self.work_source() } else { self.work_reader() });
        match worked {
            Ok(ending) => Over::Ended(ending),
            Err(over) => over,
        }
    }

    fn work_source(&mut self) -> Result<Ending, Over> {
        let empty = Head::empty(self.setup.head_size);
        let mut number = Seq::FIRST;
        loop {
            if self.controls.must_drain() {
                return Err(Over::Stopped);
            }
            let head = empty.with(pipeloom_job::head::RESET, number == Seq::FIRST);
            self.outbox.begin(head, None);
            let step = Step { epoch: 0, number, head, inputs: &[] };
            let flow = self.job.step(&step, &mut self.outbox);
            number = number.next();
            // The common case first, without moving the result: that would cost as much as a short step.
            if let Ok(Flow::Again) = flow {
                continue;
            }
            match flow? {
                Flow::Done => return Ok(self.end_of_source()),
                flow => self.pause(Pause::of(flow), Controls::must_drain)?,
            }
        }
    }

    /// A source that ends in a step without a block has no last block to mark.
    fn end_of_source(&self) -> Ending {
        if self.outbox.has_emitted() { Ending::Finished } else { Ending::EndedUnfinished }
    }

    fn work_reader(&mut self) -> Result<Ending, Over> {
        let mut pace = Pace::starting_now();
        let ending = loop {
            match self.gather()? {
                Gather::AtOnce => {}
                Gather::AfterWaiting => pace.waited(),
                Gather::End(ending) => break ending,
            }
            match self.steps(&mut pace)? {
                Stepped::Again => {}
                Stepped::Wait(pause) => self.pause(pause, Controls::must_stop)?,
                Stepped::Last => break Ending::Finished,
            }
        };
        let in_last_step = self.outbox.has_emitted();
        self.outbox.begin(Head::empty(self.setup.head_size), None);
        self.job.end(&mut self.outbox)?;
        let has_last_block = in_last_step || self.outbox.has_emitted() || self.setup.outputs.is_empty();
        // Without a block to be marked as the last, a stream just ends.
        Ok(if ending == Ending::Finished && !has_last_block { Ending::EndedUnfinished } else { ending })
    }

    /// One compute block at least, and as many more as are at hand, up to one after which what was emitted should be handed
    /// over.
    fn steps(&mut self, pace: &mut Pace) -> Result<Stepped, Over> {
        let Self { job, inbox, outbox, setup, numbered_by_step, controls, .. } = self;
        let has_outputs = !setup.outputs.is_empty();
        let mut call = Call { job: &mut **job, outbox, setup, numbered_by_step: *numbered_by_step };
        loop {
            if controls.must_stop() {
                return Err(Over::Stopped);
            }
            match call.next(inbox)? {
                Some(Stepped::Again) if has_outputs && pace.stepped() => return Ok(Stepped::Wait(Pause::None)),
                Some(Stepped::Again) => {}
                Some(stepped) => return Ok(stepped),
                None => return Ok(Stepped::Again),
            }
        }
    }

    /// Waits for a compute block.
    fn gather(&mut self) -> Result<Gather, Over> {
        match self.inbox.gather()? {
            Ready::Whole => return Ok(Gather::AtOnce),
            Ready::End(ending) => return Ok(Gather::End(ending)),
            Ready::Waiting => {}
        }
        self.flush()?;
        let mut patience = Patience::new();
        loop {
            if self.controls.must_stop() {
                return Err(Over::Stopped);
            }
            // To look again for some microseconds is cheaper than to sleep, if looking takes no system call.
            let sleeps = patience.is_over() || !self.inbox.waits_in_memory();
            if sleeps {
                self.controls.prepare_to_sleep();
            }
            match self.inbox.gather()? {
                Ready::Waiting if sleeps => {
                    let mut interests: SmallVec<[Interest<'_>; 8]> = self.inbox.interests().collect();
                    self.controls.sleep(&mut interests, None);
                }
                Ready::Waiting => patience.wait(),
                Ready::Whole => {
                    self.controls.stay_awake();
                    return Ok(Gather::AfterWaiting);
                }
                Ready::End(ending) => {
                    self.controls.stay_awake();
                    return Ok(Gather::End(ending));
                }
            }
        }
    }

    fn flush(&mut self) -> Result<(), Over> {
        self.outbox.flush().map_err(|stopped| Over::Job(stopped.into()))
    }

    /// Hands over what was emitted, and waits as the job has asked for, unless the run wants something else.
    fn pause(&mut self, pause: Pause, is_over: fn(&Controls) -> bool) -> Result<(), Over> {
        self.flush()?;
        match pause {
            Pause::None => {}
            Pause::Until(time) => self.wait_until(time, is_over),
            Pause::For(time) => self.wait_until(self.clock.now().saturating_add(time), is_over),
            Pause::Readable(fd) => self.wait_readable(fd, is_over),
        }
        Ok(())
    }

    fn wait_until(&self, time: Duration, is_over: fn(&Controls) -> bool) {
        while !is_over(&self.controls) {
            let Some(left) = time.checked_sub(self.clock.now()).filter(|left| !left.is_zero()) else { return };
            self.controls.sleep(&mut [], Some(left));
        }
    }

    fn wait_readable(&self, fd: RawFd, is_over: fn(&Controls) -> bool) {
        // A descriptor that is not open is ready at once: the job will see the error when it reads.
        let Ok(fd) = pipeloom_os::duplicate(fd) else { return };
        while !is_over(&self.controls) {
            let mut interests = [Interest::readable(fd.as_fd())];
            self.controls.sleep(&mut interests, None);
            if interests[0].ready.any() {
                return;
            }
        }
    }
}

/// What a panic says.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
