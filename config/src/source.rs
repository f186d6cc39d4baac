//! The texts that a network comes from: the file, and what options of the command line say about it.
//!
//! All of them share one range of places: the file's bytes come first, then each option's, with a gap of one byte
//! between two texts. So a [`Span`] alone says where something stands, also when an option put it there.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::problem::{Problem, Problems};
use crate::span::Span;

/// The longest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// A network file's text.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where the file is; relative paths in it start at its folder.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl Text {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, is longer than [`MAX_FILE_BYTES`], or is not UTF-8.
    pub fn load(path: impl Into<PathBuf>) -> Result<Text, Problems> {
        let path = path.into();
        let bytes = match read_bounded(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let problem = Problem::without_place(format!("cannot read the network file: {}", plain(&error)));
                return Err(Problems::new(Sources::new(Text { path, text: String::new() }), vec![problem]));
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Text { path, text }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let span = Span { start: at, end: at + char::REPLACEMENT_CHARACTER.len_utf8() };
                let problem =
                    Problem::new(span, "the network file is not UTF-8").label("this byte is no part of a character");
                Err(Problems::new(Sources::new(Text { path, text }), vec![problem]))
            }
        }
    }
}

/// What an error of the system says, without its number.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    // A FIFO or device says nothing about its length, so the bound is on what is read.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("it is longer than {} MiB", MAX_FILE_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
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
