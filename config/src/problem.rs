//! One thing that is wrong with a network file.

use crate::span::Span;

/// One thing that is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where it is wrong; `None` if it is nowhere in particular.
    pub span: Option<Span>,
    /// What is wrong, as a fragment.
    pub message: String,
    /// What is to be said at the place itself.
    pub label: Option<Box<str>>,
    /// Other places that have to do with it, and what is to be said there.
    pub related: Vec<(Span, String)>,
    /// What somebody else says of it, such as an interpreter, line by line.
    pub said: Box<[String]>,
    /// What to do about it.
    pub help: Option<Box<str>>,
}

/// How much a problem weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    /// The network cannot be run.
    Error,
    /// It can.
    Note,
}

impl Problem {
    /// Something wrong at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem { span: Some(span), ..Problem::without_place(message) }
    }

    /// Something wrong that has no place in the file.
    pub fn without_place(message: impl Into<String>) -> Problem {
        let message = printable(message.into());
        Problem { span: None, message, label: None, related: Vec::new(), said: Box::default(), help: None }
    }

    /// The same, with a text at the place itself.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Problem {
        self.label = Some(printable(text.into()).into());
        self
    }

    /// The same, with another place and a text there.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Problem {
        self.related.push((span, printable(text.into())));
        self
    }

    /// The same, with the lines that somebody else says of it.
    #[must_use]
    pub(crate) fn said<'t>(mut self, lines: impl IntoIterator<Item = &'t str>) -> Problem {
        self.said = lines.into_iter().map(|line| printable(line.to_owned())).collect();
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Problem {
        self.help = Some(printable(text.into()).into());
        self
    }

    /// The same, with what to do about it if that is known.
    #[must_use]
    pub(crate) fn maybe_help(mut self, text: Option<String>) -> Problem {
        self.help = text.map(|text| printable(text).into()).or(self.help);
        self
    }
}

/// The text without line breaks and terminal escapes, which names in a file may have.
fn printable(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}
