//! What serde refuses, in words for people.

use toml::de::DeValue;

use crate::problem::Problem;
use crate::span::Span;
use crate::suggest;

/// " in job `read`", or nothing at the top.
pub(super) fn owner(path: &[String]) -> String {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        [] => String::new(),
        ["jobs", job] => format!(" in job `{job}`"),
        ["jobs", job, ref rest @ ..] => format!(" in `{}` of job `{job}`", rest.join(".")),
        ["pipes", pipe] => format!(" in pipe `{pipe}`"),
        ["pipes", pipe, ref rest @ ..] => format!(" in `{}` of pipe `{pipe}`", rest.join(".")),
        ["params", param] => format!(" in parameter `{param}`"),
        ref path => format!(" in [{}]", path.join(".")),
    }
}

/// Why the value at `path` was refused. `found` is the value of the key, `part` tells that `span` is only a part of it,
/// and `allowed` is what it may be, if that is a list of texts.
pub(super) fn refusal(
    path: &[String],
    message: &str,
    span: Span,
    found: Option<&DeValue<'_>>,
    part: bool,
    allowed: &[&str],
) -> Problem {
    let subject = match path {
        [table, name] if table == "jobs" => format!("job `{name}`"),
        [table, name] if table == "pipes" => format!("pipe `{name}`"),
        [table, name] if table == "params" => format!("parameter `{name}`"),
        [.., key] if part => format!("each part of `{key}`"),
        [.., key] => format!("`{key}`"),
        [] => "the file".to_owned(),
    };
    let written = match found {
        Some(DeValue::String(text)) if !part => Some(text.as_ref()),
        _ => None,
    };
    if !allowed.is_empty() {
        let near = written.and_then(|text| suggest::did_you_mean(text, allowed.iter().copied()));
        let is_restart = written.is_some_and(|text| text.starts_with("restart"));
        let other = (is_restart && path.last().is_some_and(|key| key == "on_failure"))
            .then(|| format!("{} starts a job again when it has failed", restart("on-failure")));
        return Problem::new(span, format!("{subject} must be {}", one_of(allowed))).maybe_help(near.or(other));
    }
    let Some((was, expected)) = message.split_once(", expected ") else {
        return Problem::new(span, format!("{subject}: {message}"));
    };
    let mut problem = Problem::new(span, format!("{subject} must be {}", in_words(expected)));
    if let (Some(text), Some(key), "a sequence") = (written, path.last(), expected) {
        let items: Vec<String> = text.split_whitespace().map(|item| format!("{item:?}")).collect();
        problem = problem.help(format!("{key} = [{}]", items.join(", ")));
    }
    if let (Some(found), Some(key), "a table") = (found, path.last(), in_words(expected)) {
        problem = problem.maybe_help(as_table(key, found));
    }
    match found {
        Some(found) if was.starts_with("invalid type") && !part => problem.label(format!("this is {}", kind(found))),
        _ => problem,
    }
}

/// The table that somebody may have meant who has written something shorter.
fn as_table(key: &str, found: &DeValue<'_>) -> Option<String> {
    match (key, found) {
        ("restart", DeValue::String(policy)) if ["on-failure", "always"].contains(&policy.as_ref()) => {
            Some(restart(policy))
        }
        ("restart", DeValue::String(_) | DeValue::Boolean(true)) => Some(restart("on-failure")),
        (_, DeValue::Boolean(true)) => Some(format!("{key} = {{}}")),
        _ => None,
    }
}

fn restart(policy: &str) -> String {
    format!("restart = {{ policy = \"{policy}\" }}")
}

/// "`a`", "`a` or `b`", "one of `a`, `b`, `c`"
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.len() {
        0..=2 => quoted.join(" or "),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

/// Why a job refused an argument, in serde's words or its own.
pub(crate) fn argument(subject: &str, message: &str, span: Span) -> Problem {
    match message.split_once(", expected ") {
        Some((was, expected)) => {
            // "unknown variant `hanning`, expected one of `hann`, `flat`"
            let names = expected.split('`').skip(1).step_by(2);
            let near = was
                .strip_prefix("unknown variant `")
                .and_then(|was| suggest::did_you_mean(was.trim_end_matches('`'), names));
            Problem::new(span, format!("{subject} must be {}", in_words(expected))).maybe_help(near)
        }
        None => Problem::new(span, format!("{subject}: {message}")),
    }
}

/// serde's names for types, as a user would call them.
fn in_words(expected: &str) -> &str {
    match expected {
        "f32" | "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "a string" => "a text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a real number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
