//! A job of a plugin in a process of its own: what `isolation = "process"` starts.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use pipeloom_events::ExitStatus;
use pipeloom_job::executable;

use crate::term::out;

/// Whether this process is such a job, and then how it ended: `pipeloom host LIBRARY JOB`, with all that a job that is a
/// program is given behind it.
pub(crate) fn enter() -> Option<ExitCode> {
    let mut words = env::args_os().skip(1);
    let is_host = words.next()? == pipeloom_config::HOST;
    is_host.then(|| host(words).unwrap_or_else(|status| ExitCode::from(status.code())))
}

fn host(mut words: impl Iterator<Item = OsString>) -> Result<ExitCode, ExitStatus> {
    let (Some(library), Some(job)) = (words.next(), words.next()) else {
        return Err(out::fail(ExitStatus::Usage, "the runtime starts this by itself: `isolation = \"process\"`"));
    };
    let kinds = pipeloom_plugins::load(Path::new(&library))
        .map_err(|error| out::fail(ExitStatus::Usage, format_args!("{}: {error}", library.display())))?;
    let Some(kind) = kinds.iter().find(|kind| job == kind.name) else {
        return Err(out::fail(
            ExitStatus::Usage,
            format_args!("there is no job {} in {}", job.display(), library.display()),
        ));
    };
    Ok(executable::run_given(kind, &[], words))
}
