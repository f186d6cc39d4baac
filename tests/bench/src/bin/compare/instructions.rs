//! How many instructions the runtime takes for each block, counted by callgrind.
//!
//! A network is run with so many blocks and with twice as many. The difference, divided by the number of blocks, is what one more
//! block costs; start and end fall out. Callgrind counts what the runtime's own process does outside the kernel, not its children,
//! and no time: so a figure repeats within a few per cent on any machine that runs the same binary. Jobs that run inside are counted.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    args::{Args, Places},
    error::BenchError,
    machine::Machine,
    mixed::{Mixed, Way},
    ours,
    page::{self, PageError},
    row::{Link, Shape},
    stats::median,
    table::size,
};

/// Counts for each figure: what threads find when they look differs from run to run.
const ROUNDS: usize = 3;

/// Why instructions could not be counted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CountError {
    #[error("there is no pipeloom beside this program: build it, or name one by --pipeloom")]
    NoPipeloom,
    #[error("failed to run {what} under valgrind, which must be installed")]
    Run {
        what: &'static str,
        #[source]
        source: BenchError,
    },
    #[error("there is no count of instructions in {path}")]
    NoTotal { path: PathBuf },
    #[error("failed to read or print a count")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Page(#[from] PageError),
}

/// What blocks go through.
struct Hot {
    what: &'static str,
    /// Bytes of a payload.
    size: usize,
    /// Blocks of the smaller run.
    blocks: u64,
    through: Through,
}

/// A network.
enum Through {
    /// All of it runs inside the runtime.
    Inside(fn(u64) -> Shape),
    /// Programs stand beside it. Older versions of valgrind do not know a call that children need.
    Beside(Way),
}

impl Hot {
    const fn inside(what: &'static str, shape: fn(u64) -> Shape) -> Self {
        Self { what, size: size_of::<u64>(), blocks: SMALL, through: Through::Inside(shape) }
    }

    const fn beside(what: &'static str, size: usize, blocks: u64, way: Way) -> Self {
        Self { what, size, blocks, through: Through::Beside(way) }
    }
}

/// Blocks of the smaller run, where they are small.
const SMALL: u64 = 40_000;
/// The same where they are large.
const LARGE: u64 = 1_000;
/// The same where only the counting is to be shown.
const QUICK: u64 = 10;
const KIB: usize = 1024;

/// All hot paths.
const HOT: [Hot; 9] = [
    Hot::inside("source, forwarder, sink, fused", |count| Shape::Native {
        link: Link::Fused,
        size: size_of::<u64>(),
        count,
    }),
    Hot::inside("source, channel, forwarder, channel, sink", |count| Shape::Native {
        link: Link::Channel,
        size: size_of::<u64>(),
        count,
    }),
    Hot::inside("two of these, apart", |count| Shape::Two { joined: false, count }),
    Hot::inside("two of these, joined: a stepper puts two inputs in step", |count| Shape::Two { joined: true, count }),
    Hot::beside("source, relay, batched write to a FIFO", 64, SMALL, Way::Out),
    Hot::beside("batched read from a FIFO, relay, sink", 64, SMALL, Way::In),
    Hot::beside("source, relay, FIFO, a program that batches, FIFO, relay, sink", 64, SMALL, Way::OutAndBack),
    Hot::beside("source, relay, write to a FIFO", 64 * KIB, LARGE, Way::Out),
    Hot::beside("read from a FIFO, relay, sink", 64 * KIB, LARGE, Way::In),
];

/// Prints a table of all hot paths, and puts it into the documents that are to be filled.
///
/// # Errors
/// There is no valgrind or no pipeloom, a network fails, or a document cannot be written.
pub(crate) fn count(args: &Args, places: &Places) -> Result<(), CountError> {
    let mut text = format!("{}, by `just callgrind`.\n\n", Machine::this()?);
    text.push_str("| what blocks go through | block | instructions a block |\n|---|---|---|\n");
    io::stdout().write_all(text.as_bytes())?;
    for hot in &HOT {
        let (rounds, blocks) = if args.quick { (1, QUICK) } else { (ROUNDS, hot.blocks) };
        let each: Result<Vec<_>, _> = (0..rounds).map(|_| hot.each(blocks, places)).collect();
        let line = format!("| {} | {} | {:.0} |\n", hot.what, size(hot.size), median(each?).unwrap_or(f64::NAN));
        io::stdout().write_all(line.as_bytes())?;
        text.push_str(&line);
    }
    Ok(args.fill.iter().try_for_each(|document| page::fill(document, &[("instructions", &text)]))?)
}

impl Hot {
    /// The instructions for one more block.
    fn each(&self, blocks: u64, places: &Places) -> Result<f64, CountError> {
        let [once, twice] = [1, 2].map(|times| self.total(blocks * times, places));
        Ok((twice? as f64 - once? as f64) / blocks as f64)
    }

    /// All instructions of a run with so many blocks.
    fn total(&self, blocks: u64, places: &Places) -> Result<u64, CountError> {
        let failed = |source| CountError::Run { what: self.what, source };
        let dir = tempfile::tempdir()?;
        let launch = match self.through {
            Through::Inside(shape) => ours::launch(shape(blocks), places, dir.path()),
            Through::Beside(way) => {
                let (network, more) = Mixed { way, size: self.size, count: blocks }.network_alone(places, dir.path());
                ours::of_network(&network, more, places, dir.path())
            }
        };
        let mut launch = launch.map_err(failed)?.ok_or(CountError::NoPipeloom)?;
        let path = dir.path().join("callgrind");
        // Valgrind runs one thread at a time. Without turns, one that looks for work might keep another from giving it.
        let mut out = OsString::from("--callgrind-out-file=");
        out.push(&path);
        launch.programs[0].splice(0..0, ["valgrind".into(), "--tool=callgrind".into(), "--fair-sched=yes".into(), out]);
        launch.run(dir.path()).map_err(failed)?;
        total(&path)
    }
}

/// The total that callgrind has written.
fn total(path: &Path) -> Result<u64, CountError> {
    let file = fs::read_to_string(path)?;
    let total = file.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    total.ok_or(CountError::NoTotal { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found_in_what_callgrind_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("callgrind");
        fs::write(&path, "events: Ir\nsummary: 17\n\nfn=(1) main\n1 17\n\ntotals: 17\n").unwrap();
        assert_eq!(total(&path).unwrap(), 17);
        fs::write(&path, "events: Ir\n").unwrap();
        assert!(matches!(total(&path), Err(CountError::NoTotal { .. })));
    }
}
