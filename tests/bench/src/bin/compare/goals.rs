//! The goals of the project, each with the rows that show whether it is met.
//!
//! How much is asked for stands with the rows; here stands which of a row's goals is meant.

use std::io::{self, Write};

use crate::{
    measured::Measured,
    peers::Peer,
    pin::Cores,
    rounds::Reached,
    row::{Goal, Row},
    table::{figure_text, goal_text, verdict},
};

/// One line of the goals' table.
pub(crate) struct Target {
    /// What is to be reached, in words.
    what: &'static str,
    /// What shows it.
    parts: &'static [Part],
}

/// Rows of which the same is asked.
struct Part {
    rows: &'static [&'static str],
    of: Of,
}

/// Which of a row's goals.
#[derive(Clone, Copy)]
enum Of {
    /// Against the bare programs.
    Bare,
    /// Against this peer.
    Peer(Peer),
    /// Against nobody: the figure itself.
    Figure,
}

/// All goals, numbered from 1.
pub(crate) const TARGETS: [Target; 13] = [
    Target {
        what: "direct, any size: at least 0.97 of the bare FIFO between the same two programs",
        parts: &[bare(&["W1.pair", "W1.batch", "W2.pair", "W3.pair", "W4.pair"])],
    },
    Target {
        what: "native to native, fused, 8 B to 64 KiB: at least 0.8 of three `dyn` calls in one thread",
        parts: &[bare(&["W1.fused", "W1.fused-64", "W2.fused"])],
    },
    Target {
        what: "native to native, channel, 64 B: at least 0.9 of bare crossbeam with the same batches",
        parts: &[bare(&["W1.channel", "W1.channel-64"])],
    },
    Target {
        what: "native to executable and back, 64 B, kit at the other end: at least 0.7 of the batched bare FIFO",
        parts: &[bare(&["W1.native-kit"])],
    },
    Target {
        what: "relay by splice, 64 KiB and 1 MiB: at least 0.9 of the bare splice chain",
        parts: &[bare(&["W2.relay", "W3.relay"])],
    },
    Target {
        what: "kit to kit, 64 KiB and 1 MiB: at least 0.85 of the bare memfd ring; 5 times dora's dropping mode, 40 times its \
               lossless one",
        parts: &[
            bare(&["W12.64k", "W12.1m"]),
            of_peer(&["W12.64k", "W12.1m"], Peer::DoraDropping),
            of_peer(&["W12.64k", "W12.1m"], Peer::Dora),
        ],
    },
    Target {
        what: "small blocks through three executables: one call a block, 15 times dora's lossless mode and 25 times MARVELO; \
               batched, 300 times dora's lossless mode",
        parts: &[
            of_peer(&["W1.chain"], Peer::Dora),
            of_peer(&["W1.chain"], Peer::Marvelo),
            of_peer(&["W1.batch"], Peer::Dora),
        ],
    },
    Target {
        what: "latency, 64 B, three executables, idle: p50 within 1.2 of the bare chain, a third of dora's",
        parts: &[bare(&["W5.idle"]), of_peer(&["W5.idle"], Peer::Dora)],
    },
    Target {
        what: "first block of three executables: within 2 of `cat`, `cat`, `cat`, 50 times as fast as dora",
        parts: &[of_peer(&["W8.first"], Peer::Cats), of_peer(&["W8.first"], Peer::Dora)],
    },
    Target { what: "fan-out of 1 MiB to 16 executables: at least 5 times `tee`", parts: &[bare(&["W6.fan16-1m"])] },
    Target {
        what: "chain of 1, 4, 16, 64 stages: within 1.2 of the bare chain at each length",
        parts: &[bare(&["W7.1", "W7.4", "W7.16", "W7.64", "W7.1-64k", "W7.4-64k", "W7.16-64k", "W7.64k"])],
    },
    Target {
        what: "memory beyond the children's own: 8 MB for 3 jobs, under 40 KB for each of 1,000 more",
        parts: &[figure(&["W11.3"]), figure(&["W11.1000"]), figure(&["W11.native-1000"])],
    },
    Target {
        what: "10,000 jobs checked in 1 s; 1,000 executables and 1,000 native jobs started within 1.3 of the bare",
        parts: &[figure(&["W8.check-10000"]), bare(&["W8.1000"]), bare(&["W8.native-1000"])],
    },
];

const fn bare(rows: &'static [&'static str]) -> Part {
    Part { rows, of: Of::Bare }
}

const fn of_peer(rows: &'static [&'static str], peer: Peer) -> Part {
    Part { rows, of: Of::Peer(peer) }
}

const fn figure(rows: &'static [&'static str]) -> Part {
    Part { rows, of: Of::Figure }
}

impl Of {
    fn is_meant(self, goal: &Goal, row: &Row) -> bool {
        match (self, goal) {
            (Self::Bare, Goal::Ratio(_) | Goal::Within(_)) => true,
            (Self::Figure, Goal::AtMost(_)) => true,
            (Self::Peer(peer), Goal::TimesPeer(of, _)) => peer == *of,
            (Self::Peer(peer), Goal::WithinPeer(_)) => Peer::beside(row).first() == Some(&peer),
            _ => false,
        }
    }
}

/// What one row shows of a goal, at its worst.
struct Shown<'a> {
    row: &'a Row,
    goal: Goal,
    cores: Cores,
    reached: Reached,
}

impl Part {
    /// What the row with the least margin shows; `None` if a row has not been measured.
    fn worst<'a>(&self, measured: &'a [Measured]) -> Option<Shown<'a>> {
        let mut worst: Option<Shown> = None;
        for id in self.rows {
            let Measured { row, outcome } = measured.iter().find(|measured| measured.row.id == *id)?;
            let goal = *row.goals.iter().find(|goal| self.of.is_meant(goal, row))?;
            for (cores, reached) in outcome.reached(row, |other| *other == goal) {
                let shown = Shown { row, goal, cores, reached: reached? };
                if worst.as_ref().is_none_or(|worst| shown.reached.margin < worst.reached.margin) {
                    worst = Some(shown);
                }
            }
        }
        worst
    }
}

impl Shown<'_> {
    fn text(&self) -> String {
        let cores = match self.cores {
            Cores::All => "all cores",
            Cores::One => "one core",
        };
        let (figure, asked) =
            (figure_text(self.goal, self.row.metric, self.reached.figure), goal_text(self.goal, self.row.metric));
        format!("{figure} ({}, {cores}; {asked})", self.row.id)
    }
}

impl Target {
    /// Whether it is met, and the figures that say so; of several rows the worst one's.
    fn judged(&self, measured: &[Measured]) -> (Option<bool>, String) {
        let worst: Vec<_> = self.parts.iter().map(|part| part.worst(measured)).collect();
        let missed = worst.iter().flatten().any(|shown| !shown.reached.is_met());
        let all = !worst.is_empty() && worst.iter().all(Option::is_some);
        let met = if missed { Some(false) } else { all.then_some(true) };
        let texts: Vec<_> = worst.iter().flatten().map(Shown::text).collect();
        (met, texts.join("; "))
    }
}

/// Prints the table of goals.
///
/// # Errors
/// The output is gone.
pub(crate) fn table(out: &mut impl Write, measured: &[Measured]) -> io::Result<()> {
    writeln!(out, "| # | goal | worst figure | |\n|---|---|---|---|")?;
    for (place, target) in TARGETS.iter().enumerate() {
        let (met, figures) = target.judged(measured);
        writeln!(out, "| {} | {} | {figures} | {} |", place + 1, target.what, verdict(met).unwrap_or("not measured"))?;
    }
    Ok(())
}

/// The goals as data.
#[derive(serde::Serialize)]
pub(crate) struct Line {
    number: usize,
    goal: &'static str,
    figures: String,
    met: Option<bool>,
}

/// All goals as data.
pub(crate) fn lines(measured: &[Measured]) -> Vec<Line> {
    let judged = TARGETS.iter().map(|target| (target.what, target.judged(measured)));
    judged.enumerate().map(|(place, (goal, (met, figures)))| Line { number: place + 1, goal, figures, met }).collect()
}

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use crate::rows;

    #[test]
    fn each_row_that_is_to_show_something_exists_and_has_a_goal_of_that_kind() {
        let rows = rows::all();
        for part in TARGETS.iter().flat_map(|target| target.parts) {
            for id in part.rows {
                let row = rows.iter().find(|row| row.id == *id).unwrap_or_else(|| panic!("there is no row {id}"));
                assert!(row.goals.iter().any(|goal| part.of.is_meant(goal, row)), "{id} has no such goal");
            }
        }
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        for target in &TARGETS {
            assert_eq!(target.judged(&[]), (None, String::new()), "{}", target.what);
        }
    }
}
