//! Calling the job, as the runtime does for native jobs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::ProgramError;
use super::input::{Arrived, Inputs};
use super::outputs::Outputs;
use super::pause::Pauses;
use crate::batch::{Block, Seq};
use crate::head::{Head, HeadSize, RESET};
use crate::job::{Job, JobError, Setup};
use crate::pace::Pace;
use crate::step::{Flow, Step};

/// The job with all it needs.
pub(super) struct Runner {
    pub(super) job: Box<dyn Job>,
    pub(super) setup: Setup,
    pub(super) inputs: Inputs,
    pub(super) outputs: Outputs,
    /// Each output must have one block for each compute block.
    pub(super) even: bool,
    pub(super) pauses: Pauses,
}

impl Runner {
    /// Works the job until it is over.
    pub(super) fn run(mut self) -> Result<(), ProgramError> {
        // Whatever ends the job, what it made before is still wanted, and what went through is to be told.
        let worked = catch_unwind(AssertUnwindSafe(|| self.work()));
        let done = match worked.unwrap_or_else(|panic| Err(ProgramError::panicked(&*panic))) {
            Ok(()) => self.flush().or_else(|_| self.stopped()),
            Err(ProgramError::Job(JobError::Stopped(_))) => self.stopped(),
            Err(error) => {
                // That nobody reads it hides no failure.
                let _ = self.flush();
                Err(error)
            }
        };
        self.outputs.tell(&mut self.inputs);
        done
    }

    fn work(&mut self) -> Result<(), ProgramError> {
        self.job.setup(&self.setup)?;
        if self.inputs.0.is_empty() { self.work_source() } else { self.work_reader() }
    }

    /// Nobody reads any more, which is an end like any other, or a block could not be written.
    fn stopped(&mut self) -> Result<(), ProgramError> {
        let error = self.outputs.take_error();
        let _ = self.flush();
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    fn work_source(&mut self) -> Result<(), ProgramError> {
        let empty = Head::empty(self.setup.head_size);
        let mut number = Seq::FIRST;
        // What a first step does is not known.
        let mut flow = Flow::MayBlock;
        while !self.pauses.is_asked() {
            self.pauses.heart.beat();
            let head = empty.with(RESET, number == Seq::FIRST);
            self.outputs.begin(head);
            let may_wait = flow != Flow::Again;
            if may_wait {
                self.pauses.set_may_wait(true);
            }
            flow = self.job.step(&Step { epoch: 0, number, head, inputs: &[] }, &mut self.outputs)?;
            if may_wait {
                self.pauses.set_may_wait(false);
            }
            number = number.next();
            match flow {
                Flow::Again => {}
                Flow::Done => {
                    // A source that ends in a step without a block has no last block to mark.
                    if self.outputs.has_emitted() {
                        self.outputs.finish();
                    }
                    return Ok(());
                }
                _ if self.pauses.is_asked() => {}
                flow => {
                    self.flush()?;
                    self.pauses.wait(flow)?;
                }
            }
        }
        self.outputs.finish();
        Ok(())
    }

    fn work_reader(&mut self) -> Result<(), ProgramError> {
        let mut pace = Pace::starting_now();
        let mut count = Count { epoch: 0, number: Seq::FIRST };
        let is_last = match self.inputs.0.as_slice() {
            [input] if input.count == 1 => self.work_single(&mut pace, &mut count)?,
            _ => self.work_several(&mut pace, &mut count)?,
        };
        let in_last_step = is_last && self.outputs.has_emitted();
        // A stream that begins here does begin.
        let is_first = count.epoch == 0 && count.number == Seq::FIRST;
        self.outputs.begin(Head::empty(self.setup.head_size).with(RESET, is_first));
        self.job.end(&mut self.outputs)?;
        if is_last && (in_last_step || self.outputs.has_emitted()) {
            self.outputs.finish();
        }
        Ok(())
    }

    /// Works the blocks of the only input, each as it stands in what was read. Says whether the last one was among them.
    fn work_single(&mut self, pace: &mut Pace, count: &mut Count) -> Result<bool, ProgramError> {
        let Self { job, inputs, outputs, setup, even, pauses } = self;
        let [input] = inputs.0.as_mut_slice() else { return Ok(false) };
        let mut call = Call { job: &mut **job, outputs, pauses, head_size: setup.head_size, even: *even, pace, count };
        let mut over = None;
        while !input.has_ended() {
            if !input.has_come()? {
                call.job.idle()?;
                if !call.outputs.are_settled() {
                    call.outputs.flush().map_err(JobError::from)?;
                }
            }
            let bytes = input.read()?;
            call.pace.waited();
            input.cut(bytes, |block| {
                if over.is_none() {
                    match call.step(block.head, &[std::slice::from_ref(block)]) {
                        Ok(Stepped::Again) => {}
                        last => over = Some(last),
                    }
                }
            })?;
            if let Some(last) = over {
                return last.map(|_| true);
            }
        }
        Ok(false)
    }

    /// Works the compute blocks of several inputs, or of several blocks.
    fn work_several(&mut self, pace: &mut Pace, count: &mut Count) -> Result<bool, ProgramError> {
        loop {
            if self.steps(pace, count)? == Stepped::Last {
                return Ok(true);
            }
            if self.read(pace)? == Arrived::End {
                return Ok(false);
            }
        }
    }

    /// Reads what has come. Before it waits, everything that was emitted is written, and what is done is told.
    fn read(&mut self, pace: &mut Pace) -> Result<Arrived, ProgramError> {
        let arrived = self.inputs.read(false)?;
        if arrived != Arrived::Nothing {
            return Ok(arrived);
        }
        self.job.idle()?;
        if !self.outputs.are_settled() {
            self.flush()?;
        }
        let arrived = self.inputs.read(true)?;
        pace.waited();
        Ok(arrived)
    }

    fn flush(&mut self) -> Result<(), JobError> {
        Ok(self.outputs.flush()?)
    }

    /// Works the compute blocks that are at hand.
    fn steps(&mut self, pace: &mut Pace, count: &mut Count) -> Result<Stepped, ProgramError> {
        let Self { job, inputs, outputs, setup, even, pauses } = self;
        let mut call = Call { job: &mut **job, outputs, pauses, head_size: setup.head_size, even: *even, pace, count };
        let whole = inputs.whole();
        let blocks: Vec<Vec<Block<'_>>> =
            inputs.0.iter().map(|input| input.blocks().take(whole * input.count).collect()).collect();
        let mut views: Vec<&[Block<'_>]> = Vec::with_capacity(blocks.len());
        let mut stepped = Stepped::Again;
        for place in 0..whole {
            views.clear();
            views.extend(inputs.0.iter().zip(&blocks).map(|(input, all)| &all[place * input.count..][..input.count]));
            let heads = views.iter().copied().flatten().map(|block| block.head);
            stepped = call.step(heads.fold(Head::empty(call.head_size), |all, head| all | head), &views)?;
            if stepped == Stepped::Last {
                break;
            }
        }
        inputs.0.iter_mut().for_each(|input| input.pass(whole));
        Ok(stepped)
    }
}

/// What came of a compute block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stepped {
    Again,
    /// It was the last one.
    Last,
}

/// The number of the next compute block.
struct Count {
    epoch: u32,
    number: Seq,
}

/// What a step is called with, but for its blocks.
struct Call<'a> {
    job: &'a mut dyn Job,
    outputs: &'a mut Outputs,
    pauses: &'a Pauses,
    head_size: HeadSize,
    even: bool,
    pace: &'a mut Pace,
    count: &'a mut Count,
}

impl Call<'_> {
    #[inline]
    fn step(&mut self, head: Head, inputs: &[&[Block<'_>]]) -> Result<Stepped, ProgramError> {
        let Count { epoch, number } = self.count;
        if head.is_reset() && *number != Seq::FIRST {
            (*epoch, *number) = (*epoch + 1, Seq::FIRST);
        }
        self.pauses.heart.beat();
        self.outputs.begin_next(head);
        let flow = self.job.step(&Step { epoch: *epoch, number: *number, head, inputs }, self.outputs)?;
        if self.even && flow != Flow::Done {
            self.outputs.check_even(*number)?;
        }
        *number = number.next();
        self.outputs.stepped(inputs);
        if self.outputs.has_served() {
            // Whoever waited for room did not work.
            self.pace.waited();
        }
        match flow {
            Flow::Done => return Ok(Stepped::Last),
            _ if head.is_finished() => return Ok(Stepped::Last),
            Flow::Again if !self.pace.stepped() && !self.outputs.is_telling_due() => {}
            flow => self.hand_over(flow)?,
        }
        Ok(Stepped::Again)
    }

    /// Writes what was emitted, tells what is done, and waits as the job has asked for.
    #[cold]
    fn hand_over(&mut self, flow: Flow) -> Result<(), ProgramError> {
        self.outputs.flush().map_err(JobError::from)?;
        self.pauses.wait(flow)?;
        self.pace.waited();
        Ok(())
    }
}
