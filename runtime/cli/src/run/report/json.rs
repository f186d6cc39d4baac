//! For programs: each event as one line of JSON on standard output.

use std::io::ErrorKind;

use pipeloom_engine::View;
use pipeloom_events::Record;

use super::Reporter;
use crate::term::out;

/// Prints events as they are.
pub(super) struct Json {
    /// Whether somebody still reads.
    is_read: bool,
}

impl Json {
    pub(super) fn new() -> Json {
        Json { is_read: true }
    }
}

impl Reporter for Json {
    fn record(&mut self, record: &Record, _: &View) {
        if !self.is_read {
            return;
        }
        let written = serde_json::to_string(record)
            .map_err(std::io::Error::from)
            .and_then(|line| out::try_answer(&format!("{line}\n")));
        if let Err(error) = written {
            // The run goes on without its reader: all events are in the run's directory too.
            self.is_read = false;
            if error.kind() != ErrorKind::BrokenPipe {
                out::warn(format_args!("events are not printed any more: {error}"));
            }
        }
    }
}
