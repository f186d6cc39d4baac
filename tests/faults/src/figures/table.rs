//! The table of all figures.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use super::Figures;

/// All figures of a run of the suite.
#[derive(Clone, Debug, Default)]
pub struct Table {
    all: Vec<Figures>,
    /// The cases that there are.
    cases: Vec<String>,
}

/// A line of a table.
type Row = Vec<String>;

impl Table {
    /// A table of these figures.
    pub const fn of(all: Vec<Figures>) -> Table {
        Table { all, cases: Vec::new() }
    }

    /// Each of these cases must be in it.
    pub fn with_cases(self, cases: Vec<String>) -> Table {
        Table { cases, ..self }
    }

    /// The figures that are kept in a folder.
    ///
    /// # Errors
    /// If it cannot be read, or something else is in it.
    pub fn read(folder: &Path) -> io::Result<Table> {
        let mut all = Vec::new();
        for entry in fs::read_dir(folder)? {
            for line in fs::read_to_string(entry?.path())?.lines() {
                all.push(serde_json::from_str(line)?);
            }
        }
        Ok(Table::of(all))
    }

    /// Whether something was tried, no case was left out, and nothing failed.
    pub fn is_good(&self) -> bool {
        let failed = self.all.iter().any(|figures| figures.failed);
        self.tried().next().is_some() && self.left_out().next().is_none() && !failed
    }

    /// The table as it stands at the end of the catalogue, for a terminal.
    pub fn text(&self) -> String {
        let rows = self.rows();
        let width = rows.iter().map(|(what, _)| what.len()).max().unwrap_or_default();
        rows.iter().map(|(what, figure)| format!("{what:width$}  {figure}\n")).collect()
    }

    /// The same as Markdown, with a second table for the cases.
    pub fn markdown(&self) -> String {
        let all = self.rows().into_iter().map(|(what, figure)| vec![what.to_owned(), figure]);
        let heads = ["case", "runs", "faults", "blocks", "recovery p50", "p99"];
        [lines(&["figure", ""], all), lines(&heads, self.by_case().into_iter())].join("\n")
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let sum = |field: fn(&Figures) -> u64| self.tried().map(field).sum::<u64>().to_string();
        let cases: BTreeSet<&str> = self.tried().map(|figures| figures.case.as_str()).collect();
        let seeds: BTreeSet<u64> = self.tried().map(|figures| figures.seed).collect();
        let recovery = self.tried().flat_map(|figures| figures.recovery_ms.iter().copied()).collect();
        let (p50, p99) = percentiles(recovery);
        vec![
            ("faults injected", sum(|figures| figures.faults)),
            ("cases", cases.len().to_string()),
            ("runs", self.tried().count().to_string()),
            ("seeds", seeds.len().to_string()),
            ("blocks sent", sum(|figures| figures.blocks)),
            ("lost beyond policy", sum(|figures| figures.lost)),
            ("twice beyond window", sum(|figures| figures.twice)),
            ("garbage", sum(|figures| figures.garbage)),
            ("orphans", sum(|figures| figures.orphans)),
            ("descriptors leaked", sum(|figures| figures.descriptors)),
            ("hangs", sum(|figures| figures.hangs)),
            ("illegal states", sum(|figures| figures.illegal)),
            ("recovery p50, ms", p50),
            ("recovery p99, ms", p99),
            ("simulated runs", self.simulated().to_string()),
            ("failed", self.failed()),
            ("skipped", self.skipped()),
            ("left out", named(self.left_out().map(str::to_owned))),
        ]
    }

    fn by_case(&self) -> Vec<Row> {
        let mut cases: BTreeMap<&str, Vec<&Figures>> = BTreeMap::new();
        self.tried().for_each(|figures| cases.entry(&figures.case).or_default().push(figures));
        let row = |(case, runs): (&str, Vec<&Figures>)| {
            let sum = |field: fn(&Figures) -> u64| runs.iter().copied().map(field).sum::<u64>().to_string();
            let (p50, p99) = percentiles(runs.iter().flat_map(|run| run.recovery_ms.iter().copied()).collect());
            let (faults, blocks) = (sum(|figures| figures.faults), sum(|figures| figures.blocks));
            vec![format!("`{case}`"), runs.len().to_string(), faults, blocks, p50, p99]
        };
        cases.into_iter().map(row).collect()
    }

    fn tried(&self) -> impl Iterator<Item = &Figures> {
        self.all.iter().filter(|figures| figures.skipped.is_none() && figures.simulated.is_none())
    }

    /// How many seeds were simulated, each counted once, without those among which a bad one was found.
    fn simulated(&self) -> u64 {
        let good = self.all.iter().filter(|figures| !figures.failed);
        let mut ranges: Vec<(u64, u64)> =
            good.filter_map(|figures| figures.simulated.as_ref()).map(|seeds| (seeds.start, seeds.end)).collect();
        ranges.sort_unstable();
        let (mut count, mut counted) = (0, 0);
        for (start, end) in ranges {
            count += end.saturating_sub(start.max(counted));
            counted = counted.max(end);
        }
        count
    }

    /// The cases of which there is nothing.
    fn left_out(&self) -> impl Iterator<Item = &str> {
        let there: BTreeSet<&str> = self.all.iter().map(|figures| figures.case.as_str()).collect();
        self.cases.iter().map(String::as_str).filter(move |case| !there.contains(case))
    }

    fn failed(&self) -> String {
        named(
            self.all
                .iter()
                .filter(|figures| figures.failed)
                .map(|figures| format!("{} ({})", figures.case, figures.seed)),
        )
    }

    fn skipped(&self) -> String {
        let skipped = |figures: &Figures| figures.skipped.as_ref().map(|why| format!("{} (needs {why})", figures.case));
        named(self.all.iter().filter_map(skipped))
    }
}

/// How many there are, and which.
fn named(names: impl Iterator<Item = String>) -> String {
    let names: BTreeSet<String> = names.collect();
    let list: Vec<String> = names.iter().cloned().collect();
    if list.is_empty() { "0".to_owned() } else { format!("{}: {}", list.len(), list.join(", ")) }
}

/// The time that half of all needed at most, and that of all but one in a hundred.
fn percentiles(mut times: Vec<f64>) -> (String, String) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (times.len() as f64 * share).ceil() as usize;
        times.get(place.max(1) - 1).map_or_else(|| "-".to_owned(), |time| format!("{time:.0}"))
    };
    (at(0.5), at(0.99))
}

/// A table in Markdown.
fn lines(heads: &[&str], rows: impl Iterator<Item = Row>) -> String {
    let rule = heads.iter().map(|_| "---".to_owned()).collect();
    let heads = heads.iter().map(|&head| head.to_owned()).collect();
    [heads, rule].into_iter().chain(rows).map(|row: Row| format!("| {} |\n", row.join(" | "))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Table, percentiles};
    use crate::figures::Figures;

    #[test]
    fn percentiles_are_times_that_were_needed() {
        assert_eq!(percentiles(Vec::new()), ("-".to_owned(), "-".to_owned()));
        assert_eq!(percentiles(vec![3.0]), ("3".to_owned(), "3".to_owned()));
        assert_eq!(percentiles((1..=200).rev().map(f64::from).collect()), ("100".to_owned(), "198".to_owned()));
    }

    #[test]
    fn what_was_skipped_is_not_counted_as_tried() {
        let tried = Figures { faults: 2, blocks: 10, recovery_ms: vec![5.0], ..Figures::of(1, "a01_x", 1) };
        let skipped = Figures { skipped: Some("cgroups".to_owned()), ..Figures::of(23, "a23_y", 0) };
        let table = Table::of(vec![tried.clone(), Figures { seed: 2, ..tried }, skipped.clone()]);
        assert!(table.is_good());
        let text = table.text();
        for line in
            ["faults injected      4", "runs                 2", "skipped              1: a23_y (needs cgroups)"]
        {
            assert!(text.contains(line), "{line}:\n{text}");
        }
        assert!(table.markdown().contains("| `a01_x` | 2 | 4 | 20 | 5 | 5 |"));
        assert!(!Table::of(vec![skipped]).is_good(), "nothing was tried");
    }

    #[test]
    fn a_case_of_which_there_is_nothing_is_named() {
        let table = Table::of(vec![Figures::of(1, "a01_x", 1)]);
        assert!(table.clone().with_cases(vec!["a01_x".to_owned()]).is_good());
        let table = table.with_cases(vec!["a01_x".to_owned(), "a02_y".to_owned()]);
        assert!(!table.is_good());
        assert!(table.text().contains("1: a02_y"), "{}", table.text());
    }

    #[test]
    fn simulated_runs_are_counted_apart_and_once() {
        let simulated = |seeds| Figures { simulated: Some(seeds), ..Figures::of(0, "simulated", 0) };
        let parts = vec![simulated(0..500), simulated(400..700), simulated(900..1000), Figures::of(1, "a01_x", 1)];
        let text = Table::of(parts).text();
        assert!(text.contains("simulated runs       800") && text.contains("runs                 1\n"), "{text}");
        let bad = Figures { failed: true, seed: 17, ..simulated(0..500) };
        assert!(Table::of(vec![bad]).text().contains("1: simulated (17)"));
    }

    #[test]
    fn what_failed_is_named_with_its_seed() {
        let table = Table::of(vec![Figures { failed: true, ..Figures::of(1, "a01_x", 7) }]);
        assert!(!table.is_good());
        assert!(table.text().contains("1: a01_x (7)"));
    }
}
