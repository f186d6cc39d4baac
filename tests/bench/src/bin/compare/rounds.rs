//! Interleaved rounds, A B A B, and what comes out of them.

use crate::{
    args::Places,
    bare,
    error::BenchError,
    launch::{Launch, Sample},
    ours, peers,
    pin::Cores,
    row::{Goal, Metric, Row},
    stats::{median, percentile},
};

/// The samples of a row.
#[derive(Default)]
pub(crate) struct Outcome {
    /// On all cores.
    pub(crate) all: Samples,
    /// Pinned to one.
    pub(crate) one: Samples,
    /// Who the peer is.
    pub(crate) peer: Option<&'static str>,
    /// What went wrong. A contender that fails once is not tried again.
    pub(crate) failures: Vec<String>,
}

/// The rounds of each contender on the same cores; the k-th of each belong together.
#[derive(Default)]
pub(crate) struct Samples {
    pub(crate) ours: Vec<Sample>,
    pub(crate) bare: Vec<Sample>,
    pub(crate) peer: Vec<Sample>,
}

/// Who runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contender {
    Ours,
    Bare,
    Peer,
}

const INTERLEAVED: [Contender; 3] = [Contender::Ours, Contender::Bare, Contender::Peer];

impl Outcome {
    /// Runs a row's rounds on all cores, then on one.
    pub(crate) fn measure(row: &Row, places: &Places, rounds: usize) -> Self {
        let mut outcome = Self::default();
        let mut out = Vec::new();
        for cores in [Cores::All, Cores::One] {
            for round in 0..rounds as u64 {
                let row = &row.with_seed(row.seed().unwrap_or(0).wrapping_add(round));
                for contender in INTERLEAVED {
                    if out.contains(&contender) {
                        continue;
                    }
                    match outcome.sample(contender, cores, row, places) {
                        Ok(true) => {}
                        Ok(false) => out.push(contender),
                        Err(error) => {
                            outcome.failures.push(format!("{contender:?}: {}", error.in_full()));
                            out.push(contender);
                        }
                    }
                }
            }
        }
        outcome
    }

    /// Runs one contender once; false if the row has no such contender.
    fn sample(&mut self, who: Contender, cores: Cores, row: &Row, places: &Places) -> Result<bool, BenchError> {
        let dir = tempfile::tempdir()?;
        let launch = match who {
            Contender::Ours => ours::launch(row.shape, places, dir.path())?,
            Contender::Bare => match row.against {
                Some(shape) => ours::launch(shape, places, dir.path())?,
                None => bare::launch(row.shape, places, dir.path())?,
            },
            Contender::Peer => self.peer_launch(row, places, dir.path())?,
        };
        let Some(launch) = launch else {
            return Ok(false);
        };
        let sample = {
            let _pinned = cores.pin()?;
            launch.run(dir.path())?
        };
        let samples = match cores {
            Cores::All => &mut self.all,
            Cores::One => &mut self.one,
        };
        match who {
            Contender::Ours => samples.ours.push(sample),
            Contender::Bare => samples.bare.push(sample),
            Contender::Peer => samples.peer.push(sample),
        }
        Ok(true)
    }

    fn peer_launch(&mut self, row: &Row, places: &Places, dir: &std::path::Path) -> Result<Option<Launch>, BenchError> {
        let Some((name, launch)) = peers::launch(row, places, dir)? else {
            return Ok(None);
        };
        self.peer = Some(name);
        Ok(Some(launch))
    }

    /// CPU time of the bare programs over ours, on all cores.
    pub(crate) fn cpu_ratio(&self) -> Option<f64> {
        self.all.ratio(|sample| Some(sample.cpu))
    }

    /// Whether all goals are met, those that are ratios on one core too; `None` without goals or without figures of ours.
    pub(crate) fn meets_goals(&self, row: &Row) -> Option<bool> {
        let all = row.goals.iter().map(|goal| self.all.meets(*goal, row));
        let one = row.ratios().map(|goal| self.one.meets(goal, row));
        all.chain(one).reduce(|so_far, next| Some(so_far? && next?))?
    }
}

impl Samples {
    /// Median of the rounds' ratios, bare over ours: how fast we are compared to bare.
    pub(crate) fn ratio(&self, figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        ratio(&self.bare, &self.ours, figure)
    }

    /// Our blocks a second.
    fn rate(&self, row: &Row) -> Option<f64> {
        Some(row.count() as f64 / median(self.ours.iter().filter_map(|sample| row.metric.of(sample)))?)
    }

    fn meets(&self, goal: Goal, row: &Row) -> Option<bool> {
        let figure = |sample: &Sample| row.metric.of(sample);
        Some(match goal {
            Goal::Ratio(least) => self.ratio(figure)? >= least,
            Goal::Within(most) => self.ratio(figure)? >= most.recip(),
            Goal::WithinPeer(most) => ratio(&self.peer, &self.ours, figure)? >= most.recip(),
            Goal::PerSecond(least) => self.rate(row)? >= least,
            Goal::BytesPerSecond(least) => self.rate(row)? * row.size() as f64 >= least,
            Goal::AtMost(most) => median(self.ours.iter().filter_map(figure))? <= most,
        })
    }
}

/// The figure, in seconds, that 99 of 100 kills of all rounds do not exceed; `None` where nobody was killed.
pub(crate) fn recovery_p99(samples: &[Sample]) -> Option<f64> {
    percentile(99, samples.iter().flat_map(|sample| sample.recoveries.iter().copied()))
}

fn ratio(them: &[Sample], us: &[Sample], figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
    let rounds = them.iter().zip(us);
    median(rounds.filter_map(|(them, us)| Some(figure(them)? / figure(us)?)))
}

impl Metric {
    /// The figure. Where no report tells the flow, the whole run stands for it.
    pub(crate) fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Flow => sample.flow.or(Some(sample.wall)),
            Self::Wall => Some(sample.wall),
            Self::FirstBlock => sample.first,
            Self::Delay => sample.delay,
            Self::Recovery => median(sample.recoveries.iter().copied()),
            Self::Memory => sample.memory,
        }
    }
}
