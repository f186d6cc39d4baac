//! Networks that a program builds, runs, feeds and reads.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its setting has failed")]

mod built;
mod ending;
mod ends;
mod epochs;
mod flow;
mod fused;
mod own;
mod pausing;

use std::ops::Deref;

use pipeloom_config::build::NetworkBuilder;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Handle, Options, Summary, start};
use tempfile::TempDir;

/// A run in a folder of its own.
struct Run {
    handle: Handle,
    folder: TempDir,
}

impl Run {
    /// Starts what is built.
    #[track_caller]
    fn of(network: &NetworkBuilder) -> Run {
        let network = network.check_alone().unwrap_or_else(|problems| panic!("{problems}\n{network}"));
        let folder = tempfile::tempdir().unwrap();
        let options = Options { warden: (pipeloom(), Vec::new()), ..Options::in_folder(folder.path()) };
        Run { handle: start(network, options).unwrap(), folder }
    }

    /// Waits for the run's end.
    fn wait(self) -> Summary {
        let summary = self.handle.wait();
        drop(self.folder);
        summary
    }
}

impl Deref for Run {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}
