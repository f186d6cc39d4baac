//! How many instructions the runtime takes for each block, counted by callgrind.
//!
//! A network is run with so many blocks and with twice as many. The difference, divided by the number of blocks, is what one more
//! block costs; start and end fall out. Callgrind counts what the runtime's own process does outside the kernel, not its children,
//! and no time: so a figure repeats within a few per cent on any machine that runs the same binary. Jobs that run inside are counted.

use std::{
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
    row::{Chain, Link, Shape},
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
    shape: fn(usize, u64) -> Shape,
}

impl Hot {
    const fn small(what: &'static str, size: usize, shape: fn(usize, u64) -> Shape) -> Self {
        Self { what, size, blocks: 40_000, shape }
    }

    const fn large(what: &'static str, size: usize, shape: fn(usize, u64) -> Shape) -> Self {
        Self { what, size, blocks: 1_000, shape }
    }
}

/// All hot paths.
const HOT: [Hot; 9] = [
    Hot::small("source, forwarder, sink, fused where that is possible", 8, |_, count| native(Link::Fused, count)),
    Hot::small("source, forwarder, sink, two channels", 8, |_, count| native(Link::Channel, count)),
    Hot::small("two of these, apart, four channels", 8, |_, count| Shape::Two { joined: false, count }),
    Hot::small("the same, joined: a stepper puts two inputs in step", 8, |_, count| Shape::Two { joined: true, count }),
    Hot::small("source, batched write to a FIFO", 64, |size, count| mixed(Way::Out, size, count)),
    Hot::small("batched read from a FIFO, sink", 64, |size, count| mixed(Way::In, size, count)),
    Hot::small("source, FIFO, executable with the kit, FIFO, sink", 64, |size, count| {
        mixed(Way::OutAndBack, size, count)
    }),
    Hot::small("relay between executables", 64, |size, count| Shape::Chain(Chain::new(size, count).relay())),
    Hot::large("relay between executables", 64 * 1024, |size, count| Shape::Chain(Chain::new(size, count).relay())),
];

fn native(link: Link, count: u64) -> Shape {
    Shape::Native { link, count }
}

fn mixed(way: Way, size: usize, count: u64) -> Shape {
    Shape::Mixed(Mixed { way, size, count })
}

/// Prints a table of all hot paths, and puts it into the documents that are to be filled.
///
/// # Errors
/// There is no valgrind or no pipeloom, a network fails, or a document cannot be written.
pub(crate) fn count(args: &Args, places: &Places) -> Result<(), CountError> {
    let mut text = format!("{}, by `just callgrind`.\n\n", Machine::this()?);
    text.push_str("| what blocks go through | block | instructions a block |\n|---|---|---|\n");
    io::stdout().write_all(text.as_bytes())?;
    for hot in &HOT {
        let each: Result<Vec<_>, _> = (0..ROUNDS).map(|_| hot.each(places)).collect();
        let line = format!("| {} | {} | {:.0} |\n", hot.what, size(hot.size), median(each?).unwrap_or(f64::NAN));
        io::stdout().write_all(line.as_bytes())?;
        text.push_str(&line);
    }
    Ok(args.fill.iter().try_for_each(|document| page::fill(document, &[("instructions", &text)]))?)
}

impl Hot {
    /// The instructions for one more block.
    fn each(&self, places: &Places) -> Result<f64, CountError> {
        let [once, twice] = [1, 2].map(|times| self.total(self.blocks * times, places));
        Ok((twice? as f64 - once? as f64) / self.blocks as f64)
    }

    /// All instructions of a run with so many blocks.
    fn total(&self, blocks: u64, places: &Places) -> Result<u64, CountError> {
        let failed = |source| CountError::Run { what: self.what, source };
        let dir = tempfile::tempdir()?;
        let launch = ours::launch((self.shape)(self.size, blocks), places, dir.path()).map_err(failed)?;
        let mut launch = launch.ok_or(CountError::NoPipeloom)?;
        let path = dir.path().join("callgrind");
        let mut out = std::ffi::OsString::from("--callgrind-out-file=");
        out.push(&path);
        launch.programs[0].splice(0..0, ["valgrind".into(), "--tool=callgrind".into(), out]);
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
