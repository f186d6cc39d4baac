//! A job that is being tried: what it is given and what comes of it, until it ends.

use std::io::{self, ErrorKind};
use std::time::Duration;

use crossbeam_channel::{Receiver, never, select};
use pipeloom_engine::{Handle, Stopper, Summary, View};
use pipeloom_events::{Event, Record};
use pipeloom_job::head::{FINISHED, RESET};
use pipeloom_os::process::Signal;

use super::bench::Bench;
use super::board::{Board, Item, Side};
use super::feed::Feed;
use super::notation::Written;
use super::prompts::{Heard, Prompts, WrongLine};
use super::show::Show;
use super::take::Came;
use crate::run::{Halting, Words};
use crate::term::out;

/// How often the clock is looked at, and what a sink has taken.
const TICK: Duration = Duration::from_millis(20);

/// What came of it.
pub(super) struct Tried {
    pub(super) summary: Summary,
    /// Whether it was ended because all that was wanted has been seen.
    pub(super) has_enough: bool,
    /// What on standard input ended it.
    pub(super) wrong: Option<WrongLine>,
}

/// Where a session hears from.
pub(super) struct Channels {
    pub(super) came: Receiver<Came>,
    pub(super) signals: Receiver<Signal>,
}

pub(super) struct Session<'a> {
    pub(super) bench: &'a Bench,
    pub(super) board: Board,
    pub(super) show: Show,
    pub(super) words: Words,
    pub(super) feeds: Vec<Feed>,
    /// How many blocks of each input were given.
    pub(super) fed: Vec<u64>,
    pub(super) prompts: Option<Prompts>,
    pub(super) steps: Option<u64>,
    pub(super) stopper: Stopper,
    pub(super) halting: Halting,
    pub(super) view: View,
    pub(super) has_enough: bool,
    pub(super) wrong: Option<WrongLine>,
    /// How the job ended.
    pub(super) farewell: Option<String>,
    /// How often somebody has asked for the end.
    pub(super) signals: u32,
}

impl Session<'_> {
    /// Gives all that there is, at once.
    pub(super) fn give_all(&mut self, given: Vec<Vec<Written>>) {
        for (input, blocks) in given.into_iter().enumerate() {
            let count = blocks.len();
            for (place, block) in blocks.into_iter().enumerate() {
                self.give(input, block, place + 1 == count);
            }
            self.feeds[input].end();
        }
    }

    fn give(&mut self, input: usize, block: Written, is_last: bool) {
        let is_last = is_last || block.head.is_finished();
        let head = block.head.with(RESET, self.fed[input] == 0).with(FINISHED, is_last);
        let items = self.board.pass(Side::Input, input, head, block.payload.clone());
        self.fed[input] += 1;
        self.feeds[input].give(block, is_last);
        self.show(items);
    }

    /// Follows it to its end.
    pub(super) fn follow(mut self, handle: Handle, channels: &Channels) -> Tried {
        let nothing = never();
        loop {
            if let Some(prompts) = &mut self.prompts {
                prompts.look(self.bench, self.board.shown(), &mut self.show.heading);
            }
            let lines = self.prompts.as_ref().map_or(&nothing, Prompts::lines);
            select! {
                recv(handle.events()) -> record => match record {
                    Ok(record) => {
                        // What a program says of its readers' end must not be heard before what they have read.
                        channels.came.try_iter().for_each(|came| self.came(came));
                        self.record(&record);
                        if self.halting.is_due(&record.event) {
                            self.halting.halt();
                        }
                    }
                    // Nobody is left who could tell something: it is over.
                    Err(_) => break,
                },
                recv(channels.came) -> came => if let Ok(came) = came { self.came(came) },
                recv(lines) -> line => self.hear(line.unwrap_or_default()),
                recv(channels.signals) -> signal => if let Ok(signal) = signal { self.signal(signal) },
                default(TICK) => self.look_at_sink(),
            }
        }
        channels.came.try_iter().for_each(|came| self.came(came));
        self.look_at_sink();
        let rest = self.board.rest();
        self.show(rest);
        self.ask_no_more();
        self.farewell.iter().for_each(out::say);
        Tried { summary: handle.wait(), has_enough: self.has_enough, wrong: self.wrong }
    }

    fn hear(&mut self, line: Option<Result<String, crate::send::GivenError>>) {
        let Some(prompts) = &mut self.prompts else { return };
        match prompts.hear(self.bench, line) {
            Heard::Part => {}
            Heard::Whole(blocks) => {
                let ends = blocks.iter().flatten().any(|block| block.head.is_finished());
                for (input, blocks) in blocks.into_iter().enumerate() {
                    blocks.into_iter().for_each(|block| self.give(input, block, false));
                }
                if ends || (self.bench.is_sink() && self.steps == self.prompts.as_ref().map(|prompts| prompts.given)) {
                    self.end_inputs();
                }
            }
            Heard::End => self.end_inputs(),
            Heard::Wrong(wrong) => {
                self.wrong = Some(wrong);
                self.stopper.stop();
            }
        }
    }

    fn end_inputs(&mut self) {
        self.feeds.iter_mut().for_each(Feed::end);
        self.ask_no_more();
    }

    fn ask_no_more(&mut self) {
        if let Some(prompts) = &mut self.prompts {
            prompts.close();
        }
    }

    fn came(&mut self, Came { output, head, payload }: Came) {
        let items = self.board.pass(Side::Output, output, head, payload.to_vec());
        self.show(items);
        if let Some(prompts) = &mut self.prompts {
            prompts.came(self.bench);
        }
        if self.steps.is_some_and(|steps| self.board.fewest() >= steps) {
            self.enough();
        }
    }

    /// A source that waits would not notice that nobody reads any more.
    fn enough(&mut self) {
        if !self.has_enough {
            self.has_enough = true;
            self.stopper.stop();
        }
    }

    /// What a job without outputs has taken.
    fn look_at_sink(&mut self) {
        if !self.bench.is_sink() {
            return;
        }
        let tallies = self.view.tallies();
        let taken = self.bench.inputs.iter().map(|input| {
            let tally = tallies.iter().find(|tally| tally.pipe == input.pipe && tally.reader == self.bench.job);
            tally.map_or(0, |tally| tally.delivered) / input.block_count as u64
        });
        let items = self.board.taken(taken.min().unwrap_or(0));
        self.show(items);
    }

    fn record(&mut self, record: &Record) {
        if !is_about(&record.event, &self.bench.job) {
            return;
        }
        if matches!(record.event, Event::JobEnded { .. } | Event::JobFailed { .. }) {
            self.ask_no_more();
        }
        if self.show.json {
            let shown = self.show.record(record);
            return self.after_showing(shown);
        }
        let is_news = match record.event {
            // Why it failed is said at the end.
            Event::JobFailed { .. } | Event::JobStarted { .. } | Event::Ready { .. } => false,
            // That nobody reads any more may make it complain.
            Event::JobEnded { .. } | Event::Line { .. } => !self.has_enough,
            _ => true,
        };
        if !is_news {
            return;
        }
        if let Some(line) = self.words.of(&record.event) {
            // What it wrote last may still be on its way.
            if matches!(record.event, Event::JobEnded { .. }) {
                self.farewell = Some(line);
                return;
            }
            if let Some(prompts) = &mut self.prompts {
                prompts.interrupt();
            }
            out::say(line);
        }
    }

    fn signal(&mut self, signal: Signal) {
        if signal == Signal::TSTP {
            if self.halting.ask() {
                self.halting.halt();
            }
            return;
        }
        self.halting.give_up();
        self.signals += 1;
        if self.signals == 1 {
            self.stopper.stop();
        } else {
            self.stopper.kill();
        }
    }

    fn show(&mut self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        if let Some(prompts) = &mut self.prompts
            && items.iter().any(|item| matches!(item, Item::Block(block) if block.side == Side::Output))
        {
            prompts.interrupt();
        }
        let shown = self.show.items(self.bench, items);
        self.after_showing(shown);
    }

    /// Where nobody reads any more, enough was seen.
    fn after_showing(&mut self, shown: io::Result<()>) {
        if let Err(error) = shown {
            if error.kind() != ErrorKind::BrokenPipe && !self.has_enough {
                out::warn(format_args!("standard output: {error}"));
            }
            self.enough();
        }
    }
}

/// Whether an event is one of the job that is tried, or a warning.
fn is_about(event: &Event, tried: &str) -> bool {
    match event {
        Event::JobStarted { job, .. }
        | Event::JobRestarting { job, .. }
        | Event::JobEnded { job, .. }
        | Event::JobFailed { job, .. }
        | Event::Progress { job, .. }
        | Event::Status { job, .. }
        | Event::Metrics { job, .. }
        | Event::Result { job, .. }
        | Event::Ready { job }
        | Event::Line { job, .. } => job == tried,
        Event::Warning { job, .. } => job.as_ref().is_none_or(|job| job == tried),
        Event::StillRunning { jobs } => jobs.iter().any(|job| job == tried),
        Event::RunStarted { .. }
        | Event::RunResumed { .. }
        | Event::PipeClosed(_)
        | Event::Paused
        | Event::Resumed { .. }
        | Event::Stopping { .. }
        | Event::RunEnded { .. } => false,
    }
}
