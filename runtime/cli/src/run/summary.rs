//! What is said at the end of a run: how it ended, the first cause if it failed, and where the results lie.

use std::path::Path;

use pipeloom_config::Network;
use pipeloom_engine::Summary;
use pipeloom_events::{Cause, ExitStatus, Outcome, PipeEnding, PipeTally};
use unicode_width::UnicodeWidthStr;

use super::files::{Copies, Left, left_in};
use super::uneven::Promises;
use super::unfinished::Heads;
use crate::term::amounts::{bytes, count, time};
use crate::term::color::{FAINT, GOOD, STRONG, paint};
use crate::term::escape::{output_line, printable};
use crate::term::out;

/// More files than these are counted, not named.
const MAX_FILES: usize = 20;

/// Says how a run ended; if `quiet`, only what went wrong.
pub(super) fn say(summary: &Summary, dir: &Path, doubts: &Doubts, copies: &Copies, quiet: bool) -> ExitStatus {
    let status = status(summary.outcome);
    say_failure(summary, Some(dir));
    if quiet {
        return status;
    }
    doubts.say(summary);
    let files = left_in(dir, copies);
    let what = if files.is_empty() { "its record" } else { "results" };
    let dir = dir.display().to_string();
    out::say(format_args!("{}; {what} in {}", outcome(summary), printable(&dir)));
    out::say_raw(&list(&files));
    out::say_raw(&reported(summary));
    status
}

/// Says the first cause, if the run failed, with what the job said last and where all it said can be read, if `dir` still has
/// that.
pub(crate) fn say_failure(summary: &Summary, dir: Option<&Path>) {
    let status = status(summary.outcome);
    if summary.outcome == Outcome::Internal {
        let fault = summary.fault.as_deref().unwrap_or("no reason is known");
        out::fail(status, format_args!("a fault of pipeloom itself: {}", printable(fault)));
    }
    if let Some((job, cause)) = summary.first_failure() {
        out::fail(status, failure(job, cause, dir, &also_failed(summary, job)));
    }
}

/// What is known of a network before it is run, to see afterwards whether its pipes brought all they should have.
pub(crate) struct Doubts {
    heads: Heads,
    promises: Promises,
}

impl Doubts {
    pub(crate) fn of(network: &Network) -> Doubts {
        Doubts { heads: Heads::of(network), promises: Promises::of(network) }
    }

    /// The same where nobody can expect finished bits.
    pub(crate) fn without_heads(network: &Network) -> Doubts {
        Doubts { heads: Heads::default(), promises: Promises::of(network) }
    }

    /// Says what may be wrong with what went through the pipes, and what did not.
    pub(crate) fn say(&self, summary: &Summary) {
        // What pipes left undone follows from the stop, if there was one, and would only hide the cause.
        if summary.outcome == Outcome::Finished {
            let undone = |pipe| torn_or_unfinished(pipe, &summary.pipes, &self.heads);
            summary.pipes.iter().filter_map(undone).for_each(out::warn);
            self.promises.broken(summary).for_each(out::warn);
        }
        summary.pipes.iter().filter_map(missed).for_each(out::say);
    }
}

/// What the command ends with.
pub(crate) const fn status(outcome: Outcome) -> ExitStatus {
    match outcome {
        Outcome::Finished => ExitStatus::Success,
        Outcome::Failed => ExitStatus::JobFailed,
        Outcome::TimeLimit => ExitStatus::TimeLimit,
        Outcome::Interrupted => ExitStatus::Interrupted,
        Outcome::Internal => ExitStatus::Internal,
    }
}

fn failure(job: &str, cause: &Cause, dir: Option<&Path>, also: &[&str]) -> String {
    let mut text = format!("job {} failed: {}", paint(STRONG, printable(job)), printable(&cause.message));
    for line in cause.last_lines.iter().filter(|_| dir.is_some()) {
        text.push_str(&format!("\n  {} {}", paint(FAINT, "|"), output_line(line)));
    }
    if let Some(log) = dir.map(|dir| dir.join("logs").join(format!("{job}.stderr.log"))).filter(|log| log.exists()) {
        let log = log.display().to_string();
        text.push_str(&format!("\n  {} {}", paint(FAINT, "all it said:"), printable(&log)));
    }
    if !also.is_empty() {
        let names: Vec<_> = also.iter().map(|job| printable(job)).collect();
        text.push_str(&format!("\n  {} {}", paint(FAINT, "after it failed:"), names.join(", ")));
    }
    text
}

/// The other jobs that failed: perhaps because of the first, so they are only named.
fn also_failed<'a>(summary: &'a Summary, first: &str) -> Vec<&'a str> {
    let failed = summary.jobs.iter().filter(|job| job.failure.is_some() && job.name != first);
    failed.map(|job| job.name.as_str()).collect()
}

fn torn_or_unfinished(pipe: &PipeTally, all: &[PipeTally], heads: &Heads) -> Option<String> {
    let name = printable(&pipe.pipe);
    match pipe.ending? {
        PipeEnding::Torn { bytes } => {
            let lost = count(bytes, "byte", "bytes");
            Some(format!("pipe {name} ended inside a block; its last {lost} reached nobody"))
        }
        PipeEnding::Ended if heads.expected(pipe, all) => {
            Some(format!("pipe {name} ended without the finished bit; its writer may have ended early"))
        }
        PipeEnding::Ended | PipeEnding::Finished => None,
    }
}

/// Which blocks a reader did not get as they were written.
fn missed(pipe: &PipeTally) -> Option<String> {
    let blocks = |number: u64, what: &str| (number > 0).then(|| format!("{} {what}", count(number, "block", "blocks")));
    let what = [
        blocks(pipe.repeated, "given again"),
        blocks(pipe.lost, "lost with a life of their reader"),
        blocks(pipe.torn, "written only in part by a life of its writer"),
        blocks(pipe.dropped, "dropped for want of room"),
        blocks(pipe.too_old, "too old to be used"),
        blocks(pipe.dummies, "missing, with a dummy in place of each"),
        blocks(pipe.false_resets, "with a reset bit that was not the writer's to set"),
    ];
    let what: Vec<String> = what.into_iter().flatten().collect();
    let reader = if pipe.reader.is_empty() { String::new() } else { format!(" to {}", printable(&pipe.reader)) };
    (!what.is_empty()).then(|| format!("pipe {}{reader}: {}", printable(&pipe.pipe), what.join(", ")))
}

fn outcome(summary: &Summary) -> String {
    let after = |what: &str| format!("{} after {}", paint(STRONG, what), time(summary.elapsed));
    match summary.outcome {
        Outcome::Finished => format!("{} in {}", paint(GOOD, "finished"), time(summary.elapsed)),
        Outcome::Failed => after("failed"),
        Outcome::TimeLimit => after("stopped at the time limit"),
        Outcome::Interrupted => after("interrupted"),
        Outcome::Internal => after("broken off"),
    }
}

/// The files that jobs left, with their sizes.
fn list(files: &[Left]) -> String {
    let shown: Vec<(String, &Left)> =
        files.iter().take(MAX_FILES).map(|file| (printable(&file.path.to_string_lossy()).into_owned(), file)).collect();
    let widest = shown.iter().map(|(path, _)| path.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (path, file) in &shown {
        let space = widest - path.width();
        text.push_str(&format!("  {path}{:space$}  {}\n", "", paint(FAINT, bytes(file.bytes))));
    }
    if files.len() > shown.len() {
        text.push_str(&format!("  and {} more\n", files.len() - shown.len()));
    }
    text
}

/// The results that jobs reported.
fn reported(summary: &Summary) -> String {
    let results = summary.jobs.iter().filter_map(|job| Some((&job.name, job.result.as_ref()?)));
    results
        .map(|(job, result)| format!("{}: {}\n", paint(STRONG, printable(job)), printable(&result.to_string())))
        .collect()
}
