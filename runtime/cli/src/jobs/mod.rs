//! `pipeloom jobs`: the predefined jobs.
//!
//! ```text
//! describe   what is to be known of a kind of job: from its schema and its ports
//! schema     reading a schema of arguments
//! text       for people
//! json       for programs
//! ```

mod describe;
mod json;
mod schema;
mod text;

use pipeloom_events::ExitStatus;
use pipeloom_job::JobKind;
use pipeloom_predefined::KINDS;

use crate::args::JobsArgs;
use crate::term::escape::printable;
use crate::term::out;
use describe::Description;

pub(crate) fn jobs(args: &JobsArgs) -> ExitStatus {
    let mut kinds: Vec<&JobKind> = KINDS.iter().collect();
    if let Some(name) = &args.name {
        kinds.retain(|kind| kind.name == name);
        if kinds.is_empty() {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let message = format!("no predefined job is named {:?}; there are {}", printable(name), names.join(", "));
            return out::fail(ExitStatus::Usage, message);
        }
    }
    let descriptions: Vec<Description> = kinds.into_iter().map(Description::of).collect();
    match (&args.name, args.json) {
        (_, true) => out::answer(&json::lines(&descriptions)),
        (None, false) => out::answer(&text::list(&descriptions)),
        (Some(_), false) => out::answer(&text::details(&descriptions)),
    }
}
