//! The table, in Markdown.

use std::io::{self, Write};

use crate::{
    args::Args,
    launch::Sample,
    measured::Measured,
    peers::Peer,
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
        args.rounds() * args.runs()
    )?;
    writeln!(out, "| row | what | block | ours | bare | all cores | one core | CPU | goal | |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")
}

/// Prints one row.
///
/// # Errors
/// The output is gone.
pub(crate) fn line(out: &mut impl Write, row: &Row, outcome: &Outcome) -> io::Result<()> {
    let figure = |sample: &Sample| row.metric.of(sample);
    let (all, one) = (&outcome.all, &outcome.one);
    writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        row.id,
        row.what,
        size(row.size()),
        both(row, &all.ours, &one.ours),
        both(row, &all.bare, &one.bare),
        ratio(all.ratio(figure)),
        ratio(one.ratio(figure)),
        ratio(outcome.cpu_ratio()),
        goals(row),
        verdict(outcome.meets_goals(row)).unwrap_or_default(),
    )
}

/// Prints the table of peers: for each row, who else was measured, and how many times as fast we are.
///
/// # Errors
/// The output is gone.
pub(crate) fn peers(out: &mut impl Write, measured: &[Measured]) -> io::Result<()> {
    writeln!(
        out,
        "| row | what | block | peer | figure | lost | ours is so many times as fast, on all cores | on one |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for Measured { row, outcome } in measured {
        for peer in Peer::beside(row) {
            writeln!(out, "| {} | {} | {} | {} |", row.id, row.what, size(row.size()), beside(peer, row, outcome))?;
        }
    }
    Ok(())
}

/// The figures of a peer beside a row's; dashes if it is not installed.
fn beside(peer: Peer, row: &Row, outcome: &Outcome) -> String {
    let figure = |sample: &Sample| row.metric.of(sample);
    let none = Vec::new();
    let [all, one] = [&outcome.all, &outcome.one].map(|samples| samples.peers.get(&peer).unwrap_or(&none));
    let times = |times: Option<f64>| times.map_or(DASH.to_owned(), |times| format!("{times:.1}"));
    format!(
        "{} | {} | {} | {} | {}",
        peer.name(),
        both(row, all, one),
        lost(all, one),
        times(outcome.all.times(peer, figure)),
        times(outcome.one.times(peer, figure)),
    )
}

/// The part of blocks that were lost, where any were.
fn lost(all: &[Sample], one: &[Sample]) -> String {
    let part = |samples: &[Sample]| median(samples.iter().map(|sample| sample.lost)).unwrap_or(0.0);
    match (part(all), part(one)) {
        (0.0, 0.0) => String::new(),
        (all, one) => format!("{:.1} / {:.1} %", all * 100.0, one * 100.0),
    }
}

/// Whether goals are met, in a word.
pub(crate) fn verdict(met: Option<bool>) -> Option<&'static str> {
    met.map(|met| if met { "met" } else { "missed" })
}

/// What was reached on all cores and on one, as it is told in this row.
fn both(row: &Row, all: &[Sample], one: &[Sample]) -> String {
    match (typical(row, all), typical(row, one)) {
        (Some(p50_all), Some(p50_one)) => match (recovery_p99(all), recovery_p99(one)) {
            (Some(p99_all), Some(p99_one)) => {
                format!("{}, p99 {}", figures(row, p50_all, p50_one), figures(row, p99_all, p99_one))
            }
            _ => figures(row, p50_all, p50_one),
        },
        _ => DASH.to_owned(),
    }
}

const DASH: &str = "–";

/// The median of what a row compares, in seconds.
pub(crate) fn typical(row: &Row, samples: &[Sample]) -> Option<f64> {
    median(samples.iter().filter_map(|sample| row.metric.of(sample)))
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or(DASH.to_owned(), |ratio| format!("{ratio:.2}"))
}

/// Two times as what they mean in this row: a rate or a duration.
fn figures(row: &Row, all: f64, one: f64) -> String {
    let per_second = |seconds: f64| row.count() as f64 / seconds;
    let is_rate = matches!(row.metric, Metric::Flow)
        || matches!(row.shape, Shape::Native { .. } | Shape::Mixed(_) | Shape::Two { .. });
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

/// A number of bytes in words.
pub(crate) fn size(bytes: usize) -> String {
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
        Goal::TimesPeer(peer, least) => format!("{least} times {}", peer.name()),
        Goal::PerSecond(least) => format!("≥ {:.1} M/s", least / 1e6),
        Goal::BytesPerSecond(least) => format!("≥ {:.1} GB/s", least / 1e9),
    }
}

/// What was reached of a goal, in words.
pub(crate) fn figure_text(goal: Goal, metric: Metric, figure: f64) -> String {
    match goal {
        Goal::AtMost(_) if metric == Metric::Memory => format!("{:.1} MB", figure / 1e6),
        Goal::AtMost(_) => format!("{figure:.2} s"),
        Goal::Ratio(_) | Goal::Within(_) => format!("{figure:.2}"),
        Goal::WithinPeer(_) => format!("{:.1} times its time", figure.recip()),
        Goal::TimesPeer(..) => format!("{figure:.1} times"),
        Goal::PerSecond(_) => format!("{:.1} M/s", figure / 1e6),
        Goal::BytesPerSecond(_) => format!("{:.1} GB/s", figure / 1e9),
    }
}
