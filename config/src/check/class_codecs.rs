//! Codecs that are classes in Python files. Only Python can cut blocks out of what such a class writes.
//!
//! Between jobs in Python alone each block stands behind its length, so for the runtime the pipe is `framed` and can have
//! all that other pipes have. Where anybody else is at an end, the bytes are as the class writes them: the pipe is a
//! `stream`, and the jobs in Python find the blocks in it.

use pipeloom_job::Codec;

use crate::check::Checker;
use crate::check::coded::{Coded, PUT_BETWEEN};
use crate::check::jobs::{Checked, Manner};
use crate::check::wiring::{PipeEnds, Place, Wiring};
use crate::ids::JobId;
use crate::network::Network;
use crate::pipe_spec::CodecClass;
use crate::problem::Problem;
use crate::python::{PythonClass, PythonCodec, PythonFound};
use crate::span::At;
use crate::suggest;

/// What to do where the file would say what stands for a missing block.
pub(super) const DUMMY_OF_CLASS: &str = "leave it out: what `dummy` of the class gives stands for a missing block";

impl Checker<'_> {
    /// The codec that `text` names as `FILE.py:CLASS`.
    pub(super) fn class_codec(
        &mut self,
        pipe: &PipeEnds<'_>,
        text: &At<String>,
        wiring: &Wiring<'_>,
        jobs: &[Checked],
    ) -> Option<Coded> {
        let manner = |place: &Place| &jobs[place.end.job.index()].manner;
        let in_python = |place: &Place| matches!(manner(place), Manner::Executable { python: true, .. });
        if pipe.places().any(|place| matches!(manner(place), Manner::Unknown)) {
            return None;
        }
        let askable: Vec<JobId> = pipe.places().filter(|place| in_python(place)).map(|place| place.end.job).collect();
        if askable.is_empty() {
            let name = &pipe.name.value;
            let message = format!("`{}` is for jobs in Python, and none is at an end of the pipe `{name}`", text.value);
            self.say(
                Problem::new(text.span, message).help("codec = \"stream\" gives its bytes to everybody as they are"),
            );
            return None;
        }
        let is_run = |job: &JobId| self.options.runs.has(wiring.job_name(*job));
        let asked: Vec<JobId> = askable.into_iter().filter(is_run).collect();
        self.is_run = !asked.is_empty();
        let name = text.with(self.scope.words(text, self.problems)?);
        let spec = self.class_spec(&name, "codec = \"pulses.py:Pulse\"")?;
        let mut empty = Vec::new();
        for job in asked {
            let Some(class) = self.classes.of(wiring.job_name(job)) else { continue };
            let class = PythonClass { spec: spec.clone(), ..class.class.clone() };
            let codec = self.ask_codec(&name, &class)?;
            self.check_methods(pipe, &name, &codec, job, wiring);
            empty = codec.dummy.unwrap_or_default();
        }
        let Ok(spec) = spec.into_string() else {
            self.say(Problem::new(text.span, "a path that is not UTF-8 cannot be handed to an interpreter"));
            return None;
        };
        let is_between = pipe.external().is_none() && pipe.places().all(in_python);
        Some(Coded {
            codec: if is_between { Codec::Framed } else { Codec::Stream },
            class: Some(CodecClass { name: name.value, spec }),
            empty,
            cut_by_readers: pipe.readers.iter().all(in_python),
        })
    }

    fn ask_codec(&mut self, name: &At<String>, class: &PythonClass) -> Option<PythonCodec> {
        match self.ask(name, class)? {
            PythonFound::Codec(codec) => Some(codec),
            PythonFound::Job(_) => {
                let problem = Problem::new(name.span, format!("`{}` is a job and no codec", name.value));
                self.say(problem.help("a codec is a subclass of `pipeloom.Codec`"));
                None
            }
        }
    }

    /// The class can do what the job at the end needs.
    fn check_methods(
        &mut self,
        pipe: &PipeEnds<'_>,
        name: &At<String>,
        codec: &PythonCodec,
        job: JobId,
        wiring: &Wiring<'_>,
    ) {
        let ends = [
            (&pipe.writers, codec.writes, "encode", "write", "def encode(self, value): gives the bytes of one block"),
            (&pipe.readers, codec.reads, "frame", "read", "def frame(self, stream): reads one block; None at the end"),
        ];
        for (ends, can, method, what, how) in ends {
            let Some(place) = ends.iter().find(|place| place.end.job == job).filter(|_| !can) else { continue };
            let job = wiring.job_name(job);
            let message = format!("`{}` has no method `{method}`, so job `{job}` cannot {what} its blocks", name.value);
            let near = suggest::nearest(method, codec.methods.iter().map(String::as_str));
            let near = near.map(|near| format!("is its method `{near}` meant to be `{method}`?"));
            let problem = Problem::new(name.span, message).related(place.span, "the job is here");
            self.say(problem.help(how).maybe_help(near));
        }
    }

    /// The runtime cannot put blocks in step that it does not know.
    pub(super) fn check_lineups(&mut self, network: &Network) {
        let lined = network.jobs_to_line_up();
        for (_, pipe) in network.pipes().filter(|(_, pipe)| pipe.class.is_some() && !pipe.codec.has_blocks()) {
            for job in pipe.readers.iter().map(|end| end.job).filter(|job| lined[job.index()]) {
                let message = format!(
                    "the inputs of job `{}` are put in step by the runtime, as one of them may lack blocks, but only Python \
                     can tell the blocks of the pipe `{}` apart",
                    network[job].name, pipe.name
                );
                self.say(
                    Problem::new(pipe.span, message).related(network[job].span, "the job is here").help(PUT_BETWEEN),
                );
            }
        }
    }
}
