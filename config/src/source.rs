//! The texts that a network comes from: the file, and what options of the command line say about it.
//!
//! All of them share one range of places: the file's bytes come first, then each option's, with a gap of one byte
//! between two texts. So a [`Span`] alone says where something stands, also when an option put it there.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::span::Span;

/// A network file's text.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where the file is; relative paths in it start at its folder.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// The file and the options, in one range of places.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    file: Text,
    options: Vec<OptionText>,
    /// Where the file's lines start. Only errors need it.
    lines: OnceLock<Vec<usize>>,
}

/// What one option of the command line says.
#[derive(Clone, Debug)]
struct OptionText {
    flag: &'static str,
    text: String,
    base: usize,
}

/// What an option says, and the place of its first byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) text: &'a str,
    pub(crate) base: usize,
}

/// One of the texts, as an error shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The file's path, or the option's flag.
    pub(crate) name: &'a Path,
    pub(crate) text: &'a str,
    /// The place of its first byte.
    pub(crate) base: usize,
    lines: &'a [usize],
}

impl Sources {
    pub(crate) const fn new(file: Text) -> Sources {
        Sources { file, options: Vec::new(), lines: OnceLock::new() }
    }

    /// Adds what an option says.
    pub(crate) fn add_option(&mut self, flag: &'static str, text: String) {
        let base = self.options.last().map_or(self.file.text.len(), |last| last.base + last.text.len()) + 1;
        self.options.push(OptionText { flag, text, base });
    }

    /// What the options `flag` say, in their order.
    pub(crate) fn said(&self, flag: &str) -> impl Iterator<Item = Said<'_>> {
        let options = self.options.iter().filter(move |option| option.flag == flag);
        options.map(|option| Said { text: &option.text, base: option.base })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    pub(crate) fn text(&self) -> &str {
        &self.file.text
    }

    /// The text that holds `place`.
    pub(crate) fn at(&self, place: usize) -> Source<'_> {
        match self.options.iter().rev().find(|option| option.base <= place) {
            Some(option) => Source { name: Path::new(option.flag), text: &option.text, base: option.base, lines: &[0] },
            None => {
                let lines = self.lines.get_or_init(|| line_starts(&self.file.text));
                Source { name: &self.file.path, text: &self.file.text, base: 0, lines }
            }
        }
    }
}

impl Source<'_> {
    /// `span` as a range of this text, cut to what there is and to whole characters.
    pub(crate) fn range(&self, span: Span) -> std::ops::Range<usize> {
        let start = self.text.floor_char_boundary(span.start.saturating_sub(self.base));
        let end = self.text.ceil_char_boundary(span.end.saturating_sub(self.base));
        start..end.max(start)
    }

    /// Line and column of a byte of this text, both from 1; the column counts characters.
    pub(crate) fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.lines.partition_point(|start| *start <= byte);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        (line, self.text[start..byte].chars().count() + 1)
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    [0].into_iter().chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect()
}
