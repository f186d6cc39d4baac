//! Our side of a row: the same programs, or predefined jobs, in a network file for `pipeloom run`.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use crate::{
    args::Places,
    bare::{argv, chain_programs, pair, ping},
    error::BenchError,
    launch::{Expected, Launch},
    network::{Job, NetworkFile, Pipe},
    row::{Chain, Link, PAIR_BLOCK, Row, Shape},
};

/// The row as a network in `dir`; `None` without a `pipeloom` to run it.
///
/// # Errors
/// The network file could not be written.
pub(crate) fn launch(row: &Row, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
    let Some(pipeloom) = &places.pipeloom else {
        return Ok(None);
    };
    let (network, more) = match row.shape {
        Shape::Chain(chain) => chained(&chain, places, dir),
        Shape::PingPong { size, count } => ping_pong(size, count, places, dir),
        Shape::Native { link, count } => (native(link, count), Launch::default()),
        Shape::Pairs { children } => (pairs(children, places), Launch::default()),
    };
    let path = dir.join("network.toml");
    fs::write(&path, toml::to_string(&network)?)
        .map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    let run_dir = dir.join("run");
    let run = [pipeloom.into(), "run".into(), "--quiet".into(), "--run-dir".into(), run_dir.into(), path.into()];
    let programs = std::iter::once(run.to_vec()).chain(more.programs).collect();
    Ok(Some(Launch { programs, ..more }))
}

fn chained(chain: &Chain, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
    let report = dir.join("report.json");
    let connectors = if chain.relay { 0 } else { chain.connectors };
    let programs = chain_programs(&Chain { connectors, ..*chain }, places, &report);
    let jobs = executables(&programs, chain.head);
    let mut network = NetworkFile::new();
    network.add_chain("", jobs, &Pipe::new(chain.size, chain.capacity));
    (network, Launch { expects: Some(chain.expected(report)), ..Launch::default() })
}

/// A block that comes back would make a cycle. So whoever sends it stands outside, and two relays lead in and out.
fn ping_pong(size: usize, count: u64, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
    let report = dir.join("report.json");
    let (there, back) = (dir.join("there"), dir.join("back"));
    let mut ping = ping(size, count, places, &report);
    ping.extend(["-o".into(), there.clone().into(), "-i".into(), back.clone().into()]);
    let pong = Job {
        inputs: vec!["there".into()],
        outputs: vec!["back".into()],
        ..Job::executable(&argv(places, "bare-forward", &["--size", &size.to_string()]), false)
    };
    let pipe = Pipe::new(size, None);
    let mut network = NetworkFile::new();
    network.add_job("pong".into(), pong);
    network.add_pipe("there".into(), pipe.clone().external("writer", there.clone()));
    network.add_pipe("back".into(), pipe.external("reader", back.clone()));
    let expects = Some(Expected::filled(report, size, count));
    let made_by_first = vec![there, back];
    (network, Launch { programs: vec![ping], made_by_first, expects, ..Launch::default() })
}

fn native(link: Link, count: u64) -> NetworkFile {
    let predefined = |name| Job { predefined: Some(name), thread: link == Link::Channel, ..Job::default() };
    let source = Job { args: BTreeMap::from([("from", 1), ("to", count)]), ..predefined("count") };
    let mut network = NetworkFile::new();
    let jobs = vec![source, predefined("forward"), predefined("null-sink")];
    network.add_chain("", jobs, &Pipe::new(size_of::<u64>(), None));
    network
}

fn pairs(children: usize, places: &Places) -> NetworkFile {
    let mut network = NetworkFile::new();
    for number in 0..children / 2 {
        let jobs = executables(&pair(places), false);
        network.add_chain(&format!("pair{number}-"), jobs, &Pipe::new(PAIR_BLOCK, None));
    }
    network
}

fn executables(programs: &[Vec<OsString>], head: bool) -> Vec<Job> {
    programs.iter().map(|argv| Job::executable(argv, head)).collect()
}
