//! The checked network: what an engine is given. A network that cannot run cannot be represented here, as far as
//! that can be known without running it.

use std::ops::Index;
use std::path::{Path, PathBuf};

use pipeloom_job::HeadSize;

use crate::ids::{JobId, PipeId};
use crate::job_spec::JobSpec;
use crate::pipe_spec::PipeSpec;
use crate::problem::Problem;
use crate::problems::Problems;
use crate::source::Sources;

/// A network that has passed all checks.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) head_size: HeadSize,
    pub(crate) dir: PathBuf,
    pub(crate) sources: Sources,
    pub(crate) notes: Vec<Problem>,
    pub(crate) jobs: Vec<JobSpec>,
    pub(crate) pipes: Vec<PipeSpec>,
}

impl Network {
    /// The network's name; without one in the file, the file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the file says the network is for.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The size of every head.
    pub const fn head_size(&self) -> HeadSize {
        self.head_size
    }

    /// The file's folder, absolute: `${network}`, and where relative paths start.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The text of the file as it was checked.
    pub fn source(&self) -> &str {
        self.sources.text()
    }

    /// Later refusals, to be shown like what a check finds.
    pub fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems::new(self.sources.clone(), list)
    }

    /// What is not wrong, but perhaps not what was meant.
    pub fn notes(&self) -> Problems {
        self.problems(self.notes.clone()).into_notes()
    }

    /// All jobs in the file's order.
    pub fn jobs(&self) -> impl ExactSizeIterator<Item = (JobId, &JobSpec)> {
        self.jobs.iter().enumerate().map(|(index, job)| (JobId(index as u32), job))
    }

    /// All pipes, by first mention in the file.
    pub fn pipes(&self) -> impl ExactSizeIterator<Item = (PipeId, &PipeSpec)> {
        self.pipes.iter().enumerate().map(|(index, pipe)| (PipeId(index as u32), pipe))
    }

    /// The job of this name.
    pub fn job_named(&self, name: &str) -> Option<JobId> {
        self.jobs().find(|(_, job)| job.name.as_str() == name).map(|(id, _)| id)
    }
}

impl Index<JobId> for Network {
    type Output = JobSpec;

    fn index(&self, id: JobId) -> &JobSpec {
        &self.jobs[id.index()]
    }
}

impl Index<PipeId> for Network {
    type Output = PipeSpec;

    fn index(&self, id: PipeId) -> &PipeSpec {
        &self.pipes[id.index()]
    }
}
