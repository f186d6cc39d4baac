//! What `${name}` stands for in a text of the file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Map;

use crate::file::Value;
use crate::ids::PipeId;
use crate::interpolate::{self, Piece};
use crate::params::{Params, RESERVED};
use crate::problem::Problem;
use crate::source::Sources;
use crate::span::{At, Span};
use crate::suggest;
use crate::template::{Part, Template};

/// The names that texts may use.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) params: Params<'a>,
    /// The file's folder, absolute: `${network}`.
    pub(crate) dir: &'a Path,
    pub(crate) sources: &'a Sources,
}

/// What may stand in a text beside parameters and `${network}`.
#[derive(Clone, Copy)]
pub(crate) enum Allow<'a> {
    /// Nothing: the text is needed before a run starts.
    Fixed,
    /// `${run}`.
    Run,
    /// `${run}`, and `${pipe.NAME}` of these pipes.
    Pipes(&'a dyn Fn(&str) -> Option<PipeId>),
}

/// A piece of a text with its name looked up.
enum Filled<'a> {
    Text(&'a str),
    Value(&'a Value),
    Dir,
    Run,
    Pipe(PipeId),
}

impl Scope<'_> {
    /// The text with places left for what depends on the run.
    pub(crate) fn template(
        &self,
        text: &At<String>,
        allow: Allow<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Template> {
        let mut parts = Vec::new();
        let mut fixed = OsString::new();
        let mut push = |place: Option<Part>, fixed: &mut OsString| {
            if !fixed.is_empty() {
                parts.push(Part::Text(std::mem::take(fixed)));
            }
            parts.extend(place);
        };
        for piece in self.fill(text, allow, problems)? {
            match piece {
                Filled::Text(piece) => fixed.push(piece),
                Filled::Value(value) => fixed.push(formatted(value)),
                Filled::Dir => fixed.push(self.dir),
                Filled::Run => push(Some(Part::Run), &mut fixed),
                Filled::Pipe(id) => push(Some(Part::Pipe(id)), &mut fixed),
            }
        }
        push(None, &mut fixed);
        Some(Template { parts })
    }

    /// A text that must be known before a run starts.
    pub(crate) fn fixed(&self, text: &At<String>, problems: &mut Vec<Problem>) -> Option<OsString> {
        let template = self.template(text, Allow::Fixed, problems)?;
        Some(template.render(Path::new(""), |_| OsString::new()))
    }

    /// A path of the file, absolute.
    pub(crate) fn path(&self, text: &At<String>, problems: &mut Vec<Problem>) -> Option<PathBuf> {
        let path = self.fixed(text, problems)?;
        if path.is_empty() {
            problems.push(Problem::new(text.span, "this path is empty"));
            return None;
        }
        if path.as_encoded_bytes().contains(&0) {
            problems.push(Problem::new(text.span, "this path has a NUL character in it"));
            return None;
        }
        Some(self.absolute(&path))
    }

    /// `path` from the file's folder on, without `.` parts.
    pub(crate) fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir.join(path).components().collect()
    }

    /// A text for people.
    pub(crate) fn words(&self, text: &At<String>, problems: &mut Vec<Problem>) -> Option<String> {
        let words = self.fixed(text, problems)?;
        words.into_string().map_err(|_| problems.push(not_utf8(text.span))).ok()
    }

    /// An argument of a native job. A text that is only `${name}` becomes the parameter's value with its type.
    /// `${run}` is left in place, and what would look like a place is escaped: see [`crate::render_args`].
    pub(crate) fn argument(&self, value: &At<Value>, problems: &mut Vec<Problem>) -> Option<serde_json::Value> {
        Some(match &value.value {
            Value::Text(text) => return self.argument_text(&value.with(text.clone()), problems),
            Value::Number(number) => number.clone().into(),
            Value::Boolean(value) => (*value).into(),
            // All parts are gone through, so that all errors are found.
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.argument(item, problems)).collect();
                items.into_iter().collect::<Option<Vec<_>>>()?.into()
            }
            Value::Table(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| Some((key.value.clone(), self.argument(value, problems)?)))
                    .collect();
                entries.into_iter().collect::<Option<Map<_, _>>>()?.into()
            }
        })
    }

    /// A value that is needed before a run starts, with all its texts filled in. A text that is only `${name}` becomes
    /// the parameter's value with its type.
    pub(crate) fn constant(&self, value: &At<Value>, problems: &mut Vec<Problem>) -> Option<At<Value>> {
        Some(value.with(match &value.value {
            Value::Text(text) => {
                let text = value.with(text.clone());
                match self.fill(&text, Allow::Fixed, problems)?[..] {
                    [Filled::Value(whole)] => whole.clone(),
                    _ => Value::Text(self.words(&text, problems)?),
                }
            }
            Value::Number(_) | Value::Boolean(_) => value.value.clone(),
            // All parts are gone through, so that all errors are found.
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.constant(item, problems)).collect();
                Value::Array(items.into_iter().collect::<Option<_>>()?)
            }
            Value::Table(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, value)| Some((key.clone(), self.constant(value, problems)?))).collect();
                Value::Table(entries.into_iter().collect::<Option<_>>()?)
            }
        }))
    }

    fn argument_text(&self, text: &At<String>, problems: &mut Vec<Problem>) -> Option<serde_json::Value> {
        let pieces = self.fill(text, Allow::Run, problems)?;
        if let [Filled::Value(value)] = pieces[..] {
            return Some(match value {
                Value::Number(number) => number.clone().into(),
                Value::Boolean(value) => (*value).into(),
                other => interpolate::escape(&formatted(other)).into(),
            });
        }
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Filled::Text(piece) => filled.push_str(&interpolate::escape(piece)),
                Filled::Value(value) => filled.push_str(&interpolate::escape(&formatted(value))),
                Filled::Dir => match self.dir.to_str() {
                    Some(dir) => filled.push_str(&interpolate::escape(dir)),
                    None => {
                        problems.push(not_utf8(text.span));
                        return None;
                    }
                },
                Filled::Run => filled.push_str("${run}"),
                Filled::Pipe(_) => {}
            }
        }
        Some(filled.into())
    }

    fn fill<'t>(
        &'t self,
        text: &'t At<String>,
        allow: Allow<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Filled<'t>>> {
        let Ok(pieces) = interpolate::pieces(text) else {
            let problem = Problem::new(text.span, "no `}` closes this `${`");
            problems.push(problem.help("`$${` stands for the two characters themselves"));
            return None;
        };
        // The text is gone through to its end, so that all errors are found.
        let mut whole = true;
        let mut filled = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text(piece) => filled.push(Filled::Text(piece)),
                Piece::Place(name) => match self.look_up(name, allow) {
                    Ok(found) => filled.push(found),
                    Err(why) => {
                        problems.extend(self.explain(name, why, self.place(text, name)));
                        whole = false;
                    }
                },
            }
        }
        whole.then_some(filled)
    }

    fn look_up(&self, name: &str, allow: Allow<'_>) -> Result<Filled<'_>, Why> {
        if let Some(pipe) = name.strip_prefix("pipe.") {
            return match allow {
                Allow::Pipes(find) => find(pipe).map(Filled::Pipe).ok_or(Why::NotItsPipe),
                Allow::Fixed | Allow::Run => Err(Why::NoPipeHere),
            };
        }
        match (name, allow) {
            ("network", _) => Ok(Filled::Dir),
            ("run", Allow::Fixed) => Err(Why::NoRunHere),
            ("run", Allow::Run | Allow::Pipes(_)) => Ok(Filled::Run),
            _ => match self.params.get(name) {
                Some(Some(value)) => Ok(Filled::Value(value)),
                Some(None) => Err(Why::Said),
                None => Err(Why::Undefined),
            },
        }
    }

    fn explain(&self, name: &str, why: Why, span: Span) -> Option<Problem> {
        Some(match why {
            Why::Said => return None,
            Why::Undefined => {
                let near = suggest::did_you_mean(name, self.params.names().chain(RESERVED));
                let escape = format!("[params] defines names; `$${{{name}}}` stands for the text itself");
                Problem::new(span, format!("nothing defines `${{{name}}}`")).help(near.unwrap_or(escape))
            }
            Why::NoRunHere => Problem::new(span, "the run's directory is only known when a run starts")
                .help("`${run}` may stand in the arguments of `exec`, in `env` and in `args`"),
            Why::NoPipeHere => Problem::new(span, format!("`${{{name}}}` may stand only in the arguments of `exec`")),
            Why::NotItsPipe => {
                let pipe = name.trim_start_matches("pipe.");
                Problem::new(span, format!("the job has no pipe `{pipe}`")).help("list it in `inputs` or `outputs`")
            }
        })
    }

    /// Where `${name}` stands in the text; escapes in the text make it all of the text.
    fn place(&self, text: &At<String>, name: &str) -> Span {
        let source = self.sources.at(text.span.start);
        let written = &source.text[source.range(text.span)];
        let place = format!("${{{name}}}");
        match written.find(&place) {
            Some(at) => Span { start: text.span.start + at, end: text.span.start + at + place.len() },
            None => text.span,
        }
    }
}

/// Why a name stands for nothing.
enum Why {
    /// A parameter's value is wrong, which was said before.
    Said,
    Undefined,
    NoRunHere,
    NoPipeHere,
    NotItsPipe,
}

fn not_utf8(span: Span) -> Problem {
    Problem::new(span, "the path of the file's folder is not UTF-8, so it cannot stand here")
}

fn formatted(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        // Parameters are single values.
        Value::Array(_) | Value::Table(_) => String::new(),
    }
}
