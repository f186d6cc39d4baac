//! Jobs out of plugins: their library, their name in it, and the process that they may have.

use pipeloom_job::{ArgsError, JobKind, PortList, PortType, Ports, StandardInput};
use schemars::json_schema;

use crate::check::executable::{Kit, exec_of};
use crate::check::wiring::Wiring;
use crate::check::{Checker, HOST};
use crate::file::{IsolationName, JobTable};
use crate::interpolate::escape;
use crate::job_spec::{Body, Native};
use crate::problem::Problem;
use crate::span::At;

impl Checker<'_> {
    /// The kind of job that `plugin` and `job` name.
    pub(super) fn plugged(&mut self, name: &At<String>, plugin: &At<String>, table: &JobTable) -> Option<JobKind> {
        let path = self.scope.path(plugin, self.problems)?;
        if !self.is_run {
            return Some(ANY);
        }
        let Some(load) = self.options.plugins else {
            self.say(Problem::new(plugin.span, "there are no plugins here"));
            return None;
        };
        let kinds = match load(&path) {
            Ok(kinds) => kinds,
            Err(why) => {
                let problem = Problem::new(plugin.span, format!("`{}` cannot be used: {why}", plugin.value));
                let is_there = path.exists();
                self.say(problem.maybe_help((!is_there).then(|| format!("it is looked for at {}", path.display()))));
                return None;
            }
        };
        let all = || kinds.iter().map(|kind| kind.name);
        let Some(job) = &table.job else {
            if !self.lost.of_job(name, &["job"]) {
                let problem = Problem::new(plugin.span, "`plugin` needs `job`: which of its jobs");
                self.say(problem.help(in_it(all())));
            }
            return None;
        };
        let kind = kinds.iter().find(|kind| kind.name == job.value);
        if kind.is_none() {
            let near = self.near(job, all());
            let problem = Problem::new(job.span, format!("there is no job `{}` in `{}`", job.value, plugin.value));
            self.say(problem.help(in_it(all())).maybe_help(near));
        }
        kind.copied()
    }
}

impl Checker<'_> {
    /// Runs it where the file says: on a thread, or in a process of its own.
    pub(super) fn isolated(
        &mut self,
        name: &At<String>,
        plugin: &At<String>,
        native: Native,
        table: &JobTable,
        wiring: &Wiring<'_>,
    ) -> Option<Body> {
        let Some(isolation) = table.isolation.as_ref().filter(|at| at.value == IsolationName::Process) else {
            return Some(Body::Native(native));
        };
        let Some(host) = &self.options.host else {
            self.say(Problem::new(
                isolation.span,
                "there is no program here that could run it in a process of its own",
            ));
            return None;
        };
        if native.ports.lines || native.ports.standard_input == StandardInput::Needed {
            let message =
                format!("`{}` takes what people type, which a process of its own is not given", native.kind.name());
            self.say(Problem::new(isolation.span, message).help("isolation = \"thread\""));
            return None;
        }
        let library = self.scope.path(plugin, self.problems)?;
        let (Some(host), Some(library)) = (host.to_str(), library.to_str()) else {
            self.say(Problem::new(plugin.span, "a path that is not UTF-8 cannot be handed to a process of its own"));
            return None;
        };
        let words = [escape(host), HOST.to_owned(), escape(library), native.kind.name().to_owned()];
        let exec = exec_of(plugin, words);
        let kit = Kit { args: native.args, steps: native.ports.steps, heads: true };
        self.executable(name, &exec, table, wiring, Some(&kit)).map(Body::Executable)
    }
}

/// What stands for a job that is not run, whose library need not be there.
const ANY: JobKind = JobKind {
    name: "any",
    about: "takes and sends anything",
    args: &|| json_schema!({ "type": "object" }),
    ports: &|_| {
        let any = || PortList { fixed: Vec::new(), rest: Some(PortType::any()) };
        Ok(Ports::new(any(), any()))
    },
    new: &|_| Err(ArgsError { path: Vec::new(), message: "it was not to be run".to_owned() }),
};

fn in_it<'k>(kinds: impl Iterator<Item = &'k str>) -> String {
    let kinds: Vec<&str> = kinds.collect();
    if kinds.is_empty() { "there are none in it".to_owned() } else { format!("there are `{}`", kinds.join("`, `")) }
}
