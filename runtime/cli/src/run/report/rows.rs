//! What stands in the lines of the live view.

use std::time::Instant;

use anstyle::Style;
use pipeloom_engine::{Flowed, JobView};
use pipeloom_events::JobState;
use pipeloom_os::process::io;
use unicode_width::UnicodeWidthStr;

use super::meter::Meter;
use super::waits;
use crate::term::amounts::{bytes, count};
use crate::term::color::{ERROR, FAINT, GOOD, STRONG, WARNING};
use crate::term::escape::{cut, printable};

/// A longer name is cut.
const NAME_COLUMNS: usize = 24;

/// Pieces of one line, each with its style.
pub(super) type Pieces = Vec<(Style, String)>;

/// Keeps what is to be known of each job from one look to the next.
pub(super) struct Rows {
    meters: Vec<Meter>,
    name_columns: usize,
}

impl Rows {
    pub(super) fn new(jobs: usize) -> Rows {
        Rows { meters: std::iter::repeat_with(Meter::default).take(jobs).collect(), name_columns: 0 }
    }

    /// At most `room` lines for these jobs. Where there are more, those are shown that do something, and the others are
    /// summed up in the last line.
    pub(super) fn of(&mut self, jobs: &[JobView], room: usize, now: Instant) -> Vec<Pieces> {
        let widest = jobs.iter().map(|job| job.name.width()).max().unwrap_or(0);
        self.name_columns = widest.min(NAME_COLUMNS);
        if jobs.len() <= room {
            return (0..jobs.len()).map(|place| self.row(place, &jobs[place], now)).collect();
        }
        let mut places: Vec<usize> = (0..jobs.len()).collect();
        places.sort_by_key(|place| interest(jobs[*place].state));
        let (shown, others) = places.split_at_mut(room.saturating_sub(1));
        shown.sort_unstable();
        let mut rows: Vec<Pieces> = shown.iter().map(|place| self.row(*place, &jobs[*place], now)).collect();
        rows.push(vec![(FAINT, summed_up(others.iter().map(|place| jobs[*place].state)))]);
        rows
    }

    fn row(&mut self, place: usize, job: &JobView, now: Instant) -> Pieces {
        let name = printable(&job.name);
        let name = cut(&name, self.name_columns);
        let space = self.name_columns.saturating_sub(name.width());
        let (flowed, about) = flowed(job);
        let is_over = matches!(job.state, JobState::Ended | JobState::Failed);
        let rate = match flowed {
            // A rate of what is over says nothing; the sum does.
            Some(flowed) if is_over => format!("{about}{}", bytes(flowed.bytes)),
            Some(flowed) => {
                let rate = self.meters.get_mut(place).and_then(|meter| meter.rate(now, flowed.bytes));
                rate.map(|rate| format!("{about}{}/s", bytes(rate))).unwrap_or_default()
            }
            None => String::new(),
        };
        let blocks = flowed.filter(|flowed| flowed.blocks > 0).map(|flowed| count(flowed.blocks, "block", "blocks"));
        vec![
            (STRONG, format!("{name}{:space$}  ", "")),
            (style(job.state), format!("{:<10}", job.state.as_str())),
            (Style::new(), format!("  {rate:>14}  {:>16}", blocks.unwrap_or_default())),
            (FAINT, format!("  {}", detail(job))),
        ]
    }
}

/// What has gone through a job: what it has written or, of a sink, read. Where the runtime does not see it, the kernel
/// knows about how many bytes (`~`), as it counts all files and not only pipes.
fn flowed(job: &JobView) -> (Option<Flowed>, &'static str) {
    match job.written.or(job.read) {
        Some(flowed) => (Some(flowed), ""),
        None => {
            let io = job.pid.and_then(io);
            (io.map(|io| Flowed { blocks: 0, bytes: io.write_bytes.max(io.read_bytes) }), "~")
        }
    }
}

/// What it says of itself or, if it says nothing, what it waits for.
fn detail(job: &JobView) -> String {
    let waits = || job.pid.and_then(waits::what_for).unwrap_or_default().to_owned();
    match &job.progress {
        Some((fraction, message)) if job.state == JobState::Running => {
            let message = message.as_deref().map(printable).unwrap_or_default();
            format!("{:.0} % {message}", fraction * 100.0)
        }
        _ => waits(),
    }
}

const fn style(state: JobState) -> Style {
    match state {
        JobState::Waiting | JobState::Ended => FAINT,
        JobState::Starting | JobState::Restarting | JobState::Draining => WARNING,
        JobState::Running => GOOD,
        JobState::Failed => ERROR,
    }
}

/// Who is shown first when not all can be.
const fn interest(state: JobState) -> u8 {
    match state {
        JobState::Failed => 0,
        JobState::Restarting => 1,
        JobState::Running | JobState::Draining | JobState::Starting => 2,
        JobState::Waiting => 3,
        JobState::Ended => 4,
    }
}

fn summed_up(states: impl Iterator<Item = JobState>) -> String {
    const ORDER: [JobState; 7] = [
        JobState::Failed,
        JobState::Restarting,
        JobState::Running,
        JobState::Draining,
        JobState::Starting,
        JobState::Waiting,
        JobState::Ended,
    ];
    let states: Vec<JobState> = states.collect();
    let of = |state: JobState| states.iter().filter(|other| **other == state).count();
    let counts: Vec<String> = ORDER
        .into_iter()
        .map(|state| (of(state), state.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    format!("and {} more: {}", states.len(), counts.join(", "))
}

/// The pieces as one line of at most `columns`.
pub(super) fn fit(pieces: &Pieces, columns: usize) -> String {
    let mut line = String::new();
    let mut left = columns;
    for (style, text) in pieces {
        let shown = cut(text, left);
        line.push_str(&format!("{style}{shown}{style:#}"));
        if text.width() > left {
            break;
        }
        left -= text.width();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, state: JobState) -> JobView {
        JobView { name: name.to_owned(), state, pid: None, progress: None, read: None, written: None }
    }

    fn plain(rows: &[Pieces]) -> Vec<String> {
        let line = |pieces: &Pieces| pieces.iter().map(|(_, text)| text.as_str()).collect::<String>();
        rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
    }

    #[test]
    fn a_row_says_name_state_amounts_and_progress() {
        let mut read = job("read", JobState::Running);
        read.written = Some(Flowed { blocks: 1500, bytes: 2048 });
        read.progress = Some((0.5, Some("half\u{7}".to_owned())));
        let mut rows = Rows::new(1);
        let now = Instant::now();
        let first = plain(&rows.of(std::slice::from_ref(&read), 9, now));
        assert_eq!(first, ["read  running                         1,500 blocks  50 % half\\u{7}"]);
        read.written = Some(Flowed { blocks: 3000, bytes: 4096 });
        let later = plain(&rows.of(&[read], 9, now + std::time::Duration::from_secs(1)));
        assert_eq!(later, ["read  running            2 KiB/s      3,000 blocks  50 % half\\u{7}"]);
    }

    #[test]
    fn more_jobs_than_rows_are_summed_up_and_those_that_work_are_shown() {
        let jobs = [
            job("a", JobState::Ended),
            job("b", JobState::Running),
            job("c", JobState::Waiting),
            job("d", JobState::Failed),
            job("e", JobState::Ended),
        ];
        let rows = plain(&Rows::new(5).of(&jobs, 3, Instant::now()));
        assert_eq!(rows, ["b  running", "d  failed", "and 3 more: 1 waiting, 2 ended"]);
        let rows = plain(&Rows::new(5).of(&jobs, 1, Instant::now()));
        assert_eq!(rows, ["and 5 more: 1 failed, 1 running, 1 waiting, 2 ended"]);
    }

    #[test]
    fn a_line_is_never_wider_than_the_terminal() {
        let pieces = vec![(GOOD, "running".to_owned()), (FAINT, "  12 blocks".to_owned())];
        for columns in 0..30 {
            let line = anstream::adapter::strip_str(&fit(&pieces, columns)).to_string();
            assert!(line.width() <= columns, "{columns}: {line:?}");
        }
        assert_eq!(anstream::adapter::strip_str(&fit(&pieces, 12)).to_string(), "running  12…");
    }
}
