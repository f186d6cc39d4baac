//! Which job is at which end of which pipe.

use std::collections::{HashMap, HashSet};

use crate::check::Checker;
use crate::file::{ExternalName, JobTable, NetworkFile, PipeTable};
use crate::ids::{JobId, PipeId};
use crate::pipe_spec::End;
use crate::problem::Problem;
use crate::span::{At, Span};

/// All pipes that the file speaks of, by first mention.
pub(super) struct Wiring<'a> {
    pub(super) pipes: Vec<PipeEnds<'a>>,
    by_name: HashMap<&'a str, PipeId>,
    jobs: Vec<(&'a str, &'a JobTable)>,
    known_jobs: HashSet<&'a str>,
}

/// A pipe and who is at its ends.
pub(super) struct PipeEnds<'a> {
    /// The name where it stands: in its own table if it has one, else in a job's list.
    pub(super) name: &'a At<String>,
    pub(super) table: Option<&'a PipeTable>,
    pub(super) writers: Vec<Place>,
    pub(super) readers: Vec<Place>,
}

/// A job's end of a pipe, and where the file says so.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) end: End,
    pub(super) span: Span,
}

impl<'a> Wiring<'a> {
    pub(super) fn id(&self, pipe: &str) -> Option<PipeId> {
        self.by_name.get(pipe).copied()
    }

    pub(super) fn job_name(&self, job: JobId) -> &'a str {
        self.jobs[job.index()].0
    }

    pub(super) fn job_table(&self, job: JobId) -> &'a JobTable {
        self.jobs[job.index()].1
    }

    pub(super) fn has_job(&self, name: &str) -> bool {
        self.known_jobs.contains(name)
    }

    pub(super) fn job_names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.jobs.iter().map(|(name, _)| *name)
    }

    /// The pipes of a job's list.
    pub(super) fn ids(&self, list: Option<&At<Vec<At<String>>>>) -> Vec<PipeId> {
        list.iter().flat_map(|list| list.iter()).filter_map(|name| self.id(name)).collect()
    }
}

impl PipeEnds<'_> {
    /// Both sides, writers first.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.writers.iter().chain(&self.readers)
    }

    pub(super) fn external(&self) -> Option<&At<ExternalName>> {
        self.table.and_then(|table| table.external.as_ref())
    }

    /// Whether the file says that the pipe leads back.
    pub(super) fn is_back_edge(&self) -> bool {
        self.table.and_then(|table| table.cycle.as_ref()).is_some_and(|cycle| cycle.value)
    }

    pub(super) fn is_external(&self, side: ExternalName) -> bool {
        self.external().is_some_and(|external| external.value == side)
    }
}

fn inputs(table: &JobTable) -> impl Iterator<Item = &At<String>> {
    table.inputs.iter().flat_map(|list| list.iter())
}

fn outputs(table: &JobTable) -> impl Iterator<Item = &At<String>> {
    table.outputs.iter().flat_map(|list| list.iter())
}

/// Finds the pipes and their ends.
pub(super) fn collect(file: &NetworkFile) -> Wiring<'_> {
    let in_jobs = file.jobs.iter().flat_map(|(_, table)| inputs(table).chain(outputs(table)));
    let tables = file.pipes.iter().map(|(name, _)| name);
    let mut mentions: Vec<&At<String>> = in_jobs.chain(tables).collect();
    mentions.sort_by_key(|name| name.span);
    let mut wiring = Wiring {
        pipes: Vec::new(),
        by_name: HashMap::new(),
        jobs: file.jobs.iter().map(|(name, table)| (name.value.as_str(), table)).collect(),
        known_jobs: file.jobs.iter().map(|(name, _)| name.value.as_str()).collect(),
    };
    for name in mentions {
        wiring.by_name.entry(&name.value).or_insert_with(|| {
            wiring.pipes.push(PipeEnds { name, table: None, writers: Vec::new(), readers: Vec::new() });
            PipeId(wiring.pipes.len() as u32 - 1)
        });
    }
    for (name, table) in &file.pipes {
        if let Some(id) = wiring.id(name) {
            wiring.pipes[id.index()].name = name;
            wiring.pipes[id.index()].table = Some(table);
        }
    }
    for (index, (_, table)) in file.jobs.iter().enumerate() {
        let job = JobId(index as u32);
        for (port, name) in inputs(table).enumerate() {
            if let Some(id) = wiring.id(name) {
                wiring.pipes[id.index()].readers.push(Place { end: End { job, port }, span: name.span });
            }
        }
        for (port, name) in outputs(table).enumerate() {
            if let Some(id) = wiring.id(name) {
                wiring.pipes[id.index()].writers.push(Place { end: End { job, port }, span: name.span });
            }
        }
    }
    wiring
}

impl Checker<'_> {
    /// Each pipe has one writer and at least one reader, and no job has it twice.
    pub(super) fn check_ends(&mut self, wiring: &Wiring<'_>) {
        for pipe in &wiring.pipes {
            self.check_twice(wiring, pipe);
            self.check_writers(wiring, pipe);
            self.check_readers(wiring, pipe);
        }
    }

    fn check_twice(&mut self, wiring: &Wiring<'_>, pipe: &PipeEnds<'_>) {
        for (places, verb) in [(&pipe.writers, "writes"), (&pipe.readers, "reads")] {
            let mut seen = HashMap::new();
            for place in places {
                if let Some(first) = seen.insert(place.end.job, place.span) {
                    let job = wiring.job_name(place.end.job);
                    let message = format!("job `{job}` {verb} the pipe `{}` twice", pipe.name.value);
                    self.say(Problem::new(place.span, message).related(first, "first here"));
                }
            }
        }
    }

    fn check_writers(&mut self, wiring: &Wiring<'_>, pipe: &PipeEnds<'_>) {
        let name = &pipe.name.value;
        let mut jobs = HashSet::new();
        let mut writers = pipe.writers.iter().filter(|place| jobs.insert(place.end.job));
        let first = writers.next();
        for more in writers {
            let first = first.unwrap_or(more);
            let (one, other) = (wiring.job_name(first.end.job), wiring.job_name(more.end.job));
            let problem = Problem::new(more.span, format!("the pipe `{name}` has two writers: `{one}` and `{other}`"));
            self.say(problem.related(first.span, "the first is here").help("give each writer a pipe of its own"));
        }
        match (first, pipe.external()) {
            (Some(first), Some(external)) if external.value == ExternalName::Writer => {
                let job = wiring.job_name(first.end.job);
                let message = format!("the pipe `{name}` has two writers: `{job}` and a program outside the network");
                self.say(Problem::new(external.span, message).related(first.span, "the job is here"));
            }
            (None, _) if !pipe.is_external(ExternalName::Writer) && !self.lost.ends() => {
                let problem = match pipe.readers.first() {
                    Some(reader) => Problem::new(reader.span, format!("the pipe `{name}` has no writer")),
                    None => {
                        let message = format!("no job writes or reads the pipe `{name}`");
                        return self.say_near(Problem::new(pipe.name.span, message), wiring, pipe);
                    }
                };
                let problem = problem.help(format!("a job must list it: outputs = [\"{name}\"]"));
                self.say_near(problem, wiring, pipe);
            }
            _ => {}
        }
    }

    fn check_readers(&mut self, wiring: &Wiring<'_>, pipe: &PipeEnds<'_>) {
        if !pipe.readers.is_empty() || pipe.is_external(ExternalName::Reader) || self.lost.ends() {
            return;
        }
        let name = &pipe.name.value;
        let span = match pipe.writers.first() {
            Some(writer) => writer.span,
            None if pipe.is_external(ExternalName::Writer) => pipe.name.span,
            // A pipe with neither was named before.
            None => return,
        };
        let problem = Problem::new(span, format!("the pipe `{name}` has no reader"));
        let problem = problem.help(format!("a job must list it: inputs = [\"{name}\"]"));
        self.say_near(problem, wiring, pipe);
    }

    /// Says it with the name of the pipe that was probably meant.
    fn say_near(&mut self, problem: Problem, wiring: &Wiring<'_>, pipe: &PipeEnds<'_>) {
        let others = wiring.pipes.iter().map(|other| other.name.value.as_str());
        let near = self.near(&pipe.name.value, others.filter(|other| *other != pipe.name.value));
        self.say(problem.maybe_help(near));
    }
}
