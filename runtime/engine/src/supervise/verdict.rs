//! What the end of a program means, with all that is known of its pipes.

use pipeloom_config::JobId;
use pipeloom_events::{Cause, CauseKind};
use pipeloom_os::process::Exit;

use super::facts::Over;
use super::job::{Life, Readers, judge};
use super::supervisor::{Pipe, Supervisor};
use crate::counted::counted;

/// A program ended well, but for it the stream of another one with a kit ended inside a block.
enum Misread {
    /// Its writer wrote whole blocks, and ended well.
    Whole(Cause),
    /// Its writer may have been cut off: it has not ended yet.
    PerhapsCutOff,
}

/// Whether a pipe has broken for its writer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Broken {
    Yes,
    No,
    /// Its reader may have closed it and live on.
    Perhaps,
}

impl Supervisor {
    /// Judges the end of a program. `None`: it cannot be said yet.
    pub(super) fn verdict(&self, id: JobId, exit: Exit, asked: bool) -> Option<Over> {
        if let Some(cause) = &self.jobs[id.index()].signs.hung {
            return Some(Over::Failed(cause.clone()));
        }
        let misread = (exit.is_success() && !asked).then(|| self.misread(id)).flatten();
        match misread {
            Some(Misread::Whole(cause)) => Some(Over::Failed(cause)),
            Some(Misread::PerhapsCutOff) => None,
            None => judge(exit, asked, self.readers_of(id), &self.jobs[id.index()].limits),
        }
    }

    fn readers_of(&self, id: JobId) -> Readers {
        let mut outputs = self.jobs[id.index()].outputs.iter().map(|pipe| &self.pipes[pipe.index()]).peekable();
        if outputs.peek().is_none() {
            return Readers::None;
        }
        if outputs.clone().all(|pipe| self.was_left_early(pipe)) {
            return Readers::AllLeftEarly;
        }
        let breaks: Vec<Broken> = outputs.map(|pipe| self.is_broken(pipe)).collect();
        if breaks.contains(&Broken::Yes) {
            Readers::SomeGone
        } else if breaks.contains(&Broken::Perhaps) {
            Readers::Unknown
        } else {
            Readers::AllThere
        }
    }

    /// Whether a pipe may have broken for its writer, which has ended.
    fn is_broken(&self, pipe: &Pipe) -> Broken {
        let has_exited = |reader: &JobId| {
            let reader = &self.jobs[reader.index()];
            reader.is_over() || reader.exit.is_some()
        };
        if pipe.readers_gone {
            Broken::Yes
        } else if pipe.forwarded || pipe.end_seen {
            // The runtime tells that it closes a pipe before it does, and who has seen the stream's end has not left before.
            Broken::No
        } else if pipe.readers.iter().any(has_exited) {
            Broken::Yes
        } else if pipe.held_open {
            Broken::No
        } else {
            Broken::Perhaps
        }
    }

    /// Whether the readers of a pipe ended while its writer still had something to write: not because they saw its end.
    fn was_left_early(&self, pipe: &Pipe) -> bool {
        // Of two programs whose ends come to light together nobody knows which was first.
        let was_over = |reader: &JobId| {
            let reader = &self.jobs[reader.index()];
            reader.is_over() && !reader.exited_just_now
        };
        pipe.readers_gone || (!pipe.forwarded && !pipe.end_seen && pipe.readers.iter().all(was_over))
    }

    /// What it means for a program that ended well that the stream of another one with a kit has ended inside a block.
    ///
    /// For the program that is just the stream's end: its writer was cut off, and that is the failure. But a writer that has
    /// told what it wrote, and ends well, was not cut off; then the reader has not understood it. `None` if no stream ended
    /// so, or its writer was cut off.
    fn misread(&self, reader: JobId) -> Option<Misread> {
        let mut misread = None;
        let inputs = self.jobs[reader.index()].inputs.iter().map(|pipe| &self.pipes[pipe.index()]);
        for pipe in inputs.filter(|pipe| pipe.written_told) {
            let Some((bytes, writer)) = pipe.torn.zip(pipe.writer) else { continue };
            let writer = &self.jobs[writer.index()];
            match writer.exit.filter(|_| writer.life != Life::Failed) {
                Some(exit) if exit.is_success() => return Some(Misread::Whole(cause(pipe, bytes, &writer.name))),
                // It may still fail.
                None if !writer.is_over() => misread = Some(Misread::PerhapsCutOff),
                _ => {}
            }
        }
        misread
    }
}

fn cause(pipe: &Pipe, bytes: u64, writer: &str) -> Cause {
    let message = format!(
        "pipe {}: its stream ended inside a block, after {} of it, but its writer {writer} has written whole \
         blocks: the two ends cut the stream in different ways; look at the codec that each of them uses",
        pipe.name,
        counted(bytes, "byte", "bytes")
    );
    Cause { kind: CauseKind::Flow, message, last_lines: Vec::new() }
}
