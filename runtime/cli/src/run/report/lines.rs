//! Without a live view: a line on standard error when something changes.

use pipeloom_engine::View;
use pipeloom_events::Record;

use super::Reporter;
use super::words::Words;
use crate::term::out;

/// Says what changes.
pub(super) struct Lines {
    words: Words,
}

impl Lines {
    pub(super) fn new(words: Words) -> Lines {
        Lines { words }
    }
}

impl Reporter for Lines {
    fn record(&mut self, record: &Record, _: &View) {
        if let Some(line) = self.words.of(&record.event) {
            out::say(line);
        }
    }

    fn killing(&mut self) {
        if let Some(line) = self.words.killing() {
            out::say(line);
        }
    }
}
