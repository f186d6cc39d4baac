//! Texts with places that are only known when a run starts.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use pipeloom_job::Args;
use serde_json::Value;

use crate::ids::PipeId;
use crate::interpolate::{self, Piece};

/// A text in which parameters and `${network}` are already put in; what is left depends on the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Template {
    pub(crate) parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Text as it is.
    Text(OsString),
    /// `${run}`: the run's directory.
    Run,
    /// `${pipe.NAME}`: that pipe's path or descriptor number.
    Pipe(PipeId),
}

impl Template {
    /// A text without places.
    pub fn text(text: impl Into<OsString>) -> Template {
        Template { parts: vec![Part::Text(text.into())] }
    }

    /// The pieces in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, with the run's directory and what `pipe` says put in.
    pub fn render(&self, run_dir: &Path, pipe: impl Fn(PipeId) -> OsString) -> OsString {
        let mut text = OsString::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push(piece),
                Part::Run => text.push(run_dir),
                Part::Pipe(id) => text.push(pipe(*id)),
            }
        }
        text
    }
}

impl From<&OsStr> for Template {
    fn from(text: &OsStr) -> Template {
        Template::text(text)
    }
}

/// The run's directory cannot stand in an argument, because arguments are UTF-8 and it is not.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the path of the run's directory is not UTF-8 and cannot stand in `args`: {}", run_dir.display())]
pub struct RunDirError {
    /// The run's directory.
    pub run_dir: PathBuf,
}

/// A job's arguments with the run's directory put in for `${run}`.
///
/// # Errors
/// When an argument has `${run}` in it and `run_dir` is not UTF-8.
pub fn render_args(args: &Args, run_dir: &Path) -> Result<Args, RunDirError> {
    args.table().iter().map(|(key, value)| Ok((key.clone(), rendered(value, run_dir)?))).collect()
}

fn rendered(value: &Value, run_dir: &Path) -> Result<Value, RunDirError> {
    Ok(match value {
        Value::String(text) => rendered_text(text, run_dir)?.into(),
        Value::Array(items) => items.iter().map(|item| rendered(item, run_dir)).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Object(table) => {
            let entries = table.iter().map(|(key, value)| Ok((key.clone(), rendered(value, run_dir)?)));
            Value::Object(entries.collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

fn rendered_text(text: &str, run_dir: &Path) -> Result<String, RunDirError> {
    // A text that no check has seen may hold a `${` of another meaning; it stays.
    let Ok(pieces) = interpolate::pieces(text) else { return Ok(text.to_owned()) };
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(piece) => filled.push_str(piece),
            Piece::Place("run") => {
                let dir = run_dir.to_str().ok_or_else(|| RunDirError { run_dir: run_dir.to_owned() })?;
                filled.push_str(dir);
            }
            Piece::Place(name) => filled.push_str(&format!("${{{name}}}")),
        }
    }
    Ok(filled)
}
