//! Jobs with `log_times`: the last of their outputs is for the records that the runtime writes.

use pipeloom_job::{CodecName, Steps};

use crate::check::Checker;
use crate::check::coded::Coded;
use crate::check::wiring::{PipeEnds, Place, Wiring};
use crate::file::JobTable;
use crate::problem::Problem;
use crate::span::{At, Span};

/// The codec of records.
pub(super) const CODEC: CodecName = CodecName::Json;

/// What to say where outputs are counted.
pub(super) const NOT_COUNTED: &str = "with `log_times` the last output is for the times, not for the job";

/// What to say where no key of the file says it.
const OF_CLASS: &str = "`LOG_TIMES` of this class; `log_times = false` keeps it out";

/// Whether the runtime writes records for this job.
pub(super) fn are_logged(table: &JobTable) -> bool {
    table.log_times.as_ref().is_some_and(|log| log.value)
}

/// How many outputs the job itself is given.
pub(super) fn own_outputs(table: &JobTable) -> usize {
    let all = table.outputs.as_ref().map_or(0, |list| list.len());
    if are_logged(table) { all.saturating_sub(1) } else { all }
}

/// The end at which the runtime writes records, if the pipe has one.
pub(super) fn writer<'p>(pipe: &'p PipeEnds<'_>, wiring: &Wiring<'_>) -> Option<&'p Place> {
    pipe.writers.iter().find(|place| {
        let table = wiring.job_table(place.end.job);
        are_logged(table) && place.end.port == own_outputs(table)
    })
}

impl Checker<'_> {
    /// There must be an output for the records.
    pub(super) fn check_times(&mut self, name: &At<String>, table: &JobTable) {
        let Some(log) = table.log_times.as_ref().filter(|log| log.value) else { return };
        if table.outputs.as_ref().is_none_or(|list| list.is_empty()) && !self.lost.of_job(name, &["outputs"]) {
            let message = format!("job `{}` logs its times, but has no output for them", name.value);
            let help = format!("outputs = [\"{}-times\"]: the last output is for the records", name.value);
            let problem = Problem::new(log.span, message).help(help);
            let of_class = table.python.as_ref().is_some_and(|python| python.span == log.span);
            self.say(if of_class { problem.label(OF_CLASS) } else { problem });
        }
    }

    /// The compute blocks of a program are only known by what it is given and gives back.
    pub(super) fn check_times_of_program(&mut self, name: &At<String>, table: &JobTable, steps: Steps) {
        let Some(log) = table.log_times.as_ref().filter(|log| log.value) else { return };
        if self.lost.of_job(name, &["inputs", "outputs"]) {
            return;
        }
        let job = &name.value;
        match (table.inputs.as_ref().map_or(0, |list| list.len()), own_outputs(table)) {
            (0, 0) if table.outputs.as_ref().is_some_and(|list| !list.is_empty()) => {
                let message =
                    format!("job `{job}` logs its times, but has no pipe of its own whose blocks could be timed");
                self.say(Problem::new(log.span, message).help(NOT_COUNTED));
            }
            // Without inputs each block of the one output is a compute block, and without outputs what is read makes them.
            (0, 1) | (_, 0) => {}
            _ if steps == Steps::Each || self.lost.of_job(name, &["steps", "pass"]) => {}
            _ => {
                let message =
                    format!("job `{job}` logs its times, but with `steps = \"free\"` nobody knows its compute blocks");
                let problem = Problem::new(log.span, message);
                let problem = match &table.steps {
                    Some(steps) => problem.related(steps.span, "the steps are here"),
                    None => problem.label("`pass = \"stdio\"` makes them free"),
                };
                self.say(
                    problem.help("steps = \"each\", if it writes one block on each output for each compute block"),
                );
            }
        }
    }

    /// A program whose times are logged reads and writes blocks.
    pub(super) fn check_times_of_stream(
        &mut self,
        pipe: &PipeEnds<'_>,
        coded: &Coded,
        codec: Span,
        wiring: &Wiring<'_>,
    ) {
        for place in pipe.writers.iter().chain(&pipe.readers) {
            let table = wiring.job_table(place.end.job);
            if (table.exec.is_some() || table.python.is_some()) && are_logged(table) {
                let job = wiring.job_name(place.end.job);
                let why = coded.why_no_blocks(&pipe.name.value);
                let message = format!("job `{job}` logs its times, but {why}, so it has no blocks that could be timed");
                let problem = Problem::new(place.span, message).help(coded.need_blocks());
                self.say(problem.related(codec, "its codec is here"));
            }
        }
    }

    /// The codec must be the one of records.
    pub(super) fn check_times_codec(&mut self, pipe: &PipeEnds<'_>, coded: &Coded, span: Span, wiring: &Wiring<'_>) {
        if let Some(place) = writer(pipe, wiring)
            && coded.codec.name() != CODEC
        {
            let job = wiring.job_name(place.end.job);
            let name = &pipe.name.value;
            let message =
                format!("the times of job `{job}` are written as `{CODEC}`, but the pipe `{name}` has `{coded}`");
            let problem = Problem::new(span, message).related(place.span, "the last output is for the times");
            self.say(problem.help(format!("codec = \"{CODEC}\"")));
        }
    }
}
