//! All that is wrong with a network file.

use std::fmt;

use crate::problem::{Problem, Weight};
use crate::render;
use crate::source::Sources;

/// All that is wrong with a network file, in the file's order. Shown as text by [`Problems::render`], one after another
/// as JSON by [`Problems::json`].
#[derive(Clone, Debug)]
pub struct Problems {
    // Boxed because this is the error of functions whose results are small.
    inner: Box<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    sources: Sources,
    list: Vec<Problem>,
    weight: Weight,
}

/// How many problems are shown.
const MAX_SHOWN: usize = 100;

impl Problems {
    pub(crate) fn new(sources: Sources, mut list: Vec<Problem>) -> Problems {
        list.sort_by_key(|problem| problem.span);
        Problems { inner: Box::new(Inner { sources, list, weight: Weight::Error }) }
    }

    /// The same for a network that can be run all the same.
    pub(crate) fn into_notes(mut self) -> Problems {
        self.inner.weight = Weight::Note;
        self
    }

    /// The problems in the file's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.inner.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inner.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.inner.list.is_empty()
    }

    /// The problems for people: each with file, line and column, and the line itself with a caret under the place.
    /// Long lines are cut to `width` columns. Of more than 100 problems, the first 100 are shown.
    pub fn render(&self, color: bool, width: usize) -> String {
        let mut text = String::new();
        for problem in self.iter().take(MAX_SHOWN) {
            text.push_str(&render::human(&self.inner.sources, problem, self.inner.weight, color, width));
            text.push_str("\n\n");
        }
        match self.len().saturating_sub(MAX_SHOWN) {
            0 => text.truncate(text.trim_end().len()),
            more => text.push_str(&format!("and {more} more")),
        }
        text.push('\n');
        text
    }

    /// The problems for programs: one object each with `v` (1), `file`, `line`, `column`, `message` and, where there is
    /// one, `help`; in `said` are the lines that an interpreter says of it. Lines and columns count from 1, columns in
    /// characters. Where an option of the command line is wrong, `file` is its flag.
    pub fn json(&self) -> impl Iterator<Item = serde_json::Value> {
        self.iter().map(|problem| render::json(&self.inner.sources, problem))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false, render::DEFAULT_WIDTH).trim_end())
    }
}

impl std::error::Error for Problems {}
