//! Texts with places that are only known when a run starts.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::network::PipeId;

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
