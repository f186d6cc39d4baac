//! A native job on a thread.
//!
//! The runner gathers a compute block, calls the job, and decides when what the job has emitted is handed over: before the
//! thread waits, when the job says that it may wait, and after a step that took long. It tells the supervisor how
//! the job ended *before* it lets go of the job's pipes, so that a writer that dies of a broken pipe is never heard of
//! before the end of its reader.
//!
//! A job that may be started again is made anew on the same thread, which keeps the pipes meanwhile: nothing that waits in
//! them is lost, and the numbers of blocks go on. If others are started again with it, its life is interrupted after the
//! step at hand, and the thread loses what waits between them when it is told to.
//!
//! ```text
//! fused    a job that is worked on the thread of the job that writes for it
//! lives    how each life ends, and what comes between
//! ```

mod fused;
mod lives;

use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::time::Duration;

use pipeloom_job::burst::{self, Given, Terms};
use pipeloom_job::head::RESET;
use pipeloom_job::pace::Pace;
use pipeloom_job::{ArgsError, Flow, Head, Job, JobError, Seq, Setup, Step};
use pipeloom_os::doorbell::Interest;

use super::call::{Call, Pause, Stepped};
use super::clock::Clock;
use super::inbox::Inbox;
use super::outbox::Outbox;
use super::patience::Patience;
use super::times::Times;
use super::{Controls, Ending, FlowError, Interests, SleepsFor};
use crate::step::Ready;
use crate::supervise::Incarnation;

pub(crate) use self::fused::FusedOutlet;

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

/// One native job with all it needs. It is large, so who hands it on boxes it: copies would stay on the stack of its thread for
/// as long as it runs.
pub(crate) struct Runner {
    pub(crate) job: Box<dyn Job>,
    pub(crate) setup: Setup,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) controls: Controls,
    pub(crate) clock: Clock,
    /// Whether each output has one block for each compute block, with its number.
    pub(crate) numbered_by_step: bool,
    /// For a job that logs its times.
    pub(crate) times: Option<Times>,
    /// For a job that may be started again.
    pub(crate) make: Option<MakeJob>,
    /// Whether its next life is given again the compute block with which it failed.
    pub(crate) gives_again: bool,
    /// Whether the job has been given the compute block at hand, and has not done it.
    pub(crate) in_step: bool,
    pub(crate) life: Incarnation,
    /// The epoch of a source's blocks, and the numbers of its next step and of the first one in this life.
    pub(crate) epoch: u32,
    pub(crate) next: Seq,
    pub(crate) first: Seq,
    /// How many jobs are worked on its thread: itself, and those that are fused to it, one behind the other.
    pub(crate) jobs: usize,
}

/// Makes a job anew, with its arguments.
pub(crate) type MakeJob = Box<dyn Fn() -> Result<Box<dyn Job>, ArgsError> + Send>;

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
    fn work(&mut self) -> Over {
        self.in_step = false;
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
        let mut pace = Pace::starting_now();
        loop {
            self.clock.wait_while_halted();
            if self.controls.must_drain() {
                return Err(Over::Stopped);
            }
            self.outbox.set_epoch(self.epoch);
            let may_burst = self.times.is_none() && self.outbox.suits_bursts();
            let (flow, steps) = if may_burst { self.burst_of_source(&pace)? } else { (self.step_of_source()?, 1) };
            match flow {
                Flow::Again => {
                    if pace.stepped_by(steps) {
                        self.flush()?;
                    }
                    continue;
                }
                Flow::Done => return Ok(self.end_of_source()),
                flow => self.pause(Pause::of(flow), Controls::must_drain)?,
            }
            pace.waited();
        }
    }

    /// Several steps in one call. Says how many.
    fn burst_of_source(&mut self, pace: &Pace) -> Result<(Flow, u32), JobError> {
        let Self { job, outbox, setup, controls, clock, epoch, next, first, .. } = self;
        let terms = Terms {
            epoch: *epoch,
            most: pace.unwatched(),
            head_size: setup.head_size,
            numbered_by_step: false,
            stop: controls.drain(),
            is_halted: clock.halted(),
        };
        let worked = burst::work(&mut **job, outbox, Given::Nothing { next, first: *first }, terms)?;
        Ok((worked.flow, worked.steps))
    }

    fn step_of_source(&mut self) -> Result<Flow, JobError> {
        let number = self.next;
        let head = Head::empty(self.setup.head_size).with(RESET, number == self.first);
        self.outbox.begin(head, None);
        let step = Step { epoch: self.epoch, number, head, inputs: &[] };
        if let Some(times) = &mut self.times {
            times.take();
        }
        let flow = self.job.step(&step, &mut self.outbox);
        // A step without a block has only looked whether there is one.
        if let Some(times) = &mut self.times
            && flow.is_ok()
            && self.outbox.has_emitted()
        {
            times.done(self.outbox.most_emitted(), &mut self.outbox)?;
        }
        self.next = number.next();
        flow
    }

    /// A source that ends in a step without a block has no last block to mark.
    fn end_of_source(&self) -> Ending {
        if self.outbox.has_emitted() { Ending::Finished } else { Ending::EndedUnfinished }
    }

    fn work_reader(&mut self) -> Result<Ending, Over> {
        let mut pace = Pace::starting_now();
        loop {
            if let Some(ending) = self.work_off(&mut pace)? {
                return self.end_of_reader(ending);
            }
            self.wait_for_blocks()?;
            pace.waited();
        }
    }

    /// Works all compute blocks that are at hand. Says how it ended, if that was the last one or there is none any more.
    fn work_off(&mut self, pace: &mut Pace) -> Result<Option<Ending>, Over> {
        loop {
            match self.inbox.gather()? {
                Ready::Whole => {}
                Ready::End(ending) => return Ok(Some(ending)),
                Ready::Waiting => return Ok(None),
            }
            match self.steps(pace)? {
                Stepped::Again => {}
                Stepped::Wait(pause) => self.pause(pause, Controls::must_stop)?,
                Stepped::Last => return Ok(Some(Ending::Finished)),
            }
        }
    }

    /// There is no other compute block.
    fn end_of_reader(&mut self, ending: Ending) -> Result<Ending, Over> {
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
        let Self { job, inbox, outbox, setup, numbered_by_step, times, controls, clock, in_step, .. } = self;
        let has_outputs = !setup.outputs.is_empty() || times.is_some();
        let settles = inbox.settles();
        let may_burst = times.is_none() && !settles && outbox.suits_bursts();
        let times = times.as_mut();
        let mut call = Call { job: &mut **job, outbox, setup, numbered_by_step: *numbered_by_step, times };
        loop {
            clock.wait_while_halted();
            if controls.must_stop() {
                return Err(Over::Stopped);
            }
            *in_step = true;
            let most = if has_outputs { pace.unwatched() } else { u32::MAX };
            let (stepped, steps, is_through) = match inbox.only().filter(|_| may_burst) {
                Some(only) => {
                    let (stepped, steps) = call.burst(only, controls, clock, most)?;
                    (stepped, steps, steps < most)
                }
                None => call.next(inbox)?.map_or((Stepped::Again, 0, true), |stepped| (stepped, 1, false)),
            };
            *in_step = false;
            if settles {
                // What was made of it is on its way before it counts as done.
                call.outbox.flush().map_err(JobError::from)?;
                inbox.settle();
            }
            match stepped {
                Stepped::Again if has_outputs && pace.stepped_by(steps) => return Ok(Stepped::Wait(Pause::None)),
                Stepped::Again if is_through => return Ok(Stepped::Again),
                Stepped::Again => {}
                stepped => return Ok(stepped),
            }
        }
    }

    /// Waits for a compute block, or for the end.
    fn wait_for_blocks(&mut self) -> Result<(), Over> {
        self.flush()?;
        let (mut patience, mut told) = (Patience::new(), false);
        loop {
            if self.controls.must_stop() {
                return Err(Over::Stopped);
            }
            // To look again for some microseconds is cheaper than to sleep, if looking takes no system call.
            let sleeps = patience.is_over() || !self.inbox.waits_in_memory();
            if sleeps {
                if !std::mem::replace(&mut told, true) {
                    self.job.idle()?;
                }
                self.controls.prepare_to_sleep();
                self.look_for_readers()?;
            }
            if self.inbox.gather()? != Ready::Waiting {
                self.controls.stay_awake();
                return Ok(());
            }
            if sleeps {
                let mut interests: Interests<'_> = self.inbox.interests().collect();
                self.outbox.partings(&mut interests);
                self.controls.sleep_for(SleepsFor::Blocks, &mut interests, None);
            } else {
                patience.wait();
            }
        }
    }

    /// Hands over all that was emitted.
    fn hand_over(&mut self) -> Result<(), Over> {
        self.outbox.flush().map_err(|stopped| Over::Job(stopped.into()))
    }

    /// The same before the job waits, or perhaps takes long.
    fn flush(&mut self) -> Result<(), Over> {
        self.hand_over()?;
        self.outbox.rest();
        Ok(())
    }

    /// Hands over what was emitted, and waits as the job has asked for, unless the run wants something else.
    fn pause(&mut self, pause: Pause, is_over: fn(&Controls) -> bool) -> Result<(), Over> {
        self.flush()?;
        match pause {
            Pause::None => {}
            Pause::Until(time) => self.wait_until(time, is_over)?,
            Pause::For(time) => self.wait_until(self.clock.now().saturating_add(time), is_over)?,
            Pause::Readable(fd) => self.wait_readable(fd, is_over)?,
        }
        Ok(())
    }

    fn wait_until(&mut self, time: Duration, is_over: fn(&Controls) -> bool) -> Result<(), Over> {
        while !is_over(&self.controls) {
            self.clock.wait_while_halted();
            let Some(left) = time.checked_sub(self.clock.now()).filter(|left| !left.is_zero()) else { break };
            self.sleep(None, Some(left))?;
        }
        Ok(())
    }

    fn wait_readable(&mut self, fd: RawFd, is_over: fn(&Controls) -> bool) -> Result<(), Over> {
        // A descriptor that is not open is ready at once: the job will see the error when it reads.
        let Ok(fd) = pipeloom_os::duplicate(fd) else { return Ok(()) };
        while !is_over(&self.controls) && !self.sleep(Some(fd.as_fd()), None)? {}
        Ok(())
    }

    /// Sleeps until there is something on the descriptor, which is then said, the time is over, or something has changed that
    /// the caller or the next call looks at.
    fn sleep(&mut self, fd: Option<BorrowedFd<'_>>, time: Option<Duration>) -> Result<bool, Over> {
        self.controls.prepare_to_sleep();
        self.look_for_readers()?;
        let mut interests: Interests<'_> = fd.into_iter().map(Interest::readable).collect();
        self.outbox.partings(&mut interests);
        self.controls.sleep(&mut interests, time);
        Ok(fd.is_some() && interests[0].ready.any())
    }

    /// A job that waits would not learn otherwise that nobody wants its blocks any more.
    fn look_for_readers(&mut self) -> Result<(), Over> {
        self.outbox.look_for_readers().map_err(|stopped| {
            self.controls.stay_awake();
            Over::Job(stopped.into())
        })
    }
}
