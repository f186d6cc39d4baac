//! A command that has ended: its status and what it said.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use pipeloom_events::Event;
use pipeloom_os::process::Signal;
use tempfile::TempDir;

use crate::run::Run;
use crate::running::events;

/// The exit code of a command that was interrupted; who did it knows why.
const INTERRUPTED: i32 = 130;

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// A command that has ended. What is expected of standard output and error is said first; [`Ended::exits`] then checks
/// all together.
#[must_use = "say how it should have ended"]
#[derive(Debug)]
pub struct Ended {
    dir: TempDir,
    said: Said,
    stdout: Option<Vec<u8>>,
    stderr: Vec<String>,
}

impl Ended {
    pub(crate) const fn new(dir: TempDir, said: Said) -> Ended {
        Ended { dir, said, stdout: None, stderr: Vec::new() }
    }

    /// Expects just this on standard output. Without it, anything may stand there.
    pub fn stdout(mut self, expected: impl AsRef<[u8]>) -> Ended {
        self.stdout = Some(expected.as_ref().to_owned());
        self
    }

    /// Expects this somewhere on standard error. Without it, a command that ends well must say nothing there, and any
    /// other must say something, unless it was interrupted.
    pub fn stderr_has(mut self, expected: &str) -> Ended {
        self.stderr.push(expected.to_owned());
        self
    }

    /// The events that were told on standard output.
    pub fn told(&self) -> Vec<Event> {
        events(&self.said.stdout)
    }

    /// Puts what was told in the place of the run's record, which has gone with its file system.
    ///
    /// # Panics
    /// If it cannot be written.
    #[track_caller]
    pub fn recorded_as_told(self) -> Ended {
        let record = self.dir.path().join("run/events.jsonl");
        std::fs::write(record, &self.said.stdout).expect("the run's directory is there");
        self
    }

    /// The exit code, for where several are right.
    pub fn code(&self) -> Option<i32> {
        self.said.status.code()
    }

    /// The signal that ended the command, if one did.
    pub fn signal(&self) -> Option<Signal> {
        self.said.status.signal().and_then(Signal::from_raw)
    }

    /// What stands on standard error.
    pub fn stderr(&self) -> &[u8] {
        &self.said.stderr
    }

    /// Checks status, standard output and standard error, and gives what else is known of the run.
    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        let Ended { dir, said, stdout, stderr } = self;
        let mut wrong = Vec::new();
        if said.status.code() != Some(code) {
            wrong.push(format!("exit code {code} was expected, but: {}", said.status));
        }
        if let Some(expected) = stdout.filter(|expected| *expected != said.stdout) {
            wrong.push(format!("on standard output was expected:\n{}", String::from_utf8_lossy(&expected)));
        }
        let error = String::from_utf8_lossy(&said.stderr);
        for expected in stderr.iter().filter(|expected| !error.contains(expected.as_str())) {
            wrong.push(format!("on standard error was expected: {expected}"));
        }
        if stderr.is_empty() && code != INTERRUPTED && error.is_empty() != (code == 0) {
            wrong
                .push(if code == 0 { "standard error should be empty" } else { "nothing is said about it" }.to_owned());
        }
        let run = Run::new(dir, said);
        run.require(wrong.is_empty(), || wrong.join("\n"));
        run
    }

    /// Expects that the command was ended by this signal.
    #[track_caller]
    pub fn dies_by(self, signal: Signal) -> Run {
        let status = self.said.status;
        let run = Run::new(self.dir, self.said);
        run.require(status.signal() == Some(signal.as_raw()), || format!("{signal} was expected, but: {status}"));
        run
    }
}
