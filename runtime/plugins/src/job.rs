//! A job of a plugin's, as the engine calls it.

use std::ffi::c_void;
use std::panic::resume_unwind;
use std::ptr;

use pipeloom_job::abi::{Answer, KindTable, RawBlock, RawFlow, RawHead, RawInput, RawStep, Status, Text};
use pipeloom_job::burst::Burst;
use pipeloom_job::plugin::SetupMessage;
use pipeloom_job::{Emit, Flow, Job, JobError, Setup, Step, Stopped};
use smallvec::SmallVec;

use crate::emit::Lent;
use crate::lines;

/// A job behind the border.
pub(crate) struct PluginJob {
    table: &'static KindTable,
    /// Only the plugin looks behind it.
    job: *mut c_void,
}

// SAFETY: a job may be called from any thread, one at a time, as `Job` is `Send` on the other side too.
#[expect(unsafe_code, reason = "a pointer says nothing about threads")]
unsafe impl Send for PluginJob {}

impl PluginJob {
    pub(crate) fn new(table: &'static KindTable, job: *mut c_void) -> PluginJob {
        PluginJob { table, job }
    }
}

/// How a call went, as a job's result. A panic goes on here, where it is caught like that of any job.
#[inline]
fn result(status: Status, answer: &Answer) -> Result<(), JobError> {
    if status == Status::Done { Ok(()) } else { Err(trouble(status, answer)) }
}

#[cold]
fn trouble(status: Status, answer: &Answer) -> JobError {
    match status {
        Status::Stopped => Stopped.into(),
        Status::Panicked => resume_unwind(Box::new(answer.text().into_owned())),
        _ => JobError::failed(answer.text().into_owned()),
    }
}

fn flow_of(flow: RawFlow) -> Result<Flow, JobError> {
    flow.get()
        .ok_or_else(|| JobError::failed("the plugin says that something comes next that this runtime does not know"))
}

impl Job for PluginJob {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let text = serde_json::to_string(&SetupMessage::from(setup)).map_err(JobError::failed)?;
        let lines = setup.lines.clone().map(lines::lend);
        let lines = lines.as_ref().map_or(ptr::null(), ptr::from_ref);
        let mut answer = Answer::default();
        let status = (self.table.setup)(self.job, Text::of(&text), lines, &mut answer);
        result(status, &answer)
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        // Most jobs are a source, or have one input with one block for each compute block, and need no list.
        match step.inputs {
            [] => self.call(step, &[], out),
            [[block]] => {
                let block = RawBlock::of(block);
                self.call(step, &[RawInput { blocks: &raw const block, len: 1 }], out)
            }
            _ => self.call_with_lists(step, out),
        }
    }

    fn burst_of_steps(&mut self, burst: &mut Burst<'_>) -> Result<Flow, JobError> {
        let (mut flow, mut answer) = (RawFlow::default(), Answer::default());
        let status = (self.table.burst)(self.job, burst, &mut flow, &mut answer);
        result(status, &answer)?;
        flow_of(flow)
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        let mut answer = Answer::default();
        let status = Lent::new(out).to(|emit| (self.table.end)(self.job, emit, &mut answer));
        result(status, &answer)
    }
}

impl PluginJob {
    fn call_with_lists(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let blocks: SmallVec<[SmallVec<[RawBlock; 2]>; 4]> =
            step.inputs.iter().map(|blocks| blocks.iter().map(RawBlock::of).collect()).collect();
        let inputs: SmallVec<[RawInput; 4]> =
            blocks.iter().map(|blocks| RawInput { blocks: blocks.as_ptr(), len: blocks.len() }).collect();
        self.call(step, &inputs, out)
    }

    #[inline]
    fn call(&mut self, step: &Step<'_>, inputs: &[RawInput], out: &mut dyn Emit) -> Result<Flow, JobError> {
        let raw = RawStep {
            epoch: step.epoch,
            number: step.number.get(),
            head: RawHead::of(step.head),
            inputs: inputs.as_ptr(),
            inputs_len: inputs.len(),
        };
        let (mut flow, mut answer) = (RawFlow::default(), Answer::default());
        let mut lent = Lent::new(out);
        let status = lent.to(|emit| (self.table.step)(self.job, &raw, emit, &mut flow, &mut answer));
        result(status, &answer)?;
        flow_of(flow)
    }
}

impl Drop for PluginJob {
    fn drop(&mut self) {
        let mut answer = Answer::default();
        if (self.table.drop)(self.job, &mut answer) == Status::Panicked {
            log::error!("a job panicked while it was dropped: {}", answer.text());
        }
    }
}
