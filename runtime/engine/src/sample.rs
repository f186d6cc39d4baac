//! Small networks for tests, written like prose: `Sample::new().program("cat", &["a"], &["b"])`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pipeloom_config::{CheckOptions, JobId, Network, PipeId, Text, check};
use pipeloom_job::{Emit, Flow, Job, JobError, JobKind, PortList, PortType, Ports, StandardInput, Step};

/// A network in the making. Its pipes have the codec `lines`.
#[derive(Clone, Default)]
pub(crate) struct Sample {
    jobs: Vec<String>,
    pipes: BTreeMap<String, String>,
}

/// A native job with any ports, not meant to be run. What else its ports say is in its arguments.
const ANY: JobKind = JobKind {
    name: "any",
    about: "does nothing",
    args: &|| serde_json::json!({ "type": "object" }).try_into().unwrap_or_default(),
    ports: &|args| {
        let any = || PortList { fixed: Vec::new(), rest: Some(PortType::any()) };
        let says = |what: &str| args.table().contains_key(what);
        let standard_input = if says("standard_input") { StandardInput::Needed } else { StandardInput::Unused };
        Ok(Ports { blocks: says("blocks"), lines: says("lines"), standard_input, ..Ports::new(any(), any()) })
    },
    new: &|_| Ok(Box::new(Any)),
};

struct Any;

impl Job for Any {
    fn step(&mut self, _step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        Ok(Flow::Done)
    }
}

impl Sample {
    pub(crate) fn new() -> Sample {
        Sample::default()
    }

    /// An executable, given its pipes by path unless [`Sample::with`] says otherwise.
    pub(crate) fn program(self, name: &str, inputs: &[&str], outputs: &[&str]) -> Sample {
        self.job(name, "exec = [\"/bin/true\"]", inputs, outputs)
    }

    /// An executable with these words.
    pub(crate) fn executing(self, name: &str, exec: &[&str], inputs: &[&str], outputs: &[&str]) -> Sample {
        self.job(name, &format!("exec = {exec:?}"), inputs, outputs)
    }

    /// A native job.
    pub(crate) fn native(self, name: &str, inputs: &[&str], outputs: &[&str]) -> Sample {
        self.job(name, "use = \"any\"", inputs, outputs)
    }

    /// More lines for the table of the last job.
    pub(crate) fn with(mut self, lines: &str) -> Sample {
        if let Some(job) = self.jobs.last_mut() {
            let _ = writeln!(job, "{lines}");
        }
        self
    }

    /// More lines for a pipe's table.
    pub(crate) fn pipe(mut self, name: &str, lines: &str) -> Sample {
        let _ = writeln!(self.pipes.entry(name.to_owned()).or_default(), "{lines}");
        self
    }

    /// The network, checked; in the folder `/`.
    pub(crate) fn network(self) -> Network {
        let mut text = self.jobs.join("\n");
        for (name, lines) in &self.pipes {
            let codec = if lines.contains("codec") { "" } else { "codec = \"lines\"\n" };
            let _ = writeln!(text, "[pipes.{name}]\n{codec}{lines}");
        }
        let options = CheckOptions { kinds: &[ANY], ..CheckOptions::default() };
        match check(Text { path: "/sample.toml".into(), text: text.clone() }, &options) {
            Ok(network) => network,
            Err(problems) => panic!("{problems}\n{text}"),
        }
    }

    fn job(mut self, name: &str, what: &str, inputs: &[&str], outputs: &[&str]) -> Sample {
        self.jobs.push(format!("[jobs.{name}]\n{what}\ninputs = {inputs:?}\noutputs = {outputs:?}\n"));
        for pipe in inputs.iter().chain(outputs) {
            self.pipes.entry((*pipe).to_owned()).or_default();
        }
        self
    }
}

/// The job of this name, which is there.
pub(crate) fn job(network: &Network, name: &str) -> JobId {
    network.job_named(name).unwrap_or_else(|| panic!("no job {name}"))
}

/// The pipe of this name, which is there.
pub(crate) fn pipe(network: &Network, name: &str) -> PipeId {
    let found = network.pipes().find(|(_, pipe)| pipe.name.as_str() == name);
    found.map(|(id, _)| id).unwrap_or_else(|| panic!("no pipe {name}"))
}
