//! A chain as a dataflow of dora, with nodes in Python. Nodes in other languages would have to be built against dora.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{
    args::{Places, project},
    bare::words,
    error::BenchError,
    launch::{Launch, Loss},
    row::Chain,
};

use super::{
    fewer,
    tools::{Tools, said},
};

/// Blocks, and bytes of them, that take about a second.
const MOST: (u64, u64) = (20_000, 400 << 20);

/// What becomes of a block that finds its queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Its writer waits. The queue must have room for a tenth of all blocks, or some are lost even so.
    Lossless,
    /// The oldest is dropped, of ten: dora's default.
    Dropping,
}

/// What dora needs here.
pub(super) struct Installed {
    pub(super) dora: PathBuf,
    pub(super) python: PathBuf,
    /// The first two numbers of its version.
    pub(super) version: (u32, u32),
}

/// The chain; `None` where dora is not installed.
///
/// # Errors
/// The dataflow could not be written.
pub(super) fn launch(chain: &Chain, policy: Policy, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
    let Some(installed) = installed(&places.tools) else {
        return Ok(None);
    };
    let report = dir.join("report.json");
    let count = fewer(chain, MOST.0, MOST.1);
    let (size, every) = (chain.size, chain.every.unwrap_or(0));
    let queue = match policy {
        Policy::Lossless => format!("\n        queue_size: {count}\n        queue_policy: backpressure"),
        Policy::Dropping => String::new(),
    };
    let program = format!(
        "path: {}\n    args: {}",
        installed.python.display(),
        project("tests/bench/peers/dora/chain.py").display()
    );
    let reads = |from: &str| format!("\n    inputs:\n      blocks:\n        source: {from}/blocks{queue}");
    let writes = "\n    outputs: [blocks]";
    let mut dataflow = format!("nodes:\n  - id: source\n    {program} source {size} {count} {every}{writes}\n");
    let mut last = "source".to_owned();
    for number in 0..chain.connectors {
        let from = std::mem::replace(&mut last, format!("connector{number}"));
        dataflow += &format!("  - id: {last}\n    {program} forward{}{writes}\n", reads(&from));
    }
    dataflow += &format!("  - id: sink\n    {program} sink {size} {every} {}{}\n", report.display(), reads(&last));
    let expects = Chain { count, ..*chain }.expected(report).lossy(Loss::Any { size }).standing_for(chain.count);
    Ok(Some(Launch { expects: vec![expects], ..run(installed, &dataflow, dir)? }))
}

/// Runs a dataflow.
///
/// # Errors
/// It could not be written.
pub(super) fn run(installed: &Installed, dataflow: &str, dir: &Path) -> Result<Launch, BenchError> {
    let path = dir.join("dataflow.yml");
    fs::write(&path, dataflow).map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    // All of it runs here: nobody need be looked for in the network.
    let mut run = words(&["env", "DORA_ZENOH_MULTICAST=off"]);
    run.extend([installed.dora.clone().into(), "run".into(), path.into()]);
    Ok(Launch { programs: vec![run], ..Launch::default() })
}

/// The dora that is there, and its package for Python; looked for once.
pub(super) fn installed(tools: &Tools) -> Option<&'static Installed> {
    static INSTALLED: OnceLock<Option<Installed>> = OnceLock::new();
    let find = || {
        let dora = tools.find("dora")?;
        let version = version(&said(&dora, &["--version"])?)?;
        Some(Installed { dora, python: tools.python("dora, pyarrow")?, version })
    };
    INSTALLED.get_or_init(find).as_ref()
}

/// The first two numbers of `dora-cli 1.1.0`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().last()?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_known_by_its_first_two_numbers() {
        assert_eq!(version("dora-cli 1.1.0\n"), Some((1, 1)));
        assert_eq!(version("dora-cli 0.5.0-rc0\n"), Some((0, 5)));
        assert_eq!(version("command not found"), None);
    }
}
