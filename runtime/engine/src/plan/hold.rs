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
    if to.iter().any(|leg| leg.lineup.is_some()) {
        return Some(Whole::Lineup);
    }
    if to.iter().map(|leg| &leg.conduit).chain([from]).any(|conduit| matches!(conduit, Conduit::Channel(_))) {
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
                "payloads stay in the kernel and go on as they come: programs write and read it, and nothing asks for whole blocks",
            ),
            Hold::WholeBlock(why) => write!(f, "blocks go on when they are whole: {why}"),
        }
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Route, plan};
    use crate::sample::{Sample, pipe};

    const LARGE: &str = "codec = \"bytes\"\nblock_size = 65536";

    /// How the pipe `p` of a network is held.
    fn held(sample: Sample) -> Hold {
        let network = sample.network();
        match &plan(&network).pipe(pipe(&network, "p")).route {
            Route::Relay { hold, .. } => hold.clone(),
            route => panic!("{route:?}"),
        }
    }

    fn whole(sample: Sample) -> Whole {
        match held(sample) {
            Hold::WholeBlock(why) => why,
            Hold::CutThrough => panic!("it is cut through"),
        }
    }

    /// Two programs with heads, the first and the second with these lines.
    fn programs(writer: &str, reader: &str) -> Sample {
        let sample = Sample::new().program("w", &[], &["p"]).with("head = true").with(writer);
        sample.program("r", &["p"], &[]).with("head = true").with(reader)
    }

    fn pair(writer: &str, reader: &str) -> Sample {
        programs(writer, reader).pipe("p", LARGE)
    }

    #[test]
    fn heads_between_two_programs_need_no_payloads() {
        assert_eq!(held(pair("", "")), Hold::CutThrough);
        assert_eq!(held(programs("", "").pipe("p", "codec = \"framed\"")), Hold::CutThrough);
        assert_eq!(held(pair("", "on_failure = \"isolate\"")), Hold::CutThrough, "only the writer's failure shows");
        let outside = Sample::new().program("w", &[], &["p"]).with("head = true");
        let outside = outside.pipe("p", &format!("external = \"reader\"\npath = \"p.fifo\"\n{LARGE}"));
        assert_eq!(held(outside), Hold::CutThrough);
        assert_eq!(
            held(pair("", "").program("again", &["p"], &[])),
            Hold::CutThrough,
            "all readers share the payloads"
        );
    }

    #[test]
    fn whatever_else_is_asked_of_a_pipe_needs_whole_blocks() {
        let with = |more: &str| pair("", "").pipe("p", more);
        let restarts = "restart = { policy = \"on-failure\" }";
        let table = [
            (pair("", "").program("again", &["p"], &[]).with(restarts), Whole::Lineup),
            (pair("", "").native("again", &["p"], &[]), Whole::Native),
            (with("optional = {}"), Whole::Lineup),
            (with("conduit = \"relay\"\nwhen_full = \"drop-oldest\""), Whole::Policy),
            (pair(restarts, ""), Whole::Lives),
            (pair("", "stall_seconds = 1"), Whole::Watched),
            (pair("on_failure = \"isolate\"", ""), Whole::Isolated("w".to_owned())),
            (pair("", "ends_run = true"), Whole::EndsRun("r".to_owned())),
            (programs("", ""), Whole::Length("lines")),
            (programs("", "").pipe("p", "codec = \"bytes\"\nblock_size = 64"), Whole::Small(64)),
            (with("conduit = \"relay\""), Whole::Asked),
            (with("max_queue = 5"), Whole::Asked),
        ];
        for (sample, expected) in table {
            assert_eq!(whole(sample), expected);
        }
        let native = Sample::new().program("w", &[], &["p"]).native("r", &["p"], &[]).pipe("p", "conduit = \"relay\"");
        assert_eq!(whole(native), Whole::Native);
        let outside = Sample::new().program("r", &["p"], &[]);
        let outside = outside.pipe("p", &format!("external = \"writer\"\npath = \"p.fifo\"\n{LARGE}"));
        assert_eq!(whole(outside), Whole::WriterOutside);
    }

    #[test]
    fn a_writer_without_heads_tells_its_last_block_too_late_if_it_has_inputs() {
        let behind = |lines: &str| {
            let sample = Sample::new().native("s", &[], &["in"]).program("w", &["in"], &["p"]).with(lines);
            sample.program("r", &["p"], &[]).with("head = true").pipe("p", LARGE)
        };
        assert_eq!(whole(behind("")), Whole::CountedHeads);
        assert_eq!(held(behind("steps = \"free\"")), Hold::CutThrough);
        assert_eq!(held(behind("head = true")), Hold::CutThrough);
    }

    #[test]
    fn queues_that_may_grow_hold_whole_blocks() {
        let diamond = Sample::new().program("w", &[], &["p", "q"]).with("head = true").program("m", &["p"], &["n"]);
        let diamond = diamond.with("head = true").program("r", &["n", "q"], &[]).with("head = true");
        let large = |sample: Sample, name: &str| sample.pipe(name, LARGE);
        assert_eq!(whole(["p", "q", "n"].into_iter().fold(diamond, large)), Whole::MayGrow);
    }
}
