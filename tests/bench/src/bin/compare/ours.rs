//! Our side of a row: the same programs, or predefined jobs, in a network file for `pipeloom run`.

use std::{collections::BTreeMap, ffi::OsString, fs, ops::Not, path::Path};

use serde::Serialize;

use crate::{
    args::Places,
    bare::{chain_programs, pair},
    error::BenchError,
    launch::Launch,
    row::{Chain, Link, PAIR_BLOCK, Row, Shape},
};

/// The row as a network in `dir`; `None` where a network cannot do it yet.
///
/// # Errors
/// The network file could not be written.
pub(crate) fn launch(row: &Row, places: &Places, dir: &Path) -> Result<Option<Launch>, BenchError> {
    let Some(pipeloom) = &places.pipeloom else {
        return Ok(None);
    };
    let report = dir.join("report.json");
    let (network, expects) = match row.shape {
        Shape::Chain(chain) => (chained(&chain, places, &report), Some(chain.expected(report))),
        Shape::Native { link, count } => (native(link, count), None),
        Shape::Pairs { children } => (pairs(children, places), None),
        // A block that comes back makes a cycle, which networks do not have yet.
        Shape::PingPong { .. } => return Ok(None),
    };
    let path = dir.join("network.toml");
    fs::write(&path, toml::to_string(&network)?)
        .map_err(|source| BenchError::Prepare { path: path.clone(), source })?;
    let run_dir = dir.join("run");
    let argv = [pipeloom.into(), "run".into(), "--quiet".into(), "--run-dir".into(), run_dir.into(), path.into()];
    Ok(Some(Launch { programs: vec![argv.to_vec()], expects, ..Launch::default() }))
}

/// A network file, as far as it is needed here.
#[derive(Serialize)]
struct NetworkFile {
    network: Header,
    jobs: BTreeMap<String, Job>,
    pipes: BTreeMap<String, Pipe>,
}

#[derive(Serialize)]
struct Header {
    name: &'static str,
}

#[derive(Serialize, Default)]
struct Job {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exec: Vec<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    predefined: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<String>,
    #[serde(skip_serializing_if = "Not::not")]
    head: bool,
    #[serde(skip_serializing_if = "Not::not")]
    thread: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Pipe {
    codec: &'static str,
    block_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_bytes: Option<i32>,
}

impl NetworkFile {
    fn new() -> Self {
        Self { network: Header { name: "bench" }, jobs: BTreeMap::new(), pipes: BTreeMap::new() }
    }

    /// Adds jobs in a row, each reading what the one before it writes.
    fn add_chain(&mut self, prefix: &str, mut jobs: Vec<Job>) {
        for link in 1..jobs.len() {
            let pipe = format!("{prefix}pipe{link}");
            jobs[link - 1].outputs.push(pipe.clone());
            jobs[link].inputs.push(pipe);
        }
        for (place, job) in jobs.into_iter().enumerate() {
            self.jobs.insert(format!("{prefix}job{place}"), job);
        }
    }

    /// Says the same of all pipes that jobs write so far.
    fn describe_pipes(&mut self, block_size: usize, capacity_bytes: Option<i32>) {
        for name in self.jobs.values().flat_map(|job| &job.outputs) {
            let pipe = Pipe { codec: "bytes", block_size, capacity_bytes };
            self.pipes.insert(name.clone(), pipe);
        }
    }
}

fn executable(argv: &[OsString], head: bool) -> Job {
    Job { exec: argv.iter().map(|word| word.to_string_lossy().into_owned()).collect(), head, ..Job::default() }
}

fn chained(chain: &Chain, places: &Places, report: &Path) -> NetworkFile {
    let connectors = if chain.relay { 0 } else { chain.connectors };
    let programs = chain_programs(&Chain { connectors, ..*chain }, places, report);
    let jobs = programs.iter().map(|argv| executable(argv, chain.head)).collect();
    let mut network = NetworkFile::new();
    network.add_chain("", jobs);
    network.describe_pipes(chain.size, chain.capacity);
    network
}

fn native(link: Link, count: u64) -> NetworkFile {
    let predefined = |name| Job { predefined: Some(name), thread: link == Link::Channel, ..Job::default() };
    let source = Job { args: BTreeMap::from([("from", 1), ("to", count)]), ..predefined("count") };
    let mut network = NetworkFile::new();
    network.add_chain("", vec![source, predefined("forward"), predefined("null-sink")]);
    network
}

fn pairs(children: usize, places: &Places) -> NetworkFile {
    let mut network = NetworkFile::new();
    for number in 0..children / 2 {
        let jobs = pair(places).iter().map(|argv| executable(argv, false)).collect();
        network.add_chain(&format!("pair{number}-"), jobs);
    }
    network.describe_pipes(PAIR_BLOCK, None);
    network
}
