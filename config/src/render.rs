//! How a problem is shown.

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::problem::{Problem, Weight};
use crate::source::{Source, Sources};
use crate::span::Span;

/// The width of a text that is not rendered for a particular terminal.
pub(crate) const DEFAULT_WIDTH: usize = 120;

/// The most text that is handed over for one snippet, in bytes. Places further apart get snippets of their own, and a
/// longer line is not shown, so that showing a problem does not cost more in a longer file.
const MAX_SNIPPET_BYTES: usize = 16 << 10;

/// The problem as text, with the lines it is about.
pub(crate) fn human(sources: &Sources, problem: &Problem, weight: Weight, color: bool, width: usize) -> String {
    let level = match weight {
        Weight::Error => Level::ERROR,
        Weight::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(problem.message.as_str()));
    if let Some(span) = problem.span {
        let source = sources.at(span.start);
        let is_near = |place: &Span| {
            sources.at(place.start).base == source.base && place.start.abs_diff(span.start) < MAX_SNIPPET_BYTES / 2
        };
        let (near, far): (Vec<_>, Vec<_>) = problem.related.iter().partition(|(place, _)| is_near(place));
        group = group.element(snippet(&source, span, problem.label.as_deref(), &near));
        for (place, label) in far {
            group = group.element(snippet(&sources.at(place.start), *place, Some(label), &[]));
        }
    } else {
        group = group.element(Origin::path(sources.path().to_string_lossy()));
    }
    if !problem.said.is_empty() {
        group = group.element(Level::NOTE.no_name().message(problem.said.join("\n")));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(annotate_snippets::normalize_untrusted_str(help)));
    }
    let renderer = if color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    renderer.term_width(width).render(&[group])
}

/// The lines from the first place to the last, and the marks in them.
fn snippet<'a>(source: &Source<'a>, span: Span, label: Option<&'a str>, related: &[&'a (Span, String)]) -> Element<'a> {
    let ranges = related.iter().map(|(place, _)| *place).chain([span]).map(|place| source.range(place));
    let (first, last) =
        ranges.fold((usize::MAX, 0), |(first, last), range| (first.min(range.start), last.max(range.end)));
    let from = source.text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    let to = source.text[last..].find('\n').map_or(source.text.len(), |newline| last + newline);
    let name = source.name.to_string_lossy();
    if to - from > MAX_SNIPPET_BYTES {
        let (line, column) = source.line_and_column(source.range(span).start);
        return Origin::path(name).line(line).char_column(column).into();
    }
    let (line, _) = source.line_and_column(from);
    let mark = |kind: AnnotationKind, place: Span| -> Annotation<'a> {
        let range = source.range(place);
        kind.span(range.start - from..range.end - from)
    };
    Snippet::source(&source.text[from..to])
        .path(name)
        .line_start(line)
        .annotation(mark(AnnotationKind::Primary, span).label(label))
        .annotations(related.iter().map(|(place, text)| mark(AnnotationKind::Context, *place).label(text.as_str())))
        .into()
}

/// The problem as one JSON object.
pub(crate) fn json(sources: &Sources, problem: &Problem) -> Value {
    let mut object = json!({ "v": 1, "file": sources.path().to_string_lossy() });
    if let Some(span) = problem.span {
        let source = sources.at(span.start);
        let (line, column) = source.line_and_column(source.range(span).start);
        object["file"] = source.name.to_string_lossy().into();
        object["line"] = line.into();
        object["column"] = column.into();
    }
    object["message"] = problem.message.as_str().into();
    if !problem.said.is_empty() {
        object["said"] = problem.said.to_vec().into();
    }
    if let Some(help) = &problem.help {
        object["help"] = help.as_ref().into();
    }
    object
}
