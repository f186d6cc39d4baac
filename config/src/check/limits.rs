//! What a job may use at most.

use crate::check::{Checker, times};
use crate::file::{IsolationName, JobTable, LimitsTable};
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use crate::span::At;

/// What every program has open: its standard streams, its control channel, and for a moment what it is loaded from.
const OPEN_ANYWAY: usize = 5;

impl Checker<'_> {
    /// The limits of an executable.
    pub(super) fn limits(&mut self, name: &At<String>, table: &JobTable) -> Limits {
        let Some(limits) = &table.limits else { return Limits::default() };
        self.check_open_files(name, table, limits);
        let LimitsTable { memory_bytes, cpu_seconds, open_files, file_bytes, processes } = &limits.value;
        let given = [
            (Limit::MemoryBytes, memory_bytes.as_ref().map(|at| at.value.get())),
            (Limit::CpuSeconds, cpu_seconds.as_ref().map(|at| at.value.get())),
            (Limit::OpenFiles, open_files.as_ref().map(|at| at.value.get())),
            (Limit::FileBytes, file_bytes.as_ref().map(|at| at.value.get())),
            (Limit::Processes, processes.as_ref().map(|at| at.value.get())),
        ];
        Limits { given: given.into_iter().filter_map(|(limit, most)| Some((limit, most?))).collect() }
    }

    /// The kernel limits processes, and a thread of the runtime is none.
    pub(super) fn refuse_limits(&mut self, table: &JobTable) {
        let Some(limits) = &table.limits else { return };
        let is_isolated = table.isolation.as_ref().is_some_and(|at| at.value == IsolationName::Process);
        if table.plugin.is_some() && is_isolated {
            return;
        }
        let problem = Problem::new(limits.span, "`limits` are for jobs that have a process of their own");
        let remedy = || "`isolation = \"process\"` gives a plugin's job one".to_owned();
        self.say(problem.maybe_help(table.plugin.is_some().then(remedy)));
    }

    fn check_open_files(&mut self, name: &At<String>, table: &JobTable, limits: &LimitsTable) {
        let Some(open_files) = &limits.open_files else { return };
        let pipes = table.inputs.as_ref().map_or(0, |list| list.len()) + times::own_outputs(table);
        let least = OPEN_ANYWAY + pipes;
        if open_files.value.size() < least {
            let message = format!("job `{}` cannot do with less than {least} open files", name.value);
            let help = format!(
                "its standard streams are 3, its control channel and its program 1 each, and its pipes {pipes}"
            );
            self.say(Problem::new(open_files.span, message).help(help));
        }
    }
}
