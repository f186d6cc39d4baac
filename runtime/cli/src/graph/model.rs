//! What is drawn, in all formats.

use std::ffi::OsStr;
use std::path::Path;

use pipeloom_config::{Body, End, Executable, Network, Part, PipeSpec, Program, Side};
use pipeloom_job::Codec;

use super::back;

/// A network as a picture sees it.
pub(super) struct Graph {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) nodes: Vec<Node>,
    pub(super) pipes: Vec<Pipe>,
}

/// A job, or a program outside the network.
pub(super) struct Node {
    pub(super) name: String,
    /// What runs: the kind of a native job, the name of a program.
    pub(super) what: String,
    pub(super) role: Role,
    pub(super) body: NodeBody,
}

/// Where a node stands in the stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Source,
    Connector,
    Sink,
}

/// Who runs a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeBody {
    Native,
    Executable,
    Outside,
}

/// A pipe.
pub(super) struct Pipe {
    pub(super) name: String,
    pub(super) codec: String,
    pub(super) from: PipeEnd,
    pub(super) to: Vec<PipeEnd>,
}

/// An end of a pipe.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct PipeEnd {
    /// The place of its node.
    pub(super) node: usize,
    /// Whether heads are on the wire there.
    pub(super) head: bool,
    /// Whether the pipe leads back there.
    pub(super) back: bool,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Connector => "connector",
            Role::Sink => "sink",
        }
    }
}

impl Pipe {
    /// Whether heads are on the wire at any end.
    pub(super) fn has_head(&self) -> bool {
        self.from.head || self.to.iter().any(|end| end.head)
    }

    /// Whether it leads back to all its readers.
    pub(super) fn is_back(&self) -> bool {
        self.to.iter().all(|end| end.back)
    }
}

impl Graph {
    /// The picture of `network`.
    pub(super) fn of(network: &Network) -> Graph {
        let mut graph = Graph {
            name: network.name().to_owned(),
            description: network.description().map(str::to_owned),
            nodes: network.jobs().map(|(_, job)| node(job)).collect(),
            pipes: Vec::new(),
        };
        for (_, pipe) in network.pipes() {
            let heads = |end: &End| pipe.codec.has_blocks() && has_head(&network[end.job].body);
            let at = |end: &End| PipeEnd { node: end.job.index(), head: heads(end), back: false };
            let from = pipe.writer.as_ref().map(at);
            let from = from.unwrap_or_else(|| graph.outside(pipe, Role::Source));
            let mut to: Vec<PipeEnd> = pipe.readers.iter().map(at).collect();
            if pipe.external.as_ref().is_some_and(|external| external.side == Side::Reader) {
                to.push(graph.outside(pipe, Role::Sink));
            }
            graph.pipes.push(Pipe { name: pipe.name.to_string(), codec: codec(pipe), from, to });
        }
        let may_lead_back: Vec<bool> = network.pipes().map(|(_, pipe)| pipe.cycle).collect();
        back::mark(graph.nodes.len(), &mut graph.pipes, &may_lead_back);
        graph
    }

    /// For each node, the pipes it writes.
    pub(super) fn written(&self) -> Vec<Vec<&Pipe>> {
        let mut written = vec![Vec::new(); self.nodes.len()];
        self.pipes.iter().for_each(|pipe| written[pipe.from.node].push(pipe));
        written
    }

    fn outside(&mut self, pipe: &PipeSpec, role: Role) -> PipeEnd {
        let path = pipe.external.as_ref().map(|external| external.path.display().to_string());
        self.nodes.push(Node {
            name: "outside".to_owned(),
            what: path.unwrap_or_default(),
            role,
            body: NodeBody::Outside,
        });
        PipeEnd { node: self.nodes.len() - 1, head: false, back: false }
    }
}

fn node(job: &pipeloom_config::JobSpec) -> Node {
    let (what, body) = match &job.body {
        Body::Native(native) => (native.kind.name().to_owned(), NodeBody::Native),
        Body::Executable(executable) => (program(executable), NodeBody::Executable),
    };
    let role = match (job.inputs.is_empty(), job.outputs.is_empty()) {
        (true, _) => Role::Source,
        (false, true) => Role::Sink,
        (false, false) => Role::Connector,
    };
    Node { name: job.name.to_string(), what, role, body }
}

/// Programs that say nothing without their first argument.
const INTERPRETERS: [&str; 8] = ["python", "sh", "bash", "perl", "ruby", "node", "julia", "Rscript"];

/// The program as people call it: `grep`, `python3 read.py`.
fn program(executable: &Executable) -> String {
    let (Program::At(path) | Program::Copied(path)) = &executable.program;
    let name = file_name(path.as_os_str());
    let is_interpreter = INTERPRETERS.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
    match executable.argv.get(1).map(pipeloom_config::Template::parts) {
        Some([Part::Text(script)]) if is_interpreter && !script.as_encoded_bytes().starts_with(b"-") => {
            format!("{name} {}", file_name(script))
        }
        _ => name,
    }
}

fn file_name(path: &OsStr) -> String {
    Path::new(path).file_name().unwrap_or(path).to_string_lossy().into_owned()
}

fn codec(pipe: &PipeSpec) -> String {
    match pipe.codec {
        Codec::Bytes { block_size } => format!("bytes {block_size}"),
        _ => pipe.codec_name().to_owned(),
    }
}

const fn has_head(body: &Body) -> bool {
    match body {
        Body::Executable(executable) => executable.head,
        Body::Native(_) => false,
    }
}
