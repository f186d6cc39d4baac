//! A folder with a network file, and what it is checked against.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pipeloom_config::{
    CheckOptions, Network, Problems, PythonClass, PythonCodec, PythonFault, PythonFound, PythonJob, Runs, Text, check,
};
use pipeloom_job::codec::{Around, CodecError, Found};
use pipeloom_job::{
    Args, ArgsError, CodecName, CustomCodec, Emit, Flow, Job, JobError, JobKind, PortList, PortType, Ports, Step,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// A network file in a folder of its own. PATH is the folder's `bin`, in which `cat` and `python3` are.
pub(crate) struct Setting {
    dir: TempDir,
    toml: String,
    params: Vec<(String, String)>,
    sets: Vec<(String, String)>,
    runs: Runs,
}

pub(crate) fn network(toml: &str) -> Setting {
    let dir = tempfile::Builder::new().prefix("network").tempdir().unwrap();
    let setting = Setting { dir, toml: toml.to_owned(), params: Vec::new(), sets: Vec::new(), runs: Runs::All };
    setting.program("bin/cat", "#!/bin/sh\n").program("bin/python3", "\x7fELF")
}

impl Setting {
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(self, path: &str, content: &str) -> Setting {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn folder(self, path: &str) -> Setting {
        fs::create_dir_all(self.path().join(path)).unwrap();
        self
    }

    /// A file that may be executed.
    pub(crate) fn program(self, path: &str, content: &str) -> Setting {
        let setting = self.file(path, content);
        fs::set_permissions(setting.path().join(path), fs::Permissions::from_mode(0o755)).unwrap();
        setting
    }

    /// `--param name=value`
    pub(crate) fn param(mut self, name: &str, value: &str) -> Setting {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `--set key=value`
    pub(crate) fn set(mut self, key: &str, value: &str) -> Setting {
        self.sets.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn runs(mut self, runs: Runs) -> Setting {
        self.runs = runs;
        self
    }

    pub(crate) fn check(&self) -> Result<Network, Problems> {
        self.check_at(self.path().join("network.toml"))
    }

    /// Checks the file as if it were at `path`.
    pub(crate) fn check_at(&self, path: PathBuf) -> Result<Network, Problems> {
        let options = CheckOptions {
            plugins: Some(plugin),
            python: Some(describe),
            host: Some(self.path().join("bin/cat")),
            kinds: KINDS,
            codecs: CODECS,
            params: self.params.clone(),
            sets: self.sets.clone(),
            path_env: Some(OsString::from(self.path().join("bin"))),
            runs: self.runs.clone(),
        };
        check(Text { path, text: self.toml.clone() }, &options)
    }

    /// The network, which must be right.
    #[track_caller]
    pub(crate) fn is_right(&self) -> Network {
        self.check().unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The errors as they are shown, with `DIR` for the folder.
    #[track_caller]
    pub(crate) fn errors(&self) -> String {
        let problems = self.check().expect_err("the network is not right");
        problems.render(false, 100).replace(self.path().to_str().unwrap(), "DIR")
    }

    /// The errors' messages alone.
    #[track_caller]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.check().expect_err("the network is not right").iter().map(|problem| problem.message.clone()).collect()
    }
}

/// The codecs of these tests.
const CODECS: &[&dyn CustomCodec] = &[&Slashed];

/// Texts that end with a slash; an empty one is written as a dot.
#[derive(Debug)]
pub(crate) struct Slashed;

impl CustomCodec for Slashed {
    fn name(&self) -> &'static str {
        "slashed"
    }

    fn about(&self) -> &'static str {
        "Texts that end with a slash."
    }

    fn frame(&self, bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
        let end = bytes.iter().position(|byte| *byte == b'/');
        Ok(end.map_or(Found::MORE, |end| Found::Block { payload: 0..end, next: end + 1 }))
    }

    fn surround(&self, _payload: &[u8], around: &mut Around) -> Result<(), CodecError> {
        around.after.push(b'/');
        Ok(())
    }

    fn empty(&self) -> Vec<u8> {
        b".".to_vec()
    }

    fn decode(&self, payload: &[u8]) -> Result<serde_json::Value, CodecError> {
        Ok(String::from_utf8_lossy(payload).into())
    }

    fn encode(&self, value: &serde_json::Value, payload: &mut Vec<u8>) -> Result<(), CodecError> {
        match value.as_str() {
            None => Err(CodecError::new("only texts can stand between slashes")),
            Some(text) => {
                payload.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }
}

/// Every plugin called `good.so` has the jobs of [`KINDS`].
fn plugin(path: &Path) -> Result<&'static [JobKind], String> {
    if path.ends_with("good.so") { Ok(KINDS) } else { Err("it is no plugin".to_owned()) }
}

/// The predefined jobs of these tests.
pub(crate) const KINDS: &[JobKind] = &[
    JobKind {
        name: "csv-sink",
        about: "writes a table",
        args: &|| schemars::schema_for!(CsvSink),
        ports: &|args| {
            args.parse::<CsvSink>()?;
            let values = PortType::values(&[CodecName::Json, CodecName::Bincode]);
            Ok(Ports::new(PortList::some(values), PortList::none()))
        },
        new: &new,
    },
    JobKind {
        name: "commit",
        about: "says itself what is done",
        args: &|| schemars::schema_for!(Nothing),
        ports: &|args| {
            args.parse::<Nothing>()?;
            Ok(Ports { acknowledges: true, ..Ports::new(PortList::some(PortType::any()), PortList::none()) })
        },
        new: &new,
    },
    JobKind {
        name: "forward",
        about: "forwards blocks",
        args: &|| schemars::schema_for!(Nothing),
        ports: &|args| {
            args.parse::<Nothing>()?;
            let inputs = PortList::some(PortType::any().one_block());
            Ok(Ports { paired: true, ..Ports::new(inputs, PortList::some(PortType::any())) })
        },
        new: &new,
    },
    JobKind {
        name: "spectrum",
        about: "turns samples into magnitudes",
        args: &|| schemars::schema_for!(Spectrum),
        ports: &|args| {
            let Spectrum { size, .. } = args.parse()?;
            if !size.is_power_of_two() {
                return Err(ArgsError::at("size", "must be a power of two"));
            }
            let bytes = || PortType::codecs(&[CodecName::Bytes]);
            Ok(Ports::new(PortList::one(bytes()), PortList::one(bytes().block_size((size / 2 + 1) * 4))))
        },
        new: &new,
    },
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by serde")]
struct CsvSink {
    path: String,
    separator: Option<char>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read by serde")]
struct Spectrum {
    size: usize,
    #[serde(default)]
    weights: Vec<f64>,
}

struct Idle;

impl Job for Idle {
    fn step(&mut self, _: &Step<'_>, _: &mut dyn Emit) -> Result<Flow, JobError> {
        Ok(Flow::Done)
    }
}

fn new(_: &Args) -> Result<Box<dyn Job>, ArgsError> {
    Ok(Box::new(Idle))
}

/// What a class is, by a "Python" file that is JSON: an object with what `--describe` says of each class, or its shorthands.
fn describe(class: &PythonClass) -> Result<PythonFound, PythonFault> {
    let spec = class.spec.to_str().unwrap();
    let (file, name) = spec.rsplit_once(':').unwrap();
    let classes: Map<String, Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let Some(said) = classes.get(name) else {
        return Err(PythonFault::Missing(classes.keys().cloned().collect()));
    };
    if let Some(why) = said.as_str() {
        return Err(PythonFault::Other(why.to_owned()));
    }
    let has = |key: &str| said[key].as_bool().unwrap_or(false);
    if said["methods"].is_array() {
        return Ok(PythonFound::Codec(PythonCodec {
            reads: has("reads"),
            writes: has("writes"),
            methods: serde_json::from_value(said["methods"].clone()).unwrap(),
            dummy: said["dummy"].as_str().map(|dummy| dummy.as_bytes().to_vec()),
        }));
    }
    Ok(PythonFound::Job(PythonJob {
        program: has("program"),
        least_inputs: 0,
        most_inputs: None,
        args: Vec::new(),
        other_args: true,
        generator: false,
        codecs: serde_json::from_value(said["codecs"].clone()).unwrap_or_default(),
        attributes: said["attributes"].as_object().cloned().unwrap_or_default(),
        module_path: "/kit".into(),
    }))
}
