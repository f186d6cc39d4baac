//! Native jobs that do what `bare-source` and `bare-sink` do: the library of this crate is a plugin with both.

mod fill;
mod sum;

use std::{fs::File, path::Path};

use pipeloom_job::JobError;

pipeloom_job::export_jobs! { fill::Fill, sum::Sum }

/// Shows those who wait for it that a job is set up, and so that all pipes of its run are there.
fn show_ready(path: Option<&Path>) -> Result<(), JobError> {
    path.map_or(Ok(()), |path| File::create(path).map(drop).map_err(JobError::failed))
}
