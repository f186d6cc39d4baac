//! The figures as pictures: throughput over the size of blocks, latency, and throughput over the number of stages.

mod chart;

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use crate::{
    launch::Sample,
    measured::Measured,
    peers::Peer,
    rounds::Outcome,
    row::{Chain, Metric, Row, Shape},
    table::{size, typical},
};

use chart::{Axis, Bar, Drawn, Series};

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[error("failed to draw {path}")]
pub(crate) struct PictureError {
    path: PathBuf,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

const OURS: &str = "Pipeloom";
const BARE: &str = "bare";

/// Draws all pictures into a folder; one for which nothing was measured is left out.
///
/// # Errors
/// A file could not be written.
pub(crate) fn all(folder: &Path, measured: &[Measured]) -> Result<(), PictureError> {
    let drawn = |name: &str, draw: &dyn Fn(&Path) -> Drawn| {
        let path = folder.join(name);
        draw(&path).map_err(|source| PictureError { path, source })
    };
    let sizes = throughput(measured);
    if !sizes.is_empty() {
        let x = Axis { what: "bytes of a block", text: &|bytes| size(bytes as usize) };
        let y = Axis { what: "bytes a second", text: &|bytes| bytes_a_second(bytes) };
        drawn("throughput.svg", &|path| chart::lines(path, "Three executables, one call a block", &x, &y, &sizes))?;
    }
    let delays = latency(measured);
    if !delays.is_empty() {
        drawn("latency.svg", &|path| chart::bars(path, "Latency, half of all blocks", &delays, &microseconds))?;
    }
    let stages = stages(measured);
    if !stages.is_empty() {
        let x = Axis { what: "stages between source and sink", text: &|stages| format!("{stages:.0}") };
        let y = Axis { what: "blocks a second", text: &|blocks| thousands(blocks) };
        drawn("stages.svg", &|path| chart::lines(path, "Long chains of executables", &x, &y, &stages))?;
    }
    Ok(())
}

/// Bytes a second over the size of a block, of everybody who runs the plain chain of three.
fn throughput(measured: &[Measured]) -> Vec<Series> {
    let plain = |row: &Row| Peer::beside(row).contains(&Peer::Dd);
    let bytes = |row: &Row, seconds: f64| row.count() as f64 * row.size() as f64 / seconds;
    let mut series = Lines::default();
    for Measured { row, outcome } in measured.iter().filter(|measured| plain(&measured.row)) {
        for (name, samples) in everybody(row, outcome) {
            series.add(name, row.size() as f64, typical(row, samples).map(|seconds| bytes(row, seconds)));
        }
    }
    series.sorted()
}

/// Blocks a second over the number of connectors, for each size of blocks.
fn stages(measured: &[Measured]) -> Vec<Series> {
    let mut series = Lines::default();
    for Measured { row, outcome } in measured.iter().filter(|measured| measured.row.answers_to("W7")) {
        if let Shape::Chain(Chain { connectors, .. }) = row.shape {
            for (name, samples) in everybody(row, outcome) {
                let rate = typical(row, samples).map(|seconds| row.count() as f64 / seconds);
                series.add(format!("{name}, {}", size(row.size())), connectors as f64, rate);
            }
        }
    }
    series.sorted()
}

/// Delays of everybody who was measured.
fn latency(measured: &[Measured]) -> Vec<Bar> {
    let rows = measured.iter().filter(|measured| measured.row.metric == Metric::Delay);
    let bars = rows.flat_map(|Measured { row, outcome }| {
        everybody(row, outcome).into_iter().filter_map(|(name, samples)| {
            let label = format!("{}, {}: {name}", row.what, size(row.size()));
            Some(Bar { label, value: typical(row, samples)?, is_ours: name == OURS })
        })
    });
    bars.collect()
}

/// Who was measured for a row, on all cores.
fn everybody<'a>(row: &Row, outcome: &'a Outcome) -> Vec<(String, &'a [Sample])> {
    let samples = &outcome.all;
    let mut all = vec![(OURS.to_owned(), samples.ours.as_slice()), (BARE.to_owned(), samples.bare.as_slice())];
    all.extend(
        Peer::beside(row)
            .into_iter()
            .filter_map(|peer| Some((peer.name().to_owned(), samples.peers.get(&peer)?.as_slice()))),
    );
    all
}

/// Lines that are put together point by point.
#[derive(Default)]
struct Lines(Vec<Series>);

impl Lines {
    fn add(&mut self, name: String, x: f64, y: Option<f64>) {
        let Some(y) = y else { return };
        let place = self.0.iter().position(|series| series.name == name).unwrap_or_else(|| {
            self.0.push(Series { is_ours: name.starts_with(OURS), name, points: Vec::new() });
            self.0.len() - 1
        });
        self.0[place].points.push((x, y));
    }

    fn sorted(mut self) -> Vec<Series> {
        for series in &mut self.0 {
            series.points.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        }
        self.0
    }
}

fn bytes_a_second(bytes: f64) -> String {
    match bytes {
        1e9.. => format!("{} GB/s", bytes / 1e9),
        1e6.. => format!("{} MB/s", bytes / 1e6),
        _ => format!("{} kB/s", bytes / 1e3),
    }
}

fn thousands(count: f64) -> String {
    match count {
        1e6.. => format!("{} M", count / 1e6),
        1e3.. => format!("{} k", count / 1e3),
        _ => format!("{count}"),
    }
}

fn microseconds(seconds: f64) -> String {
    format!("{:.0} µs", seconds * 1e6)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rows;

    fn measured(id: &str, seconds: f64) -> Measured {
        let row = rows::all().into_iter().find(|row| row.id == id).unwrap();
        let sample = |seconds| Sample { flow: Some(seconds), delay: Some(seconds), ..Sample::default() };
        let mut outcome = Outcome::default();
        outcome.all.ours.push(sample(seconds));
        outcome.all.bare.push(sample(seconds / 2.0));
        Measured { row, outcome }
    }

    #[test]
    fn lines_go_from_small_blocks_to_large_ones_whatever_the_order_of_rows() {
        let lines = throughput(&[measured("W3.chain", 1.0), measured("W1.chain", 1.0)]);
        let names: Vec<_> = lines.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, [OURS, BARE]);
        let sizes: Vec<_> = lines[0].points.iter().map(|(size, _)| *size).collect();
        assert_eq!(sizes, [64.0, 1024.0 * 1024.0]);
    }

    #[test]
    fn each_picture_shows_who_was_measured() {
        let dir = tempfile::tempdir().unwrap();
        let rows = ["W1.chain", "W3.chain", "W5.idle", "W7.1", "W7.64"].map(|id| measured(id, 0.5));
        all(dir.path(), &rows).unwrap();
        for name in ["throughput.svg", "latency.svg", "stages.svg"] {
            let picture = fs::read_to_string(dir.path().join(name)).unwrap();
            assert!(picture.contains(OURS) && picture.contains(BARE), "{name}: {picture}");
        }
    }

    #[test]
    fn of_what_was_not_measured_there_is_no_picture() {
        let dir = tempfile::tempdir().unwrap();
        all(dir.path(), &[]).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
