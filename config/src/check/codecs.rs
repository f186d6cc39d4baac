//! Which codec a pipe has, and whether the jobs at its ends agree with it.

use pipeloom_job::{Codec, CodecName, CustomCodec, PortType};

use crate::check::Checker;
use crate::check::coded::{Coded, PUT_BETWEEN};
use crate::check::jobs::{Checked, Manner};
use crate::check::times;
use crate::check::wiring::{PipeEnds, Place, Wiring};
use crate::file::{PassName, PipeTable};
use crate::problem::Problem;
use crate::read::one_of;
use crate::span::{At, Span};

/// The codec that jobs in Python have among themselves.
const PICKLE: &str = "pickle";

impl Checker<'_> {
    /// The pipe's codec, or `None` if it cannot be told.
    pub(super) fn codec(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        wiring: &Wiring<'_>,
        jobs: &[Checked],
    ) -> Option<Coded> {
        if self.lost.of_pipe(&pipe.name.value, &["codec", "block_size"]) {
            return None;
        }
        // What to point at when the codec itself is wrong.
        let span = table.codec.as_ref().map_or(pipe.name.span, |codec| codec.span);
        let coded = match &table.codec {
            Some(codec) if codec.contains(':') => self.class_codec(pipe, codec, wiring, jobs)?,
            text => {
                let name = match text {
                    Some(codec) => self.named(codec)?,
                    None if times::writer(pipe, wiring).is_some() => times::CODEC,
                    None => self.default_codec(pipe, wiring, jobs)?,
                };
                self.by_name(pipe, table, name, span, wiring, jobs)?
            }
        };
        self.check_heads(pipe, &coded, span, wiring, jobs);
        self.check_pickle(pipe, coded.codec, span, wiring, jobs);
        self.check_times_codec(pipe, &coded, span, wiring);
        self.check_ports(pipe, table, &coded, span, wiring, jobs);
        Some(coded)
    }

    fn by_name(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        name: CodecName,
        span: Span,
        wiring: &Wiring<'_>,
        jobs: &[Checked],
    ) -> Option<Coded> {
        let codec = match name {
            CodecName::Custom(name) => Codec::Custom(self.custom().find(|codec| codec.name() == name)?),
            built_in => match Codec::built_in(built_in, table.block_size.as_ref().map(|size| size.size())) {
                Some(codec) => codec,
                None => {
                    let wanted = ports(pipe, wiring, jobs).find_map(|(_, port)| port.block_size);
                    let problem = Problem::new(span, "the codec `bytes` needs a `block_size`, in bytes");
                    self.say(problem.maybe_help(wanted.map(|size| format!("block_size = {size}"))));
                    return None;
                }
            },
        };
        Some(Coded::of(codec))
    }

    /// The codec that the file names.
    fn named(&mut self, codec: &At<String>) -> Option<CodecName> {
        let name = self.codecs().find(|known| known.as_str() == codec.value);
        if name.is_none() {
            let known: Vec<&str> = self.codecs().map(CodecName::as_str).collect();
            let near = self.near(codec, known.iter().copied());
            self.say(Problem::new(codec.span, format!("`codec` must be {}", one_of(&known))).maybe_help(near));
        }
        name
    }

    /// All codecs that a pipe can have, the built-in ones first.
    fn codecs(&self) -> impl Iterator<Item = CodecName> {
        CodecName::BUILT_IN.into_iter().chain(self.custom().map(|codec| CodecName::Custom(codec.name())))
    }

    fn custom(&self) -> impl Iterator<Item = &'static dyn CustomCodec> {
        self.options.codecs.iter().copied()
    }

    fn default_codec(&mut self, pipe: &PipeEnds<'_>, wiring: &Wiring<'_>, jobs: &[Checked]) -> Option<CodecName> {
        let (mut stdio, mut unasked) = (false, false);
        let mut asks = pipe.external().map(|external| (external.span, "a program outside the network".to_owned()));
        for place in pipe.places() {
            match &jobs[place.end.job.index()].manner {
                Manner::Executable { pass: PassName::Stdio, .. } => stdio = true,
                Manner::Executable { python, .. } => {
                    let job = wiring.job_name(place.end.job);
                    unasked |= *python && !self.options.runs.has(job);
                    asks.get_or_insert_with(|| (place.span, format!("job `{job}`, an executable,")));
                }
                Manner::Native(_) => {}
                Manner::Unknown => return None,
            }
        }
        match asks {
            // It may be the output for the times of a class that logs them, which only the class says.
            Some(_) if unasked => Some(times::CODEC),
            Some((span, who)) => {
                let name = &pipe.name.value;
                let problem = Problem::new(span, format!("the pipe `{name}` needs a codec, as {who} is at its end"));
                let others: String = self.custom().map(|codec| format!(", {}", codec.name())).collect();
                let all = format!("one of json, lines, bytes, framed, bincode, stream{others}");
                self.say(problem.help(format!("[pipes.{name}] with codec = \"...\": {all}")));
                None
            }
            None if stdio => Some(CodecName::Stream),
            None => Some(CodecName::Bincode),
        }
    }

    /// Only Python can read a pickle, and only its own.
    fn check_pickle(&mut self, pipe: &PipeEnds<'_>, codec: Codec, span: Span, wiring: &Wiring<'_>, jobs: &[Checked]) {
        if codec.name() != CodecName::Custom(PICKLE) {
            return;
        }
        for place in pipe.places() {
            if !matches!(jobs[place.end.job.index()].manner, Manner::Executable { python: true, .. } | Manner::Unknown)
            {
                let job = wiring.job_name(place.end.job);
                let message =
                    format!("the pipe `{}` has `{PICKLE}`, which is between jobs in Python only", pipe.name.value);
                let problem = Problem::new(span, message).related(place.span, format!("`{job}` is none"));
                self.say(problem.help("codec = \"json\", or another one that all can read"));
            }
        }
        if let Some(external) = pipe.external() {
            self.say(Problem::new(external.span, format!("a program outside the network cannot have `{PICKLE}`")));
        }
    }

    /// Heads stand before blocks, so a stream has none; and what has no blocks has no steps.
    fn check_heads(&mut self, pipe: &PipeEnds<'_>, coded: &Coded, span: Span, wiring: &Wiring<'_>, jobs: &[Checked]) {
        if coded.codec.has_blocks() {
            return;
        }
        self.check_times_of_stream(pipe, coded, span, wiring);
        let why = coded.why_no_blocks(&pipe.name.value);
        for place in pipe.places() {
            let job = wiring.job_name(place.end.job);
            let checked = &jobs[place.end.job.index()];
            if let Manner::Executable { head: true, .. } = checked.manner {
                let message = format!("job `{job}` has `head = true`, but {why}, so it has no heads");
                let help = match coded.class {
                    None => coded.need_blocks(),
                    Some(_) => "leave `head` out, or give the pipe a codec that the runtime knows",
                };
                self.say(Problem::new(place.span, message).help(help).related(span, "its codec is here"));
            }
            if let Manner::Executable { each: Some(each), .. } = checked.manner {
                let message = format!("job `{job}` has `steps = \"each\"`, but {why}, so its blocks have no numbers");
                self.say(Problem::new(each, message).related(place.span, "the pipe is here"));
            }
        }
    }

    /// Codec and block size are what the native jobs take.
    fn check_ports(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        coded: &Coded,
        span: Span,
        wiring: &Wiring<'_>,
        jobs: &[Checked],
    ) {
        let codec = coded.codec;
        for (place, port) in ports(pipe, wiring, jobs) {
            let job = wiring.job_name(place.end.job);
            if !port.takes(codec.name()) {
                let custom = self.custom().filter(|_| port.custom).map(|codec| codec.name());
                let takes: Vec<&str> = port.codecs.iter().map(|codec| codec.as_str()).chain(custom).collect();
                let takes = one_of(&takes);
                let name = &pipe.name.value;
                let problem = match &table.codec {
                    Some(codec) => {
                        let message =
                            format!("job `{job}` takes {takes} here, but the pipe `{name}` has `{}`", codec.value);
                        Problem::new(codec.span, message).related(place.span, "the job is here")
                    }
                    None => {
                        let message =
                            format!("job `{job}` takes {takes} here, but the pipe `{name}` has `{codec}` by default");
                        let help = format!("[pipes.{name}] with codec = \"{}\"", port.codecs[0]);
                        Problem::new(place.span, message).help(help)
                    }
                };
                self.say(if coded.class.is_some() { problem.help(PUT_BETWEEN) } else { problem });
            } else if let (Some(wanted), Some(given)) = (port.block_size, codec.block_size())
                && wanted != given
            {
                let at = table.block_size.as_ref().map_or(span, |size| size.span);
                let message = format!(
                    "job `{job}` has blocks of {wanted} bytes here, but the pipe `{}` has {given}",
                    pipe.name.value
                );
                let problem = Problem::new(at, message).related(place.span, "the job is here");
                self.say(problem.help(format!("block_size = {wanted}, or other arguments for the job")));
            }
        }
    }
}

/// The ports of native jobs at the pipe's ends.
pub(super) fn ports<'a>(
    pipe: &'a PipeEnds<'_>,
    wiring: &'a Wiring<'_>,
    jobs: &'a [Checked],
) -> impl Iterator<Item = (&'a Place, &'a PortType)> {
    let port = |place: &Place, output: bool| match &jobs[place.end.job.index()].manner {
        Manner::Native(Some(ports)) => (if output { &ports.outputs } else { &ports.inputs }).get(place.end.port),
        _ => None,
    };
    // Where the runtime writes for a job, the job has no port.
    let is_own = |place: &&Place| place.end.port < times::own_outputs(wiring.job_table(place.end.job));
    let writers = pipe.writers.iter().filter(is_own).filter_map(move |place| Some((place, port(place, true)?)));
    let readers = pipe.readers.iter().filter_map(move |place| Some((place, port(place, false)?)));
    writers.chain(readers)
}
