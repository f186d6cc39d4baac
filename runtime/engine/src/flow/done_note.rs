//! How far a job is on all inputs whose blocks stay on disk until they are done, together.
//!
//! A compute block is done on all inputs at once, but each spool learns of it in its own turn. A runtime that is killed in
//! between would leave spools that begin at different compute blocks, and who joins them again would find blocks missing
//! that are done. So what is done is written here first, for all inputs in one go.

use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A small file with a place for each input.
pub(crate) struct DoneNote {
    file: File,
    /// What is written.
    text: String,
    next: String,
}

impl DoneNote {
    /// A new note; one that is there is written over.
    pub(crate) fn create(path: &Path) -> io::Result<DoneNote> {
        Ok(DoneNote { file: File::create(path)?, text: String::new(), next: String::new() })
    }

    /// What a note says; `None` if there is none, or it makes no sense, as one that was half written.
    pub(crate) fn read(path: &Path) -> Option<Vec<u64>> {
        let text = fs::read_to_string(path).ok()?;
        let places = text.strip_suffix('\n')?;
        places.split(' ').map(|place| place.parse().ok().filter(|_| place.len() == 20)).collect()
    }

    /// All before these places are done. What cannot be written is written with the next one.
    pub(super) fn write(&mut self, places: impl Iterator<Item = u64>) {
        self.next.clear();
        for place in places {
            let space = if self.next.is_empty() { "" } else { " " };
            // All have the same length, so that one goes just over another. To a text it cannot fail.
            let _ = write!(self.next, "{space}{place:020}");
        }
        self.next.push('\n');
        if self.next == self.text {
            return;
        }
        match self.file.write_all_at(self.next.as_bytes(), 0) {
            Ok(()) => std::mem::swap(&mut self.text, &mut self.next),
            Err(error) => log::debug!("how far a job is cannot be noted: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts_and_what_makes_no_sense_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("@join");
        assert_eq!(DoneNote::read(&path), None);
        let mut note = DoneNote::create(&path).unwrap();
        assert_eq!(DoneNote::read(&path), None);
        note.write([7, 12].into_iter());
        note.write([1000, u64::MAX].into_iter());
        assert_eq!(DoneNote::read(&path), Some(vec![1000, u64::MAX]));
        for text in ["", "\n", "7 12\n", "00000000000000000007 000000000000000000", "x\n"] {
            fs::write(&path, text).unwrap();
            assert_eq!(DoneNote::read(&path), None, "{text:?}");
        }
    }
}
