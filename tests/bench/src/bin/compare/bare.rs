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
    row::{Chain, Link, PAIR_BLOCK, Shape},
};

/// The programs of a shape, with their FIFOs made in `dir`.
///
/// # Errors
/// A FIFO could not be made.
pub(crate) fn launch(shape: Shape, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
    match shape {
        Shape::Chain(chain) => chained(&chain, places, dir),
        Shape::PingPong { size, count } => ping_pong(size, count, places, dir),
        Shape::Native { link, count } => Ok(native(link, count, places, dir)),
        Shape::Mixed(mixed) => chained(&mixed.bare(), places, dir),
        Shape::Two { count, .. } => {
            let one = native(Link::Channel, count, places, dir);
            let programs = one.programs.iter().chain(&one.programs).cloned().collect();
            Ok(Launch { programs, ..one })
        }
        Shape::Pairs { children } => pairs(children, places, dir),
        Shape::Recovery(recovery) => recovery.bare(places, dir),
    }
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
    Ok(Launch { programs, expects: Some(chain.expected(report)), ..Launch::default() })
}

fn ping_pong(size: usize, count: u64, places: &Places, dir: &Path) -> Result<Launch, BenchError> {
    let report = dir.join("report.json");
    let (there, back) = (fifo(dir, 1)?, fifo(dir, 2)?);
    let mut ping = ping(size, count, places, &report);
    ping.extend(["-o".into(), there.clone().into(), "-i".into(), back.clone().into()]);
    let mut pong = argv(places, "bare-forward", &["--size", &size.to_string()]);
    pong.extend(["-i".into(), there.into(), "-o".into(), back.into()]);
    Ok(Launch { programs: vec![ping, pong], expects: Some(Expected::filled(report, size, count)), ..Launch::default() })
}

/// Who sends and awaits, without its pipes.
pub(crate) fn ping(size: usize, count: u64, places: &Places, report: &Path) -> Vec<OsString> {
    let (size, count) = (size.to_string(), count.to_string());
    let mut ping = argv(places, "bare-ping", &["--size", &size, "--count", &count, "--report"]);
    ping.push(report.into());
    ping
}

fn native(link: Link, count: u64, places: &Places, dir: &Path) -> Launch {
    let link = match link {
        Link::Fused => "calls",
        Link::Channel => "channel",
    };
    let report = dir.join("report.json");
    let size = size_of::<u64>();
    let (size_flag, count_flag) = (size.to_string(), count.to_string());
    let flags = ["--link", link, "--size", &size_flag, "--count", &count_flag, "--report"];
    let mut program = argv(places, "bare-native", &flags);
    program.push(report.clone().into());
    Launch { programs: vec![program], expects: Some(Expected::filled(report, size, count)), ..Launch::default() }
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
