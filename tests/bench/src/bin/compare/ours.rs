//! Our side of a row: the same programs, or predefined jobs, in a network file for `pipeloom run`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    args::Places,
    bare::{argv, chain_programs, fan_programs, pair, ping},
    error::BenchError,
    launch::{Expected, Launch},
    network::{Job, NetworkFile, Pipe},
    plugin,
    row::{Chain, Fan, LARGE_FIFO, Link, PAIR_BLOCK, Shape},
};

/// This as a network in `dir`; `None` without a `pipeloom` to run it.
///
/// # Errors
/// The network file could not be written, or a program in it could not be built.
pub(crate) fn launch(shape: Shape, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
    let Some(pipeloom) = &places.pipeloom else {
        return Ok(None);
    };
    let (network, more) = match shape {
        Shape::Chain(chain) => chained(&chain, places, dir)?,
        Shape::Shared { size, count } => shared(size, count, places, dir),
        Shape::PingPong { size, count } => ping_pong(size, count, places, dir),
        Shape::Native { link, size, count } => native(link, size, count, places, dir),
        Shape::Mixed(mixed) => mixed.network(places, dir),
        Shape::Two { joined, count } => (two(joined, count), Launch::default()),
        Shape::Recovery(recovery) => recovery.network(places, dir)?,
        Shape::Pairs { children } => (pairs(children, places), Launch::default()),
        Shape::Threads { jobs } => (threads(jobs), Launch::default()),
        Shape::Check { jobs } => {
            let file = write(&pairs(jobs, places), dir)?;
            let check = vec![pipeloom.into(), "check".into(), file.into()];
            return Ok(Some(Launch { programs: vec![check], ..Launch::default() }));
        }
        Shape::Idle { jobs, native } => idle(jobs, native, places, dir),
        Shape::Fan(fan) => fanned(&fan, places, dir),
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
    let path = write(network, dir)?;
    let run_dir = dir.join("run");
    let run = [pipeloom.into(), "run".into(), "--quiet".into(), "--run-dir".into(), run_dir.into(), path.into()];
    let programs = std::iter::once(run.to_vec()).chain(more.programs).collect();
    Ok(Some(Launch { programs, ..more }))
}

/// Writes a network file in `dir`.
///
/// # Errors
/// It could not be written.
pub(crate) fn write(network: &NetworkFile, dir: &Path) -> Result<PathBuf, BenchError> {
    let path = dir.join("network.toml");
    match fs::write(&path, toml::to_string(network)?) {
        Ok(()) => Ok(path),
        Err(source) => Err(BenchError::Prepare { path, source }),
    }
}

fn chained(chain: &Chain, places: &Places, dir: &Path) -> Result<(NetworkFile, Launch), BenchError> {
    let report = dir.join("report.json");
    let connectors = if chain.relay { 0 } else { chain.connectors };
    let programs = chain_programs(&Chain { connectors, ..*chain }, places, &report);
    let mut jobs = executables(&programs, chain.head);
    if let Some(kit) = chain.kit {
        // The ends keep to the rules of heads, tell nothing, and share no memory, all of which is allowed.
        jobs = jobs.into_iter().map(|job| job.with_kit(chain.head)).collect();
        for connector in &mut jobs[1..=connectors] {
            *connector = kit.forwarder(places, chain.head)?;
        }
    }
    let mut network = NetworkFile::new();
    network.add_careful_chain("", jobs, &Pipe::new(chain.size, chain.capacity), chain.care);
    Ok((network, Launch { expects: vec![chain.expected(report)], ..Launch::default() }))
}

fn fanned(fan: &Fan, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
    let (source, sinks, expects) = fan_programs(fan, places, dir);
    let mut network = NetworkFile::new();
    network.add_job("source".into(), Job { outputs: vec!["blocks".into()], ..Job::executable(&source, false) });
    for (number, sink) in sinks.iter().enumerate() {
        network.add_job(format!("sink{number}"), Job { inputs: vec!["blocks".into()], ..Job::executable(sink, false) });
    }
    network.add_pipe("blocks".into(), Pipe::new(fan.size, Some(LARGE_FIFO)));
    (network, Launch { expects, ..Launch::default() })
}

/// Two programs with a kit.
fn shared(size: usize, count: u64, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
    let report = dir.join("report.json");
    let end = |report: Option<&Path>| {
        let args = serde_json::json!({ "size": size, "count": count, "report": report }).to_string();
        Job::executable(&argv(places, "kit-end", &["--args", &args]), false).with_kit(true)
    };
    let mut network = NetworkFile::new();
    network.add_chain("", vec![end(None), end(Some(&report))], &Pipe::new(size, None).shared());
    (network, Launch { expects: vec![Expected::filled(report, size, count)], ..Launch::default() })
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
    let expects = vec![Expected::filled(report, size, count)];
    let made_by_first = vec![there, back];
    (network, Launch { programs: vec![ping], made_by_first, expects, ..Launch::default() })
}

/// Predefined jobs move numbers; blocks of other sizes are filled and summed by jobs of a plugin.
fn native(link: Link, size: usize, count: u64, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
    let report = dir.join("report.json");
    let (source, sink, expects) = if size == size_of::<u64>() {
        (counter(link, count), predefined("null-sink", link), Vec::new())
    } else {
        let [fill, sum] = plugin::ends(places, count, &report, None).map(|job| on(link, job));
        (fill, sum, vec![Expected::filled(report, size, count)])
    };
    let mut network = NetworkFile::new();
    network.add_chain("", vec![source, predefined("forward", link), sink], &Pipe::new(size, None));
    (network, Launch { expects, ..Launch::default() })
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
    on(link, Job { predefined: Some(name), ..Job::default() })
}

/// A job on a thread of its own, if channels are to lie between jobs.
fn on(link: Link, job: Job) -> Job {
    Job { thread: link == Link::Channel, ..job }
}

fn counter(link: Link, count: u64) -> Job {
    Job { args: BTreeMap::from([("from", 1.into()), ("to", count.into())]), ..predefined("count", link) }
}

/// Pairs of native jobs, each with a thread of its own.
fn threads(jobs: usize) -> NetworkFile {
    let mut network = NetworkFile::new();
    for number in 0..jobs / 2 {
        let pair = vec![counter(Link::Channel, 1), predefined("null-sink", Link::Channel)];
        network.add_chain(&format!("pair{number}-"), pair, &Pipe::new(size_of::<u64>(), None));
    }
    network
}

/// Jobs that do nothing, in pairs, and a program that weighs the runtime and ends the run.
fn idle(jobs: usize, native: bool, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
    let report = dir.join("report.json");
    let mut network = NetworkFile::new();
    let pair = || match native {
        true => {
            let args = BTreeMap::from([("interval_seconds", 3600.into())]);
            vec![Job { args, ..predefined("clock", Link::Channel) }, predefined("null-sink", Link::Channel)]
        }
        false => {
            let size = size_of::<u64>().to_string();
            let source = ["--size", &size, "--endless", "--every", "3600000000"];
            let argvs = [argv(places, "bare-source", &source), argv(places, "bare-sink", &["--size", &size])];
            executables(&argvs, false)
        }
    };
    for number in 0..jobs / 2 {
        network.add_chain(&format!("pair{number}-"), pair(), &Pipe::new(size_of::<u64>(), None));
    }
    let count = jobs.to_string();
    let what = if native { "--threads" } else { "--programs" };
    let mut scale = argv(places, "bare-scale", &[what, &count, "--report"]);
    scale.push(report.clone().into());
    network.add_job("scale".into(), Job { ends_run: true, ..Job::executable(&scale, false) });
    (network, Launch { expects: vec![Expected::counted(report, jobs as u64)], ..Launch::default() })
}

/// Pairs of executables.
pub(crate) fn pairs(children: usize, places: &Places) -> NetworkFile {
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
