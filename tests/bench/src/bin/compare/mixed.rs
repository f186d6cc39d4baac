//! Native jobs beside executables: blocks leave the runtime, come into it, or go out and back.
//!
//! The native jobs are those of `plugin`. The executables batch, and so do the bare programs that all of it is held against.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use pipeloom_bench::flags::Mode;

use crate::{
    args::Places,
    bare::{argv, chain_programs},
    kit,
    launch::{Expected, Launch},
    network::{Job, NetworkFile, Pipe},
    plugin,
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
        let [source, sink] = self.ends(places, &report).map(|argv| Job::executable(&argv, false));
        let [fill, sum] = plugin::ends(places, self.count, &report, None);
        let jobs = match self.way {
            Way::Out => vec![fill, sink],
            Way::In => vec![source, sum],
            Way::OutAndBack => vec![fill, kit::in_rust(places, &[]).with_kit(true), sum],
        };
        let mut network = NetworkFile::new();
        network.add_chain("", jobs, &Pipe::new(self.size, self.bare().capacity));
        (network, Launch { expects: vec![self.expected(report)], ..Launch::default() })
    }

    /// The native jobs as a network, and the executables beside it: the runtime has no children, and its ends of their pipes are
    /// relays. What comes back comes from a bare forwarder.
    pub(crate) fn network_alone(&self, places: &Places, dir: &Path) -> (NetworkFile, Launch) {
        let report = dir.join("report.json");
        let [source, sink] = self.ends(places, &report);
        // A program that has come and gone before the runtime looks for it would be waited for.
        let ready = dir.join("ready");
        let [fill, sum] = plugin::ends(places, self.count, &report, Some(&ready));
        let (out, back) = (dir.join("out"), dir.join("back"));
        let pipe = Pipe::new(self.size, None);
        let mut network = NetworkFile::new();
        if self.way != Way::In {
            network.add_job("fill".into(), Job { outputs: vec!["out".into()], ..fill });
            network.add_pipe("out".into(), pipe.clone().external("reader", out.clone()));
        }
        if self.way != Way::Out {
            network.add_job("sum".into(), Job { inputs: vec!["back".into()], ..sum });
            network.add_pipe("back".into(), pipe.external("writer", back.clone()));
        }
        let with = |mut argv: Vec<OsString>, ends: &[(&str, &PathBuf)]| {
            argv.extend(ends.iter().flat_map(|(flag, path)| [OsString::from(flag), path.as_os_str().to_owned()]));
            argv
        };
        let forward = || argv(places, "bare-forward", &["--mode", "batch", "--size", &self.size.to_string()]);
        let program = match self.way {
            Way::Out => with(sink, &[("-i", &out)]),
            Way::In => with(source, &[("-o", &back)]),
            Way::OutAndBack => with(forward(), &[("-i", &out), ("-o", &back)]),
        };
        let expects = vec![self.expected(report)];
        (network, Launch { programs: vec![program], made_by_first: vec![ready], expects, ..Launch::default() })
    }

    /// A bare source and a bare sink, without their pipe.
    fn ends(&self, places: &Places, report: &Path) -> [Vec<OsString>; 2] {
        let mut programs = chain_programs(&self.bare().connectors(0), places, report).into_iter();
        [(); 2].map(|()| programs.next().unwrap_or_default())
    }

    fn expected(&self, report: PathBuf) -> Expected {
        Expected::filled(report, self.size, self.count)
    }
}
