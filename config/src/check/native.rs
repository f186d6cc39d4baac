//! Native jobs: their kind, arguments and ports.

use pipeloom_job::{Args, ArgsError, Ports};

use crate::check::Checker;
use crate::check::times;
use crate::file::{JobTable, Value};
use crate::job_spec::Native;
use crate::kind::Kind;
use crate::problem::Problem;
use crate::read;
use crate::span::At;

impl Checker<'_> {
    pub(super) fn native(&mut self, name: &At<String>, kind: Option<Kind>, table: &JobTable) -> Option<Native> {
        let before = self.problems.len();
        let keys = [
            ("pass", table.pass.as_ref().map(|at| at.span)),
            ("input_flag", table.input_flag.as_ref().map(|at| at.span)),
            ("output_flag", table.output_flag.as_ref().map(|at| at.span)),
            ("head", table.head.as_ref().map(|at| at.span)),
            ("kit", table.kit.as_ref().map(|at| at.span)),
            ("interpreter", table.interpreter.as_ref().map(|at| at.span)),
            ("steps", table.steps.as_ref().map(|at| at.span)),
            ("dependencies", table.dependencies.as_ref().map(|at| at.span)),
            ("env", table.env.as_ref().map(|at| at.span)),
            ("env_clear", table.env_clear.as_ref().map(|at| at.span)),
            ("cwd", table.cwd.as_ref().map(|at| at.span)),
        ];
        self.refuse_keys(&keys, "executables only");
        self.refuse_limits(table);
        let kind = kind?;
        let args = self.args(name, table)?;
        let ports = match kind.ports(&args) {
            Ok(ports) => ports,
            Err(error) => {
                self.bad_argument(name, &kind, table, &error);
                return None;
            }
        };
        self.check_arity(name, &kind, table, &ports);
        (self.problems.len() == before).then_some(Native { kind, args, ports })
    }

    /// The kind of the job `job`, which says that it uses `name`.
    pub(super) fn used(&mut self, job: &At<String>, name: &At<String>) -> Option<Kind> {
        if let Some(given) = self.given.get(&job.value) {
            return Some(given.clone());
        }
        let kinds = self.options.kinds;
        let kind = kinds.iter().find(|kind| kind.name == name.value);
        if kind.is_none() {
            let near = self.near(name, kinds.iter().map(|kind| kind.name));
            let problem = Problem::new(name.span, format!("there is no predefined job `{}`", name.value));
            self.say(problem.help("`pipeloom jobs` lists them").maybe_help(near));
        }
        kind.copied().map(Kind::Named)
    }

    pub(super) fn args(&mut self, name: &At<String>, table: &JobTable) -> Option<Args> {
        if self.lost.of_job(name, &["args"]) {
            return None;
        }
        let Some(args) = &table.args else { return Some(Args::default()) };
        let Value::Table(_) = &args.value else {
            self.say(Problem::new(args.span, "`args` must be a table").label(format!("this is {}", args.kind())));
            return None;
        };
        match self.scope.argument(args, self.problems)? {
            serde_json::Value::Object(map) => Some(Args::new(map)),
            _ => None,
        }
    }

    /// Says what is wrong with an argument at the argument itself.
    fn bad_argument(&mut self, name: &At<String>, kind: &Kind, table: &JobTable, error: &ArgsError) {
        if self.check_argument_names(kind, table) {
            return;
        }
        let span = table.args.as_ref().map_or(name.span, |args| args.place(&error.path));
        let missing = error.message.strip_prefix("missing field ");
        self.say(match (missing, &error.path[..]) {
            (Some(argument), _) => Problem::new(span, format!("`{}` needs the argument {argument}", kind.name())),
            (None, []) => read::argument(&format!("the arguments of `{}`", kind.name()), &error.message, span),
            (None, path) => read::argument(&format!("`{}` of `{}`", path.join("."), kind.name()), &error.message, span),
        });
    }

    /// Says all arguments that the kind of job does not know; its own error names only the first. Whether there are any.
    fn check_argument_names(&mut self, kind: &Kind, table: &JobTable) -> bool {
        let Some(Value::Table(entries)) = table.args.as_ref().map(|args| &args.value) else { return false };
        let schema = kind.args().to_value();
        if schema["additionalProperties"] != false {
            return false;
        }
        let properties = schema["properties"].as_object();
        let known: Vec<&str> = properties.into_iter().flat_map(|keys| keys.keys().map(String::as_str)).collect();
        let unknown: Vec<_> = entries.iter().filter(|(key, _)| !known.contains(&key.value.as_str())).collect();
        for (key, _) in &unknown {
            let problem = Problem::new(key.span, format!("`{}` has no argument `{}`", kind.name(), key.value));
            let near = self.near(key, known.iter().copied());
            self.say(problem.help(all_arguments(&known)).maybe_help(near));
        }
        !unknown.is_empty()
    }

    fn check_arity(&mut self, name: &At<String>, kind: &Kind, table: &JobTable, ports: &Ports) {
        if self.lost.of_job(name, &["inputs", "outputs", "log_times"]) {
            return;
        }
        let inputs = table.inputs.as_ref().map_or(0, |list| list.len());
        let outputs = times::own_outputs(table);
        let sides = [
            ("inputs", "input", &table.inputs, &ports.inputs, inputs),
            ("outputs", "output", &table.outputs, &ports.outputs, outputs),
        ];
        for (key, side, list, port, count) in sides {
            if !port.fits(count) {
                let span = list.as_ref().map_or(name.span, |list| list.span);
                let message = format!("`{}` takes {port} as {side}, but job `{}` has {count}", kind.name(), name.value);
                let problem = Problem::new(span, message);
                let nothing_said = list.is_none().then(|| format!("{key} = [\"...\"]"));
                let not_counted = key == "outputs" && list.is_some() && times::are_logged(table);
                let not_counted = not_counted.then(|| times::NOT_COUNTED.to_owned());
                self.say(problem.maybe_help(nothing_said.or(not_counted)));
            }
        }
        if ports.paired && inputs != outputs {
            let span = table.outputs.as_ref().map_or(name.span, |list| list.span);
            let message = format!(
                "`{}` has an output for each input, but job `{}` has {inputs} and {outputs}",
                kind.name(),
                name.value
            );
            let others = "`gather` makes one of several inputs, `distribute` sends one input to several outputs";
            self.say(Problem::new(span, message).help(others));
        }
    }
}

/// What a job takes, said where an argument is none of these.
pub(super) fn all_arguments(known: &[&str]) -> String {
    if known.is_empty() { "it takes none".to_owned() } else { format!("it takes `{}`", known.join("`, `")) }
}
