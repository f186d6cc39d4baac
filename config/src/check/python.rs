//! Jobs that are classes in Python files: programs, whose interpreter is told what to run.

use std::ffi::OsString;
use std::path::Path;

use pipeloom_job::Steps;

use crate::check::Checker;
use crate::check::classes::{Class, interpreter};
use crate::check::executable::{Kit, exec_of};
use crate::check::native::all_arguments;
use crate::check::wiring::Wiring;
use crate::file::{JobTable, PassName};
use crate::interpolate::escape;
use crate::job_spec::Executable;
use crate::problem::Problem;
use crate::python::{MODULE_PATH, PythonClass, PythonJob};
use crate::span::At;
use crate::template::{Part, Template};

impl Checker<'_> {
    pub(super) fn python(
        &mut self,
        name: &At<String>,
        python: &At<String>,
        table: &JobTable,
        wiring: &Wiring<'_>,
    ) -> Option<Executable> {
        // Why there is none was said when it was asked.
        let Class { class, job, .. } = self.classes.of(name)?.clone();
        self.refuse_keys(&[("kit", table.kit.as_ref().map(|at| at.span))], "programs; a job in Python always has it");
        let flags = [("input_flag", &table.input_flag), ("output_flag", &table.output_flag)];
        let flags = flags.map(|(key, flag)| (key, flag.as_ref().map(|at| at.span)));
        self.refuse_keys(&flags, "jobs with `exec`; a class that describes a program has INPUT_FLAG and OUTPUT_FLAG");
        if let Some(job) = &job {
            if !job.program {
                let head = table.head.as_ref().map(|at| at.span);
                self.refuse_keys(&[("head", head)], "programs that do not speak our kit");
            }
            self.check_inputs_of_class(name, python, table, job);
            self.check_args_of_class(python, table, job);
            self.note_codecs_of_class(name, python, table, job);
        }
        let args = self.args(name, table)?;
        let Some(spec) = class.spec.to_str() else {
            self.say(Problem::new(python.span, "a path that is not UTF-8 cannot be handed to an interpreter"));
            return None;
        };
        let words = [interpreter(python, table).value, "-m".to_owned(), "pipeloom".to_owned(), escape(spec)];
        let kit = Kit { args, steps: steps(table, job.as_ref()), heads: !job.as_ref().is_some_and(|job| job.program) };
        let mut executable = self.executable(name, &exec_of(python, words), table, wiring, Some(&kit))?;
        if let Some(job) = &job {
            add_module_path(&mut executable.env, &class, &job.module_path);
        }
        Some(executable)
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

    /// A codec of its own for a pipe that it does not have may be for another network, or misspelt.
    fn note_codecs_of_class(&mut self, name: &At<String>, python: &At<String>, table: &JobTable, job: &PythonJob) {
        let pipes = table.inputs.iter().chain(&table.outputs).flat_map(|list| list.iter().map(|pipe| pipe.as_str()));
        let pipes: Vec<&str> = pipes.collect();
        for pipe in job.codecs.iter().filter(|pipe| !pipes.contains(&pipe.as_str())) {
            let near = self.near(pipe, pipes.iter().copied());
            let message = format!(
                "`CODECS` of `{}` names a pipe `{pipe}`, which job `{}` does not have",
                python.value, name.value
            );
            self.notes.push(Problem::new(python.span, message).maybe_help(near));
        }
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

/// How its outputs are numbered, unless the file says.
fn steps(table: &JobTable, job: Option<&PythonJob>) -> Steps {
    let has_inputs = table.inputs.as_ref().is_some_and(|list| !list.is_empty());
    let by_stdio = table.pass.as_ref().is_some_and(|pass| pass.value == PassName::Stdio);
    match job {
        Some(job) if job.program && by_stdio || job.generator && has_inputs => Steps::Free,
        _ => Steps::Each,
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
