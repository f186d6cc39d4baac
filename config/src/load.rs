//! Reading a network file from the disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::problem::Problem;
use crate::problems::Problems;
use crate::source::{Sources, Text};
use crate::span::Span;

/// The longest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

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
