//! What a class takes, told by the interpreter without running the job.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use pipeloom_config::{
    MODULE_PATH, PythonArg, PythonClass, PythonCodec, PythonFault, PythonFound, PythonJob, inherited,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::kit;

/// An import that takes longer than this is told of.
const MOST: Duration = Duration::from_secs(20);

/// What the kit says of a class; see `describe.py` there.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Said {
    Job {
        inputs: Range,
        generator: bool,
        args: Vec<Arg>,
        other_args: bool,
        codecs: Map<String, Value>,
        attributes: Map<String, Value>,
    },
    Program {
        args: Vec<Arg>,
        other_args: bool,
        attributes: Map<String, Value>,
    },
    Codec {
        reads: bool,
        writes: bool,
        methods: Vec<String>,
        dummy: Option<String>,
    },
    Missing {
        there: Vec<String>,
    },
}

#[derive(Deserialize)]
struct Range {
    min: usize,
    max: Option<usize>,
}

#[derive(Deserialize)]
struct Arg {
    name: String,
    required: bool,
}

/// Asks the interpreter what the class is. It imports the class's file and makes no job of it.
///
/// # Errors
/// What is wrong, with the end of what the interpreter said.
pub fn describe(class: &PythonClass) -> Result<PythonFound, PythonFault> {
    let (said, kit) = said_of(class).map_err(PythonFault::Other)?;
    let named = |args: Vec<Arg>| args.into_iter().map(|Arg { name, required }| PythonArg { name, required }).collect();
    Ok(match said {
        Said::Job { inputs, generator, args, other_args, codecs, attributes } => PythonFound::Job(PythonJob {
            program: false,
            least_inputs: inputs.min,
            most_inputs: inputs.max,
            args: named(args),
            other_args,
            generator,
            codecs: codecs.into_iter().map(|(pipe, _)| pipe).collect(),
            attributes,
            module_path: kit,
        }),
        Said::Program { args, other_args, attributes } => PythonFound::Job(PythonJob {
            program: true,
            least_inputs: 0,
            most_inputs: None,
            args: named(args),
            other_args,
            generator: false,
            codecs: Vec::new(),
            attributes,
            module_path: kit,
        }),
        Said::Codec { reads, writes, methods, dummy } => {
            PythonFound::Codec(PythonCodec { reads, writes, methods, dummy: dummy.as_deref().and_then(bytes) })
        }
        Said::Missing { there } => return Err(PythonFault::Missing(there)),
    })
}

fn said_of(class: &PythonClass) -> Result<(Said, PathBuf), String> {
    let kit = kit::folder().map_err(|error| error.to_string())?;
    let output = ask(class, &kit)?;
    if !output.status.success() {
        return Err(said_last(&output));
    }
    let said = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("what the interpreter says of it is not understood: {error}"))?;
    Ok((said, kit))
}

/// Bytes out of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Runs the interpreter, and ends it if it takes too long.
#[expect(clippy::disallowed_methods, reason = "no run has begun, and it is waited for")]
fn ask(class: &PythonClass, kit: &Path) -> Result<Output, String> {
    let mut command = Command::new(&class.interpreter);
    command.args(["-m", "pipeloom", "--describe"]).arg(&class.spec).current_dir(&class.dir);
    command.env_clear().envs(inherited(class.env_clear)).envs(class.env.iter().map(|(name, value)| (name, value)));
    command.env(MODULE_PATH, class.module_path(kit));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| format!("{} cannot be run: {error}", class.interpreter.display()))?;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let deadline = Instant::now() + MOST;
    let left = || deadline.saturating_duration_since(Instant::now());
    let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(left()), stderr.recv_timeout(left())) else {
        // Whether it can be ended or not, it is not waited for.
        let _ = child.kill().and_then(|()| child.wait());
        return Err(format!("its file was not imported within {} s", MOST.as_secs()));
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    Ok(Output { status, stdout, stderr })
}

/// Reads to the end, on a thread.
fn read(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (told, read) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read until an error is all there is to be told.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        told.send(bytes)
    });
    read
}

fn said_last(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.truncate(12);
    // Who speaks is clear.
    if let Some(first) = lines.first_mut() {
        *first = first.strip_prefix("pipeloom: ").unwrap_or(first);
    }
    if lines.is_empty() { format!("the interpreter ended with {}", output.status) } else { lines.join("\n") }
}
