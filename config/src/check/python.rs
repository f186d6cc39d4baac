//! Jobs that are classes in Python files: programs, whose interpreter is told what to run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pipeloom_job::Steps;

use crate::check::Checker;
use crate::check::executable::{Kit, exec_of};
use crate::check::native::all_arguments;
use crate::check::wiring::Wiring;
use crate::file::JobTable;
use crate::interpolate::escape;
use crate::network::{Executable, Program};
use crate::problem::Problem;
use crate::python::{PythonClass, PythonJob};
use crate::span::At;
use crate::template::{Part, Template};

/// The interpreter, if the file names none.
const INTERPRETER: &str = "python3";

/// The variable that tells an interpreter where to look for modules.
const MODULE_PATH: &str = "PYTHONPATH";

impl Checker<'_> {
    pub(super) fn python(
        &mut self,
        name: &At<String>,
        python: &At<String>,
        table: &JobTable,
        wiring: &Wiring<'_>,
    ) -> Option<Executable> {
        self.refuse_keys(&[("head", table.head.as_ref().map(|at| at.span))], "programs that do not speak our kit");
        let interpreter = table.interpreter.clone().unwrap_or_else(|| python.with(INTERPRETER.to_owned()));
        let class = self.class(python, &interpreter, table)?;
        let job = if self.is_run { self.described(python, &class)? } else { anything() };
        self.check_inputs_of_class(name, python, table, &job);
        let args = self.args(name, table)?;
        self.check_args_of_class(python, table, &job);
        let Some(spec) = class.spec.to_str() else {
            self.say(Problem::new(python.span, "a path that is not UTF-8 cannot be handed to an interpreter"));
            return None;
        };
        let words = [interpreter.value, "-m".to_owned(), "pipeloom".to_owned(), escape(spec)];
        let exec = exec_of(python, words);
        let has_inputs = table.inputs.as_ref().is_some_and(|list| !list.is_empty());
        let kit = Kit {
            args,
            steps: if job.generator && has_inputs { Steps::Free } else { Steps::Each },
            dependencies: job.dependencies.clone(),
        };
        let mut executable = self.executable(name, &exec, table, wiring, Some(&kit))?;
        add_module_path(&mut executable.env, &class, &job.module_path);
        Some(executable)
    }

    /// What the class itself says of it.
    fn described(&mut self, python: &At<String>, class: &PythonClass) -> Option<PythonJob> {
        let Some(describe) = self.options.python else {
            self.say(Problem::new(python.span, "there are no jobs in Python here"));
            return None;
        };
        let wrong = |why| Problem::new(python.span, format!("`{}` cannot be used: {why}", python.value));
        describe(class).map_err(|why| self.say(wrong(why))).ok()
    }

    /// The class that the file names, if it can be there.
    fn class(&mut self, python: &At<String>, interpreter: &At<String>, table: &JobTable) -> Option<PythonClass> {
        let spec = self.scope.words(python, self.problems)?;
        let Some((file, class)) = spec.rsplit_once(':').filter(|(file, class)| !file.is_empty() && !class.is_empty())
        else {
            let problem = Problem::new(python.span, format!("`{spec}` names no class in a file"));
            self.say(problem.help("python = \"jobs.py:Sum\""));
            return None;
        };
        let path = self.scope.absolute(file);
        if self.is_run && !path.is_file() {
            self.say(Problem::new(python.span, format!("there is no file `{}`", path.display())));
            return None;
        }
        let env = self.env(table);
        let Some(Program::At(interpreter)) = self.program(interpreter, &[], &env) else { return None };
        let own_path = env.iter().find(|(variable, _)| variable == MODULE_PATH);
        let own_path = own_path.map(|(_, value)| value.render(Path::new(""), |_| OsString::new()));
        let clear = table.env_clear.as_ref().is_some_and(|clear| clear.value);
        let mut spec = path.into_os_string();
        spec.push(":");
        spec.push(class);
        let own_path = own_path.or_else(|| clear.then(OsString::new));
        Some(PythonClass { interpreter, spec, dir: self.scope.dir.to_owned(), own_path })
    }

    fn check_inputs_of_class(&mut self, name: &At<String>, python: &At<String>, table: &JobTable, job: &PythonJob) {
        let count = table.inputs.as_ref().map_or(0, |list| list.len());
        let fits = count >= job.least_inputs && job.most_inputs.is_none_or(|most| count <= most);
        if fits || self.lost.of_job(name, &["inputs"]) {
            return;
        }
        let takes = match (job.least_inputs, job.most_inputs) {
            (0, Some(0)) => "no input".to_owned(),
            (1, Some(1)) => "1 input".to_owned(),
            (least, Some(most)) if least == most => format!("{least} inputs"),
            (least, Some(most)) => format!("{least} to {most} inputs"),
            (least, None) => format!("{least} or more inputs"),
        };
        let span = table.inputs.as_ref().map_or(name.span, |list| list.span);
        let message = format!("`run` of `{}` takes {takes}, but job `{}` has {count}", python.value, name.value);
        self.say(Problem::new(span, message).related(python.span, "the class is here"));
    }

    fn check_args_of_class(&mut self, python: &At<String>, table: &JobTable, job: &PythonJob) {
        let given = table.arg_names();
        let known: Vec<&str> = job.args.iter().map(|known| known.name.as_str()).collect();
        for argument in given.iter().filter(|_| !job.other_args) {
            if !known.contains(&argument.value.as_str()) {
                let near = self.near(argument, known.iter().copied());
                let message = format!("`{}` has no argument `{}`", python.value, argument.value);
                self.say(Problem::new(argument.span, message).help(all_arguments(&known)).maybe_help(near));
            }
        }
        for missing in job.args.iter().filter(|known| known.required) {
            if !given.iter().any(|argument| argument.value == missing.name) {
                let span = table.args.as_ref().map_or(python.span, |args| args.span);
                self.say(Problem::new(span, format!("`{}` needs the argument `{}`", python.value, missing.name)));
            }
        }
    }
}

/// What stands for a class that is not run, whose file need not be there.
const fn anything() -> PythonJob {
    PythonJob {
        least_inputs: 0,
        most_inputs: None,
        args: Vec::new(),
        other_args: true,
        generator: false,
        dependencies: Vec::new(),
        module_path: PathBuf::new(),
    }
}

/// Has the interpreter find the kit, and after it what the file or the caller names.
fn add_module_path(env: &mut Vec<(OsString, Template)>, class: &PythonClass, kit: &Path) {
    match env.iter_mut().find(|(variable, _)| variable == MODULE_PATH) {
        Some((_, value)) => {
            let mut before = kit.as_os_str().to_owned();
            before.push(":");
            value.parts.insert(0, Part::Text(before));
        }
        None => env.push((MODULE_PATH.into(), Template::text(class.module_path(kit)))),
    }
}
