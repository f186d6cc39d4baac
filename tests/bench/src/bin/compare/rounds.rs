//! Interleaved rounds, A B A B, and what comes out of them.

use std::collections::BTreeMap;

use crate::{
    args::Places,
    bare,
    error::{BenchError, in_full},
    launch::Sample,
    ours,
    peers::Peer,
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
    /// What went wrong. A contender that fails once is not tried again.
    pub(crate) failures: Vec<String>,
    /// Who failed, or is not there.
    out: Vec<Contender>,
    /// Rounds measured so far.
    rounds: u64,
}

/// The rounds of each contender on the same cores; the k-th of each belong together.
#[derive(Default)]
pub(crate) struct Samples {
    pub(crate) ours: Vec<Sample>,
    pub(crate) bare: Vec<Sample>,
    pub(crate) peers: BTreeMap<Peer, Vec<Sample>>,
}

/// Who runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contender {
    Ours,
    Bare,
    Peer(Peer),
}

impl Contender {
    /// Runs it once; `None` if the row has no such contender.
    fn sample(self, cores: Cores, row: &Row, places: &Places) -> Result<Option<Sample>, BenchError> {
        let dir = tempfile::tempdir()?;
        let launch = match self {
            Contender::Ours => ours::launch(row.shape, places, dir.path())?,
            Contender::Bare => match row.against {
                Some(shape) => ours::launch(shape, places, dir.path())?,
                None => bare::launch(row.shape, places, dir.path())?,
            },
            Contender::Peer(peer) => peer.launch(row, places, dir.path())?,
        };
        let _pinned = cores.pin()?;
        launch.map(|launch| launch.run(dir.path())).transpose()
    }
}

impl Outcome {
    /// Runs a row's rounds on all cores, then on one. What was measured before is kept.
    ///
    /// Where there are several rounds, everybody has run once with a few blocks before, so that nobody is the first to read a
    /// program from the disk.
    pub(crate) fn measure(&mut self, row: &Row, places: &Places, rounds: usize) {
        let peers = Peer::beside(row).into_iter().map(Contender::Peer);
        let interleaved: Vec<_> = [Contender::Ours, Contender::Bare].into_iter().chain(peers).collect();
        if rounds > 1 {
            let mut few = row.clone();
            few.shorten();
            for &contender in &interleaved {
                self.run(contender, Cores::All, &few, places);
            }
        }
        for cores in [Cores::All, Cores::One] {
            for round in self.rounds..self.rounds + rounds as u64 {
                let row = &row.with_seed(row.seed().unwrap_or(0).wrapping_add(round));
                for &contender in &interleaved {
                    if let Some(sample) = self.run(contender, cores, row, places) {
                        let samples = match cores {
                            Cores::All => &mut self.all,
                            Cores::One => &mut self.one,
                        };
                        samples.of(contender).push(sample);
                    }
                }
            }
        }
        self.rounds += rounds as u64;
    }

    /// Runs one contender once, unless it is out. It is from now on if it fails or is not there.
    fn run(&mut self, who: Contender, cores: Cores, row: &Row, places: &Places) -> Option<Sample> {
        if self.out.contains(&who) {
            return None;
        }
        let sample = who.sample(cores, row, places).unwrap_or_else(|error| {
            self.failures.push(format!("{who:?}: {}", in_full(&error)));
            None
        });
        if sample.is_none() {
            self.out.push(who);
        }
        sample
    }

    /// CPU time of the bare programs over ours, on all cores.
    pub(crate) fn cpu_ratio(&self) -> Option<f64> {
        self.all.ratio(|sample| Some(sample.cpu))
    }

    /// Whether all goals are met, those that are ratios on one core too; `None` without goals, or if one that is not known to be
    /// missed has no figure.
    pub(crate) fn meets_goals(&self, row: &Row) -> Option<bool> {
        let verdicts: Vec<_> =
            self.reached(row, |_| true).into_iter().map(|(_, reached)| Some(reached?.is_met())).collect();
        if verdicts.contains(&Some(false)) {
            return Some(false);
        }
        verdicts.into_iter().reduce(|so_far, next| Some(so_far? && next?))?
    }

    /// Some of a row's goals with what was reached of each: on all cores, and of ratios on one core too.
    pub(crate) fn reached(&self, row: &Row, which: impl Fn(&Goal) -> bool) -> Vec<(Cores, Option<Reached>)> {
        let all = row.goals.iter().copied().filter(&which).map(|goal| (Cores::All, self.all.reached(goal, row)));
        let one = row.ratios().filter(&which).map(|goal| (Cores::One, self.one.reached(goal, row)));
        all.chain(one).collect()
    }
}

/// What was reached of a goal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    /// A speed: relative to somebody else's, or in blocks or bytes a second.
    pub(crate) figure: f64,
    /// How much better the figure is than it must be; 1 if it is just enough, less if it is not.
    pub(crate) margin: f64,
}

impl Reached {
    /// A figure that must be so much at least.
    fn at_least(least: f64, figure: f64) -> Self {
        Self { figure, margin: figure / least }
    }

    /// A figure that may be so much at most.
    fn at_most(most: f64, figure: f64) -> Self {
        Self { figure, margin: most / figure }
    }

    /// Whether it is enough.
    pub(crate) fn is_met(self) -> bool {
        self.margin >= 1.0
    }
}

impl Samples {
    fn of(&mut self, who: Contender) -> &mut Vec<Sample> {
        match who {
            Contender::Ours => &mut self.ours,
            Contender::Bare => &mut self.bare,
            Contender::Peer(peer) => self.peers.entry(peer).or_default(),
        }
    }

    /// Median of the rounds' ratios, bare over ours: how fast we are compared to bare.
    pub(crate) fn ratio(&self, figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        ratio(&self.bare, &self.ours, figure)
    }

    /// How fast we are compared to a peer.
    pub(crate) fn times(&self, peer: Peer, figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        ratio(self.peers.get(&peer)?, &self.ours, figure)
    }

    /// Our blocks a second.
    fn rate(&self, row: &Row) -> Option<f64> {
        Some(row.count() as f64 / median(self.ours.iter().filter_map(|sample| row.metric.of(sample)))?)
    }

    fn reached(&self, goal: Goal, row: &Row) -> Option<Reached> {
        let figure = |sample: &Sample| row.metric.of(sample);
        Some(match goal {
            Goal::Ratio(least) => Reached::at_least(least, self.ratio(figure)?),
            Goal::Within(most) => Reached::at_least(most.recip(), self.ratio(figure)?),
            Goal::WithinPeer(most) => Reached::at_least(most.recip(), self.times(*Peer::beside(row).first()?, figure)?),
            Goal::TimesPeer(peer, least) => Reached::at_least(least, self.times(peer, figure)?),
            Goal::PerSecond(least) => Reached::at_least(least, self.rate(row)?),
            Goal::BytesPerSecond(least) => Reached::at_least(least, self.rate(row)? * row.size() as f64),
            Goal::AtMost(most) => Reached::at_most(most, median(self.ours.iter().filter_map(figure))?),
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
