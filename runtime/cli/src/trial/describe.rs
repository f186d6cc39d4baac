//! What a job is given, for programs that try it themselves: `--describe`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use pipeloom_config::{Body, Executable, JobId, Network, PipeId, Program, RunDirError, Taking, Template, render_args};
use pipeloom_events::ExitStatus;
use pipeloom_job::Steps;
use pipeloom_job::control::Direction;
use serde_json::{Map, Value, json};

use super::hex;
use crate::args::TryArgs;
use crate::network;
use crate::term::out;

/// Prints one JSON object about the job of this name, which is not run.
pub(super) fn describe(network: &Network, job: &str, args: &TryArgs) -> Result<ExitStatus, ExitStatus> {
    let id = network.find_job(job).map_err(|problems| network::show(&problems, args.json))?;
    let run_dir = args.run_dir.as_deref().unwrap_or(Path::new("${run}"));
    let about = of_job(network, id, run_dir).map_err(|error| out::fail(ExitStatus::Usage, error))?;
    Ok(out::answer(&format!("{about}\n")))
}

fn of_job(network: &Network, id: JobId, run_dir: &Path) -> Result<Value, RunDirError> {
    let spec = &network[id];
    let inputs = spec.inputs.iter().map(|pipe| of_pipe(network, id, *pipe, Direction::Input));
    let outputs = spec.outputs.iter().map(|pipe| of_pipe(network, id, *pipe, Direction::Output));
    let mut about = json!({
        "v": 1,
        "job": spec.name.as_str(),
        "dir": network.dir(),
        "head_size": network.head_size().bytes(),
        "pipes": inputs.chain(outputs).collect::<Vec<_>>(),
    });
    let steps = match &spec.body {
        Body::Native(native) => native.ports.steps,
        Body::Executable(executable) => {
            about["program"] = of_program(executable, run_dir)?;
            executable.steps
        }
    };
    about["steps"] = if steps == Steps::Each { "each" } else { "free" }.into();
    Ok(about)
}

/// The program with its arguments, but for those that say where its pipes are.
fn of_program(executable: &Executable, run_dir: &Path) -> Result<Value, RunDirError> {
    let text = |template: &Template| lossy(&template.render(run_dir, |_| "".into()));
    let program: &PathBuf = match &executable.program {
        Program::At(path) | Program::Copied(path) => path,
    };
    let env: Map<String, Value> =
        executable.env.iter().map(|(name, value)| (lossy(name), text(value).into())).collect();
    Ok(json!({
        "path": program,
        "argv": executable.argv.iter().map(text).collect::<Vec<_>>(),
        "env": env,
        "env_clear": executable.env_clear,
        "cwd": executable.cwd,
        "dependencies": executable.dependencies,
        "args": render_args(&executable.args, run_dir)?.table(),
    }))
}

fn lossy(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

/// A pipe as `PIPELOOM_PIPES` has it, without its place; and what an optional input gives where no block has come.
fn of_pipe(network: &Network, id: JobId, pipe: PipeId, direction: Direction) -> Value {
    let spec = &network[pipe];
    let sees_heads = match &network[id].body {
        Body::Native(_) => true,
        Body::Executable(executable) => executable.head,
    };
    let mut entry = json!(spec.entry(direction, sees_heads));
    if let (Direction::Input, Taking::Optional(optional)) = (direction, &spec.taking) {
        entry["optional"] = json!({ "default_hex": hex::digits(&optional.default), "store": optional.store });
    }
    entry
}
