//! The same as data: one object a line, with every round's figures in seconds, or bytes.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    launch::Sample,
    rounds::{Outcome, Samples, recovery_p99},
    row::{Metric, Row},
    table::goal_text,
};

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
    peer: Option<&'a str>,
    goals: Vec<String>,
    met: Option<bool>,
    failures: &'a [String],
}

#[derive(Serialize)]
struct Figures {
    ours: Vec<f64>,
    bare: Vec<f64>,
    peer: Vec<f64>,
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
    peer: Option<f64>,
}

impl Figures {
    fn of(row: &Row, samples: &Samples) -> Self {
        let figure = |sample: &Sample| row.metric.of(sample);
        let all = |samples: &[Sample]| samples.iter().filter_map(figure).collect();
        Self {
            ours: all(&samples.ours),
            bare: all(&samples.bare),
            peer: all(&samples.peer),
            ratio: samples.ratio(figure),
            p99: (row.metric == Metric::Recovery).then(|| Each {
                ours: recovery_p99(&samples.ours),
                bare: recovery_p99(&samples.bare),
                peer: recovery_p99(&samples.peer),
            }),
        }
    }
}

/// Prints one row.
///
/// # Errors
/// The output is gone.
pub(crate) fn line(out: &mut impl Write, row: &Row, outcome: &Outcome) -> io::Result<()> {
    let line = Line {
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
        peer: outcome.peer,
        goals: row.goals.iter().map(|goal| goal_text(*goal, row.metric)).collect(),
        met: outcome.meets_goals(row),
        failures: &outcome.failures,
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}
