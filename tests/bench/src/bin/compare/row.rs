//! What a row of the table is: who does what, which figure is compared, and what is to be reached.

use std::path::PathBuf;

use pipeloom_bench::flags::Mode;

use crate::{
    care::Care,
    kit::Kit,
    launch::Expected,
    mixed::Mixed,
    peers::Peer,
    recovery::{self, Recovery},
};

/// Bytes of a FIFO that is not the bottleneck.
pub(crate) const LARGE_FIFO: i32 = 1024 * 1024;
/// Bytes of the one block of each pair.
pub(crate) const PAIR_BLOCK: usize = 64;

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Workload and variant, `W2.relay`.
    pub(crate) id: &'static str,
    /// What stands in the table's second column.
    pub(crate) what: &'static str,
    /// Who does what.
    pub(crate) shape: Shape,
    /// What runs as a network of ours too, in place of bare programs, to be compared with.
    pub(crate) against: Option<Shape>,
    /// The figure that is compared.
    pub(crate) metric: Metric,
    /// What is to be reached.
    pub(crate) goals: Vec<Goal>,
}

/// What runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Source, connectors, sink; each an executable.
    Chain(Chain),
    /// A source and a sink that share memory.
    Shared { size: usize, count: u64 },
    /// A block goes to and fro between two executables.
    PingPong { size: usize, count: u64 },
    /// Source, connector, sink inside one process.
    Native { link: Link, size: usize, count: u64 },
    /// Native jobs and executables in one chain.
    Mixed(Mixed),
    /// Two native sources and two sinks, with a connector between each, or one between all.
    Two { joined: bool, count: u64 },
    /// One executable's blocks go to several.
    Fan(Fan),
    /// As many executables in pairs of source and sink, each pair for one block.
    Pairs { children: usize },
    /// A connector that is killed and started again.
    Recovery(Recovery),
    /// As many native jobs in pairs of source and sink, each pair for one block.
    Threads { jobs: usize },
    /// As many jobs that are only checked.
    Check { jobs: usize },
    /// As many jobs that do nothing, which are executables or native; runtime and warden are weighed.
    Idle { jobs: usize, native: bool },
}

/// A chain of executables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    /// Programs between source and sink.
    pub(crate) connectors: usize,
    /// Bytes of a payload.
    pub(crate) size: usize,
    /// Blocks to send.
    pub(crate) count: u64,
    /// How all of them move blocks.
    pub(crate) mode: Mode,
    /// Each block has a head; in a network this asks for a relay, unless the programs are said to have a kit.
    pub(crate) head: bool,
    /// In a network the runtime's relay stands where the bare chain has its connector.
    pub(crate) relay: bool,
    /// In a network a forwarder with this kit stands where the bare chain has its connector; the ends of both batch.
    pub(crate) kit: Option<Kit>,
    /// Bytes of each FIFO; the kernel's default if `None`.
    pub(crate) capacity: Option<i32>,
    /// What a network asks for so that nothing is lost.
    pub(crate) care: Option<Care>,
    /// Microseconds between two blocks; as fast as possible if `None`.
    pub(crate) every: Option<u64>,
}

/// A fan-out to executables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fan {
    /// How many read the blocks.
    pub(crate) sinks: usize,
    /// Bytes of a payload.
    pub(crate) size: usize,
    /// Blocks to send.
    pub(crate) count: u64,
}

/// What lies between jobs of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Fused,
    Channel,
}

/// The figure that is compared; always one of which less is better, and a time if nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// From the first block to the last, as the sink saw it: no start-up.
    Flow,
    /// From the first start to the last exit.
    Wall,
    /// From the first start to the first block at the end.
    FirstBlock,
    /// Half of all blocks took no longer to arrive, or to come back.
    Delay,
    /// From a kill to the next block: half of all kills needed no longer.
    Recovery,
    /// What runtime and warden hold of the memory, in bytes.
    Memory,
}

/// What is to be reached: ratios on all cores and on one, a rate on all cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// At least this part of the bare programs' speed.
    Ratio(f64),
    /// At most so many times the bare programs' time.
    Within(f64),
    /// At most so many times the time of the first peer.
    WithinPeer(f64),
    /// So many times as fast as a peer.
    TimesPeer(Peer, f64),
    /// At least so many blocks a second.
    PerSecond(f64),
    /// At least so many bytes of payload a second.
    BytesPerSecond(f64),
    /// The figure itself at most.
    AtMost(f64),
}

impl Shape {
    fn shorten(&mut self) {
        match self {
            Shape::Chain(Chain { count, .. })
            | Shape::PingPong { count, .. }
            | Shape::Shared { count, .. }
            | Shape::Native { count, .. }
            | Shape::Mixed(Mixed { count, .. })
            | Shape::Fan(Fan { count, .. })
            | Shape::Two { count, .. } => *count = (*count).min(8),
            Shape::Pairs { children: jobs }
            | Shape::Threads { jobs }
            | Shape::Check { jobs }
            | Shape::Idle { jobs, .. } => {
                *jobs = 4;
            }
            Shape::Recovery(Recovery { kills, .. }) => *kills = 2,
        }
    }
}

impl Chain {
    pub(crate) const fn new(size: usize, count: u64) -> Self {
        Self {
            connectors: 1,
            size,
            count,
            mode: Mode::Copy,
            head: false,
            relay: false,
            kit: None,
            care: None,
            capacity: Some(LARGE_FIFO),
            every: None,
        }
    }

    pub(crate) const fn connectors(self, connectors: usize) -> Self {
        Self { connectors, ..self }
    }

    pub(crate) const fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    pub(crate) const fn heads(self) -> Self {
        Self { head: true, ..self }
    }

    /// Between two executables with heads there must be somebody: in a network a relay, bare a forwarder.
    pub(crate) const fn relay(self) -> Self {
        Self { head: true, relay: true, ..self }
    }

    pub(crate) const fn kit(self, kit: Kit) -> Self {
        Self { kit: Some(kit), ..self }
    }

    pub(crate) const fn care(self, care: Care) -> Self {
        Self { care: Some(care), ..self }
    }

    pub(crate) const fn default_capacity(self) -> Self {
        Self { capacity: None, ..self }
    }

    pub(crate) const fn capacity(self, bytes: i32) -> Self {
        Self { capacity: Some(bytes), ..self }
    }

    pub(crate) const fn every(self, microseconds: u64) -> Self {
        Self { every: Some(microseconds), ..self }
    }

    /// Source, one connector, sink, one call a block, and nothing asked for: what any other program can be put in place of.
    pub(crate) fn is_plain(&self) -> bool {
        self.mode == Mode::Copy && self.is_direct() && self.connectors == 1
    }

    /// The same, with many blocks a call.
    pub(crate) fn is_batched(&self) -> bool {
        self.mode == Mode::Batch && self.is_direct() && self.connectors == 1
    }

    /// Executables, and in a network nobody between them.
    fn is_direct(&self) -> bool {
        !self.head && self.kit.is_none() && self.care.is_none()
    }

    /// What its sink must report. Stamped payloads have no sum that can be known.
    pub(crate) fn expected(&self, report: PathBuf) -> Expected {
        match self.every {
            None => Expected::filled(report, self.size, self.count),
            Some(_) => Expected::counted(report, self.count),
        }
    }

    pub(crate) fn row(self, id: &'static str, what: &'static str, goals: &[Goal]) -> Row {
        let metric = Metric::Flow;
        Row { id, what, shape: Shape::Chain(self), against: None, metric, goals: goals.to_vec() }
    }
}

impl Row {
    /// Whether `id` names this row or the workload it belongs to.
    pub(crate) fn answers_to(&self, id: &str) -> bool {
        let rest = self.id.strip_prefix(id);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Bytes of a payload.
    pub(crate) fn size(&self) -> usize {
        match self.shape {
            Shape::Chain(Chain { size, .. })
            | Shape::PingPong { size, .. }
            | Shape::Shared { size, .. }
            | Shape::Mixed(Mixed { size, .. })
            | Shape::Native { size, .. }
            | Shape::Fan(Fan { size, .. }) => size,
            Shape::Two { .. } | Shape::Threads { .. } => size_of::<u64>(),
            Shape::Pairs { .. } | Shape::Check { .. } | Shape::Idle { .. } => PAIR_BLOCK,
            Shape::Recovery(_) => recovery::BLOCK,
        }
    }

    /// Blocks sent, jobs, or kills.
    pub(crate) fn count(&self) -> u64 {
        match self.shape {
            Shape::Chain(Chain { count, .. })
            | Shape::PingPong { count, .. }
            | Shape::Shared { count, .. }
            | Shape::Native { count, .. }
            | Shape::Mixed(Mixed { count, .. })
            | Shape::Fan(Fan { count, .. })
            | Shape::Two { count, .. } => count,
            Shape::Pairs { children: jobs }
            | Shape::Threads { jobs }
            | Shape::Check { jobs }
            | Shape::Idle { jobs, .. } => jobs as u64,
            Shape::Recovery(Recovery { kills, .. }) => kills,
        }
    }

    /// What random moments follow from, where there are any.
    pub(crate) fn seed(&self) -> Option<u64> {
        match self.shape {
            Shape::Recovery(Recovery { seed, .. }) => Some(seed),
            _ => None,
        }
    }

    /// The same row with other moments.
    pub(crate) fn with_seed(&self, number: u64) -> Self {
        let mut row = self.clone();
        if let Shape::Recovery(Recovery { seed, .. }) = &mut row.shape {
            *seed = number;
        }
        row
    }

    /// What is to be reached on each choice of cores; rates depend too much on the machine to be asked of one.
    pub(crate) fn ratios(&self) -> impl Iterator<Item = Goal> {
        let is_rate = |goal: &Goal| matches!(goal, Goal::PerSecond(_) | Goal::BytesPerSecond(_) | Goal::AtMost(_));
        self.goals.iter().copied().filter(move |goal| !is_rate(goal))
    }

    /// Leaves so little to do that only the doing is shown, and nothing to be reached.
    pub(crate) fn shorten(&mut self) {
        self.goals.clear();
        self.shape.shorten();
        self.against.iter_mut().for_each(Shape::shorten);
    }
}
