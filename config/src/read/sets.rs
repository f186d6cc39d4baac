//! `--set KEY=VALUE`: values put into the file from the command line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;
use crate::read::depth;
use crate::source::Said;
use crate::span::{At, Span};
use crate::suggest;

/// Puts one value into the tree.
pub(super) fn apply<'a>(tree: &mut DeTable<'a>, set: Said<'a>, problems: &mut Vec<Problem>) {
    match key_and_value(set).and_then(|(path, value)| put(tree, &path, value)) {
        Ok(()) => {}
        Err(problem) => problems.push(problem),
    }
}

fn key_and_value(set: Said<'_>) -> Result<(Vec<At<String>>, Spanned<DeValue<'_>>), Problem> {
    let all = Span { start: set.base, end: set.base + set.text.len() };
    let Some((key, value)) = set.text.split_once('=') else {
        return Err(Problem::new(all, "`--set` takes KEY=VALUE").help("for example: --set jobs.read.args.path=in.txt"));
    };
    let key_span = Span { start: set.base, end: set.base + key.len() };
    let path = dotted(key, set.base).ok_or_else(|| Problem::new(key_span, "this is not a key of the file"))?;
    let start = set.base + key.len() + 1;
    let value = match DeValue::parse(value) {
        Ok(parsed) if depth::too_deep(value).is_none() => moved(parsed, start),
        _ => Spanned::new(start..start + value.len(), DeValue::String(value.into())),
    };
    Ok((path, value))
}

/// The parts of a dotted key.
fn dotted(key: &str, base: usize) -> Option<Vec<At<String>>> {
    // A line break or comment in the key would smuggle more than a key in.
    if key.contains(['\n', '\r', '#']) || depth::too_deep(key).is_some() {
        return None;
    }
    let document = format!("{key}=0");
    let tree = DeTable::parse(&document).ok()?;
    let mut path = Vec::new();
    let mut table = tree.get_ref();
    loop {
        let (key, value) = table.iter().next()?;
        let span = Span { start: base + key.span().start, end: base + key.span().end };
        path.push(At { value: key.get_ref().clone().into_owned(), span });
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(path),
        }
    }
}

fn put<'a>(tree: &mut DeTable<'a>, path: &[At<String>], value: Spanned<DeValue<'a>>) -> Result<(), Problem> {
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return Ok(()) };
    if first.value == "params" {
        return Err(Problem::new(first.span, "`--set` does not set parameters").help("use --param NAME=VALUE"));
    }
    let mut table = tree;
    for (depth, key) in path[..path.len() - 1].iter().enumerate() {
        let is_job = depth == 1 && first.value == "jobs";
        if !table.contains_key(key.value.as_str()) {
            if is_job {
                let near = suggest::did_you_mean(key, table.keys().map(|key| key.get_ref().as_ref()));
                return Err(Problem::new(key.span, format!("there is no job `{}`", key.value)).maybe_help(near));
            }
            table.insert(spanned_key(key), Spanned::new(range(key.span), DeValue::Table(DeTable::new())));
        }
        table = match table.get_mut(key.value.as_str()).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => inner,
            _ => return Err(Problem::new(key.span, format!("`{}` is not a table", key.value))),
        };
    }
    table.insert(spanned_key(last), value);
    Ok(())
}

fn spanned_key<'a>(key: &At<String>) -> Spanned<std::borrow::Cow<'a, str>> {
    Spanned::new(range(key.span), key.value.clone().into())
}

const fn range(span: Span) -> std::ops::Range<usize> {
    span.start..span.end
}

/// The value with all its places moved by `by`.
fn moved(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let shift = |span: std::ops::Range<usize>| span.start + by..span.end + by;
    let span = shift(value.span());
    let value = match value.into_inner() {
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| moved(item, by)).collect()),
        DeValue::Table(table) => {
            let entries = table
                .into_iter()
                .map(|(key, value)| (Spanned::new(shift(key.span()), key.into_inner()), moved(value, by)));
            DeValue::Table(entries.collect())
        }
        other => other,
    };
    Spanned::new(span, value)
}
