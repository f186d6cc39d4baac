//! Predefined jobs: their kind, arguments and ports.

use pipeloom_job::{Args, ArgsError, JobKind, Ports};

use crate::check::Checker;
use crate::file::{JobTable, Value};
use crate::network::Native;
use crate::problem::Problem;
use crate::span::At;

impl Checker<'_> {
    pub(super) fn native(&mut self, name: &At<String>, kind: &At<String>, table: &JobTable) -> Option<Native> {
        let before = self.problems.len();
        let keys = [
            ("pass", table.pass.as_ref().map(|at| at.span)),
            ("input_flag", table.input_flag.as_ref().map(|at| at.span)),
            ("output_flag", table.output_flag.as_ref().map(|at| at.span)),
            ("head", table.head.as_ref().map(|at| at.span)),
            ("steps", table.steps.as_ref().map(|at| at.span)),
            ("dependencies", table.dependencies.as_ref().map(|at| at.span)),
            ("env", table.env.as_ref().map(|at| at.span)),
            ("env_clear", table.env_clear.as_ref().map(|at| at.span)),
            ("cwd", table.cwd.as_ref().map(|at| at.span)),
        ];
        self.refuse_keys(&keys, "executables only");
        let kind = self.kind(kind)?;
        let args = self.args(name, kind, table)?;
        let ports = match (kind.ports)(&args) {
            Ok(ports) => ports,
            Err(error) => {
                self.bad_argument(name, kind, table, &error);
                return None;
            }
        };
        self.check_arity(name, kind, table, &ports);
        (self.problems.len() == before).then_some(Native { kind, args, ports })
    }

    fn kind(&mut self, name: &At<String>) -> Option<JobKind> {
        let kinds = self.options.kinds;
        let kind = kinds.iter().find(|kind| kind.name == name.value);
        if kind.is_none() {
            let near = self.near(name, kinds.iter().map(|kind| kind.name));
            let problem = Problem::new(name.span, format!("there is no predefined job `{}`", name.value));
            self.say(problem.help("`pipeloom jobs` lists them").maybe_help(near));
        }
        kind.copied()
    }

    fn args(&mut self, name: &At<String>, kind: JobKind, table: &JobTable) -> Option<Args> {
        if self.lost.of_job(name, &["args"]) {
            return None;
        }
        let Some(args) = &table.args else { return Some(Args::default()) };
        let Value::Table(entries) = &args.value else {
            self.say(Problem::new(args.span, "`args` must be a table").label(format!("this is {}", args.kind())));
            return None;
        };
        let schema = (kind.args)().to_value();
        let known: Vec<&str> =
            schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys().map(String::as_str)).collect();
        let before = self.problems.len();
        if schema["additionalProperties"] == false {
            for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.value.as_str())) {
                let problem = Problem::new(key.span, format!("`{}` has no argument `{}`", kind.name, key.value));
                let all = match known.as_slice() {
                    [] => "it takes none".to_owned(),
                    known => format!("it takes `{}`", known.join("`, `")),
                };
                let near = self.near(key, known.iter().copied());
                self.say(problem.help(all).maybe_help(near));
            }
        }
        match self.scope.argument(args, self.problems) {
            Some(serde_json::Value::Object(map)) if self.problems.len() == before => Some(Args::new(map)),
            _ => None,
        }
    }

    /// Says what is wrong with an argument at the argument itself.
    fn bad_argument(&mut self, name: &At<String>, kind: JobKind, table: &JobTable, error: &ArgsError) {
        let span = table.args.as_ref().map_or(name.span, |args| args.place(&error.path));
        let argument = match &error.path[..] {
            [] => format!("the arguments of `{}`", kind.name),
            path => format!("`{}` of `{}`", path.join("."), kind.name),
        };
        self.say(Problem::new(span, format!("{argument}: {}", error.message)));
    }

    fn check_arity(&mut self, name: &At<String>, kind: JobKind, table: &JobTable, ports: &Ports) {
        if self.lost.of_job(name, &["inputs", "outputs"]) {
            return;
        }
        let count = |list: &Option<At<Vec<At<String>>>>| list.as_ref().map_or(0, |list| list.len());
        let (inputs, outputs) = (count(&table.inputs), count(&table.outputs));
        let sides = [
            ("inputs", "input", &table.inputs, &ports.inputs, inputs),
            ("outputs", "output", &table.outputs, &ports.outputs, outputs),
        ];
        for (key, side, list, port, count) in sides {
            if !port.fits(count) {
                let span = list.as_ref().map_or(name.span, |list| list.span);
                let message = format!("`{}` takes {port} as {side}, but job `{}` has {count}", kind.name, name.value);
                let problem = Problem::new(span, message);
                let nothing_said = list.is_none().then(|| format!("{key} = [\"...\"]"));
                self.say(problem.maybe_help(nothing_said));
            }
        }
        if ports.paired && inputs != outputs {
            let span = table.outputs.as_ref().map_or(name.span, |list| list.span);
            let message = format!(
                "`{}` has an output for each input, but job `{}` has {inputs} and {outputs}",
                kind.name, name.value
            );
            self.say(Problem::new(span, message));
        }
    }
}
