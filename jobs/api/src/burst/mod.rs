//! Several steps in one call.
//!
//! To call a job takes as long as a short step does. So those who call jobs call [`Job::burst_of_steps`], which is compiled together with the
//! job: it walks along the batch that has come and calls [`Job::step`] for each block, and what the step sends goes into
//! the batch of its only reader, without a call that is not known at compile time. That goes for jobs on both sides of the border to
//! plugins: all that a burst works on are structures of C, and the border is crossed once.
//!
//! A burst is for a source, or for a job with one input whose blocks are compute blocks one by one, with no more than one output, which
//! has one reader. Whatever it cannot do by itself it asks its [`Lender`] for: large blocks, and room when the batch is full.
//!
//! It ends when there is nothing left to walk along, after a step that comes to something else than "call again", after as many steps
//! as were asked for, and before a step if somebody asks the job for something.
//!
//! ```text
//! walk       what it takes: a place in a batch
//! room       what it fills: the free end of a batch
//! numbering  which numbers and heads blocks get
//! lender     what it asks the runtime for
//! ```

mod lender;
mod numbering;
mod room;
mod walk;

#[cfg(test)]
mod tests;

use std::panic::resume_unwind;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use self::lender::{Calls, Context, Place};
pub use self::lender::{Lender, Lent};
pub use self::numbering::{Numbering, Stamp};
use self::room::Room;
use self::walk::Walk;
pub use crate::batch::Filled;
use crate::batch::{Batch, Block, Cursor, Seq};
use crate::control::Report;
use crate::head::{Head, HeadSize, RESET};
use crate::job::{Job, JobError};
use crate::step::{Emit, Flow, Port, Step, Stopped};

/// Under which terms a job is called.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Terms<'a> {
    /// The epoch of all steps.
    pub epoch: u32,
    /// At most so many steps.
    pub most: u32,
    /// The size of the network's heads.
    pub head_size: HeadSize,
    /// Each step sends one block on each output, with the step's number.
    pub numbered_by_step: bool,
    /// No step begins once this is asked for.
    pub stop: Asked<'a>,
    /// No step begins while this is set.
    pub is_halted: &'a AtomicBool,
}

/// What may be asked of the job at any time: some bits of a word.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Asked<'a> {
    word: &'a AtomicU8,
    bits: u8,
}

impl<'a> Asked<'a> {
    /// It is asked for if any of these bits is set.
    pub const fn any_of(bits: u8, word: &'a AtomicU8) -> Asked<'a> {
        Asked { word, bits }
    }

    /// Whether it is. A glance: what is asked for at this moment may show only at the next.
    #[inline(always)]
    pub fn is_asked(self) -> bool {
        self.word.load(Ordering::Relaxed) & self.bits != 0
    }
}

/// What the job is called with.
#[derive(Debug)]
pub enum Given<'a> {
    /// Nothing: it is a source.
    Nothing {
        /// The number of the next step, which counts on.
        next: &'a mut Seq,
        /// The step with which the job's stream begins.
        first: Seq,
    },
    /// The blocks of a batch, of which each is a compute block.
    Blocks {
        /// The batch.
        batch: &'a Batch,
        /// The next block, which goes on.
        cursor: &'a mut Cursor,
        /// The number of the last block that is done, or too old. A block up to this number ends the burst.
        passed: &'a mut u64,
    },
}

/// What came of a burst.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Worked {
    /// What the last step came to; [`Flow::Again`] if there was none.
    pub flow: Flow,
    /// How many steps there were.
    pub steps: u32,
    /// The last step's block was its stream's last.
    pub finished: bool,
    /// The last step has not sent one block on each output, though it is to. It does not count as done.
    pub uneven: bool,
}

/// Calls a job, as [`Terms`] say, with what is given. What the job sends is the lender's afterwards, also if the job fails or panics.
///
/// # Errors
/// That of the last step, which then does not count as done.
///
/// # Panics
/// If the job or the lender does.
pub fn work(
    job: &mut dyn Job,
    lender: &mut dyn Lender,
    given: Given<'_>,
    terms: Terms<'_>,
) -> Result<Worked, JobError> {
    let mut call = Call { context: Context::new(lender), burst: Burst::new(&given, terms), given };
    call.context.lend(&mut call.burst.out.place);
    // From here on until the burst is over the context is used by these calls alone.
    call.burst.out.calls = call.context.calls();
    let flow = job.burst_of_steps(&mut call.burst);
    if let Some(panic) = call.context.take_panic() {
        resume_unwind(panic);
    }
    let Burst { steps, finished, uneven, .. } = call.burst;
    flow.map(|flow| Worked { flow, steps, finished, uneven })
}

/// A burst, with those who are told how far it came.
struct Call<'a> {
    context: Context<'a>,
    burst: Burst<'a>,
    given: Given<'a>,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.context.take_back(&mut self.burst.out.place);
        match &mut self.given {
            Given::Nothing { next, .. } => **next = self.burst.next,
            Given::Blocks { cursor, passed, .. } => {
                (**cursor, **passed) = (self.burst.walk.cursor, self.burst.walk.passed);
            }
        }
    }
}

/// Steps to be made; see [the module](self).
#[repr(C)]
pub struct Burst<'a> {
    terms: Terms<'a>,
    is_source: bool,
    finished: bool,
    uneven: bool,
    steps: u32,
    /// Of a source: the number of the next step, and the one that begins the stream.
    next: Seq,
    first: Seq,
    walk: Walk<'a>,
    out: Out,
}

impl<'a> Burst<'a> {
    fn new(given: &Given<'a>, terms: Terms<'a>) -> Burst<'a> {
        let (walk, next, first) = match given {
            Given::Nothing { next, first } => (Walk::nowhere(), **next, *first),
            Given::Blocks { batch, cursor, passed } => (Walk::along(batch, **cursor, **passed), Seq::FIRST, Seq::FIRST),
        };
        let head = Head::empty(terms.head_size);
        let place = Place { room: Room::none(), step: Stamp { head, number: None } };
        Burst {
            terms,
            is_source: matches!(given, Given::Nothing { .. }),
            finished: false,
            uneven: false,
            steps: 0,
            next,
            first,
            walk,
            out: Out { place, has_open: false, calls: Calls::nobodys() },
        }
    }

    /// Makes the steps; what they come to together is what the last one has come to.
    ///
    /// # Errors
    /// That of a step, after which there is no other.
    #[inline(always)]
    pub fn make<J: Job + ?Sized>(&mut self, job: &mut J) -> Result<Flow, JobError> {
        if self.is_source { self.make_of_source(job) } else { self.make_of_blocks(job, self.terms.most) }
    }

    /// Makes the steps of a job that sends on each block as it is, and fails at one that does not have `size` bytes, if a size is
    /// given. Blocks are sent on many at once, but for those that [`Job::step`] has to look at.
    ///
    /// # Errors
    /// As those of [`Burst::make`].
    pub fn pass_on<J: Job + ?Sized>(&mut self, job: &mut J, size: Option<usize>) -> Result<Flow, JobError> {
        loop {
            if self.terms.numbered_by_step && self.may_go_on(self.terms.most) {
                let most = (self.terms.most - self.steps) as usize;
                self.steps += self.out.place.pass_on(&mut self.walk, most, size) as u32;
            }
            let before = self.steps;
            let flow = self.make_of_blocks(job, self.terms.most.min(before + 1))?;
            if flow != Flow::Again || self.steps == before || self.finished || self.uneven {
                return Ok(flow);
            }
        }
    }

    #[inline(always)]
    fn make_of_source<J: Job + ?Sized>(&mut self, job: &mut J) -> Result<Flow, JobError> {
        let (empty, epoch) = (Head::empty(self.terms.head_size), self.terms.epoch);
        while self.may_go_on(self.terms.most) {
            let number = self.next;
            let head = empty.with(RESET, number == self.first);
            self.begin(head, number);
            let flow = job.step(&Step { epoch, number, head, inputs: &[] }, &mut self.out);
            self.next = number.next();
            // The common case first, without moving the result: that would cost as much as a short step.
            if let Ok(Flow::Again) = flow {
                continue;
            }
            return flow;
        }
        Ok(Flow::Again)
    }

    #[inline(always)]
    fn make_of_blocks<J: Job + ?Sized>(&mut self, job: &mut J, most: u32) -> Result<Flow, JobError> {
        let (view, epoch) = (self.walk.view(), self.terms.epoch);
        let (mut cursor, mut passed) = (self.walk.cursor, self.walk.passed);
        while self.may_go_on(most) {
            let mut after = cursor;
            let Some((number, block)) = view.pass(&mut after) else { break };
            if number.get() <= passed {
                break;
            }
            let head = block.head;
            self.begin(head, number);
            let flow = job.step(&Step { epoch, number, head, inputs: &[slice::from_ref(&block)] }, &mut self.out);
            let is_even = !self.terms.numbered_by_step || self.out.place.room.is_even();
            // The common case first, as above.
            if let Ok(Flow::Again) = flow
                && is_even
                && !head.is_finished()
            {
                (cursor, passed) = (after, number.get());
                self.walk.pass(number, after);
                continue;
            }
            if let Ok(last) = flow {
                self.uneven = !is_even && last != Flow::Done;
                self.finished = head.is_finished();
                if !self.uneven {
                    self.walk.pass(number, after);
                }
            }
            return flow;
        }
        Ok(Flow::Again)
    }

    #[inline(always)]
    fn may_go_on(&self, most: u32) -> bool {
        let Terms { stop, is_halted, .. } = self.terms;
        self.steps < most && !stop.is_asked() && !is_halted.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn begin(&mut self, head: Head, number: Seq) {
        self.out.begin(Stamp { head, number: self.terms.numbered_by_step.then_some(number) });
        self.steps += 1;
    }

    /// From now on it is worked on the other side of the border to plugins.
    pub(crate) fn go_abroad(&mut self) {
        self.out.calls.go_abroad();
    }
}

/// What the steps of a burst are given to send by.
#[repr(C)]
struct Out {
    place: Place,
    /// Whether a block is reserved in the room.
    has_open: bool,
    calls: Calls,
}

impl Out {
    #[inline(always)]
    fn begin(&mut self, step: Stamp) {
        self.place.step = step;
        self.place.room.begin(step.head);
    }
}

impl Emit for Out {
    #[inline(always)]
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        self.has_open = to == Port(0) && self.place.room.has_room_for(len);
        if self.has_open {
            return Ok(self.place.room.open(len));
        }
        self.calls.reserve(&mut self.place, to, len)
    }

    #[inline(always)]
    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped> {
        if std::mem::take(&mut self.has_open) {
            self.place.room.seal(head, &self.place.step);
            return Ok(());
        }
        self.calls.commit(&mut self.place, head)
    }

    #[inline(always)]
    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        self.has_open = false;
        if to == Port(0) && self.place.room.has_room_for(block.bytes.len()) {
            self.place.room.push(block, &self.place.step);
            return Ok(());
        }
        self.calls.emit(&mut self.place, to, block)
    }

    fn report(&mut self, what: Report) {
        self.calls.report(what);
    }
}
