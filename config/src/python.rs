//! Classes in Python files, as whoever checks a file asks for them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The variable that tells an interpreter where to look for modules.
pub const MODULE_PATH: &str = "PYTHONPATH";

/// A class in a Python file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PythonClass {
    /// The interpreter.
    pub interpreter: PathBuf,
    /// `FILE.py:CLASS`, with an absolute path.
    pub spec: OsString,
    /// The folder of the network file, in which the job will run.
    pub dir: PathBuf,
    /// The job's own environment. What is known only when a run starts stands there as it is written.
    pub env: Vec<(OsString, OsString)>,
    /// Whether it has only a short list of the caller's environment, see [`inherited`](crate::inherited).
    pub env_clear: bool,
}

/// What a class is.
#[derive(Clone, PartialEq, Debug)]
pub enum PythonFound {
    /// A job.
    Job(PythonJob),
    /// A codec.
    Codec(PythonCodec),
}

/// What a job's class takes.
#[derive(Clone, PartialEq, Debug)]
pub struct PythonJob {
    /// Whether it describes another program, which its process becomes.
    pub program: bool,
    /// The inputs that it takes at least.
    pub least_inputs: usize,
    /// The inputs that it takes at most; `None` for any number.
    pub most_inputs: Option<usize>,
    /// The arguments that it knows.
    pub args: Vec<PythonArg>,
    /// Whether it takes others as well.
    pub other_args: bool,
    /// Whether it may write several blocks or none for each compute block.
    pub generator: bool,
    /// The pipes for which it has codecs of its own.
    pub codecs: Vec<String>,
    /// Its class attributes by their names there, such as `MAX_QUEUE`.
    pub attributes: Map<String, Value>,
    /// The folder of the kit that the interpreter imports.
    pub module_path: PathBuf,
}

/// What a codec's class can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PythonCodec {
    /// Whether it can read blocks.
    pub reads: bool,
    /// Whether it can write blocks.
    pub writes: bool,
    /// The methods that it has itself.
    pub methods: Vec<String>,
    /// What stands for a missing block, as it stands on the wire.
    pub dummy: Option<Vec<u8>>,
}

/// Why nothing is known of a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PythonFault {
    /// Its file has no such class, but these.
    Missing(Vec<String>),
    /// Anything else, as a fragment.
    Other(String),
}

/// An argument of a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PythonArg {
    /// Its name.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
}

/// Says what a class is, or what is wrong with it.
pub type DescribePython = fn(&PythonClass) -> Result<PythonFound, PythonFault>;

impl PythonClass {
    /// The value of `PYTHONPATH` with which the kit in the folder `kit` is found, and all that was found without it.
    pub fn module_path(&self, kit: &Path) -> OsString {
        let own = self.env.iter().find(|(name, _)| name == MODULE_PATH).map(|(_, value)| value.clone());
        let own = own.or_else(|| env::var_os(MODULE_PATH).filter(|_| !self.env_clear));
        let rest =
            own.iter().flat_map(|path| env::split_paths(OsStr::new(path)).filter(|path| !path.as_os_str().is_empty()));
        let all: Vec<PathBuf> = [kit.to_owned()].into_iter().chain(rest).collect();
        // A folder with a colon in its name cannot stand in the list, with or without us.
        env::join_paths(all).unwrap_or_else(|_| kit.into())
    }
}
