//! The values of the parameters: defaults from the file, others from `--param`.

use std::collections::{HashMap, HashSet};

use serde_json::Number;

use crate::file::{DeclaredParam, NetworkFile, Param, ParamType, Value};
use crate::problem::Problem;
use crate::read::Reading;
use crate::source::{Said, Sources};
use crate::span::{At, Span};
use crate::suggest;

/// The parameters by name. One whose value is wrong is there without a value, so that its uses are no errors.
#[derive(Debug, Default)]
pub(crate) struct Params<'a>(HashMap<&'a str, Option<Value>>);

impl Params<'_> {
    /// The parameter's value; inside, `None` if it is wrong, which was said before.
    pub(crate) fn get(&self, name: &str) -> Option<Option<&Value>> {
        self.0.get(name).map(Option::as_ref)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().copied()
    }
}

/// Names that the runtime gives a value.
pub(crate) const RESERVED: [&str; 2] = ["network", "run"];

/// Finds the value of each parameter.
pub(crate) fn resolve<'a>(reading: &'a Reading, sources: &Sources, problems: &mut Vec<Problem>) -> Params<'a> {
    let mut given = given(&reading.file, sources, |name| reading.lost.param(name), problems);
    let mut values: HashMap<&str, _> = reading.lost.params().map(|name| (name, None)).collect();
    for (name, param) in &reading.file.params {
        check_name(name, problems);
        if !reading.mentioned.contains(&name.value) && is_name(name) {
            let problem = Problem::new(name.span, format!("nothing uses the parameter `{}`", name.value));
            problems.push(problem.help(format!("`${{{}}}` in a text puts it in; else remove it", name.value)));
        }
        if !values.contains_key(name.value.as_str()) {
            let value = value(name, param, given.remove(name.value.as_str()), problems);
            values.insert(name.value.as_str(), value);
        }
    }
    Params(values)
}

/// What `--param` gives, by name; of several, the last.
fn given<'a>(
    file: &NetworkFile,
    sources: &'a Sources,
    lost: impl Fn(&str) -> bool,
    problems: &mut Vec<Problem>,
) -> HashMap<&'a str, At<&'a str>> {
    let known: HashSet<&str> = file.params.iter().map(|(name, _)| name.value.as_str()).collect();
    let mut given = HashMap::new();
    for Said { text, base } in sources.said("--param") {
        let Some((name, value)) = text.split_once('=') else {
            problems.push(Problem::new(Span { start: base, end: base + text.len() }, "`--param` takes NAME=VALUE"));
            continue;
        };
        if known.contains(name) {
            let start = base + name.len() + 1;
            given.insert(name, At { value, span: Span { start, end: start + value.len() } });
        } else if !lost(name) {
            let near = suggest::did_you_mean(name, known.iter().copied());
            let span = Span { start: base, end: base + name.len() };
            problems.push(Problem::new(span, format!("the network has no parameter `{name}`")).maybe_help(near));
        }
    }
    given
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(allowed) && !RESERVED.contains(&name)
}

fn check_name(name: &At<String>, problems: &mut Vec<Problem>) {
    if RESERVED.contains(&name.value.as_str()) {
        problems.push(Problem::new(name.span, format!("`${{{}}}` has a meaning of its own", name.value)));
    } else if !is_name(name) {
        let message =
            format!("a parameter's name has letters, digits, `_` and `-` only, not `{}`", name.escape_debug());
        problems.push(Problem::new(name.span, message));
    }
}

fn value(name: &At<String>, param: &At<Param>, given: Option<At<&str>>, problems: &mut Vec<Problem>) -> Option<Value> {
    let (kind, default) = match &param.value {
        Param::Plain(value) => (type_of(value), Some(value.clone())),
        Param::Declared(declared) => declaration(name, declared, problems)?,
    };
    match (given, default) {
        (Some(given), _) => match parse(kind, &given) {
            Some(value) => Some(value),
            None => {
                let message = format!("the parameter `{}` is {}", name.value, in_words(kind));
                problems.push(Problem::new(given.span, message).related(name.span, "declared here"));
                None
            }
        },
        (None, Some(default)) => Some(default),
        (None, None) => {
            let problem = Problem::new(name.span, format!("the parameter `{}` needs a value", name.value));
            problems.push(problem.help(format!("give it with --param {}=VALUE", name.value)));
            None
        }
    }
}

/// Type and default of a declared parameter, or `None` if the declaration is wrong.
fn declaration(
    name: &At<String>,
    declared: &DeclaredParam,
    problems: &mut Vec<Problem>,
) -> Option<(ParamType, Option<Value>)> {
    let default = declared.default.as_ref();
    let found = default.map(|default| type_of(default));
    let kind = declared.r#type.as_ref().map(|kind| kind.value).or(found).unwrap_or(ParamType::String);
    let required = declared.required.as_ref();
    if let Some(default) = default
        && (!fits(default, kind) || matches!(default.value, Value::Array(_) | Value::Table(_)))
    {
        let expected = if matches!(default.value, Value::Array(_) | Value::Table(_)) && declared.r#type.is_none() {
            "a text, a number, true or false"
        } else {
            in_words(kind)
        };
        let message = format!("the default of the parameter `{}` must be {expected}", name.value);
        problems.push(Problem::new(default.span, message).label(format!("this is {}", default.kind())));
        return None;
    }
    match (required, default) {
        (Some(required), Some(default)) if required.value => {
            let message = format!("the parameter `{}` is required, so its default is never used", name.value);
            problems.push(Problem::new(default.span, message).related(required.span, "required here"));
            None
        }
        (Some(required), None) if !required.value => {
            let message = format!("the parameter `{}` is not required, so it needs a default", name.value);
            problems.push(Problem::new(required.span, message));
            None
        }
        _ => Some((kind, default.map(|default| widened(&default.value, kind)))),
    }
}

fn type_of(value: &Value) -> ParamType {
    match value {
        Value::Number(number) if number.is_f64() => ParamType::Float,
        Value::Number(_) => ParamType::Integer,
        Value::Boolean(_) => ParamType::Boolean,
        Value::Text(_) | Value::Array(_) | Value::Table(_) => ParamType::String,
    }
}

/// Whether the value is of this type. A whole number is a number too.
fn fits(value: &Value, kind: ParamType) -> bool {
    type_of(value) == kind || (kind == ParamType::Float && type_of(value) == ParamType::Integer)
}

/// A whole number as a real one where the type says so.
fn widened(value: &Value, kind: ParamType) -> Value {
    match value {
        Value::Number(number) if kind == ParamType::Float => {
            number.as_f64().and_then(Number::from_f64).map_or_else(|| value.clone(), Value::Number)
        }
        other => other.clone(),
    }
}

fn parse(kind: ParamType, text: &str) -> Option<Value> {
    match kind {
        ParamType::String => Some(Value::Text(text.to_owned())),
        ParamType::Integer => text.parse::<i64>().ok().map(|number| Value::Number(number.into())),
        ParamType::Float => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
        ParamType::Boolean => text.parse().ok().map(Value::Boolean),
    }
}

const fn in_words(kind: ParamType) -> &'static str {
    match kind {
        ParamType::String => "a text",
        ParamType::Integer => "a whole number",
        ParamType::Float => "a number",
        ParamType::Boolean => "true or false",
    }
}
