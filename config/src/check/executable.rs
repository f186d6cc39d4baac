//! Executables: argument vector, environment, working directory and what is copied there.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use pipeloom_job::control::ARGS_VARIABLE;
use pipeloom_job::{Args, Steps};

use crate::check::Checker;
use crate::check::program::{self, Fault};
use crate::check::times;
use crate::check::wiring::Wiring;
use crate::file::{JobTable, PassName, StepsName};
use crate::ids::PipeId;
use crate::job_spec::{Executable, Pass, Program};
use crate::load::plain;
use crate::problem::Problem;
use crate::scope::Allow;
use crate::span::{At, Span};
use crate::template::{Part, Template};

/// The longest argument or variable that Linux hands to a program (`MAX_ARG_STRLEN`, execve(2)), with its NUL.
const MAX_ARG_BYTES: usize = 128 << 10;

/// What is known of a program that speaks our kit.
pub(super) struct Kit {
    /// The job's arguments.
    pub(super) args: Args,
    /// How its outputs are numbered, unless the file says.
    pub(super) steps: Steps,
    /// Whether it keeps to the rules of heads by itself, and so always has them. A class that is a program does not.
    pub(super) heads: bool,
}

/// The argument vector of such a program, as if it stood at `place` in the file.
pub(super) fn exec_of(place: &At<String>, words: [String; 4]) -> At<Vec<At<String>>> {
    place.with(words.map(|word| place.with(word)).into())
}

impl Checker<'_> {
    pub(super) fn executable(
        &mut self,
        name: &At<String>,
        exec: &At<Vec<At<String>>>,
        table: &JobTable,
        wiring: &Wiring<'_>,
        kit: Option<&Kit>,
    ) -> Option<Executable> {
        let before = self.problems.len();
        let pass = table.pass.as_ref().map_or(PassName::Path, |pass| pass.value);
        if kit.is_none() {
            self.refuse_keys(&[("interpreter", table.interpreter.as_ref().map(|at| at.span))], "jobs in Python");
        }
        let has_kit = kit.is_some_and(|kit| kit.heads) || table.kit.as_ref().is_some_and(|kit| kit.value);
        if has_kit && kit.is_none() {
            let head = table.head.as_ref().map(|at| at.span);
            self.refuse_keys(&[("head", head)], "programs that do not speak our kit");
        }
        self.refuse_keys(&[("thread", table.thread.as_ref().map(|at| at.span))], "native jobs only");
        if pass == PassName::Stdio {
            self.check_stdio(name, table);
        }
        let steps = match (table.steps.as_ref().map(|steps| steps.value), pass) {
            (Some(StepsName::Free), _) => Steps::Free,
            (Some(StepsName::Each), _) => Steps::Each,
            (None, pass) => match (kit, pass) {
                (Some(kit), _) => kit.steps,
                (None, PassName::Stdio) if !has_kit => Steps::Free,
                (None, _) => Steps::Each,
            },
        };
        self.check_times_of_program(name, table, steps);
        let outputs = wiring.ids(table.outputs.as_ref());
        let log = outputs.get(times::own_outputs(table)).copied();
        let own: Vec<PipeId> = wiring.ids(table.inputs.as_ref()).into_iter().chain(outputs).collect();
        let argv = self.argv(exec, pass, log, &|pipe| wiring.id(pipe).filter(|id| own.contains(id)));
        let env = self.env(table);
        let args = match kit {
            Some(kit) => Some(kit.args.clone()),
            None => self.args(name, table),
        };
        self.check_args_fit(table, args.as_ref());
        let cwd = table.cwd.as_ref().and_then(|cwd| self.cwd(cwd, table));
        let dependencies = self.dependencies(table);
        let limits = self.limits(name, table);
        let program = exec.first().and_then(|first| self.program(first, &dependencies, &env));
        let mut flag = |flag: Option<&At<String>>, default: &str| match flag {
            None => Some(default.to_owned()),
            Some(text) => {
                let flag = self.scope.words(text, self.problems)?;
                self.check_argument(text, flag.as_bytes());
                Some(flag)
            }
        };
        let input_flag = flag(table.input_flag.as_ref(), "-i");
        let output_flag = flag(table.output_flag.as_ref(), "-o");
        if self.problems.len() > before {
            return None;
        }
        Some(Executable {
            program: program?,
            argv: argv?,
            pass: match pass {
                PassName::Path => Pass::Path,
                PassName::Fd => Pass::Fd,
                PassName::Stdio => Pass::Stdio,
            },
            input_flag: input_flag?,
            output_flag: output_flag?,
            head: has_kit || table.head.as_ref().is_some_and(|head| head.value),
            kit: has_kit,
            steps,
            dependencies,
            args: args?,
            env,
            env_clear: table.env_clear.as_ref().is_some_and(|clear| clear.value),
            cwd,
            limits,
        })
    }

    fn check_stdio(&mut self, name: &At<String>, table: &JobTable) {
        let inputs = table.inputs.as_ref().map_or(0, |list| list.len());
        let sides = [(&table.inputs, inputs, "input"), (&table.outputs, times::own_outputs(table), "output")];
        for (list, count, what) in sides {
            if let Some(second) = list.as_ref().and_then(|list| list[..count].get(1)) {
                let message = format!("job `{}` has one standard {what}, but more than one {what} pipe", name.value);
                self.say(Problem::new(second.span, message).help("`pass = \"path\"` or `\"fd\"` gives it any number"));
            }
        }
        let flags = [("input_flag", &table.input_flag), ("output_flag", &table.output_flag)];
        let flags = flags.map(|(key, flag)| (key, flag.as_ref().map(|flag| flag.span)));
        self.refuse_keys(&flags, "pipes by path or descriptor, not by stdio");
    }

    fn argv(
        &mut self,
        exec: &At<Vec<At<String>>>,
        pass: PassName,
        log: Option<PipeId>,
        find: &dyn Fn(&str) -> Option<PipeId>,
    ) -> Option<Vec<Template>> {
        if exec.first().is_none_or(|first| first.is_empty()) {
            self.say(Problem::new(exec.span, "`exec` names no program"));
            return None;
        }
        let argv: Vec<_> = exec
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let allow = if index == 0 { Allow::Fixed } else { Allow::Pipes(find) };
                let item = self.scope.template(text, allow, self.problems)?;
                self.check_template(text, 0, &item);
                if pass == PassName::Stdio && item.parts().iter().any(|part| matches!(part, Part::Pipe(_))) {
                    self.say(Problem::new(text.span, "a pipe passed by stdio has no path"));
                } else if item.parts().iter().any(|part| matches!(part, Part::Pipe(pipe) if Some(*pipe) == log)) {
                    self.say(
                        Problem::new(text.span, "the job is not given the pipe for its times").help(times::NOT_COUNTED),
                    );
                }
                Some(item)
            })
            .collect();
        argv.into_iter().collect()
    }

    pub(super) fn env(&mut self, table: &JobTable) -> Vec<(OsString, Template)> {
        let mut env = Vec::new();
        for (name, text) in table.env.iter().flat_map(|env| env.iter()) {
            let shown = name.escape_debug();
            if name.is_empty() || name.contains(['=', '\0']) {
                let message = format!("`{shown}` cannot be the name of an environment variable");
                self.say(Problem::new(name.span, message));
            } else if name.starts_with("PIPELOOM_") {
                self.say(Problem::new(
                    name.span,
                    format!("`{shown}` is the runtime's: it sets all PIPELOOM_ variables"),
                ));
            }
            if let Some(value) = self.scope.template(text, Allow::Run, self.problems) {
                self.check_template(text, name.len() + 1, &value);
                if name.value == "PATH" && value.parts().contains(&Part::Run) {
                    let message = "PATH must be known before a run starts, so it cannot have `${run}`";
                    self.say(Problem::new(text.span, message));
                }
                env.push((name.value.clone().into(), value));
            }
        }
        env
    }

    fn check_template(&mut self, text: &At<String>, prefix: usize, template: &Template) {
        let fixed = template.render(Path::new(""), |_| OsString::new());
        let bytes = fixed.as_encoded_bytes();
        self.check_argument(text, bytes);
        if prefix + bytes.len() >= MAX_ARG_BYTES {
            let message = format!(
                "this is {} bytes long; the system hands a program at most {}",
                bytes.len(),
                MAX_ARG_BYTES - 1 - prefix
            );
            self.say(Problem::new(text.span, message).help("put it into a file, and give the file's path"));
        }
    }

    /// Arguments are handed over as one variable.
    fn check_args_fit(&mut self, table: &JobTable, args: Option<&Args>) {
        let (Some(place), Some(args)) = (&table.args, args) else { return };
        let (bytes, most) = (args.to_string().len(), MAX_ARG_BYTES - ARGS_VARIABLE.len() - "=\0".len());
        if bytes > most {
            let message =
                format!("these arguments are {bytes} bytes of JSON; the system hands a program at most {most}");
            self.say(Problem::new(place.span, message).help("put them into a file, and give the file's path"));
        }
    }

    fn check_argument(&mut self, text: &At<String>, bytes: &[u8]) {
        if bytes.contains(&0) {
            self.say(Problem::new(text.span, "this has a NUL character in it, which no program can be handed"));
        }
    }

    fn cwd(&mut self, text: &At<String>, table: &JobTable) -> Option<PathBuf> {
        if let Some(dependencies) = &table.dependencies {
            let message = "`cwd` and `dependencies` exclude each other: dependencies are copied into a working directory of the job's own";
            self.say(Problem::new(text.span, message).related(dependencies.span, "dependencies here"));
        }
        let path = self.scope.path(text, self.problems)?;
        match path.metadata() {
            _ if !self.is_run => {}
            Ok(found) if found.is_dir() => {}
            Ok(_) => self.say(Problem::new(text.span, "the working directory is not a directory")),
            Err(error) => {
                let message = format!("cannot use the working directory `{}`: {}", path.display(), plain(&error));
                self.say(Problem::new(text.span, message));
            }
        }
        Some(path)
    }

    fn dependencies(&mut self, table: &JobTable) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for text in table.dependencies.iter().flat_map(|list| list.iter()) {
            let Some(path) = self.scope.path(text, self.problems) else { continue };
            found.extend(self.dependency(text.span, path));
        }
        found
    }

    fn dependency(&mut self, span: Span, path: PathBuf) -> Option<PathBuf> {
        if path.components().any(|part| part == Component::ParentDir) {
            self.say(Problem::new(span, "`..` may not stand in a dependency's path"));
        } else if let Some(error) = path.metadata().err().filter(|_| self.is_run) {
            let message = format!("cannot copy the dependency `{}`: {}", path.display(), plain(&error));
            self.say(Problem::new(span, message));
        } else {
            return Some(path);
        }
        None
    }

    pub(super) fn program(
        &mut self,
        text: &At<String>,
        dependencies: &[PathBuf],
        env: &[(OsString, Template)],
    ) -> Option<Program> {
        // What is wrong with the text was said with the argument vector.
        let name = self.scope.fixed(text, &mut Vec::new()).filter(|name| !name.is_empty())?;
        if !self.is_run {
            return Some(Program::At(name.into()));
        }
        let own_path = env.iter().find(|(name, _)| name == "PATH");
        let own_path = own_path.map(|(_, value)| value.render(Path::new(""), |_| OsString::new()));
        if let Some((source, copied)) = program::in_dependencies(Path::new(&name), dependencies) {
            self.check_program(text, &source, own_path);
            return Some(Program::Copied(copied));
        }
        if name.as_encoded_bytes().contains(&b'/') {
            let path = self.scope.absolute(&name);
            self.check_program(text, &path, own_path);
            return Some(Program::At(path));
        }
        match self.programs.find(&name, own_path.as_deref()) {
            Ok(path) => {
                self.check_program(text, &path, own_path);
                Some(Program::At(path))
            }
            Err(fault) => {
                let problem = Problem::new(text.span, fault.to_string());
                let in_dir = self.scope.dir.join(&name).is_file();
                let here = format!("write `./{}` for the file in the network's folder", name.display());
                self.say(problem.maybe_help(in_dir.then_some(here)));
                None
            }
        }
    }

    fn check_program(&mut self, text: &At<String>, path: &Path, own_path: Option<OsString>) {
        if let Err(fault) = self.programs.inspect(path, own_path.as_deref()) {
            let help = match &fault {
                Fault::NotExecutable { path } => Some(format!("chmod +x {}", path.display())),
                Fault::UnknownFormat { .. } => Some(
                    "begin it with a line like `#!/usr/bin/env python3`, or name the interpreter in `exec`".to_owned(),
                ),
                _ => None,
            };
            self.say(Problem::new(text.span, fault.to_string()).maybe_help(help));
        }
    }
}
