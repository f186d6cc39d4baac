//! Events in words: the lines that people see.

use std::collections::HashMap;
use std::time::Duration;

use anstyle::Style;
use pipeloom_events::{Event, JobEnd, StopReason};
use unicode_width::UnicodeWidthStr;

use crate::term::amounts::{count, time};
use crate::term::color::{self, FAINT, STRONG, WARNING, paint};
use crate::term::escape::{output_line, printable};

/// Names longer than this are not waited for when lines are aligned.
const MAX_ALIGNED: usize = 20;

/// How much is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// What may be wrong.
    Quiet,
    /// What changes.
    Normal,
    /// What jobs print and report, too.
    Verbose,
}

/// Finds the words.
pub(crate) struct Words {
    detail: Detail,
    /// Whether a live view shows what jobs do, so that it need not be said.
    is_live: bool,
    styles: HashMap<String, Style>,
    name_width: usize,
    /// Whether the run is being stopped because a job failed.
    is_failing: bool,
}

impl Words {
    /// Words about these jobs.
    pub(crate) fn new<'n>(jobs: impl IntoIterator<Item = &'n str>, detail: Detail, is_live: bool) -> Words {
        let styles: HashMap<String, Style> =
            (0..).zip(jobs).map(|(place, job)| (job.to_owned(), color::job(place))).collect();
        let widths = styles.keys().map(|job| job.width());
        let name_width = widths.filter(|width| *width <= MAX_ALIGNED).max().unwrap_or(0);
        Words { detail, is_live, styles, name_width, is_failing: false }
    }

    /// The line for `event`, if it is worth one.
    pub(crate) fn of(&mut self, event: &Event) -> Option<String> {
        self.is_failing |= matches!(event, Event::Stopping { reason: StopReason::JobFailed(_) });
        match event {
            Event::Warning { job, message } => Some(warning(job.as_deref(), message)),
            Event::JobRestarting { job, cause: Some(cause), with: Some(first), .. } => {
                Some(warning(Some(job), &format!("{}; {}", cause.message, starts_with(first))))
            }
            Event::JobRestarting { job, cause: Some(cause), seconds, .. } => {
                Some(warning(Some(job), &format!("{}; {}", cause.message, starts_again(*seconds))))
            }
            _ if self.detail == Detail::Quiet => None,
            // What fails now most likely does so because of the first: to say how would only hide the cause.
            Event::JobFailed { job, .. } if self.is_failing => Some(change(job, "failed too")),
            Event::JobFailed { job, cause } => Some(change(job, format_args!("failed: {}", printable(&cause.message)))),
            Event::Stopping { reason } => Some(stopping(reason)),
            Event::Paused => Some(paint(STRONG, "paused")),
            Event::Resumed { seconds } => Some(resumed(*seconds)),
            Event::StillRunning { jobs } => Some(still_running(jobs)),
            _ => self.change(event).filter(|_| !self.is_live).or_else(|| self.aside(event)),
        }
    }

    /// The line when the run is killed.
    pub(super) fn killing(&self) -> Option<String> {
        (self.detail > Detail::Quiet).then(|| paint(STRONG, "killing all jobs"))
    }

    /// What a live view shows by itself.
    fn change(&self, event: &Event) -> Option<String> {
        match event {
            Event::RunStarted { network, dir, jobs } => Some(format!(
                "{}: {}, in {}",
                paint(STRONG, printable(network)),
                count(jobs.len() as u64, "job", "jobs"),
                printable(dir)
            )),
            Event::RunResumed { attempt, blocks, .. } => Some(format!(
                "{} as attempt {attempt}; {} on disk",
                paint(STRONG, "resumed"),
                count(*blocks, "block waits", "blocks wait")
            )),
            Event::JobStarted { job, pid, incarnation } => {
                let again = if *incarnation > 1 { " again" } else { "" };
                let process = pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
                Some(change(job, format_args!("started{again}{process}")))
            }
            Event::JobRestarting { job, cause: None, with: Some(first), .. } => {
                Some(change(job, format_args!("ended; {}", starts_with(first))))
            }
            Event::JobRestarting { job, cause: None, seconds, .. } => {
                Some(change(job, format_args!("ended; {}", starts_again(*seconds))))
            }
            Event::JobEnded { job, end, note } => {
                let note = note.as_deref().map(|note| format!("; {}", printable(note))).unwrap_or_default();
                Some(change(job, format_args!("{}{note}", ended(*end))))
            }
            _ => None,
        }
    }

    /// What jobs print and report.
    fn aside(&self, event: &Event) -> Option<String> {
        if self.detail < Detail::Verbose {
            return None;
        }
        match event {
            Event::Line { job, text, .. } => Some(self.behind(job, &output_line(text))),
            Event::Status { job, status } => Some(self.behind(job, &reported("status", status))),
            Event::Metrics { job, metrics } => {
                let metrics: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                Some(self.behind(job, &reported("metrics", metrics.join(", "))))
            }
            Event::Result { job, result } => Some(self.behind(job, &reported("result", result))),
            Event::Progress { job, fraction, message } if !self.is_live => {
                let message = message.as_deref().unwrap_or("");
                Some(self.behind(job, &reported("progress", format_args!("{:.0} % {message}", fraction * 100.0))))
            }
            Event::Ready { job } => Some(change(job, "ready")),
            _ => None,
        }
    }

    /// A text behind its job's name.
    fn behind(&self, job: &str, text: &str) -> String {
        let style = self.styles.get(job).copied().unwrap_or_default();
        let space = self.name_width.saturating_sub(job.width());
        format!("{}{:space$} {} {text}", paint(style, printable(job)), "", paint(FAINT, "|"))
    }
}

fn change(job: &str, what: impl std::fmt::Display) -> String {
    format!("{}: {what}", paint(STRONG, printable(job)))
}

fn starts_with(first: &str) -> String {
    format!("it is started again together with {}", printable(first))
}

fn starts_again(seconds: f64) -> String {
    format!("it is started again in {}", time(Duration::from_secs_f64(seconds)))
}

fn reported(what: &str, value: impl ToString) -> String {
    format!("{} {}", paint(FAINT, format_args!("{what}:")), printable(&value.to_string()))
}

fn warning(job: Option<&str>, message: &str) -> String {
    let job = job.map(|job| format!("{}: ", printable(job))).unwrap_or_default();
    format!("{} {job}{}", paint(WARNING, "warning:"), printable(message))
}

fn stopping(reason: &StopReason) -> String {
    let why = match reason {
        StopReason::Interrupted => return format!("{}; Ctrl-C again kills", paint(STRONG, "stopping")),
        StopReason::TimeLimit => "the time limit is reached".to_owned(),
        StopReason::JobFailed(job) => format!("{} failed", printable(job)),
        StopReason::JobEnded(job) => format!("{} ended", printable(job)),
        StopReason::Internal(fault) => printable(fault).into_owned(),
    };
    format!("{}: {why}; Ctrl-C kills", paint(STRONG, "stopping"))
}

fn resumed(seconds: f64) -> String {
    let paused = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    format!("{} after {}", paint(STRONG, "resumed"), time(paused))
}

fn still_running(jobs: &[String]) -> String {
    let names: Vec<_> = jobs.iter().map(|job| printable(job)).collect();
    format!("still there: {}", names.join(", "))
}

/// How a job ended, as one says it of somebody.
pub(super) const fn ended(end: JobEnd) -> &'static str {
    match end {
        JobEnd::Finished => "finished",
        JobEnd::Ended => "ended",
        JobEnd::Unneeded => "ended, as nobody read from it any more",
        JobEnd::Stopped => "stopped",
    }
}
