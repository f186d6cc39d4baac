//! Jobs and pipes by the names that people give them.

use crate::ids::{JobId, PipeId};
use crate::network::Network;
use crate::problem::Problem;
use crate::problems::Problems;
use crate::suggest;

/// More names than these are not listed.
const MAX_LISTED: usize = 20;

impl Network {
    /// The job of this name.
    ///
    /// # Errors
    /// If there is none; with the name that was probably meant.
    pub fn find_job(&self, name: &str) -> Result<JobId, Problems> {
        self.job_named(name).ok_or_else(|| self.missing("job", name, self.jobs().map(|(_, job)| job.name.as_str())))
    }

    /// The pipe of this name.
    ///
    /// # Errors
    /// If there is none; with the name that was probably meant.
    pub fn find_pipe(&self, name: &str) -> Result<PipeId, Problems> {
        let found = self.pipes().find(|(_, pipe)| pipe.name.as_str() == name).map(|(id, _)| id);
        found.ok_or_else(|| self.missing("pipe", name, self.pipes().map(|(_, pipe)| pipe.name.as_str())))
    }

    fn missing<'n>(&self, what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Problems {
        let names: Vec<&str> = names.collect();
        let near = suggest::did_you_mean(name, names.iter().copied());
        let listed = || format!("there are `{}`", names.join("`, `"));
        let help = near.or_else(|| (1..=MAX_LISTED).contains(&names.len()).then(listed));
        self.problems(vec![Problem::without_place(format!("there is no {what} `{name}`")).maybe_help(help)])
    }
}
