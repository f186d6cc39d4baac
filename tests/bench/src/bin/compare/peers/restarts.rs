//! How dora starts a node again: the same chain of three as one of its dataflows, with nodes in Python.
//!
//! Nodes are restarted since dora 0.4.0 (`restart_policy`), at once unless a `restart_delay` is given, which came with 1.0 and
//! doubles each time.

use std::path::Path;

use crate::{
    args::project,
    error::BenchError,
    launch::Launch,
    recovery::{Language, Recovery},
};

use super::{
    dora::{installed, run},
    tools::Tools,
};

/// The first version that starts nodes again.
const FIRST_WITH_RESTARTS: (u32, u32) = (0, 4);

/// The dataflow; `None` where there is no dora that starts nodes again, or the row is of something else.
///
/// # Errors
/// The dataflow could not be written.
pub(super) fn launch(recovery: &Recovery, tools: &Tools, dir: &Path) -> Result<Option<Launch>, BenchError> {
    if recovery.language != Language::Python || recovery.waits {
        return Ok(None);
    }
    let Some(installed) = installed(tools).filter(|installed| installed.version >= FIRST_WITH_RESTARTS) else {
        return Ok(None);
    };
    let report = dir.join("report.json");
    let node = |file: &str| project("tests/bench/peers/dora").join(file).display().to_string();
    let dataflow = format!(
        "\
nodes:
  - id: source
    path: {python}
    args: {source}
    inputs:
      tick: dora/timer/millis/1
      enough: striker/enough
    outputs: [blocks]
  - id: connector
    path: {python}
    args: {sign}
    restart_policy: on-failure
    inputs:
      blocks: source/blocks
    outputs: [blocks]
  - id: striker
    path: {python}
    args: {striker} {kills} {seed} {report}
    inputs:
      blocks: connector/blocks
    outputs: [enough]
",
        python = installed.python.display(),
        source = node("source.py"),
        sign = node("sign.py"),
        striker = node("striker.py"),
        kills = recovery.kills,
        seed = recovery.seed,
        report = report.display(),
    );
    Ok(Some(Launch { expects: vec![recovery.expected(report)], ..run(installed, &dataflow, dir)? }))
}
