//! The bare side of a row: the same programs over FIFOs that the harness makes, with nobody in between.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use nix::{sys::stat::Mode, unistd::mkfifo};
use pipeloom_bench::flags::Mode as Move;

use crate::{
    args::Places,
    error::BenchError,
    launch::{Expected, Launch},
    ours,
    row::{Chain, Fan, LARGE_FIFO, Link, PAIR_BLOCK, Shape},
};

/// A ring of ours has at least so many bytes, and room for so many blocks.
const RING_BYTES: usize = 2 << 20;
const RING_BLOCKS: usize = 8;

/// The programs of a shape, with their FIFOs made in `dir`; `None` if there is nothing to be compared with.
///
/// # Errors
/// A FIFO could not be made.
pub(crate) fn launch(shape: Shape, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
    Ok(Some(match shape {
        Shape::Chain(chain) => chained(&chain, places, dir)?,
        Shape::Shared { size, count } => shared(size, count, places, dir),
        Shape::Mixed(mixed) => chained(&mixed.bare(), places, dir)?,
        Shape::PingPong { size, count } => ping_pong(size, count, places, dir)?,
        Shape::Native { link, size, count } => {
            let link = if link == Link::Fused { "calls" } else { "channel" };
            native(link, size, count, count, places, dir)
        }
        Shape::Two { count, .. } => {
            let one = native("channel", size_of::<u64>(), count, count, places, dir);
            let programs = one.programs.iter().chain(&one.programs).cloned().collect();
            Launch { programs, ..one }
        }
        Shape::Fan(fan) => fanned(&fan, places, dir)?,
        Shape::Threads { jobs } => native("threads", size_of::<u64>(), jobs as u64, jobs as u64 / 2, places, dir),
        Shape::Pairs { children } => pairs(children, places, dir)?,
        Shape::Check { jobs } => {
            let file = ours::write(&ours::pairs(jobs, places), dir)?;
            let mut program = argv(places, "bare-toml", &[]);
            program.push(file.into());
            Launch { programs: vec![program], ..Launch::default() }
        }
        Shape::Recovery(recovery) => recovery.bare(places, dir)?,
        // Without a runtime there is nothing to be weighed.
        Shape::Idle { .. } => return Ok(None),
    }))
}

/// `argv` of one program; paths of pipes come behind it.
pub(crate) fn argv(places: &Places, program: &str, flags: &[&str]) -> Vec<OsString> {
    let path = places.program(program).into_os_string();
    let flags = flags.iter().map(OsString::from);
    std::iter::once(path).chain(flags).collect()
}

/// `argv` of a program that is looked up.
pub(crate) fn words(argv: &[&str]) -> Vec<OsString> {
    argv.iter().map(OsString::from).collect()
}

/// The programs of a chain without their pipes: the same ones stand in a network file.
pub(crate) fn chain_programs(chain: &Chain, places: &Places, report: &Path) -> Vec<Vec<OsString>> {
    let size = chain.size.to_string();
    let mode = match chain.mode {
        Move::Copy => "copy",
        Move::Batch => "batch",
        Move::Splice => "splice",
    };
    // Only the middle splices; large blocks at the ends stay one call each.
    let ends_mode = match chain.mode {
        _ if chain.kit.is_some() => "batch",
        Move::Splice => "copy",
        Move::Copy | Move::Batch => mode,
    };
    let count = chain.count.to_string();
    let every = chain.every.map(|microseconds| microseconds.to_string());
    let program = |name, mode, more: &[&str]| {
        let mut argv = argv(places, name, &["--size", &size, "--mode", mode]);
        argv.extend(chain.head.then(|| "--head".into()));
        argv.extend(more.iter().map(OsString::from));
        argv
    };
    let mut source = program("bare-source", ends_mode, &["--count", &count]);
    if let Some(every) = &every {
        source.extend(["--every".into(), every.into()]);
    }
    let mut sink = program("bare-sink", ends_mode, &["--count", &count, "--report"]);
    sink.push(report.into());
    sink.extend(every.map(|_| "--stamped".into()));
    let mut programs = vec![source];
    programs.extend((0..chain.connectors).map(|_| program("bare-forward", mode, &[])));
    programs.push(sink);
    programs
}

fn chained(chain: &Chain, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
    let report = dir.join("report.json");
    let mut programs = chain_programs(chain, places, &report);
    for link in 1..programs.len() {
        let fifo = fifo(dir, link)?;
        if let Some(bytes) = chain.capacity {
            programs[link - 1].extend(["--capacity".into(), bytes.to_string().into()]);
        }
        programs[link - 1].extend(["-o".into(), fifo.clone().into()]);
        programs[link].extend(["-i".into(), fifo.into()]);
    }
    Ok(Launch { programs, expects: vec![chain.expected(report)], ..Launch::default() })
}

/// The source and the sinks of a fan-out without their pipes, and what the sinks leave behind.
pub(crate) fn fan_programs(
    fan: &Fan,
    places: &Places,
    dir: &Path,
) -> (Vec<OsString>, Vec<Vec<OsString>>, Vec<Expected>) {
    let (size, count) = (fan.size.to_string(), fan.count.to_string());
    let source = argv(places, "bare-source", &["--size", &size, "--count", &count]);
    let reports = (0..fan.sinks).map(|number| dir.join(format!("report-{number}.json")));
    let sink = |report: PathBuf| {
        let mut sink = argv(places, "bare-sink", &["--size", &size, "--count", &count, "--report"]);
        sink.push(report.clone().into());
        (sink, Expected::filled(report, fan.size, fan.count))
    };
    let (sinks, expects) = reports.map(sink).unzip();
    (source, sinks, expects)
}

/// `tee` stands between the source and the sinks.
fn fanned(fan: &Fan, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
    let (mut source, mut sinks, expects) = fan_programs(fan, places, dir);
    let capacity = LARGE_FIFO.to_string();
    let from = fifo(dir, 0)?;
    source.extend(["--capacity".into(), capacity.clone().into(), "-o".into(), from.clone().into()]);
    let mut tee = words(&["sh", "-c", "from=$1; to=$2; shift 2; exec tee \"$@\" < \"$from\" > \"$to\"", "sh"]);
    tee.push(from.into());
    for (number, sink) in sinks.iter_mut().enumerate() {
        let to = fifo(dir, number + 1)?;
        sink.extend(["--input-capacity".into(), capacity.clone().into(), "-i".into(), to.clone().into()]);
        tee.push(to.into());
    }
    let programs = [source, tee].into_iter().chain(sinks).collect();
    Ok(Launch { programs, expects, ..Launch::default() })
}

fn ping_pong(size: usize, count: u64, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
    let report = dir.join("report.json");
    let (there, back) = (fifo(dir, 1)?, fifo(dir, 2)?);
    let mut ping = ping(size, count, places, &report);
    ping.extend(["-o".into(), there.clone().into(), "-i".into(), back.clone().into()]);
    let mut pong = argv(places, "bare-forward", &["--size", &size.to_string()]);
    pong.extend(["-i".into(), there.into(), "-o".into(), back.into()]);
    Ok(Launch { programs: vec![ping, pong], expects: vec![Expected::filled(report, size, count)], ..Launch::default() })
}

/// The places are as many as a ring of ours has.
fn shared(size: usize, count: u64, places: &Places, dir: &Path) -> Launch {
    let report = dir.join("report.json");
    let (size_flag, count_flag) = (size.to_string(), count.to_string());
    let slots = (RING_BYTES / size).max(RING_BLOCKS).to_string();
    let flags = ["--size", &size_flag, "--count", &count_flag, "--places", &slots, "--report"];
    let mut program = argv(places, "bare-ring", &flags);
    program.push(report.clone().into());
    Launch { programs: vec![program], expects: vec![Expected::filled(report, size, count)], ..Launch::default() }
}

/// Who sends and awaits, without its pipes.
pub(crate) fn ping(size: usize, count: u64, places: &Places, report: &Path) -> Vec<OsString> {
    let (size, count) = (size.to_string(), count.to_string());
    let mut ping = argv(places, "bare-ping", &["--size", &size, "--count", &count, "--report"]);
    ping.push(report.into());
    ping
}

/// One process that does `count` of what its `link` says, and so moves `blocks`.
fn native(link: &str, size: usize, count: u64, blocks: u64, places: &Places, dir: &Path) -> Launch {
    let report = dir.join("report.json");
    let (size_flag, count_flag) = (size.to_string(), count.to_string());
    let flags = ["--link", link, "--size", &size_flag, "--count", &count_flag, "--report"];
    let mut program = argv(places, "bare-native", &flags);
    program.push(report.clone().into());
    Launch { programs: vec![program], expects: vec![Expected::filled(report, size, blocks)], ..Launch::default() }
}

/// The members of one pair, without their pipe.
pub(crate) fn pair(places: &Places) -> [Vec<OsString>; 2] {
    let size = PAIR_BLOCK.to_string();
    [argv(places, "bare-source", &["--size", &size]), argv(places, "bare-sink", &["--size", &size])]
}

fn pairs(children: usize, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
    let mut programs = Vec::with_capacity(children);
    for number in 0..children / 2 {
        let fifo = fifo(dir, number)?;
        let [mut source, mut sink] = pair(places);
        source.extend(["-o".into(), fifo.clone().into()]);
        sink.extend(["-i".into(), fifo.into()]);
        programs.extend([source, sink]);
    }
    Ok(Launch { programs, ..Launch::default() })
}

/// A new FIFO.
///
/// # Errors
/// It could not be made.
pub(crate) fn fifo(dir: &Path, number: usize) -> Result<PathBuf, BenchError> {
    let path = dir.join(format!("fifo-{number}"));
    match mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR) {
        Ok(()) => Ok(path),
        Err(source) => Err(BenchError::Prepare { path, source: source.into() }),
    }
}
