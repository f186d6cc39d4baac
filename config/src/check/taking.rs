//! How a pipe's blocks are taken, and what stands for missing ones.

use crate::check::Checker;
use crate::check::class_codecs::DUMMY_OF_CLASS;
use crate::check::codecs::ports;
use crate::check::coded::{Coded, PUT_BETWEEN};
use crate::check::jobs::Checked;
use crate::check::wiring::{PipeEnds, Wiring};
use crate::file::{DropName, Dummy as DummyName, DummyTable, ExternalName, OptionalTable, PipeTable, WhenFull};
use crate::pipe_spec::{Buffer, DropSide, Dummy, Optional, Taking};
use crate::problem::Problem;
use crate::span::{At, Span};

/// What a stream is told that needs blocks.
const NO_BLOCKS: &str = "a stream has no blocks: give the pipe another codec";

impl Checker<'_> {
    /// What can be said without knowing the codec.
    pub(super) fn check_taking(&mut self, pipe: &PipeEnds<'_>, table: &PipeTable) {
        if let (Some(bypass), Some(optional)) = (asked(table.r#async.as_ref()), &table.optional) {
            let problem = Problem::new(bypass, "`async` is superfluous beside `optional`");
            self.say(problem.related(optional.span, "what is optional is never lined up").help("leave `async` out"));
        }
        if let Some(OptionalTable { drop: Some(drop), buffer: None, .. }) = table.optional.as_ref().map(|at| &at.value)
            && !self.lost.of_pipe(&pipe.name.value, &["optional"])
        {
            let problem = Problem::new(drop.span, "`drop` needs `buffer`: how many blocks may wait");
            self.say(problem.help("for example: optional = { buffer = 8, drop = \"oldest\" }"));
        }
        if pipe.is_external(ExternalName::Reader) && pipe.readers.is_empty() && !self.lost.ends() {
            for (key, span) in for_readers(table) {
                let message =
                    format!("`{key}` is for readers in the network, and the pipe `{}` has none", pipe.name.value);
                self.say(Problem::new(span, message).help("a program outside the network gets each block as it comes"));
            }
        }
    }

    /// A stream has no blocks that could be counted, lined up, missed or dropped.
    pub(super) fn check_stream(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        coded: &Coded,
        when_full: Option<&At<WhenFull>>,
    ) {
        if coded.codec.has_blocks() {
            return;
        }
        let help = if coded.class.is_some() { PUT_BETWEEN } else { NO_BLOCKS };
        for (key, span) in for_readers(table) {
            // A program counts its blocks itself.
            if key == "block_count" && coded.cut_by_readers {
                continue;
            }
            let message = match coded.class {
                None => format!("`{key}` has no meaning for the codec `stream`"),
                Some(_) => format!("`{key}` cannot be had here: {}", coded.why_no_blocks(&pipe.name.value)),
            };
            self.say(Problem::new(span, message).help(help));
        }
        if let Some(word) = when_full.filter(|word| word.value != WhenFull::Block) {
            let name = &pipe.name.value;
            let message = match coded.class {
                None => format!("`when_full = \"{}\"` has no meaning for the stream `{name}`", word.value.as_str()),
                Some(_) => {
                    let why = coded.why_no_blocks(name);
                    format!("`when_full = \"{}\"` cannot be had here: {why}", word.value.as_str())
                }
            };
            let problem = Problem::new(word.span, message);
            self.say(if table.when_full.is_some() {
                problem.help(help)
            } else {
                problem.help(format!("[pipes.{name}] with when_full = \"block\" keeps it out of this"))
            });
        }
    }

    /// Several blocks for each compute block are more than some native jobs take.
    pub(super) fn check_block_count(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        wiring: &Wiring<'_>,
        jobs: &[Checked],
    ) {
        let Some(count) = table.block_count.as_ref().filter(|count| count.get() > 1) else { return };
        for (place, _) in ports(pipe, wiring, jobs).filter(|(_, port)| port.one_block) {
            let (job, name) = (wiring.job_name(place.end.job), &pipe.name.value);
            let blocks = count.get();
            let message =
                format!("job `{job}` takes one block at a time here, but the pipe `{name}` gives it {blocks}");
            let problem = Problem::new(count.span, message).related(place.span, "the job is here");
            self.say(problem.help("block_count = 1; the jobs `gather` and `window` make a list of several blocks"));
        }
    }

    /// `None` if something is wrong with it.
    pub(super) fn taking(&mut self, table: &PipeTable, coded: &Coded, max_block_bytes: usize) -> Option<Taking> {
        let Some(optional) = &table.optional else {
            let bypass = asked(table.r#async.as_ref()).is_some();
            return Some(if bypass { Taking::Async } else { Taking::InStep });
        };
        let default = match &optional.default {
            Some(value) => self.payload(value, coded, max_block_bytes, table)?,
            None => coded.empty.clone(),
        };
        let drop = match optional.drop.as_ref().map(|drop| drop.value) {
            None | Some(DropName::Oldest) => DropSide::Oldest,
            Some(DropName::Newest) => DropSide::Newest,
        };
        let blocks = optional.buffer.as_ref().and_then(|buffer| buffer.size().try_into().ok());
        Some(Taking::Optional(Optional {
            default,
            store: optional.store.as_ref().is_none_or(|store| store.value),
            buffer: blocks.map(|blocks| Buffer { blocks, drop }),
        }))
    }

    /// `None` if something is wrong with it.
    pub(super) fn dummy(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        coded: &Coded,
        max_block_bytes: usize,
    ) -> Option<Dummy> {
        let codec = coded.codec;
        let Some(dummy) = &table.dummy else {
            return Some(match coded.class {
                None => Dummy::of(codec),
                Some(_) => Dummy::Value(coded.empty.clone()),
            });
        };
        match &dummy.value {
            DummyName::Zero if codec.block_size().is_some() => Some(Dummy::Zero),
            DummyName::Zero => {
                if codec.has_blocks() {
                    let message =
                        format!("blocks of the codec `{coded}` have no fixed size, so zeros cannot stand for one");
                    let help = match coded.class {
                        None => "dummy = \"previous\" or dummy = { value = ... }",
                        Some(_) => DUMMY_OF_CLASS,
                    };
                    self.say(Problem::new(dummy.span, message).help(help));
                }
                None
            }
            DummyName::Previous => Some(Dummy::Previous { empty: coded.empty.clone() }),
            DummyName::Value(DummyTable { value: Some(value) }) => {
                self.payload(value, coded, max_block_bytes, table).map(Dummy::Value)
            }
            DummyName::Value(DummyTable { value: None }) => {
                if !self.lost.of_pipe(&pipe.name.value, &["dummy"]) {
                    self.say(Problem::new(dummy.span, "`dummy` needs its `value`").help("dummy = { value = ... }"));
                }
                None
            }
        }
    }
}

/// Where the keys stand that say how readers take blocks.
fn for_readers(table: &PipeTable) -> impl Iterator<Item = (&'static str, Span)> {
    let several = table.block_count.as_ref().filter(|count| count.get() > 1);
    [
        ("block_count", several.map(|at| at.span)),
        ("async", asked(table.r#async.as_ref())),
        ("optional", table.optional.as_ref().map(|at| at.span)),
        ("dummy", table.dummy.as_ref().map(|at| at.span)),
    ]
    .into_iter()
    .filter_map(|(key, span)| Some((key, span?)))
}

/// Where a key stands that says yes.
fn asked(key: Option<&At<bool>>) -> Option<Span> {
    key.filter(|key| key.value).map(|key| key.span)
}
