//! One executable, as the reactor sees it: its output, its control channel, its process.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Instant;

use pipeloom_job::Report;
use pipeloom_job::control::{ControlError, ControlLines, PipeEnd, PipeReport};
use pipeloom_os::pipe::{Io, ReadEnd};
use pipeloom_os::process::{Exit, Pid};

use super::complaints::Complaints;
use super::token::Stream;
use crate::counted::counted;
use crate::flow::{Born, WrongCount};
use crate::log_file::LogFile;
use crate::supervise::{At, Event};
use crate::wire::{TellWhat, Tellers, Told};

/// How much is read at once, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// How often one stream is read before others get their turn.
const READS: usize = 4;

/// One executable.
pub(super) struct Program {
    pub(super) at: At,
    /// By [`Stream`].
    talks: [Talk; 3],
    /// Where is told what becomes of it.
    tellers: Tellers,
    pub(super) complaints: Complaints,
}

/// One stream that an executable has with the runtime beside its pipes.
struct Talk {
    /// `None` when it is at its end.
    end: Option<ReadEnd>,
    listener: Listener,
}

/// What is made of a stream.
enum Listener {
    Output { stderr: bool, log: LogFile },
    Control(ControlLines),
}

/// What an executable has said.
#[derive(Debug)]
pub(super) enum Said {
    /// A line on its standard output or error.
    Line { stderr: bool, text: String },
    /// A report on its control channel.
    Report(Report),
    /// What it said on its control channel is no message.
    Wrong(String),
    /// Something is wrong with hearing or keeping what it said.
    Trouble(String),
    /// The end of its control channel.
    End,
}

impl From<Result<Report, ControlError>> for Said {
    fn from(line: Result<Report, ControlError>) -> Said {
        line.map_or_else(|error| Said::Wrong(error.to_string()), Said::Report)
    }
}

/// The runtime's ends of an executable's streams, and where their logs go.
pub(super) struct Streams {
    /// `None` if the job's standard output is one of its pipes.
    pub(super) stdout: Option<ReadEnd>,
    pub(super) stderr: ReadEnd,
    /// The control channel is two-way; nothing is sent to the job yet.
    pub(super) control: ReadEnd,
}

/// Where what an executable says on its standard streams is kept.
pub(super) struct Logs {
    stdout: LogFile,
    stderr: LogFile,
}

impl Logs {
    /// The logs of a job, in this folder.
    pub(super) fn new(folder: &Path, job: &str) -> Logs {
        let log = |stream: &str| LogFile::new(folder.join(format!("{job}.{stream}.log")));
        Logs { stdout: log("stdout"), stderr: log("stderr") }
    }
}

impl Program {
    pub(super) fn new(
        at: At,
        streams: Streams,
        Logs { stdout: stdout_log, stderr: stderr_log }: Logs,
        tellers: Tellers,
    ) -> Program {
        let Streams { stdout, stderr, control } = streams;
        let talks = [
            Talk { end: stdout, listener: Listener::Output { stderr: false, log: stdout_log } },
            Talk { end: Some(stderr), listener: Listener::Output { stderr: true, log: stderr_log } },
            Talk { end: Some(control), listener: Listener::Control(ControlLines::default()) },
        ];
        Program { at, talks, tellers, complaints: Complaints::default() }
    }

    /// Its logs, in which its next life goes on.
    pub(super) fn into_logs(self) -> Logs {
        let [stdout, stderr, _] = self.talks;
        let log = |talk: Talk| match talk.listener {
            Listener::Output { log, .. } => log.for_next_life(),
            Listener::Control(_) => unreachable!("the control channel comes last"),
        };
        Logs { stdout: log(stdout), stderr: log(stderr) }
    }

    /// It has begun.
    pub(super) fn is_born(&mut self, pid: Pid) {
        if let Some(birth) = self.tellers.birth.take() {
            birth.tell(Born { pid, at: Instant::now() });
        }
    }

    /// It cannot be started.
    pub(super) fn is_stillborn(&mut self) {
        self.tellers.birth = None;
        self.tellers.fates.clear();
    }

    /// Its main process has ended.
    pub(super) fn has_ended(&mut self, exit: Exit) {
        self.tellers.fates.drain(..).for_each(|fate| fate.tell(exit.is_success()));
    }

    /// It has said what it saw of one of its pipes. What the runtime counts itself, it takes nobody's word for. Gives what
    /// the supervisor has to know of it.
    pub(super) fn tell(&self, report: &PipeReport) -> Vec<Event> {
        let mut events = Vec::new();
        for Told { pipe, tally, what, .. } in self.tellers.told.iter().filter(|told| told.name == report.name) {
            match what {
                TellWhat::Written => {
                    tally.tell_written(report);
                    events.push(Event::WrittenTold(*pipe));
                }
                TellWhat::Read => {
                    tally.tell_read(report);
                    if let Some(PipeEnd::Torn { bytes }) = report.ending {
                        events.push(Event::ReadTorn(*pipe, bytes));
                    }
                }
                TellWhat::Cleared => tally.tell_cleared(report),
            }
        }
        events
    }

    /// It says that it has done so many compute blocks.
    pub(super) fn has_done(&self, compute_blocks: u64) -> Result<(), WrongCount> {
        self.tellers.done.as_ref().map_or(Ok(()), |done| done.say(compute_blocks))
    }

    /// The last lines of its standard error.
    pub(super) fn last_lines(&self) -> Vec<String> {
        match &self.talks[Stream::Stderr as usize].listener {
            Listener::Output { log, .. } => log.last_lines(),
            Listener::Control(_) => Vec::new(),
        }
    }

    /// The descriptors to wait for.
    pub(super) fn streams(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        let fd = |stream: Stream| self.talks[stream as usize].end.as_ref().map(|end| (stream, end.as_fd()));
        Stream::ALL.into_iter().filter_map(fd)
    }

    /// Reads what is there, into `buffer`, and says what came of it. A stream at its end is handed to `closing` for the last time.
    pub(super) fn read(
        &mut self,
        stream: Stream,
        buffer: &mut Vec<u8>,
        said: &mut Vec<Said>,
        closing: impl FnOnce(BorrowedFd<'_>),
    ) {
        let Talk { end, listener } = &mut self.talks[stream as usize];
        let Some(open) = end else { return };
        buffer.resize(READ_BYTES, 0);
        for _ in 0..READS {
            match open.read(buffer) {
                Ok(Io::Some(count)) => {
                    listener.take(&buffer[..count], said);
                    continue;
                }
                Ok(Io::WouldBlock) => return,
                Ok(Io::End) => {}
                Err(error) => said.push(Said::Trouble(format!("its {stream} cannot be read: {error}"))),
            }
            closing(open.as_fd());
            *end = None;
            return listener.end(said);
        }
    }
}

impl Listener {
    fn take(&mut self, bytes: &[u8], said: &mut Vec<Said>) {
        match self {
            Listener::Output { stderr, log } => {
                let line = |text: &str| said.push(Said::Line { stderr: *stderr, text: text.to_owned() });
                let written = log.write(bytes, line);
                if let Err(error) = written {
                    said.push(Said::Trouble(format!("its log cannot be written: {error}")));
                }
            }
            Listener::Control(lines) => lines.take(bytes, |line| said.push(line.into())),
        }
    }

    fn end(&mut self, said: &mut Vec<Said>) {
        match self {
            Listener::Output { stderr, log } => {
                log.end(|text| said.push(Said::Line { stderr: *stderr, text: text.to_owned() }));
                if log.lost() > 0 {
                    said.push(Said::Trouble(format!(
                        "{} not in its log",
                        counted(log.lost(), "byte of its output is", "bytes of its output are")
                    )));
                }
            }
            Listener::Control(lines) => {
                lines.end(|line| said.push(line.into()));
                said.push(Said::End);
            }
        }
    }
}
