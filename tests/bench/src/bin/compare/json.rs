//! The same as data: each row an object, with every round's figures in seconds, or bytes.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use crate::{
    goals,
    launch::Sample,
    machine::Machine,
    measured::Measured,
    rounds::{Outcome, Samples, recovery_p99},
    row::{Metric, Row},
    stats::median,
    table::goal_text,
};

/// All rows, and what they show.
#[derive(Serialize)]
struct Whole<'a> {
    v: u32,
    machine: &'a Machine,
    goals: Vec<goals::Line>,
    rows: Vec<Line<'a>>,
}

/// A row.
#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    row: &'a str,
    what: &'a str,
    metric: String,
    size: usize,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    all_cores: Figures,
    one_core: Figures,
    cpu_ratio: Option<f64>,
    goals: Vec<String>,
    met: Option<bool>,
    failures: &'a [String],
}

#[derive(Serialize)]
struct Figures {
    ours: Vec<f64>,
    bare: Vec<f64>,
    /// Blocks that a peer loses are no part of its figures: they are the times for as many blocks as ours.
    peers: BTreeMap<&'static str, Vec<f64>>,
    /// The part of blocks that those peers lost who lost any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    lost: BTreeMap<&'static str, f64>,
    ratio: Option<f64>,
    /// Of the kills of all rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    p99: Option<Each>,
}

/// A figure of each contender.
#[derive(Serialize)]
struct Each {
    ours: Option<f64>,
    bare: Option<f64>,
    peers: BTreeMap<&'static str, Option<f64>>,
}

impl Figures {
    fn of(row: &Row, samples: &Samples) -> Self {
        let figure = |sample: &Sample| row.metric.of(sample);
        let all = |samples: &[Sample]| samples.iter().filter_map(figure).collect();
        let lost = |samples: &[Sample]| median(samples.iter().map(|sample| sample.lost)).filter(|lost| *lost > 0.0);
        let peers = || samples.peers.iter().map(|(peer, samples)| (peer.name(), samples));
        Self {
            ours: all(&samples.ours),
            bare: all(&samples.bare),
            peers: peers().map(|(name, samples)| (name, all(samples))).collect(),
            lost: peers().filter_map(|(name, samples)| Some((name, lost(samples)?))).collect(),
            ratio: samples.ratio(figure),
            p99: (row.metric == Metric::Recovery).then(|| Each {
                ours: recovery_p99(&samples.ours),
                bare: recovery_p99(&samples.bare),
                peers: peers().map(|(name, samples)| (name, recovery_p99(samples))).collect(),
            }),
        }
    }
}

impl<'a> Line<'a> {
    fn of(row: &'a Row, outcome: &'a Outcome) -> Self {
        Self {
            v: 1,
            row: row.id,
            what: row.what,
            metric: format!("{:?}", row.metric).to_lowercase(),
            size: row.size(),
            count: row.count(),
            seed: row.seed(),
            all_cores: Figures::of(row, &outcome.all),
            one_core: Figures::of(row, &outcome.one),
            cpu_ratio: outcome.cpu_ratio(),
            goals: row.goals.iter().map(|goal| goal_text(*goal, row.metric)).collect(),
            met: outcome.meets_goals(row),
            failures: &outcome.failures,
        }
    }
}

/// Prints one row.
///
/// # Errors
/// The output is gone.
pub(crate) fn line(out: &mut impl Write, row: &Row, outcome: &Outcome) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line::of(row, outcome))?;
    writeln!(out)
}

/// Prints everything as one object.
///
/// # Errors
/// The output is gone.
pub(crate) fn whole(out: &mut impl Write, machine: &Machine, measured: &[Measured]) -> io::Result<()> {
    let rows = measured.iter().map(|Measured { row, outcome }| Line::of(row, outcome)).collect();
    serde_json::to_writer_pretty(&mut *out, &Whole { v: 1, machine, goals: goals::lines(measured), rows })?;
    writeln!(out)
}
