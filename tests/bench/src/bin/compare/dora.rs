//! How dora starts a node again: the same chain of three as one of its dataflows, with nodes in Python.
//!
//! Nodes are restarted since dora 0.4.0 (`restart_policy`), at once unless a `restart_delay` is given, which came with 1.0 and
//! doubles each time. Nodes in other languages would have to be built against dora.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::OnceLock,
};

use crate::{
    args::project,
    bare::words,
    error::BenchError,
    launch::Launch,
    recovery::{Language, Recovery},
};

/// The first version that starts nodes again.
const FIRST_WITH_RESTARTS: (u32, u32) = (0, 4);

/// The dataflow; `None` where there is no dora that starts nodes again, or the row is of something else.
///
/// # Errors
/// The dataflow could not be written.
pub(crate) fn launch(recovery: &Recovery, dir: &Path) -> Result<Option<Launch>, BenchError> {
    if recovery.language != Language::Python || recovery.waits || !is_installed() {
        return Ok(None);
    }
    let report = dir.join("report.json");
    let path = dir.join("dataflow.yml");
    let node = |file: &str| project("tests/bench/peers/dora").join(file).display().to_string();
    let dataflow = format!(
        "\
nodes:
  - id: source
    path: {source}
    inputs:
      tick: dora/timer/millis/1
      enough: striker/enough
    outputs: [blocks]
  - id: connector
    path: {sign}
    restart_policy: on-failure
    inputs:
      blocks: source/blocks
    outputs: [blocks]
  - id: striker
    path: {striker}
    args: {kills} {seed} {report}
    inputs:
      blocks: connector/blocks
    outputs: [enough]
",
        source = node("source.py"),
        sign = node("sign.py"),
        striker = node("striker.py"),
        kills = recovery.kills,
        seed = recovery.seed,
        report = report.display(),
    );
    fs::write(&path, dataflow).map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    // All of it runs here: nobody need be looked for in the network.
    let mut run = words(&["env", "DORA_ZENOH_MULTICAST=off", "dora", "run"]);
    run.push(path.into());
    Ok(Some(Launch { programs: vec![run], expects: vec![recovery.expected(report)], ..Launch::default() }))
}

/// Whether there is a dora that starts nodes again, and its nodes can be in Python.
fn is_installed() -> bool {
    static IS_INSTALLED: OnceLock<bool> = OnceLock::new();
    *IS_INSTALLED.get_or_init(|| {
        let version = said("dora", &["--version"]).and_then(|said| version(&said));
        version.is_some_and(|version| version >= FIRST_WITH_RESTARTS)
            && said("python3", &["-c", "import dora, pyarrow"]).is_some()
    })
}

/// What a tool prints; `None` if it is not there or fails.
#[expect(clippy::disallowed_methods, reason = "a tool that is waited for at once; no warden belongs here")]
fn said(tool: &str, argv: &[&str]) -> Option<String> {
    let done = Command::new(tool).args(argv).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The first two numbers of `dora-cli 1.1.0`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().last()?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::{FIRST_WITH_RESTARTS, version};

    #[test]
    fn a_version_is_known_by_its_first_two_numbers() {
        assert_eq!(version("dora-cli 1.1.0\n"), Some((1, 1)));
        assert_eq!(version("dora-cli 0.5.0-rc0\n"), Some((0, 5)));
        assert!(version("dora-cli 0.3.13") < Some(FIRST_WITH_RESTARTS));
        assert_eq!(version("command not found"), None);
    }
}
