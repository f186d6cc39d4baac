//! A network file, as far as the rows need one.

use std::{collections::BTreeMap, ffi::OsString, ops::Not, path::PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::care::Care;

/// The whole file.
#[derive(Serialize)]
pub(crate) struct NetworkFile {
    network: Header,
    jobs: BTreeMap<String, Job>,
    pipes: BTreeMap<String, Pipe>,
}

#[derive(Serialize)]
struct Header {
    name: &'static str,
}

/// One job.
#[derive(Serialize, Default)]
pub(crate) struct Job {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) exec: Vec<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub(crate) predefined: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plugin: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) inputs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) outputs: Vec<String>,
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) head: bool,
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) kit: bool,
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) thread: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) args: BTreeMap<&'static str, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restart: Option<Restart>,
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) ends_run: bool,
}

/// When a job is started again; the usual where nothing is said.
#[derive(Serialize)]
pub(crate) struct Restart {
    pub(crate) policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backoff_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stable_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_restarts: Option<u64>,
}

/// One pipe of blocks of fixed size.
#[derive(Clone, Serialize, Default)]
pub(crate) struct Pipe {
    codec: &'static str,
    block_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_bytes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conduit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when_full: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) spool: BTreeMap<&'static str, &'static str>,
}

impl Job {
    /// A program that knows `-i` and `-o`.
    pub(crate) fn executable(argv: &[OsString], head: bool) -> Self {
        let exec = argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Self { exec, head, ..Self::default() }
    }

    /// One that keeps to the rules of heads by itself.
    pub(crate) fn with_kit(self, kit: bool) -> Self {
        Self { kit, head: self.head && !kit, ..self }
    }
}

impl Restart {
    /// After a failure.
    pub(crate) fn on_failure() -> Self {
        Self { policy: "on-failure", backoff_seconds: None, stable_seconds: None, max_restarts: None }
    }
}

impl Pipe {
    /// Blocks of `block_size` bytes.
    pub(crate) fn new(block_size: usize, capacity_bytes: Option<i32>) -> Self {
        Self { codec: "bytes", block_size, capacity_bytes, ..Self::default() }
    }

    /// The same with memory that both ends share.
    pub(crate) fn shared(self) -> Self {
        Self { conduit: Some("shared"), ..self }
    }

    /// The same with a program outside at one end, the `"writer"` or the `"reader"`.
    pub(crate) fn external(self, end: &'static str, path: PathBuf) -> Self {
        Self { path: Some(path), external: Some(end), ..self }
    }
}

impl NetworkFile {
    /// A network without jobs.
    pub(crate) fn new() -> Self {
        Self { network: Header { name: "bench" }, jobs: BTreeMap::new(), pipes: BTreeMap::new() }
    }

    /// Adds a job.
    pub(crate) fn add_job(&mut self, name: String, job: Job) {
        self.jobs.insert(name, job);
    }

    /// Says what a pipe is like.
    pub(crate) fn add_pipe(&mut self, name: String, pipe: Pipe) {
        self.pipes.insert(name, pipe);
    }

    /// Adds jobs in a row, each reading what the one before it writes.
    pub(crate) fn add_chain(&mut self, prefix: &str, jobs: Vec<Job>, pipe: &Pipe) {
        self.add_careful_chain(prefix, jobs, pipe, None);
    }

    /// The same, with some care for what the jobs in the middle do.
    pub(crate) fn add_careful_chain(&mut self, prefix: &str, mut jobs: Vec<Job>, pipe: &Pipe, care: Option<Care>) {
        let last = jobs.len() - 1;
        for link in 1..=last {
            let name = format!("{prefix}pipe{link}");
            jobs[link - 1].outputs.push(name.clone());
            jobs[link].inputs.push(name.clone());
            let pipe = pipe.clone();
            self.add_pipe(name, care.map_or(pipe.clone(), |care| care.of_pipe(pipe, link == last)));
        }
        if let Some(care) = care {
            jobs = jobs
                .into_iter()
                .enumerate()
                .map(|(place, job)| if place == 0 || place == last { job } else { care.of_connector(job) })
                .collect();
        }
        for (place, job) in jobs.into_iter().enumerate() {
            self.add_job(format!("{prefix}job{place}"), job);
        }
    }
}
