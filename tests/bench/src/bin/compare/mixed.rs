//! Native jobs beside executables: blocks leave the runtime, come into it, or go out and back.
//!
//! The native jobs are this project's own, `fill` and `sum`, out of the library that lies beside `compare`. The executables batch,
//! and so do the bare programs that all of it is held against.

use std::{collections::BTreeMap, path::Path};

use pipeloom_bench::flags::Mode;

use crate::{
    args::Places,
    bare::chain_programs,
    kit,
    launch::{Expected, Launch},
    network::{Job, NetworkFile, Pipe},
    row::Chain,
};

/// A chain of native jobs and executables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixed {
    /// Which of them are executables.
    pub(crate) way: Way,
    /// Bytes of a payload.
    pub(crate) size: usize,
    /// Blocks to send.
    pub(crate) count: u64,
}

/// Where blocks cross the border between native jobs and executables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From a native source to an executable.
    Out,
    /// From an executable to a native sink.
    In,
    /// From a native source through an executable with the kit for Rust to a native sink.
    OutAndBack,
}

impl Mixed {
    /// As many bare programs in a row, which batch.
    pub(crate) fn bare(&self) -> Chain {
        Chain::new(self.size, self.count).mode(Mode::Batch).connectors(usize::from(self.way == Way::OutAndBack))
    }

    /// The jobs as a network.
    pub(crate) fn network(&self, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
        let report = dir.join("report.json");
        let mut programs = chain_programs(&self.bare().connectors(0), places, &report).into_iter();
        let mut executable = || Job::executable(&programs.next().unwrap_or_default(), false);
        let (source, sink) = (executable(), executable());
        let native = |job, args: BTreeMap<_, _>| Job {
            plugin: Some(places.bare.join("libpipeloom_bench.so")),
            job: Some(job),
            args,
            ..Job::default()
        };
        let fill = native("fill", BTreeMap::from([("count", self.count.into())]));
        let sum = native("sum", BTreeMap::from([("report", report.to_string_lossy().into())]));
        let jobs = match self.way {
            Way::Out => vec![fill, sink],
            Way::In => vec![source, sum],
            Way::OutAndBack => vec![fill, kit::in_rust(places, &[]).with_kit(true), sum],
        };
        let mut network = NetworkFile::new();
        network.add_chain("", jobs, &Pipe::new(self.size, self.bare().capacity));
        let expects = Some(Expected::filled(report, self.size, self.count));
        (network, Launch { expects, ..Launch::default() })
    }
}
