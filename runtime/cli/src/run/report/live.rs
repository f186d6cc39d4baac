//! On a terminal: one line for each job, kept up to date at the bottom; what is worth a line of its own goes above.
//!
//! The lines are one bar of `indicatif`, whose message is all of them: it draws them over each other, no more often than
//! the eye can follow, and lets other lines through. What is drawn is never wider or higher than the terminal, which may
//! change while the run goes on.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeloom_config::Network;
use pipeloom_engine::View;
use pipeloom_events::{Event, Record};
use pipeloom_os::standard::is_in_foreground;
use unicode_width::UnicodeWidthStr;

use super::Reporter;
use super::rows::{Rows, fit};
use super::words::Words;
use crate::term::amounts::{count, whole_seconds};
use crate::term::color::{self, FAINT, STRONG, paint};
use crate::term::escape::{cut, printable};
use crate::term::out;
use crate::term::size::size;

/// How often the lines are drawn anew.
const EVERY: Duration = Duration::from_millis(200);

/// Draws the jobs.
pub(super) struct Live {
    words: Words,
    rows: Rows,
    bar: ProgressBar,
    network: String,
    jobs: usize,
    started: Instant,
    /// What is going on with the run as a whole, if it is more than running.
    state: &'static str,
    has_colors: bool,
}

impl Live {
    pub(super) fn new(network: &Network, words: Words) -> Live {
        let jobs = network.jobs().len();
        Live {
            words,
            rows: Rows::new(jobs),
            bar: new_bar(),
            network: printable(network.name()).into_owned(),
            jobs,
            started: Instant::now(),
            state: "running",
            has_colors: color::on_stderr(),
        }
    }

    fn draw(&mut self, view: &View) {
        // After `bg` there is a shell's prompt, and what people type must not be drawn over.
        if !is_in_foreground() {
            return;
        }
        let (columns, rows) = size();
        // One column is left free, as some terminals wrap a line that fills the last; two rows are the head line's and the
        // cursor's.
        let columns = columns.saturating_sub(1);
        let jobs = self.rows.of(&view.jobs(), rows.saturating_sub(2).max(1), Instant::now());
        let mut text = self.head(columns);
        for row in &jobs {
            text.push('\n');
            text.push_str(&fit(row, columns));
        }
        self.bar.set_message(self.in_colors(text));
    }

    fn head(&self, columns: usize) -> String {
        let name = cut(&self.network, columns);
        let jobs = count(self.jobs as u64, "job", "jobs");
        let rest = format!(": {}, {jobs}, {}", self.state, whole_seconds(self.started.elapsed()));
        format!("{}{}", paint(STRONG, &name), paint(FAINT, cut(&rest, columns.saturating_sub(name.width()))))
    }

    fn say(&self, line: &str) {
        if is_in_foreground() {
            self.bar.println(self.in_colors(line.to_owned()));
        } else {
            out::say(line);
        }
    }

    fn in_colors(&self, text: String) -> String {
        if self.has_colors { text } else { anstream::adapter::strip_str(&text).to_string() }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(20));
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    bar
}

impl Reporter for Live {
    fn record(&mut self, record: &Record, view: &View) {
        if matches!(record.event, Event::Stopping { .. }) {
            self.state = "stopping";
        }
        if let Some(line) = self.words.of(&record.event) {
            self.say(&line);
        }
        let changes = matches!(
            record.event,
            Event::RunStarted { .. }
                | Event::RunResumed { .. }
                | Event::JobStarted { .. }
                | Event::JobRestarting { .. }
                | Event::JobEnded { .. }
                | Event::JobFailed { .. }
        );
        if changes {
            self.draw(view);
        }
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn tick(&mut self, view: &View) {
        self.draw(view);
    }

    fn aside(&mut self, halt: &mut dyn FnMut()) {
        let before = Instant::now();
        self.bar.finish_and_clear();
        halt();
        self.bar = new_bar();
        self.started += before.elapsed();
        // Rates over the pause would be none.
        self.rows = Rows::new(self.jobs);
    }

    fn killing(&mut self) {
        self.state = "killing";
        if let Some(line) = self.words.killing() {
            self.say(&line);
        }
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}
