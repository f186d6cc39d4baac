//! `pipeloom send`: lines for a job of a run.
//!
//! ```text
//! given  the lines, from the command line or standard input
//! wire   the run's socket: requests and answers
//! ```

mod given;
mod wire;

use pipeloom_events::ExitStatus;
use pipeloom_events::request::SendRequest;

use crate::args::SendArgs;
use crate::runs::{self, FindError};
use crate::term::out;
pub(crate) use given::{GivenError, standard_input};
use wire::{Wire, WireError};

/// Why not all was sent.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Given(#[from] GivenError),
    #[error(transparent)]
    Wire(#[from] WireError),
}

pub(crate) fn send(args: &SendArgs) -> ExitStatus {
    match try_send(args) {
        Ok(()) => ExitStatus::Success,
        Err(error) => out::fail(ExitStatus::Usage, error),
    }
}

fn try_send(args: &SendArgs) -> Result<(), SendError> {
    let mut wire = Wire::open(&runs::find(&args.run)?)?;
    let mut send = |line, end| wire.send(SendRequest { job: args.job.clone(), line, end });
    let Some((last, first)) = args.lines.split_last() else {
        if args.end {
            send(None, true)?;
        } else {
            for line in given::standard_input() {
                send(Some(line?), false)?;
            }
        }
        return Ok(());
    };
    for line in first {
        send(Some(given::argument(line)?), false)?;
    }
    // The end goes with the last line, so that the job knows that it is the last.
    send(Some(given::argument(last)?), args.end)?;
    Ok(())
}
