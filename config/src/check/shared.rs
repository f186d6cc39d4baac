//! Whether the two ends of a pipe can share memory, where the file asks for it.

use pipeloom_job::Codec;
use pipeloom_job::ring::MOST_BYTES;

use crate::check::Checker;
use crate::check::wiring::Wiring;
use crate::file::ConduitName;
use crate::network::Network;
use crate::pipe_spec::{End, PipeSpec, WhenFull};
use crate::problem::Problem;
use crate::span::Span;

impl Checker<'_> {
    /// Refuses shared memory where it cannot be.
    pub(super) fn check_shared(&mut self, network: &Network, wiring: &Wiring<'_>) {
        for ((_, pipe), ends) in network.pipes().zip(&wiring.pipes) {
            let asked = ends.table.and_then(|table| table.conduit.as_ref());
            if let Some(asked) = asked.filter(|asked| asked.value == ConduitName::Shared) {
                self.check_shared_pipe(network, pipe, asked.span);
            }
        }
    }

    fn check_shared_pipe(&mut self, network: &Network, pipe: &PipeSpec, place: Span) {
        let name = &pipe.name;
        let mut say = |what: String, help: &str| {
            let message = format!("the pipe `{name}` cannot be shared memory: {what}");
            self.say(Problem::new(place, message).help(help));
        };
        if !is_any_bytes(pipe.codec) {
            say(
                format!("its codec is `{}`, which does not say before a block how long it is", pipe.codec_name()),
                "`bytes`, `framed` and `bincode` say so",
            );
        }
        if pipe.max_block_bytes > MOST_BYTES {
            say(
                format!("a block may have {} bytes, and at most {MOST_BYTES} can be", pipe.max_block_bytes),
                "max_block_bytes = 1073741824",
            );
        }
        if pipe.external.is_some() || pipe.readers.len() != 1 {
            say("it has not just one job at each end".to_owned(), "leave out `conduit`");
        }
        if pipe.when_full != WhenFull::Block {
            say("the runtime stands in between, to do what `when_full` says".to_owned(), "when_full = \"block\"");
        }
        let ends = || pipe.writer.iter().chain(&pipe.readers);
        if ends().all(|end| network[end.job].executable().is_none()) {
            say("both of its ends are native jobs, which share all memory".to_owned(), "leave out `conduit`");
        }
        for end in ends() {
            let job = &network[end.job];
            if let Some((what, help)) = why_not(network, *end) {
                let message = format!("the pipe `{name}` cannot be shared memory: job `{}` {what}", job.name);
                self.say(Problem::new(place, message).related(job.span, "the job is here").help(help));
            }
        }
    }
}

/// Whether payloads of this codec are any bytes, with their length before them or known.
const fn is_any_bytes(codec: Codec) -> bool {
    matches!(codec, Codec::Bytes { .. } | Codec::Framed | Codec::Bincode)
}

/// Why this end cannot share memory with the other, and what helps.
fn why_not(network: &Network, end: End) -> Option<(&'static str, &'static str)> {
    let job = &network[end.job];
    let program = job.executable()?;
    if !program.kit {
        return Some(("has no kit, and expects plain bytes", "`kit = true` says that a program speaks one"));
    }
    if !program.head {
        return Some(("has no heads", "leave out `head`: with a kit it is `true`"));
    }
    if network.has_pipes_by_life(end.job) {
        return Some(("may be started again, so the runtime stands in between", "leave out `conduit` or `restart`"));
    }
    if job.health.stall.is_some() {
        return Some(("is watched by `stall_seconds`, so the runtime stands in between", "leave out `conduit`"));
    }
    job.times.is_some().then_some(("logs its times, so the runtime stands in between", "leave out `conduit`"))
}

impl PipeSpec {
    /// Whether payloads may lie in memory that the two ends share, as far as the pipe itself says.
    pub fn may_share(&self) -> bool {
        is_any_bytes(self.codec) && self.max_block_bytes <= MOST_BYTES
    }
}
