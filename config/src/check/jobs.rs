//! What each job runs, and what holds for all kinds of jobs.

use std::time::Duration;

use pipeloom_job::{Ports, Steps};

use crate::check::Checker;
use crate::check::times;
use crate::check::wiring::Wiring;
use crate::file::{JobTable, Linger, OnFailureName, PassName, SignalName, StepsName, StopTable};
use crate::ids::Name;
use crate::job_spec::{Body, JobSpec, Native, OnFailure, StopPolicy};
use crate::kind::Kind;
use crate::pipe_spec::PipeSpec;
use crate::problem::Problem;
use crate::span::{At, Span};

/// A job after its checks.
pub(super) struct Checked {
    /// The job, if nothing is wrong with it.
    pub(super) spec: Option<JobSpec>,
    /// What it is to its pipes, also when something else is wrong with it.
    pub(super) manner: Manner,
}

/// What a job is to its pipes.
pub(super) enum Manner {
    Executable {
        pass: PassName,
        head: bool,
        /// Where `steps = "each"` stands, if it does.
        each: Option<Span>,
        /// Whether it is a class in a Python file.
        python: bool,
    },
    /// A native job; with its ports, if its arguments are right.
    Native(Option<Ports>),
    /// The file does not say.
    Unknown,
}

impl Manner {
    /// That of a native job; nothing is known of its ports if something is wrong with it.
    fn of(native: Option<&Native>) -> Manner {
        Manner::Native(native.map(|native| native.ports.clone()))
    }
}

impl Checker<'_> {
    pub(super) fn job(&mut self, name: &At<String>, table: &JobTable, wiring: &Wiring<'_>) -> Checked {
        self.is_run = self.options.runs.has(name);
        self.check_kept(table);
        self.check_times(name, table);
        let (body, manner) = match self.way_to_run(name, table) {
            Some(Way::Exec(exec)) => {
                let executable = self.executable(name, exec, table, wiring, None);
                (executable.map(Body::Executable), self.manner(name, table))
            }
            Some(Way::Python(class)) => {
                let executable = self.python(name, class, table, wiring);
                (executable.map(Body::Executable), self.manner(name, table))
            }
            Some(Way::Use(kind)) => {
                let kind = self.used(name, kind);
                let native = self.native(name, kind, table);
                let manner = Manner::of(native.as_ref());
                (native.map(Body::Native), manner)
            }
            Some(Way::Plugin(plugin)) => {
                let kind = self.plugged(name, plugin, table).map(Kind::Named);
                let native = self.native(name, kind, table);
                let manner = Manner::of(native.as_ref());
                (native.and_then(|native| self.isolated(name, plugin, native, table, wiring)), manner)
            }
            None => (None, Manner::Unknown),
        };
        if let (None, Some(isolation)) = (&table.plugin, &table.isolation) {
            self.say(Problem::new(isolation.span, "`isolation` is for plugins only"));
        }
        if let (None, Some(job)) = (&table.plugin, &table.job) {
            self.say(
                Problem::new(job.span, "`job` is for plugins only").help("`plugin` names the library that it is in"),
            );
        }
        let mut outputs = wiring.ids(table.outputs.as_ref());
        let times = if times::are_logged(table) { outputs.pop() } else { None };
        let health = self.health(name, table);
        let spec = body.map(|body| JobSpec {
            name: Name(name.value.clone()),
            span: name.span,
            body,
            inputs: wiring.ids(table.inputs.as_ref()),
            outputs,
            times,
            on_failure: match table.on_failure.as_ref().map(|at| at.value) {
                None | Some(OnFailureName::Stop) => OnFailure::Stop,
                Some(OnFailureName::Isolate) => OnFailure::Isolate,
            },
            restart: self.restart(name, table),
            restarts_together: false,
            health,
            stop: stop_policy(table.stop.as_ref().map(|at| &at.value)),
            ends_run: table.ends_run.as_ref().is_some_and(|at| at.value),
            from_class: self.classes.words(name),
            own_thread: table.thread.as_ref().is_some_and(|at| at.value),
        });
        Checked { spec, manner }
    }

    /// What a program is to its pipes.
    fn manner(&self, name: &At<String>, table: &JobTable) -> Manner {
        if self.lost.of_job(name, &["pass"]) {
            return Manner::Unknown;
        }
        Manner::Executable {
            pass: table.pass.as_ref().map_or(PassName::Path, |pass| pass.value),
            head: table.head.as_ref().is_some_and(|head| head.value),
            each: table.steps.as_ref().filter(|steps| steps.value == StepsName::Each).map(|steps| steps.span),
            python: table.python.is_some() && !self.classes.is_program(name),
        }
    }

    /// Exactly one way to run it.
    fn way_to_run<'t>(&mut self, name: &At<String>, table: &'t JobTable) -> Option<Way<'t>> {
        let ways = [
            table.exec.as_ref().map(|exec| ("exec", exec.span, Way::Exec(exec))),
            table.r#use.as_ref().map(|kind| ("use", kind.span, Way::Use(kind))),
            table.plugin.as_ref().map(|plugin| ("plugin", plugin.span, Way::Plugin(plugin))),
            table.python.as_ref().map(|python| ("python", python.span, Way::Python(python))),
        ];
        let mut ways: Vec<_> = ways.into_iter().flatten().collect();
        ways.sort_by_key(|(_, span, _)| *span);
        match ways[..] {
            [(_, _, way)] => Some(way),
            [] => {
                if table.job.is_none() && !self.lost.of_job(name, &["exec", "use", "plugin", "job", "python"]) {
                    let problem = Problem::new(name.span, format!("job `{}` does not say what it runs", name.value));
                    let help = "`exec` names a program, `use` a predefined job, `plugin` a library with jobs, `python` a class";
                    self.say(problem.help(help));
                }
                None
            }
            [(first, place, _), (second, span, _), ..] => {
                let message = format!("job `{}` has two ways to be run: `{first}` and `{second}`", name.value);
                self.say(Problem::new(span, message).related(place, "the first is here"));
                None
            }
        }
    }

    /// Values whose time has not come.
    fn check_kept(&mut self, table: &JobTable) {
        for place in table.groups.iter().flat_map(|groups| groups.iter()).chain(&table.node) {
            if !matches!(place.value.as_str(), "localhost" | "local") {
                let problem = Problem::new(place.span, "other machines are not supported yet");
                self.say(problem.help("`localhost` and `local` are this machine"));
            }
        }
        if let Some(local) = table.local.as_ref().filter(|local| !local.value) {
            self.say(Problem::new(local.span, "`local = false` is not supported yet"));
        }
    }

    /// Says that keys have no meaning for this kind of job.
    pub(super) fn refuse_keys(&mut self, keys: &[(&str, Option<Span>)], why: &str) {
        for (key, span) in keys {
            if let Some(span) = span {
                self.say(Problem::new(*span, format!("`{key}` is for {why}")));
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Way<'t> {
    Exec(&'t At<Vec<At<String>>>),
    Use(&'t At<String>),
    Plugin(&'t At<String>),
    Python(&'t At<String>),
}

fn stop_policy(table: Option<&StopTable>) -> StopPolicy {
    let seconds = |key: Option<Duration>, default: f64| key.unwrap_or(Duration::from_secs_f64(default));
    let at = |get: fn(&StopTable) -> Option<Duration>| table.and_then(get);
    let signal = table.and_then(|table| table.signal.as_ref()).map_or(SignalName::Term, |signal| signal.value);
    StopPolicy {
        signal: signal.as_str().to_owned(),
        grace: seconds(at(|table| table.grace_seconds.as_ref().map(|at| at.value.get())), 5.0),
        drain: seconds(at(|table| table.drain_seconds.as_ref().map(|at| at.value.get())), 2.0),
        linger: match table.and_then(|table| table.linger_seconds.as_ref()).map(|at| at.value) {
            None => Some(Duration::from_millis(200)),
            Some(Linger::For(time)) => Some(time.get()),
            Some(Linger::Eof) => None,
        },
    }
}

/// Where a pipe has no blocks, nothing can be numbered step by step.
pub(super) fn settle_steps(jobs: &mut [JobSpec], pipes: &[PipeSpec]) {
    for job in jobs {
        let have_blocks = job.inputs.iter().chain(&job.outputs).all(|id| pipes[id.index()].codec.has_blocks());
        if let Body::Executable(executable) = &mut job.body
            && !have_blocks
        {
            executable.steps = Steps::Free;
        }
    }
}
