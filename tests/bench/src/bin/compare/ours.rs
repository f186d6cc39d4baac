//! Our side of a row: the same programs, or predefined jobs, in a network file for `pipeloom run`.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use crate::{
    args::Places,
    bare::{argv, chain_programs, pair, ping},
    error::BenchError,
    launch::{Expected, Launch},
    network::{Job, NetworkFile, Pipe},
    row::{Chain, Link, PAIR_BLOCK, Shape},
};

/// This as a network in `dir`; `None` without a `pipeloom` to run it.
///
/// # Errors
/// The network file could not be written, or a program in it could not be built.
pub(crate) fn launch(shape: Shape, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
    if places.pipeloom.is_none() {
        return Ok(None);
    }
    let (network, more) = match shape {
        Shape::Chain(chain) => chained(&chain, places, dir)?,
        Shape::PingPong { size, count } => ping_pong(size, count, places, dir),
        Shape::Native { link, count } => (native(link, count), Launch::default()),
        Shape::Mixed(mixed) => mixed.network(places, dir),
        Shape::Two { joined, count } => (two(joined, count), Launch::default()),
        Shape::Recovery(recovery) => recovery.network(places, dir)?,
        Shape::Pairs { children } => (pairs(children, places), Launch::default()),
    };
    of_network(&network, more, places, dir)
}

/// A network in `dir` with what runs beside it; `None` without a `pipeloom` to run it.
///
/// # Errors
/// The network file could not be written.
pub(crate) fn of_network(
    network: &NetworkFile,
    more: Launch,
    places: &Places,
    dir: &Path,
) -> Result<Option<Launch>, BenchError> {
    let Some(pipeloom) = &places.pipeloom else {
        return Ok(None);
    };
    let path = dir.join("network.toml");
    fs::write(&path, toml::to_string(network)?).map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    let run_dir = dir.join("run");
    let run = [pipeloom.into(), "run".into(), "--quiet".into(), "--run-dir".into(), run_dir.into(), path.into()];
    let programs = std::iter::once(run.to_vec()).chain(more.programs).collect();
    Ok(Some(Launch { programs, ..more }))
}

fn chained(chain: &Chain, places: &Places, dir: &Path) -> Result<(NetworkFile, Launch), BenchError> {
    let report = dir.join("report.json");
    let connectors = if chain.relay { 0 } else { chain.connectors };
    let programs = chain_programs(&Chain { connectors, ..*chain }, places, &report);
    let mut jobs = executables(&programs, chain.head);
    if let Some(kit) = chain.kit {
        // The ends keep to the rules of heads and tell nothing, which is allowed.
        jobs = jobs.into_iter().map(|job| job.with_kit(chain.head)).collect();
        for connector in &mut jobs[1..=connectors] {
            *connector = kit.forwarder(places, chain.head)?;
        }
    }
    let mut network = NetworkFile::new();
    network.add_careful_chain("", jobs, &Pipe::new(chain.size, chain.capacity), chain.care);
    Ok((network, Launch { expects: Some(chain.expected(report)), ..Launch::default() }))
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
    let mut network = NetworkFile::new();
    let jobs = vec![counter(link, count), predefined("forward", link), predefined("null-sink", link)];
    network.add_chain("", jobs, &Pipe::new(size_of::<u64>(), None));
    network
}

/// Two chains, apart or with one connector, which takes and gives a block on each side in every step.
fn two(joined: bool, count: u64) -> NetworkFile {
    let link = Link::Channel;
    let pipe = Pipe::new(size_of::<u64>(), None);
    let mut network = NetworkFile::new();
    let mut join = predefined("forward", link);
    for side in ["left", "right"] {
        let (before, after) = (format!("{side}-in"), format!("{side}-out"));
        network.add_job(format!("{side}-source"), Job { outputs: vec![before.clone()], ..counter(link, count) });
        network.add_job(format!("{side}-sink"), Job { inputs: vec![after.clone()], ..predefined("null-sink", link) });
        network.add_pipe(before.clone(), pipe.clone());
        network.add_pipe(after.clone(), pipe.clone());
        join.inputs.push(before);
        join.outputs.push(after);
        if !joined {
            let apart = std::mem::replace(&mut join, predefined("forward", link));
            network.add_job(format!("{side}-pass"), apart);
        }
    }
    if joined {
        network.add_job("join".into(), join);
    }
    network
}

fn predefined(name: &'static str, link: Link) -> Job {
    Job { predefined: Some(name), thread: link == Link::Channel, ..Job::default() }
}

fn counter(link: Link, count: u64) -> Job {
    Job { args: BTreeMap::from([("from", 1.into()), ("to", count.into())]), ..predefined("count", link) }
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
