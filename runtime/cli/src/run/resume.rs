//! Going on with a run that was killed or did not end well.

use std::path::PathBuf;

use pipeloom_engine::Summary;
use pipeloom_engine::resume::{Resumable, ResumeError, resumable};
use pipeloom_engine::sweep::{SweepError, sweep_one};
use pipeloom_events::Outcome;

use crate::runs::{self, FindError};
use crate::term::amounts::count;
use crate::term::escape::printable;
use crate::term::out;

/// Why a run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Resume(#[from] ResumeError),
    #[error("what the run has left cannot be removed: {0}")]
    Sweep(#[from] SweepError),
}

/// The run that `name` means, if it can be gone on with. What it has left that is in the way goes.
pub(super) fn find(name: &str) -> Result<Resumable, Refusal> {
    let dir = runs::find(name)?;
    let dir: PathBuf = dir.canonicalize().map_err(|_| FindError::NotOne(dir))?;
    let resumed = resumable(&dir)?;
    let mut failed = None;
    sweep_one(&dir, false, &mut |left, done| {
        log::debug!("the run has left {left:?}");
        failed = failed.take().or(done.err());
    })?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(resumed),
    }
}

/// Says how to go on with a run that has left something on disk.
pub(super) fn say(summary: &Summary, name: &str) {
    let blocks: u64 = summary.pipes.iter().map(|pipe| pipe.on_disk).sum();
    if blocks > 0 && summary.outcome != Outcome::Finished {
        let (blocks, waits) = (count(blocks, "block", "blocks"), if blocks == 1 { "waits" } else { "wait" });
        out::say(format_args!("{blocks} {waits} on disk; go on with `pipeloom run --resume {}`", printable(name)));
    }
}
