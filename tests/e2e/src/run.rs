//! What is known of a run that is over: the files that are there, and what it recorded.

use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_events::{Cause, CauseKind, Event, JobEnd, PipeEnding, PipeTally, Record};
use serde_json::Value;
use tempfile::TempDir;

use crate::ended::Said;

/// A run that is over.
#[derive(Debug)]
pub struct Run {
    dir: TempDir,
    said: Said,
}

impl Run {
    pub(crate) const fn new(dir: TempDir, said: Said) -> Run {
        Run { dir, said }
    }

    /// Expects that a file of the test holds just this. What is in the run's directory is under `run/`.
    #[track_caller]
    pub fn file(self, name: &str, expected: impl AsRef<[u8]>) -> Run {
        let got = self.read(name);
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]).into_owned();
        self.require(got == expected.as_ref(), || {
            format!("{name} should hold\n{}\nbut holds\n{}", text(expected.as_ref()), text(&got))
        });
        self
    }

    /// Expects that a job ended so, and did not fail.
    #[track_caller]
    pub fn job_ended(self, name: &str, expected: JobEnd) -> Run {
        let got = self.events().into_iter().find_map(|event| match event {
            Event::JobEnded { job, end, .. } if job == name => Some(end),
            _ => None,
        });
        self.require(got == Some(expected), || format!("job {name} should end as {expected:?}, but: {got:?}"));
        self
    }

    /// Expects that a job failed by this kind of failure, for a reason with these words in it.
    #[track_caller]
    pub fn job_failed(self, name: &str, kind: CauseKind, words: &str) -> Run {
        let cause = self.failure(name);
        self.require(cause.kind == kind && cause.message.contains(words), || {
            format!("job {name} should fail by {kind:?} with {words:?}, but: {cause:?}")
        });
        self
    }

    /// Expects a warning with these words, about this job.
    #[track_caller]
    pub fn warned(self, name: &str, words: &str) -> Run {
        let warned = |event: &Event| match event {
            Event::Warning { job: Some(job), message } => job == name && message.contains(words),
            _ => false,
        };
        self.require(self.events().iter().any(warned), || format!("no warning of {name} with {words:?}"));
        self
    }

    /// Expects that all that was written to a pipe, this many blocks, has been delivered to a reader (`""` for one outside the
    /// network).
    #[track_caller]
    pub fn delivered(self, pipe: &str, reader: &str, blocks: u64) -> Run {
        let tally = self.tally(pipe, reader);
        self.require((tally.written, tally.delivered, tally.unused) == (blocks, blocks, 0), || {
            format!("{blocks} blocks should go through {pipe}, but: {tally:?}")
        });
        self
    }

    /// Expects that a file of the test holds this, which depends on the test's folder.
    #[track_caller]
    pub fn in_its_folder(self, name: &str, expected: impl FnOnce(&str) -> String) -> Run {
        let dir = self.dir().canonicalize().expect("the folder is there");
        self.file(name, expected(&dir.to_string_lossy()))
    }

    /// Expects that the run was refused before anything was started: it has no events.
    #[track_caller]
    pub fn nothing_was_started(self) -> Run {
        self.require(!self.path("run/events.jsonl").exists(), || "a run was started".to_owned());
        self
    }

    /// Expects that this is the last result that a job reported.
    #[track_caller]
    pub fn has_result(self, name: &str, expected: Value) -> Run {
        let got = self.result(name);
        self.require(got == expected, || format!("the result of {name} should be {expected}, but is {got}"));
        self
    }

    /// Expects that a pipe ended inside a block, after so many bytes of it.
    #[track_caller]
    pub fn torn(self, pipe: &str, reader: &str, bytes: u64) -> Run {
        let tally = self.tally(pipe, reader);
        self.require(tally.ending == Some(PipeEnding::Torn { bytes }), || {
            format!("{pipe} should be torn after {bytes} bytes of a block, but: {tally:?}")
        });
        self
    }

    /// What became of a pipe's blocks for one of its readers.
    #[track_caller]
    pub fn tally(&self, pipe: &str, reader: &str) -> PipeTally {
        let mut tallies = self.events().into_iter().filter_map(|event| match event {
            Event::PipeClosed(tally) if tally.pipe == pipe && tally.reader == reader => Some(tally),
            _ => None,
        });
        match (tallies.next(), tallies.next()) {
            (Some(tally), None) => tally,
            (one, two) => self.fail(&format!("one tally of {pipe} to {reader} was expected, but: {one:?}, {two:?}")),
        }
    }

    /// Why a job failed.
    #[track_caller]
    pub fn failure(&self, name: &str) -> Cause {
        let found = self.events().into_iter().find_map(|event| match event {
            Event::JobFailed { job, cause } if job == name => Some(cause),
            _ => None,
        });
        found.unwrap_or_else(|| self.fail(&format!("job {name} should have failed")))
    }

    /// The jobs that failed, in the order in which they did.
    #[track_caller]
    pub fn failures(&self) -> Vec<String> {
        let failed = |event| if let Event::JobFailed { job, .. } = event { Some(job) } else { None };
        self.events().into_iter().filter_map(failed).collect()
    }

    /// The last result that a job reported.
    #[track_caller]
    pub fn result(&self, name: &str) -> Value {
        let mut results = self.events().into_iter().filter_map(|event| match event {
            Event::Result { job, result } if job == name => Some(result),
            _ => None,
        });
        results.next_back().unwrap_or_else(|| self.fail(&format!("job {name} has no result")))
    }

    /// All events that the run has recorded.
    #[track_caller]
    pub fn events(&self) -> Vec<Event> {
        let text = self.text("run/events.jsonl");
        let event = |line: &str| serde_json::from_str::<Record>(line).map(|record| record.event);
        let events: Result<_, _> = text.lines().map(event).collect();
        events.unwrap_or_else(|error| self.fail(&format!("events.jsonl: {error}")))
    }

    /// What a file of the test holds.
    #[track_caller]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| self.fail(&format!("{name}: {error}")))
    }

    /// What a file of the test holds, as text.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap_or_else(|error| self.fail(&format!("{name}: {error}")))
    }

    /// The test's folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A file of the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Ends the test with all that is known, unless it holds.
    #[track_caller]
    pub fn require(&self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.fail(&otherwise());
        }
    }

    /// Ends the test with all that is known.
    ///
    /// # Panics
    /// Always.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(4000)]).into_owned();
        let Said { status, stdout, stderr } = &self.said;
        let events = fs::read(self.path("run/events.jsonl")).unwrap_or_default();
        panic!(
            "{why}\n--- {status}\n--- standard output\n{}\n--- standard error\n{}\n--- events\n{}",
            text(stdout),
            text(stderr),
            String::from_utf8_lossy(&events)
        );
    }
}
