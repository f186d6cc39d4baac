//! What the runtime calls in a plugin. No call unwinds: a panic is caught and told.

#![expect(unsafe_code, reason = "a job crosses the border as a pointer")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::Serialize;

use super::border::{BorderEmit, BorderLines};
use super::messages::SetupMessage;
use crate::abi::{Answer, KindTable, RawBlock, RawEmit, RawFlow, RawInput, RawLines, RawStep, Status, Text};
use crate::args::{Args, ArgsError};
use crate::batch::{Block, Seq};
use crate::burst::Burst;
use crate::head::{Head, HeadSize};
use crate::job::{Job, JobError, JobKind};
use crate::kind::Kind;
use crate::lines::Lines;
use crate::panics::panic_message;
use crate::step::{Flow, Step};

/// A pipe has a codec of the runtime's own.
const FOREIGN_CODEC: &str = "a pipe has a codec that plugins do not know";

/// The table of a kind, for [`crate::export_jobs`].
pub const fn kind_table<K: Kind>() -> KindTable {
    KindTable {
        name: Text::of(K::NAME),
        about: Text::of(K::ABOUT),
        args: args::<K>,
        ports: ports::<K>,
        new: new::<K>,
        setup,
        step,
        burst,
        end,
        drop: drop_job,
    }
}

/// A job on this side of the border.
struct Guest {
    job: Box<dyn Job>,
}

/// Why a call did not do what it was asked for.
enum Refusal {
    Stopped,
    Failed(String),
}

impl From<JobError> for Refusal {
    fn from(error: JobError) -> Refusal {
        match error {
            JobError::Stopped(_) => Refusal::Stopped,
            JobError::Failed(error) => Refusal::Failed(chain(&*error)),
        }
    }
}

/// As JSON, so that the place is kept.
impl From<ArgsError> for Refusal {
    fn from(error: ArgsError) -> Refusal {
        Refusal::Failed(serde_json::to_string(&error).unwrap_or(error.message))
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Refusal {
        Refusal::Failed(error.to_string())
    }
}

/// Does what a call is for, and tells how it went.
fn answering(answer: &mut Answer, call: impl FnOnce(&mut Answer) -> Result<(), Refusal>) -> Status {
    match catch_unwind(AssertUnwindSafe(|| call(answer))) {
        Ok(Ok(())) => Status::Done,
        Ok(Err(Refusal::Stopped)) => Status::Stopped,
        Ok(Err(Refusal::Failed(why))) => {
            answer.say(&why);
            Status::Failed
        }
        Err(panic) => {
            answer.say(panic_message(&*panic).unwrap_or("it said nothing"));
            Status::Panicked
        }
    }
}

/// An error with all its sources, which cannot cross one by one.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn say_json(answer: &mut Answer, what: &impl Serialize) -> Result<(), Refusal> {
    answer.say(&serde_json::to_string(what)?);
    Ok(())
}

fn parse(args: Text) -> Result<Args, Refusal> {
    // SAFETY: the runtime lends the text for the call.
    Ok(Args::new(serde_json::from_str(&unsafe { args.get() })?))
}

extern "C" fn args<K: Kind>(answer: &mut Answer) -> Status {
    answering(answer, |answer| say_json(answer, &(JobKind::of::<K>().args)()))
}

extern "C" fn ports<K: Kind>(args: Text, answer: &mut Answer) -> Status {
    answering(answer, |answer| say_json(answer, &(JobKind::of::<K>().ports)(&parse(args)?)?))
}

extern "C" fn new<K: Kind>(args: Text, job: &mut *mut c_void, answer: &mut Answer) -> Status {
    answering(answer, |_| {
        let made = (JobKind::of::<K>().new)(&parse(args)?)?;
        *job = Box::into_raw(Box::new(Guest { job: made })).cast();
        Ok(())
    })
}

/// # Safety
/// `job` must come from [`new`], not be dropped yet, and be used by no other call now.
unsafe fn guest<'a>(job: *mut c_void) -> &'a mut Guest {
    // SAFETY: by the contract, which is that of `KindTable`.
    unsafe { &mut *job.cast() }
}

extern "C" fn setup(job: *mut c_void, setup: Text, lines: *const RawLines, answer: &mut Answer) -> Status {
    answering(answer, |_| {
        // SAFETY: the runtime hands the lines over and lends the text; it calls one job from one thread at a time.
        let (guest, lines, setup) = unsafe { (guest(job), BorderLines::take(lines), setup.get()) };
        let setup: SetupMessage = serde_json::from_str(&setup)?;
        let lines = lines.map(|lines| Lines::new(Arc::new(lines)));
        let setup = setup.into_setup(lines).ok_or_else(|| Refusal::Failed(FOREIGN_CODEC.to_owned()))?;
        Ok(guest.job.setup(&setup)?)
    })
}

extern "C" fn step(
    job: *mut c_void,
    step: &RawStep,
    emit: &mut RawEmit,
    flow: &mut RawFlow,
    answer: &mut Answer,
) -> Status {
    answering(answer, |_| {
        // SAFETY: the runtime calls one job from one thread at a time, and lends what the step points at for the call.
        flow.say(unsafe { guest(job).step(step, emit)? });
        Ok(())
    })
}

extern "C" fn burst(job: *mut c_void, burst: &mut Burst<'_>, flow: &mut RawFlow, answer: &mut Answer) -> Status {
    answering(answer, |_| {
        burst.go_abroad();
        // SAFETY: the runtime calls one job from one thread at a time.
        flow.say(unsafe { guest(job) }.job.burst_of_steps(burst)?);
        Ok(())
    })
}

impl Guest {
    /// # Safety
    /// What the step points at must be lent for the call.
    unsafe fn step(&mut self, step: &RawStep, emit: &mut RawEmit) -> Result<Flow, JobError> {
        // SAFETY: by the contract.
        let inputs = unsafe { std::slice::from_raw_parts(step.inputs, step.inputs_len) };
        let blocks = |input: &RawInput| {
            // SAFETY: by the contract.
            let raw: &[RawBlock] = unsafe { std::slice::from_raw_parts(input.blocks, input.len) };
            // SAFETY: by the contract.
            raw.iter().filter_map(|block| unsafe { block.get() }).collect::<Vec<Block<'_>>>()
        };
        let (epoch, number) = (step.epoch, Seq::new(step.number).unwrap_or(Seq::FIRST));
        let head = step.head.get().unwrap_or(Head::empty(HeadSize::ONE));
        let mut call =
            |inputs: &[&[Block<'_>]]| self.job.step(&Step { epoch, number, head, inputs }, &mut BorderEmit(emit));
        // Most jobs are a source, or have one input with one block for each compute block, and need no list.
        match inputs {
            [] => return call(&[]),
            [input] if input.len == 1 => {
                // SAFETY: by the contract.
                if let Some(block) = unsafe { (*input.blocks).get() } {
                    return call(&[&[block]]);
                }
            }
            _ => {}
        }
        let blocks: Vec<Vec<Block<'_>>> = inputs.iter().map(blocks).collect();
        call(&blocks.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

extern "C" fn end(job: *mut c_void, emit: &mut RawEmit, answer: &mut Answer) -> Status {
    // SAFETY: the runtime calls one job from one thread at a time.
    answering(answer, |_| Ok(unsafe { guest(job) }.job.end(&mut BorderEmit(emit))?))
}

extern "C" fn drop_job(job: *mut c_void, answer: &mut Answer) -> Status {
    // SAFETY: from `new`, and given back once.
    let guest = unsafe { Box::from_raw(job.cast::<Guest>()) };
    answering(answer, |_| {
        drop(guest);
        Ok(())
    })
}
