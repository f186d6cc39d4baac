//! What runs once for one contender of a row, and what it took.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};
use pipeloom_bench::{clock::monotonic_ns, pattern, report::Report};

use crate::{appear, error::BenchError, group::Group};

/// A run takes seconds; what takes this long hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// A group of programs that do one row's work once.
#[derive(Debug, Default)]
pub(crate) struct Launch {
    /// Programs in the order they are started in.
    pub(crate) programs: Vec<Vec<OsString>>,
    /// What the first program makes and the others open.
    pub(crate) made_by_first: Vec<PathBuf>,
    /// How their standard streams are joined.
    pub(crate) streams: Streams,
    /// What each end leaves behind.
    pub(crate) expects: Vec<Expected>,
}

/// How the standard streams of a group are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Streams {
    /// Not at all: programs open paths.
    #[default]
    Apart,
    /// Like a shell's pipeline; what comes out is thrown away.
    Pipeline,
    /// Like a shell's pipeline; the time of the first byte that comes out is taken.
    Watched,
}

/// The report that must be there afterwards.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) report: PathBuf,
    /// Blocks that must have come.
    pub(crate) count: u64,
    /// What they must sum up to, if it can be known.
    sum: Option<u64>,
    /// Which blocks may be lost on the way: the others must still be what they were.
    loss: Loss,
    /// How many blocks the figures are told for, where a slow contender moves fewer.
    stands_for: u64,
}

/// Which blocks may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// None.
    None,
    /// Any, of so many bytes each. The report tells which have come, by the sum of their numbers.
    Any { size: usize },
    /// The last ones, of so many bytes each.
    Last { size: usize },
}

/// What one run took, in seconds, and what it held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// From the first start to the last exit.
    pub(crate) wall: f64,
    /// User and system time of all processes.
    pub(crate) cpu: f64,
    /// From the first block to the last at the chain's end.
    pub(crate) flow: Option<f64>,
    /// From the first start to the first block at the chain's end.
    pub(crate) first: Option<f64>,
    /// Median of the blocks' delays.
    pub(crate) delay: Option<f64>,
    /// The part of all blocks that was lost on the way.
    pub(crate) lost: f64,
    /// From each kill to the next life's first block at the chain's end.
    pub(crate) recoveries: Vec<f64>,
    /// Bytes of memory.
    pub(crate) memory: Option<f64>,
}

impl Launch {
    /// Runs the group to its end in `dir`.
    ///
    /// # Errors
    /// A program did not start, failed or hung, or the chain's end saw something else than what was sent.
    pub(crate) fn run(&self, dir: &Path) -> Result<Sample, BenchError> {
        let log = dir.join("stderr");
        let stderr = File::create(&log)?;
        let cpu_before = children_cpu()?;
        let start_ns = monotonic_ns()?;
        let mut group = Group::default();
        let first_byte_ns = self.start(&mut group, &stderr).and_then(|last| group.wait(last, DEADLINE));
        let end_ns = monotonic_ns()?;
        let first_byte_ns = first_byte_ns.map_err(|error| with_words(error, &log))?;
        let sample = Sample {
            wall: seconds(start_ns, end_ns),
            cpu: children_cpu()? - cpu_before,
            first: first_byte_ns.map(|first_ns| seconds(start_ns, first_ns)),
            ..Sample::default()
        };
        self.expects.iter().try_fold(sample, |sample, expected| expected.complete(sample, start_ns))
    }

    /// Starts all programs; gives the end of a watched pipeline.
    fn start(&self, group: &mut Group, stderr: &File) -> Result<Option<File>, BenchError> {
        let mut stdin = Stdio::null();
        for (place, argv) in self.programs.iter().enumerate() {
            if place == 1 {
                self.made_by_first.iter().try_for_each(|path| appear::wait_for(path))?;
            }
            let last = place + 1 == self.programs.len();
            let joined = match self.streams {
                Streams::Apart => false,
                Streams::Pipeline => !last,
                Streams::Watched => true,
            };
            let (stdout, next) = if joined {
                let (reader, writer) = io::pipe()?;
                (Stdio::from(writer), Some(OwnedFd::from(reader)))
            } else {
                (Stdio::null(), None)
            };
            group.spawn(argv, stdin, stdout, stderr.try_clone()?)?;
            match next {
                Some(end) if last => return Ok(Some(File::from(end))),
                Some(end) => stdin = Stdio::from(end),
                None => stdin = Stdio::null(),
            }
        }
        Ok(None)
    }
}

impl Expected {
    /// A report over blocks 1 to `count` of `size` bytes, each filled with its number.
    pub(crate) fn filled(report: PathBuf, size: usize, count: u64) -> Self {
        let sum = Some(pattern::expected_sum(size, count));
        Self { sum, ..Self::counted(report, count) }
    }

    /// A report over `count` blocks, or kills, with no sum that can be known.
    pub(crate) fn counted(report: PathBuf, count: u64) -> Self {
        Self { report, count, sum: None, loss: Loss::None, stands_for: count }
    }

    /// Blocks may be lost on the way.
    pub(crate) fn lossy(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }

    /// The time between blocks is told for so many of them.
    pub(crate) fn standing_for(self, count: u64) -> Self {
        Self { stands_for: count, ..self }
    }

    /// Adds what one end saw, if it is what was sent. Of several ends the last one counts.
    fn complete(&self, sample: Sample, start_ns: u64) -> Result<Sample, BenchError> {
        let seen = Report::read(&self.report).map_err(BenchError::NoReport)?;
        self.check(&seen)?;
        let scale = self.stands_for as f64 / seen.count as f64;
        Ok(Sample {
            // Between the first block and the last there is no time if that is one and the same.
            flow: if seen.count > 1 {
                later(sample.flow, seconds(seen.first_ns, seen.last_ns) * scale)
            } else {
                sample.flow
            },
            first: later(sample.first, seconds(start_ns, seen.first_ns)),
            delay: seen.delays.map(|delays| delays.p50_ns as f64 / 1e9),
            lost: 1.0 - seen.count as f64 / self.count as f64,
            memory: seen.memory_bytes.map(|bytes| bytes as f64),
            recoveries: seen.recoveries_ns.iter().map(|&nanos| nanos as f64 / 1e9).collect(),
            ..sample
        })
    }

    fn check(&self, seen: &Report) -> Result<(), BenchError> {
        let sum = match (self.sum, self.loss) {
            (Some(sum), Loss::None) => sum,
            (Some(_), Loss::Any { size }) => pattern::sum_of_numbers(size, seen.numbers),
            (Some(_), Loss::Last { size }) => pattern::expected_sum(size, seen.count),
            (None, _) => seen.sum,
        };
        let came = seen.count == self.count || self.loss != Loss::None && (1..self.count).contains(&seen.count);
        if came && seen.sum == sum {
            return Ok(());
        }
        Err(BenchError::Wrong { sum: seen.sum, count: seen.count, expected_sum: sum, expected_count: self.count })
    }
}

fn later(before: Option<f64>, seconds: f64) -> Option<f64> {
    Some(before.map_or(seconds, |before| before.max(seconds)))
}

/// Seconds of user and system time of all children waited for so far, and of theirs.
fn children_cpu() -> Result<f64, BenchError> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|source| BenchError::System { call: "read the children's CPU time", source })?;
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(microseconds as f64 / 1e6)
}

fn seconds(from_ns: u64, to_ns: u64) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 / 1e9
}

/// Adds what the programs said.
fn with_words(mut error: BenchError, log: &Path) -> BenchError {
    if let BenchError::Failed { stderr, .. } | BenchError::Hangs { stderr, .. } = &mut error {
        *stderr = fs::read_to_string(log).unwrap_or_default();
    }
    error
}
