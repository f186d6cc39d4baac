//! Whether a relay hands on whole blocks alone, or payloads as they come.

use std::fmt;

use pipeloom_config::{Forced, Network, OnFailure, PipeSpec, Taking, WhenFull};
use pipeloom_job::{Codec, Steps};

use super::route::{Conduit, Leg, logged, restarted, watched};
use crate::flow::SPLICED_FROM;

/// How much of a block a relay holds before it goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hold {
    /// What stands before a payload: the payload goes from pipe to pipe inside the kernel, as it comes.
    CutThrough,
    /// All of it.
    WholeBlock(Whole),
}

/// Why a relay holds whole blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whole {
    /// There is not one reader alone.
    Readers(usize),
    /// A native job has an end.
    Native,
    /// The inputs of its reader are put in step.
    Lineup,
    /// Its queue grows if jobs would wait for each other for ever.
    MayGrow,
    /// What waits is not just waited for: it is dropped, kept, replaced, or goes round.
    Policy,
    /// A program at one of its ends may be started again.
    Lives,
    /// It is watched what goes through it.
    Watched,
    /// A program outside the network writes it, of which nobody knows how it ends.
    WriterOutside,
    /// The run goes on when this job, its writer, has failed.
    Isolated(String),
    /// The run may end well before its streams do, with this job.
    EndsRun(String),
    /// Only a payload itself tells how long it is.
    Length(&'static str),
    /// Whether a block is the last is known only behind it.
    CountedHeads,
    /// Blocks of so many bytes are faster copied.
    Small(usize),
    /// The file asks for a relay, or for a queue.
    Asked,
}

/// How a relay `from` a writer `to` readers holds blocks.
pub(super) fn hold(network: &Network, pipe: &PipeSpec, from: &Conduit, to: &[Leg], may_grow: bool) -> Hold {
    why_whole(network, pipe, from, to, may_grow).map_or(Hold::CutThrough, Hold::WholeBlock)
}

fn why_whole(network: &Network, pipe: &PipeSpec, from: &Conduit, to: &[Leg], may_grow: bool) -> Option<Whole> {
    let [leg] = to else { return Some(Whole::Readers(to.len())) };
    if leg.lineup.is_some() {
        return Some(Whole::Lineup);
    }
    if [from, &leg.conduit].into_iter().any(|conduit| matches!(conduit, Conduit::Channel(_))) {
        return Some(Whole::Native);
    }
    if may_grow {
        return Some(Whole::MayGrow);
    }
    let waits = pipe.when_full == WhenFull::Block && pipe.taking == Taking::InStep && !pipe.cycle;
    if !waits || pipe.delivery.window().is_some() {
        return Some(Whole::Policy);
    }
    if restarted(network, pipe).next().is_some() {
        return Some(Whole::Lives);
    }
    if watched(network, pipe).next().is_some() || logged(network, pipe).next().is_some() {
        return Some(Whole::Watched);
    }
    let Some(writer) = pipe.writer.map(|end| &network[end.job]) else { return Some(Whole::WriterOutside) };
    if writer.on_failure == OnFailure::Isolate {
        return Some(Whole::Isolated(writer.name.to_string()));
    }
    if let Some((_, job)) = network.jobs().find(|(_, job)| job.ends_run) {
        return Some(Whole::EndsRun(job.name.to_string()));
    }
    if pipe.codec.length_bytes().is_none() {
        return Some(Whole::Length(pipe.codec.name().as_str()));
    }
    let counts = writer.executable().is_some_and(|program| !program.head && program.steps == Steps::Each);
    if counts && !writer.inputs.is_empty() {
        return Some(Whole::CountedHeads);
    }
    if let Codec::Bytes { block_size } = pipe.codec
        && block_size < SPLICED_FROM
    {
        return Some(Whole::Small(block_size));
    }
    // A queue that the file gives counts blocks alone.
    (pipe.forced == Some(Forced::Relay) || pipe.queue.bytes == usize::MAX).then_some(Whole::Asked)
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hold::CutThrough => f.write_str(
                "payloads stay in the kernel and go on as they come: one program reads what one writes, and nothing asks for whole \
                 blocks",
            ),
            Hold::WholeBlock(why) => write!(f, "blocks go on when they are whole: {why}"),
        }
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whole::Readers(readers) => write!(f, "it has {readers} readers"),
            Whole::Native => f.write_str("a native job has an end"),
            Whole::Lineup => f.write_str("they are put in step with others"),
            Whole::MayGrow => f.write_str("its queue may have to grow"),
            Whole::Policy => f.write_str("the file says more of those that wait than that their writer waits, too"),
            Whole::Lives => f.write_str("a job at one of its ends may be started again"),
            Whole::Watched => f.write_str("it is watched what goes through it"),
            Whole::WriterOutside => f.write_str("nobody knows how its writer ends"),
            Whole::Isolated(job) => write!(f, "the run goes on when job {job} has failed, maybe inside a block"),
            Whole::EndsRun(job) => write!(f, "job {job} may end the run inside a block"),
            Whole::Length(codec) => write!(f, "codec {codec} tells the length of a block by its payload alone"),
            Whole::CountedHeads => {
                f.write_str("its writer has no heads, so which block is the last is known behind it")
            }
            Whole::Small(bytes) => write!(f, "those of {bytes} bytes are faster copied, many at once"),
            Whole::Asked => f.write_str("the file asks for a relay, or says how many may wait"),
        }
    }
}
