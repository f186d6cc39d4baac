//! How a problem is shown.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::source::{Source, Sources};
use crate::span::Span;

/// The width of a text that is not rendered for a particular terminal.
pub(crate) const DEFAULT_WIDTH: usize = 120;

/// The problem as text, with the lines it is about.
pub(crate) fn human(sources: &Sources, problem: &Problem, color: bool, width: usize) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(problem.message.as_str()));
    match problem.span {
        Some(span) => {
            let primary = sources.at(span.start);
            group = group.element(snippet(primary, span, problem.label.as_deref(), &problem.related));
            // A place in another text needs a snippet of its own.
            for (span, label) in &problem.related {
                let source = sources.at(span.start);
                if source.base != primary.base {
                    group = group.element(snippet(source, *span, Some(label), &[]));
                }
            }
        }
        None => group = group.element(Origin::path(sources.path().to_string_lossy())),
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(annotate_snippets::normalize_untrusted_str(help)));
    }
    let renderer = if color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    renderer.term_width(width).render(&[group])
}

/// The lines from the first place to the last, and the marks in them. Only these lines are handed over, so that showing
/// a problem does not cost more in a longer file.
fn snippet<'a>(
    source: Source<'a>,
    span: Span,
    label: Option<&'a str>,
    related: &'a [(Span, String)],
) -> Snippet<'a, Annotation<'a>> {
    let same_text = |place: &Span| (source.base..=source.base + source.text.len()).contains(&place.start);
    let related: Vec<_> = related.iter().filter(|(place, _)| same_text(place)).collect();
    let ranges = related.iter().map(|(place, _)| *place).chain([span]).map(|place| source.range(place));
    let (first, last) =
        ranges.fold((usize::MAX, 0), |(first, last), range| (first.min(range.start), last.max(range.end)));
    let from = source.text[..first].rfind('\n').map_or(0, |newline| newline + 1);
    let to = source.text[last..].find('\n').map_or(source.text.len(), |newline| last + newline);
    let (line, _) = source.line_and_column(from);
    let mark = |kind: AnnotationKind, place: Span| {
        let range = source.range(place);
        kind.span(range.start - from..range.end - from)
    };
    Snippet::source(&source.text[from..to])
        .path(source.name.to_string_lossy())
        .line_start(line)
        .annotation(mark(AnnotationKind::Primary, span).label(label))
        .annotations(
            related.into_iter().map(|(place, text)| mark(AnnotationKind::Context, *place).label(text.as_str())),
        )
}

/// The problem as one JSON object.
pub(crate) fn json(sources: &Sources, problem: &Problem) -> Value {
    let mut object = json!({ "v": 1, "file": sources.path().to_string_lossy(), "message": problem.message });
    if let Some(span) = problem.span {
        let source = sources.at(span.start);
        let (line, column) = source.line_and_column(source.range(span).start);
        object["file"] = source.name.to_string_lossy().into();
        object["line"] = line.into();
        object["column"] = column.into();
    }
    if let Some(help) = &problem.help {
        object["help"] = help.as_str().into();
    }
    object
}
