//! Classes in Python files. They are asked before anything else is checked, as what they say of themselves holds where the
//! file says nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use crate::check::Checker;
use crate::file::{JobTable, NetworkFile};
use crate::job_spec::{FromClass, Program};
use crate::problem::Problem;
use crate::python::{PythonClass, PythonFault, PythonFound, PythonJob};
use crate::span::At;
use crate::template::Template;

/// The interpreter, if the file names none.
const INTERPRETER: &str = "python3";

/// What is known of classes.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// By the name of the job; only those that can be used.
    jobs: HashMap<String, Class>,
    /// What interpreters have said: to start one takes longer than all other checks.
    answers: HashMap<PythonClass, Result<PythonFound, PythonFault>>,
}

/// The class of a job.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Whom to ask.
    pub(super) class: PythonClass,
    /// What it has said; `None` if it is not to be run.
    pub(super) job: Option<PythonJob>,
    from_class: Vec<FromClass>,
}

impl Classes {
    pub(super) fn of(&self, job: &str) -> Option<&Class> {
        self.jobs.get(job)
    }

    /// Whether the job's class describes another program.
    pub(super) fn is_program(&self, job: &str) -> bool {
        self.of(job).and_then(|class| class.job.as_ref()).is_some_and(|job| job.program)
    }

    pub(super) fn words(&self, job: &str) -> Vec<FromClass> {
        self.of(job).map(|class| class.from_class.clone()).unwrap_or_default()
    }
}

impl Checker<'_> {
    /// The file with what its classes add.
    pub(super) fn with_classes<'f>(&mut self, file: &'f NetworkFile) -> Cow<'f, NetworkFile> {
        if file.jobs.iter().all(|(_, table)| table.python.is_none()) {
            return Cow::Borrowed(file);
        }
        let mut file = file.clone();
        for (name, table) in file.jobs.iter_mut() {
            // A job with two ways to be run is refused later.
            let is_only = table.exec.is_none() && table.r#use.is_none() && table.plugin.is_none();
            if let Some(python) = table.python.clone().filter(|_| is_only) {
                self.is_run = self.options.runs.has(name);
                let class = self.asked(name, &python, table);
                self.classes.jobs.extend(class.map(|class| (name.value.clone(), class)));
            }
        }
        Cow::Owned(file)
    }

    fn asked(&mut self, name: &At<String>, python: &At<String>, table: &mut JobTable) -> Option<Class> {
        let class = self.class_of_job(python, table)?;
        if !self.is_run {
            return Some(Class { class, job: None, from_class: Vec::new() });
        }
        match self.ask(python, &class)? {
            PythonFound::Job(job) => {
                let from_class = self.apply_attributes(name, python, &job, table);
                Some(Class { class, job: Some(job), from_class })
            }
            PythonFound::Codec(_) => {
                let problem = Problem::new(python.span, format!("`{}` is a codec and no job", python.value));
                self.say(problem.help(format!("[pipes.NAME] with codec = \"{}\"", python.value)));
                None
            }
        }
    }

    /// What the class at `place` is, by its own interpreter.
    pub(super) fn ask(&mut self, place: &At<String>, class: &PythonClass) -> Option<PythonFound> {
        let Some(describe) = self.options.python else {
            self.say(Problem::new(place.span, "there are no classes in Python here"));
            return None;
        };
        let answer = self.classes.answers.entry(class.clone()).or_insert_with(|| describe(class)).clone();
        let problem = match answer {
            Ok(found) => return Some(found),
            Err(PythonFault::Other(why)) => {
                let mut lines = why.lines();
                let first = lines.next().unwrap_or_default();
                Problem::new(place.span, format!("`{}` cannot be used: {first}", place.value)).said(lines)
            }
            Err(PythonFault::Missing(there)) => {
                let (file, name) = place.rsplit_once(':').unwrap_or((place, ""));
                let near = self.near(name, there.iter().map(String::as_str));
                let all = (!there.is_empty()).then(|| format!("it has `{}`", there.join("`, `")));
                let problem = Problem::new(place.span, format!("there is no class `{name}` in `{file}`"));
                problem.maybe_help(all).maybe_help(near)
            }
        };
        self.say(problem);
        None
    }

    /// The class that a job names, if it can be there.
    fn class_of_job(&mut self, python: &At<String>, table: &JobTable) -> Option<PythonClass> {
        let spec = self.class_spec(python, "python = \"jobs.py:Sum\"")?;
        // What is wrong with these is said where they are used.
        let before = self.problems.len();
        let env = self.env(table);
        self.problems.truncate(before);
        let interpreter = interpreter(python, table);
        let Some(Program::At(interpreter)) = self.program(&interpreter, &[], &env) else { return None };
        let as_written = |value: &Template| value.render(Path::new("${run}"), |_| OsString::new());
        let env = env.into_iter().map(|(variable, value)| (variable, as_written(&value))).collect();
        let env_clear = table.env_clear.as_ref().is_some_and(|clear| clear.value);
        Some(PythonClass { interpreter, spec, dir: self.scope.dir.to_owned(), env, env_clear })
    }

    /// `FILE.py:CLASS` with an absolute path, whose file must be there if it is run.
    pub(super) fn class_spec(&mut self, text: &At<String>, example: &str) -> Option<OsString> {
        let words = self.scope.words(text, self.problems)?;
        let Some((file, class)) = words.rsplit_once(':').filter(|(file, class)| !file.is_empty() && !class.is_empty())
        else {
            self.say(Problem::new(text.span, format!("`{words}` names no class in a file")).help(example));
            return None;
        };
        let path = self.scope.absolute(file);
        if self.is_run && !path.is_file() {
            self.say(Problem::new(text.span, format!("there is no file `{}`", path.display())));
            return None;
        }
        let mut spec = path.into_os_string();
        spec.push(":");
        spec.push(class);
        Some(spec)
    }
}

/// The interpreter that the job names, or else the usual one.
pub(super) fn interpreter(python: &At<String>, table: &JobTable) -> At<String> {
    table.interpreter.clone().unwrap_or_else(|| python.with(INTERPRETER.to_owned()))
}
