//! Which executables have their inputs put in step by the runtime.
//!
//! A program reads its pipes by itself and pairs what it reads by count. That is right while every input has every block.
//! It is not where an input may lack blocks, or is not waited for: then somebody in front of the program must know which
//! blocks belong together. In front of one that may be restarted, or whose blocks are to outlive the runtime, somebody must know
//! which of them it was given.

use pipeloom_job::Steps;

use crate::ids::JobId;
use crate::job_spec::{Body, JobSpec};
use crate::network::Network;
use crate::pipe_spec::{Taking, WhenFull};

impl Network {
    /// For each job, whether the runtime puts its inputs in step. Native jobs do it themselves.
    pub fn jobs_to_line_up(&self) -> Vec<bool> {
        let gaps = self.pipes_with_gaps();
        let needs_it = |(id, job): (JobId, &JobSpec)| {
            let is_apart = job.inputs.iter().any(|&pipe| self[pipe].taking != Taking::InStep);
            // What has no blocks is in step with nothing.
            let has_blocks = job.inputs.iter().all(|&pipe| self[pipe].codec.has_blocks());
            let may_lack = has_blocks && job.inputs.len() > 1 && job.inputs.iter().any(|&pipe| gaps[pipe.index()]);
            let has_lives = self.has_pipes_by_life(id) && !job.inputs.is_empty();
            is_apart || may_lack || has_lives
        };
        self.jobs().map(|(id, job)| job.executable().is_some() && needs_it((id, job))).collect()
    }

    /// For each pipe, whether numbers may be missing on it: because blocks are dropped there, or were before its writer, or
    /// are lost with a writer that is restarted.
    pub fn pipes_with_gaps(&self) -> Vec<bool> {
        let mut gaps: Vec<bool> = self.pipes().map(|(_, pipe)| matches!(pipe.when_full, WhenFull::Drop(_))).collect();
        // A gap moves on with every job whose outputs carry the numbers of its inputs.
        loop {
            let mut changed = false;
            for (_, job) in self.jobs() {
                let numbered_by_step = match &job.body {
                    Body::Native(native) => native.ports.steps == Steps::Each,
                    Body::Executable(executable) => executable.steps == Steps::Each,
                };
                // A program may end inside a block, and with one that is restarted go the blocks that it had at hand.
                let takes_along = job.executable().is_some() || (numbered_by_step && !job.is_source());
                // Where several are started again together, what waits between them is lost.
                let may_lose = (job.restart.is_possible() && takes_along) || job.restarts_together;
                if may_lose || (numbered_by_step && job.inputs.iter().any(|pipe| gaps[pipe.index()])) {
                    for output in &job.outputs {
                        changed |= !std::mem::replace(&mut gaps[output.index()], true);
                    }
                }
            }
            if !changed {
                return gaps;
            }
        }
    }
}
