//! Each state and each event, and what comes of them.
//!
//! A table has a column for each state and a row for each event, in words that stand explained above it. Nothing in it is made by
//! the machine; each cell is held against what the machine does. `.` means that nothing comes of the event for whom the table
//! is about: it does not matter, or cannot be and is not believed. `note` means that it changes what comes of later events
//! only.
//!
//! ```text
//! kinds    the names of all states, events and actions
//! stage    the network that the tables are about
//! program  the lives of a program
//! native   the lives of a native job
//! together the lives of a program that is started again together with another job
//! run      how far the run is
//! ```
//!
//! A state, event or action that is new has no name at first, and does not compile; then tests fail until it stands in the tables.

mod kinds;
mod native;
mod program;
mod run;
mod stage;
mod together;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pipeloom_config::Network;

use super::At;
use crate::supervise::Incarnation;
use crate::supervise::job::{Life, Processes};
use stage::{Stage, Told};

/// Lives that go with what is there of a job in no table, as no event leads there.
const CANNOT_BE: [(&str, &[&str]); 7] = [
    ("waiting", &["there", "left", "told", "timed"]),
    ("starting", &["gone", "left", "told", "timed"]),
    ("running", &["gone", "left", "told", "timed"]),
    ("resting", &["there"]),
    ("rested", &["there"]),
    ("unclear", &["there"]),
    ("ended", &["there"]),
];

/// Stages of stopping in which a run never stands: whoever is there when it comes to them is left behind, and it is over.
const PASSING: [&str; 1] = ["leaving"];

/// States, events, and what comes of them.
struct Table {
    network: fn() -> Network,
    /// What the machine calls the state of a column.
    state: fn(&Stage) -> String,
    told: fn(Told) -> String,
    /// What has led to the state of each column, by its heading.
    histories: &'static [(&'static str, &'static [&'static str])],
    /// What the words in its cells mean.
    words: &'static [(&'static str, &'static str)],
    cells: &'static str,
}

/// All tables.
const TABLES: [Table; 6] =
    [program::THERE, program::JUDGED, program::RESTING, native::TABLE, together::TABLE, run::TABLE];

impl Table {
    /// Its columns' headings: the words that stand above one another.
    fn headings(&self) -> Vec<String> {
        let heads = self.lines().filter(|(row, _)| row.is_empty()).map(|(_, words)| words);
        let joined =
            heads.reduce(|above, below| std::iter::zip(above, below).map(|(a, b)| format!("{a} {b}")).collect());
        joined.unwrap_or_default()
    }

    /// Its rows: the event's name, and a word for each column.
    fn rows(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        self.lines().filter(|(row, _)| !row.is_empty())
    }

    fn lines(&self) -> impl Iterator<Item = (&'static str, Vec<String>)> {
        let line = |line: &'static str| {
            let (row, words) = line.split_once('|')?;
            Some((row.trim(), words.split_whitespace().map(str::to_owned).collect()))
        };
        self.cells.lines().filter_map(line)
    }

    /// What a word in a cell means.
    fn meaning(&self, word: &str) -> &'static str {
        let everywhere = [(".", "nothing"), ("note", "noted")];
        let found = everywhere.iter().chain(self.words).find(|(known, _)| *known == word);
        found.unwrap_or_else(|| panic!("the word {word:?} means nothing")).1
    }

    /// All states, each made anew for each use.
    fn stages(&self) -> impl Iterator<Item = (&'static str, impl Fn() -> Stage)> {
        let network = (self.network)();
        self.histories.iter().map(move |(heading, history)| {
            let network = network.clone();
            (*heading, move || Stage::after(&network, history))
        })
    }

    #[track_caller]
    fn holds(&self) {
        let stages: Vec<_> = self.stages().collect();
        assert_eq!(self.headings(), stages.iter().map(|(heading, _)| *heading).collect::<Vec<_>>());
        let mut wrong = String::new();
        for (row, words) in self.rows() {
            assert_eq!(words.len(), stages.len(), "the cells of row {row}");
            for ((heading, stage), word) in stages.iter().zip(&words) {
                let stage = stage();
                let event = stage.event(row, stage.at());
                let (expected, told) = (self.meaning(word), (self.told)(stage.told(event)));
                if told != expected {
                    let _ = writeln!(wrong, "{heading}, {row}: {word} = {expected}, but it is {told}");
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}

/// Whether a job may stand so.
pub(super) fn can_be(life: &Life, processes: &Processes) -> bool {
    let (life, processes) = (kinds::life(life), kinds::processes(processes));
    !CANNOT_BE.iter().any(|(other, never)| *other == life && never.contains(&processes))
}

#[test]
fn a_program_until_its_main_process_ends() {
    program::THERE.holds();
}

#[test]
fn a_program_whose_end_is_judged_or_is_to_be() {
    program::JUDGED.holds();
}

#[test]
fn a_program_that_is_to_be_started_again() {
    program::RESTING.holds();
}

#[test]
fn a_native_job() {
    native::TABLE.holds();
}

#[test]
fn a_program_that_is_started_again_with_another_job() {
    together::TABLE.holds();
}

#[test]
fn the_run() {
    run::TABLE.holds();
}

#[test]
fn the_columns_are_what_they_are_called() {
    for table in TABLES {
        for (heading, stage) in table.stages() {
            assert_eq!((table.state)(&stage()), heading);
        }
    }
}

#[test]
fn every_event_has_a_row_in_every_table() {
    let kinds: BTreeSet<&str> = kinds::EVENTS.iter().copied().collect();
    for table in TABLES {
        let rows: BTreeSet<&str> = table.rows().map(|(row, _)| row.split(':').next().unwrap_or_default()).collect();
        assert_eq!(rows, kinds);
        let (_, stage) = table.stages().next().unwrap();
        for (row, _) in table.rows() {
            let stage = stage();
            assert!(row.starts_with(kinds::event(&stage.event(row, stage.at()))), "{row}");
        }
    }
}

#[test]
fn every_state_has_a_column_or_cannot_be() {
    let stages = TABLES.iter().flat_map(|table| table.stages().map(|(_, stage)| stage()).collect::<Vec<_>>());
    let (mut jobs, mut rungs) = (BTreeSet::new(), BTreeSet::from(PASSING));
    for stage in stages {
        jobs.insert((kinds::life(&stage.job().life), stage.processes()));
        rungs.insert(stage.rung());
    }
    let never: BTreeSet<_> =
        CANNOT_BE.iter().flat_map(|(life, never)| never.iter().map(|there| (*life, *there))).collect();
    assert_eq!(jobs.intersection(&never).count(), 0);
    let all = kinds::LIVES.iter().flat_map(|life| kinds::PROCESSES.iter().map(|there| (*life, *there)));
    assert_eq!(jobs.union(&never).copied().collect::<BTreeSet<_>>(), all.collect());
    assert_eq!(rungs, kinds::RUNGS.iter().copied().chain(["finished"]).collect());
}

#[test]
fn what_is_told_of_another_life_changes_nothing() {
    for table in TABLES {
        let rows: Vec<&str> = table.rows().map(|(row, _)| row).collect();
        for (heading, stage) in table.stages() {
            for row in &rows {
                let stage = stage();
                let other = At { incarnation: Incarnation::of(7), ..stage.at() };
                let event = stage.event(row, other);
                if event.at().is_some() || row.starts_with("exited") {
                    assert_eq!(stage.told(event).of_the_run(), "nothing", "{heading}, {row}");
                }
            }
        }
    }
}
