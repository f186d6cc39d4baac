//! The table, in Markdown.

use std::io::{self, Write};

use crate::{
    args::Args,
    launch::Sample,
    rounds::{Outcome, recovery_p99},
    row::{Goal, Metric, Row, Shape},
    stats::median,
};

/// Above this, what counts is bytes and not blocks.
const LARGE: usize = 4096;

/// Prints what the columns mean, and their heads.
///
/// # Errors
/// The output is gone.
pub(crate) fn title(out: &mut impl Write, args: &Args, seed: u64) -> io::Result<()> {
    writeln!(
        out,
        "Figures: median on all cores / on one core, of {} rounds each. Ratios: median of the rounds' ratios, our\n\
         speed over that of the bare programs (CPU: their CPU time over ours); more is better. Of times after kills, the\n\
         median and the 99th percentile; the moments follow from `--seed {seed}`.\n",
        args.rounds()
    )?;
    writeln!(out, "| row | what | block | ours | bare | all cores | one core | CPU | goal | | peer |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|")
}

/// Prints one row.
///
/// # Errors
/// The output is gone.
pub(crate) fn line(out: &mut impl Write, row: &Row, outcome: &Outcome) -> io::Result<()> {
    let figure = |sample: &Sample| row.metric.of(sample);
    let both = |all: &[Sample], one: &[Sample]| match (typical(row, all), typical(row, one)) {
        (Some(p50_all), Some(p50_one)) => match (recovery_p99(all), recovery_p99(one)) {
            (Some(p99_all), Some(p99_one)) => {
                format!("{}, p99 {}", figures(row, p50_all, p50_one), figures(row, p99_all, p99_one))
            }
            _ => figures(row, p50_all, p50_one),
        },
        _ => DASH.to_owned(),
    };
    let (all, one) = (&outcome.all, &outcome.one);
    let peer = match outcome.peer {
        Some(name) => format!("{name}: {}", both(&all.peer, &one.peer)),
        None => DASH.to_owned(),
    };
    let verdict = match outcome.meets_goals(row) {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    };
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {verdict} | {peer} |",
        row.id,
        row.what,
        size(row.size()),
        both(&all.ours, &one.ours),
        both(&all.bare, &one.bare),
        ratio(all.ratio(figure)),
        ratio(one.ratio(figure)),
        ratio(outcome.cpu_ratio()),
        goals(row),
    )
}

const DASH: &str = "–";

fn typical(row: &Row, samples: &[Sample]) -> Option<f64> {
    median(samples.iter().filter_map(|sample| row.metric.of(sample)))
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or(DASH.to_owned(), |ratio| format!("{ratio:.2}"))
}

/// Two times as what they mean in this row: a rate or a duration.
fn figures(row: &Row, all: f64, one: f64) -> String {
    let per_second = |seconds: f64| row.count() as f64 / seconds;
    let is_rate = matches!(row.metric, Metric::Flow) || matches!(row.shape, Shape::Native { .. } | Shape::Two { .. });
    if row.metric == Metric::Memory {
        format!("{:.1} / {:.1} MB", all / 1e6, one / 1e6)
    } else if !is_rate && all.max(one) < 1e-3 {
        format!("{:.0} / {:.0} µs", all * 1e6, one * 1e6)
    } else if !is_rate {
        format!("{:.1} / {:.1} ms", all * 1e3, one * 1e3)
    } else if row.size() >= LARGE {
        let gigabytes = |seconds| per_second(seconds) * row.size() as f64 / 1e9;
        format!("{:.2} / {:.2} GB/s", gigabytes(all), gigabytes(one))
    } else {
        format!("{:.2} / {:.2} M/s", per_second(all) / 1e6, per_second(one) / 1e6)
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 0x10_0000),
    }
}

fn goals(row: &Row) -> String {
    let texts: Vec<String> = row.goals.iter().map(|goal| goal_text(*goal, row.metric)).collect();
    texts.join(", ")
}

/// A goal in words, as the table and the JSON name it.
pub(crate) fn goal_text(goal: Goal, metric: Metric) -> String {
    match goal {
        Goal::AtMost(most) if metric == Metric::Memory => format!("≤ {:.0} MB", most / 1e6),
        Goal::AtMost(most) => format!("≤ {most:.1} s"),
        Goal::Ratio(least) => format!("≥ {least:.2}"),
        Goal::Within(most) => format!("≥ {:.2}", most.recip()),
        Goal::WithinPeer(most) => format!("within {most} of the peer"),
        Goal::PerSecond(least) => format!("≥ {:.1} M/s", least / 1e6),
        Goal::BytesPerSecond(least) => format!("≥ {:.1} GB/s", least / 1e9),
    }
}
