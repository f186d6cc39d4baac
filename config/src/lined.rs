//! Which executables have their inputs put in step by the runtime.
//!
//! A program reads its pipes by itself and pairs what it reads by count. That is right while every input has every block.
//! It is not where an input may lack blocks, or is not waited for: then somebody in front of the program must know which
//! blocks belong together.

use pipeloom_job::Steps;

use crate::ids::PipeId;
use crate::job_spec::Body;
use crate::network::Network;
use crate::pipe_spec::{Taking, WhenFull};

impl Network {
    /// For each job, whether the runtime puts its inputs in step. Native jobs do it themselves.
    pub fn jobs_to_line_up(&self) -> Vec<bool> {
        let gaps = self.pipes_with_gaps();
        let needs_it = |inputs: &[PipeId]| {
            let is_apart = inputs.iter().any(|&pipe| self[pipe].taking != Taking::InStep);
            let may_lack = inputs.len() > 1 && inputs.iter().any(|&pipe| gaps[pipe.index()]);
            is_apart || may_lack
        };
        self.jobs().map(|(_, job)| job.executable().is_some() && needs_it(&job.inputs)).collect()
    }

    /// For each pipe, whether numbers may be missing on it: because blocks are dropped there, or were before its writer.
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
                if numbered_by_step && job.inputs.iter().any(|pipe| gaps[pipe.index()]) {
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
