//! What the end of a chain saw, and when.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

/// The figures of one run, as written by a sink under `--report` and read by the harness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Sum over all payloads as u64; 0 where payloads were not touched.
    pub sum: u64,
    /// Blocks seen.
    pub count: u64,
    /// Sum of the numbers of the blocks seen, where some may be lost on the way.
    pub numbers: u64,
    /// When the first block was in, monotonic nanoseconds.
    pub first_ns: u64,
    /// When the last block was in, monotonic nanoseconds.
    pub last_ns: u64,
    /// How long blocks were under way, where the program measured it.
    pub delays: Option<Delays>,
    /// For each kill, how long it took until the next life of who was killed had a block there.
    pub recoveries_ns: Vec<u64>,
    /// What the processes that were weighed hold of the memory.
    pub memory_bytes: Option<u64>,
}

/// The distribution of delays, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delays {
    /// Half of all blocks took no longer.
    pub p50_ns: u64,
    /// 99 of 100 blocks took no longer.
    pub p99_ns: u64,
    /// The slowest block.
    pub max_ns: u64,
}

impl Delays {
    /// The distribution of `delays_ns`; `None` for no delays.
    pub fn of(mut delays_ns: Vec<u64>) -> Option<Self> {
        delays_ns.sort_unstable();
        let at = |percent: usize| delays_ns.get((delays_ns.len() * percent / 100).min(delays_ns.len().checked_sub(1)?));
        Some(Self { p50_ns: *at(50)?, p99_ns: *at(99)?, max_ns: *at(100)? })
    }
}

impl Report {
    /// Prints `sum count`, and writes everything as JSON to `path` if there is one.
    ///
    /// # Errors
    /// Either of the two could not be written.
    pub fn publish(&self, path: Option<&Path>) -> io::Result<()> {
        if let Some(path) = path {
            self.write(path)?;
        }
        writeln!(io::stdout(), "{} {}", self.sum, self.count)
    }

    /// Writes everything as JSON.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        Ok(serde_json::to_writer(File::create(path)?, self)?)
    }

    /// Reads what [`Report::publish`] wrote.
    ///
    /// # Errors
    /// The file is missing or is no report.
    pub fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_reader(File::open(path)?)?)
    }
}
