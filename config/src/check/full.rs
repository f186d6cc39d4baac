//! What happens when a queue is full: the pipe's word, or else that of its readers' jobs.

use crate::check::Checker;
use crate::check::coded::Coded;
use crate::check::wiring::{PipeEnds, Wiring};
use crate::file::{DeliveryName, PipeTable, SpoolSyncName, WhenFull};
use crate::pipe_spec::{self, DropSide, SpoolSpec, SpoolSync};
use crate::problem::Problem;
use crate::span::At;

impl Checker<'_> {
    /// The word that counts for the pipe, if there is one.
    pub(super) fn when_full(
        &mut self,
        pipe: &PipeEnds<'_>,
        table: &PipeTable,
        wiring: &Wiring<'_>,
    ) -> Option<At<WhenFull>> {
        if let Some(own) = table.when_full {
            return Some(own);
        }
        if self.when_full_is_lost(pipe, wiring) {
            return None;
        }
        let Disagreement { first, other } = match of_readers(pipe, wiring) {
            Ok(word) => return word,
            Err(disagreement) => disagreement,
        };
        let name = &pipe.name.value;
        let said = |reader: &Reader<'_>| format!("`{}` wants `{}`", reader.job, reader.wants().as_str());
        let message =
            format!("the readers of the pipe `{name}` differ in `when_full`: {}, {}", said(&first), said(&other));
        let mut words = [first.word, other.word].into_iter().flatten();
        let problem = Problem::new(words.next().map_or(pipe.name.span, |word| word.span), message);
        let problem = words.fold(problem, |problem, word| problem.related(word.span, "the other word is here"));
        self.say(problem.help(format!("say it for the pipe: [pipes.{name}] with when_full = \"...\"")));
        None
    }

    /// Whether a word may have been said that could not be read.
    pub(super) fn when_full_is_lost(&self, pipe: &PipeEnds<'_>, wiring: &Wiring<'_>) -> bool {
        let of_job = |job| self.lost.of_job(wiring.job_name(job), &["when_full"]);
        self.lost.of_pipe(&pipe.name.value, &["when_full"]) || pipe.readers.iter().any(|place| of_job(place.end.job))
    }
}

/// A reader of a pipe and what its job says.
pub(super) struct Reader<'a> {
    job: &'a str,
    word: Option<At<WhenFull>>,
}

impl Reader<'_> {
    /// A job that says nothing wants all blocks.
    fn wants(&self) -> WhenFull {
        self.word.map_or(WhenFull::Block, |word| word.value)
    }
}

/// Two readers that want different things.
pub(super) struct Disagreement<'a> {
    first: Reader<'a>,
    other: Reader<'a>,
}

/// The word of the jobs that read the pipe.
pub(super) fn of_readers<'a>(
    pipe: &PipeEnds<'_>,
    wiring: &Wiring<'a>,
) -> Result<Option<At<WhenFull>>, Disagreement<'a>> {
    let mut readers = pipe.readers.iter().map(|place| {
        let job = place.end.job;
        Reader { job: wiring.job_name(job), word: wiring.job_table(job).when_full }
    });
    let Some(first) = readers.next() else { return Ok(None) };
    match readers.find(|reader| reader.wants() != first.wants()) {
        Some(other) => Err(Disagreement { first, other }),
        None => Ok(first.word),
    }
}

/// How much a spool may keep unless the file says otherwise.
const USUAL_SPOOL: u64 = 1 << 30;

/// A spool of one block has at most so many bytes beside its payload.
const AROUND_BLOCK: u64 = 64;

impl Checker<'_> {
    /// What a word means, with what the pipe's table says of a spool.
    pub(super) fn policy(&mut self, word: WhenFull, table: &PipeTable) -> pipe_spec::WhenFull {
        let promises = table.delivery.is_some_and(|delivery| delivery.value == DeliveryName::AtLeastOnce);
        if let Some(spool) = table.spool.as_ref().filter(|_| word != WhenFull::Spool && !promises) {
            let message = "`spool` is for pipes with `when_full = \"spool\"` or `delivery = \"at-least-once\"`";
            self.say(Problem::new(spool.span, message).help("when_full = \"spool\" puts what waits on disk"));
        }
        policy(word, table)
    }

    /// A spool must have room for a block, as far as it is known how long one is.
    pub(super) fn check_spool_size(&mut self, policy: pipe_spec::WhenFull, table: &PipeTable, coded: &Coded) {
        let pipe_spec::WhenFull::Spool(SpoolSpec { max_bytes, .. }) = policy else { return };
        let Some(block_size) = coded.codec.block_size().map(|size| size as u64) else { return };
        let needed = block_size.saturating_add(AROUND_BLOCK);
        let said = table.spool.as_ref().and_then(|spool| spool.value.max_bytes.as_ref()).map(|at| at.span);
        let Some(place) = said.or(table.block_size.as_ref().map(|at| at.span)).filter(|_| max_bytes < needed) else {
            return;
        };
        let message = format!("blocks of {block_size} bytes do not fit into a spool of {max_bytes} bytes");
        let help = format!("spool = {{ max_bytes = {needed} }} has room for one, eight times as much for some");
        self.say(Problem::new(place, message).help(help));
    }
}

/// How much the pipe's table lets a spool keep, in bytes.
pub(super) fn spool_bytes(table: &PipeTable) -> u64 {
    let max_bytes = table.spool.as_ref().and_then(|spool| spool.value.max_bytes.as_ref());
    max_bytes.map_or(USUAL_SPOOL, |at| at.value.get())
}

fn policy(word: WhenFull, table: &PipeTable) -> pipe_spec::WhenFull {
    match word {
        WhenFull::Block => pipe_spec::WhenFull::Block,
        WhenFull::DropOldest => pipe_spec::WhenFull::Drop(DropSide::Oldest),
        WhenFull::DropNewest => pipe_spec::WhenFull::Drop(DropSide::Newest),
        WhenFull::Fail => pipe_spec::WhenFull::Fail,
        WhenFull::Spool => pipe_spec::WhenFull::Spool(SpoolSpec {
            max_bytes: spool_bytes(table),
            sync: match table.spool.as_ref().and_then(|spool| spool.value.sync.as_ref()).map(|at| at.value) {
                None | Some(SpoolSyncName::Never) => SpoolSync::Never,
                Some(SpoolSyncName::Interval) => SpoolSync::Interval,
                Some(SpoolSyncName::Each) => SpoolSync::Each,
            },
        }),
    }
}
