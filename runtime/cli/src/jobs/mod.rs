//! `pipeloom jobs`: the predefined jobs, or those of a plugin.
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
    let all = match &args.plugin {
        None => KINDS,
        Some(path) => match pipeloom_plugins::load(path) {
            Ok(kinds) => kinds,
            Err(error) => return out::fail(ExitStatus::Usage, format_args!("{}: {error}", path.display())),
        },
    };
    let mut kinds: Vec<&JobKind> = all.iter().collect();
    if let Some(name) = &args.name {
        kinds.retain(|kind| kind.name == name);
        if kinds.is_empty() {
            let names: Vec<&str> = all.iter().map(|kind| kind.name).collect();
            let message = format!("no job is named {:?}; there are {}", printable(name), names.join(", "));
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
