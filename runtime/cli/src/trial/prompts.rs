//! Asking for compute blocks on standard input.

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, never};

use super::ask::{Answered, Ask};
use super::bench::Bench;
use super::notation::{NotationError, Written};
use super::show::heading;
use crate::send::{GivenError, standard_input};
use crate::term::escape::printable;
use crate::term::out;

/// So long the next compute block is not asked for, if nothing has come of the one before.
const PATIENCE: Duration = Duration::from_secs(3);

/// The same where nobody knows what belongs to it, and for a program that once was waited for in vain: it keeps what it writes
/// for itself until its end.
const SHORT_PATIENCE: Duration = Duration::from_millis(150);

/// A line of standard input; none at its end.
type Line = Option<Result<String, GivenError>>;

/// What a line was.
pub(super) enum Heard {
    /// A part of a compute block, or what is asked for again.
    Part,
    /// The compute block.
    Whole(Vec<Vec<Written>>),
    /// There are no more.
    End,
    /// Nobody can be asked again.
    Wrong(WrongLine),
}

/// A line that is no block.
#[derive(Debug, thiserror::Error)]
pub(super) enum WrongLine {
    #[error("line {line} of standard input is no block of the pipe {pipe}: {source}")]
    Notation { line: u64, pipe: String, source: NotationError },
    #[error(transparent)]
    Input(#[from] GivenError),
}

/// Asks for compute blocks.
pub(super) struct Prompts {
    ask: Ask,
    lines: Receiver<Line>,
    nothing: Receiver<Line>,
    is_terminal: bool,
    /// Lines that came.
    heard: u64,
    /// Compute blocks that were given.
    pub(super) given: u64,
    /// Until when the answer to the last one is waited for.
    wait_until: Option<Instant>,
    /// How long the next one is.
    patience: Duration,
    is_prompted: bool,
    is_over: bool,
}

impl Prompts {
    /// Reads standard input on a thread that ends with the process.
    pub(super) fn new(bench: &Bench) -> io::Result<Prompts> {
        let (sender, lines) = bounded(0);
        let read = move || {
            let all = standard_input().map(Some).chain([None]);
            // Nobody listens any more when the job has ended.
            all.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
        };
        thread::Builder::new().name("standard input".to_owned()).spawn(read)?;
        let is_terminal = io::stdin().is_terminal();
        if is_terminal {
            out::say("a block for each input; Ctrl-D ends them, Ctrl-C ends the job");
        }
        Ok(Prompts {
            ask: Ask::new(bench),
            lines,
            nothing: never(),
            is_terminal,
            heard: 0,
            given: 0,
            wait_until: None,
            patience: if bench.is_grouped() { PATIENCE } else { SHORT_PATIENCE },
            is_prompted: false,
            is_over: false,
        })
    }

    pub(super) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Where the next line comes from, if one is wanted.
    pub(super) fn lines(&self) -> &Receiver<Line> {
        if self.wait_until.is_none() && !self.is_over { &self.lines } else { &self.nothing }
    }

    /// Looks whether the last compute block, of which `shown` is known, is waited for no longer. If something is to be asked
    /// then it is.
    pub(super) fn look(&mut self, bench: &Bench, shown: u64, heading_at: &mut u64) {
        if bench.is_grouped() && shown >= self.given {
            self.wait_until = None;
        } else if self.wait_until.is_some_and(|until| Instant::now() >= until) {
            self.wait_until = None;
            self.patience = SHORT_PATIENCE;
        }
        if !self.is_terminal || self.is_over || self.is_prompted || self.wait_until.is_some() {
            return;
        }
        let next = self.given + 1;
        if self.ask.is_at_its_beginning() && *heading_at != next {
            *heading_at = next;
            out::say_raw(&heading(next));
        }
        out::say_raw(&printable(&self.ask.prompt(bench)));
        self.is_prompted = true;
    }

    /// Nothing is asked any more.
    pub(super) fn close(&mut self) {
        self.interrupt();
        self.is_over = true;
    }

    /// Something else is about to be written to the terminal.
    pub(super) fn interrupt(&mut self) {
        if std::mem::take(&mut self.is_prompted) {
            out::say_raw("\n");
        }
    }

    /// Something came, so that more may follow.
    pub(super) fn came(&mut self, bench: &Bench) {
        if self.wait_until.is_some() && !bench.is_grouped() {
            self.wait_until = Some(Instant::now() + SHORT_PATIENCE);
        }
    }

    /// Takes a line.
    pub(super) fn hear(&mut self, bench: &Bench, line: Line) -> Heard {
        let was_prompted = std::mem::take(&mut self.is_prompted);
        let Some(line) = line else {
            self.is_over = true;
            if was_prompted {
                out::say_raw("\n");
            }
            return Heard::End;
        };
        self.heard += 1;
        let line = match line {
            Ok(line) => line,
            Err(error) => return self.wrong(error.into()),
        };
        let pipe = self.ask.asked(bench).to_owned();
        match self.ask.answer(bench, &line) {
            Ok(Answered::More) => Heard::Part,
            Ok(Answered::Whole(blocks)) => {
                self.given += 1;
                self.wait_until = self.is_terminal.then(|| Instant::now() + self.patience);
                Heard::Whole(blocks)
            }
            Err(source) if self.is_terminal => {
                out::say(format_args!("  {source}"));
                Heard::Part
            }
            Err(source) => self.wrong(WrongLine::Notation { line: self.heard, pipe, source }),
        }
    }

    fn wrong(&mut self, error: WrongLine) -> Heard {
        self.is_over = true;
        Heard::Wrong(error)
    }
}
