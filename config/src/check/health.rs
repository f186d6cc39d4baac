//! How it is noticed that a job hangs.

use std::time::Duration;

use crate::check::{Checker, times};
use crate::file::{IsolationName, JobTable, PassName, Seconds};
use crate::health::Health;
use crate::problem::Problem;
use crate::span::At;

impl Checker<'_> {
    /// What the job's table says of times within which it has to show that it does not hang.
    pub(super) fn health(&mut self, name: &At<String>, table: &JobTable) -> Health {
        if !self.refuse_health(table) {
            self.check_start_timeout(name, table);
            self.check_stall(name, table);
        }
        Health {
            start_timeout: self.some_time("start_timeout_seconds", table.start_timeout_seconds.as_ref()),
            heartbeat: self.some_time("heartbeat_seconds", table.heartbeat_seconds.as_ref()),
            stall: self.some_time("stall_seconds", table.stall_seconds.as_ref()),
        }
    }

    /// Nobody can stop a thread that hangs, so nobody looks whether it does. Says whether it is one.
    fn refuse_health(&mut self, table: &JobTable) -> bool {
        let is_isolated = table.isolation.as_ref().is_some_and(|at| at.value == IsolationName::Process);
        if table.r#use.is_none() && (table.plugin.is_none() || is_isolated) {
            return false;
        }
        let keys = [
            ("start_timeout_seconds", &table.start_timeout_seconds),
            ("heartbeat_seconds", &table.heartbeat_seconds),
            ("stall_seconds", &table.stall_seconds),
        ];
        for (key, at) in keys {
            if let Some(at) = at {
                let problem = Problem::new(at.span, format!("`{key}` is for jobs that have a process of their own"));
                let remedy = || "`isolation = \"process\"` gives a plugin's job one".to_owned();
                self.say(problem.maybe_help(table.plugin.is_some().then(remedy)));
            }
        }
        true
    }

    /// Of a program that opens nothing nobody knows when it has started.
    fn check_start_timeout(&mut self, name: &At<String>, table: &JobTable) {
        let Some(at) = &table.start_timeout_seconds else { return };
        if self.lost.of_job(name, &["pass", "inputs", "outputs"]) {
            return;
        }
        let message = match &table.pass {
            Some(pass) if pass.value != PassName::Path => {
                let problem =
                    Problem::new(at.span, format!("job `{}` opens no pipes: it is given them open", name.value));
                problem.related(pass.span, "this gives it descriptors instead of paths")
            }
            _ if table.inputs.as_ref().is_none_or(|list| list.is_empty()) && times::own_outputs(table) == 0 => {
                Problem::new(at.span, format!("job `{}` has no pipes that it could open", name.value))
            }
            _ => return,
        };
        self.say(message.help(
            "`heartbeat_seconds` notices a job that does not start, too, if it says something on its control channel",
        ));
    }

    /// For a source no blocks ever wait.
    fn check_stall(&mut self, name: &At<String>, table: &JobTable) {
        let Some(at) = &table.stall_seconds else { return };
        let has_inputs = table.inputs.as_ref().is_some_and(|list| !list.is_empty());
        if !has_inputs && !self.lost.of_job(name, &["inputs"]) {
            let problem =
                Problem::new(at.span, format!("job `{}` has no inputs that it could leave unread", name.value));
            self.say(problem.help("`heartbeat_seconds` notices a source that hangs"));
        }
    }

    /// A time in which something can be done.
    fn some_time(&mut self, key: &str, seconds: Option<&At<Seconds>>) -> Option<Duration> {
        let at = seconds?;
        if at.value.get().is_zero() {
            self.say(
                Problem::new(at.span, format!("`{key}` is more than 0")).help("without the key, nothing is timed"),
            );
        }
        Some(at.value.get())
    }
}
