//! The network.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::job::JobBuilder;
use super::pipe::{Described, Pipe};
use super::table::Table;
use super::writing::Writing;
use crate::check::{CheckOptions, Given, check_given};
use crate::network::Network;
use crate::problem::Problem;
use crate::problems::Problems;
use crate::source::Text;

/// What stands for the file's name in errors.
const FILE_NAME: &str = "built network";

/// A network that is built. The module's page has an example.
#[derive(Clone, Debug, Default)]
pub struct NetworkBuilder {
    folder: Option<PathBuf>,
    pub(super) network: Table,
    pub(super) params: Table,
    pub(super) jobs: Vec<JobBuilder>,
    /// Those that were named beside the jobs.
    pub(super) pipes: Vec<Arc<Described>>,
}

impl NetworkBuilder {
    /// A network of this name.
    pub fn new(name: &str) -> NetworkBuilder {
        NetworkBuilder::default().set(&["name"], name)
    }

    /// The folder where relative paths start (`${network}`). Without it, the working directory.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> NetworkBuilder {
        self.folder = Some(folder.into());
        self
    }

    /// What the network is for.
    #[must_use]
    pub fn description(self, text: &str) -> NetworkBuilder {
        self.set(&["description"], text)
    }

    /// The size of every head, in bytes.
    #[must_use]
    pub fn head_size(self, bytes: u8) -> NetworkBuilder {
        self.set(&["head_size"], bytes)
    }

    /// Sets any key of the table `[network]`. The check says what no key is.
    #[must_use]
    pub fn set(mut self, path: &[&str], value: impl Serialize) -> NetworkBuilder {
        self.network.set(path, value);
        self
    }

    /// Adds a parameter: its default, or a table that declares more. `${name}` in a text puts its value in.
    #[must_use]
    pub fn param(mut self, name: &str, default: impl Serialize) -> NetworkBuilder {
        self.params.set(&[name], default);
        self
    }

    /// Adds a job, and the pipes at its ends.
    #[must_use]
    pub fn job(mut self, job: JobBuilder) -> NetworkBuilder {
        self.jobs.push(job);
        self
    }

    /// Says something about a pipe that some job names only as text.
    #[must_use]
    pub fn pipe<T>(mut self, pipe: &Pipe<T>) -> NetworkBuilder {
        self.pipes.push(pipe.described.clone());
        self
    }

    /// The network as a file. Jobs of the program's own stand in it by name only: no file can say what they are.
    pub fn to_toml(&self) -> String {
        Writing::of(self).text
    }

    /// Checks the network as a file is checked. Errors show the text of [`NetworkBuilder::to_toml`].
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn check(&self, options: &CheckOptions<'_>) -> Result<Network, Problems> {
        let Writing { text, problems } = Writing::of(self);
        let path = self.folder.as_ref().map_or_else(|| FILE_NAME.into(), |folder| folder.join(FILE_NAME));
        let kinds = self.jobs.iter().filter_map(|job| Some((job.name.clone(), job.kind.clone()?)));
        let given: Given = kinds.collect();
        let network = check_given(Text { path, text }, options, &given, problems)?;
        let misfits = self.misfits(&network);
        if misfits.is_empty() { Ok(network) } else { Err(network.problems(misfits)) }
    }

    /// Jobs of the program's own that can read nothing from their pipes. The codecs are only known of a right network.
    fn misfits(&self, network: &Network) -> Vec<Problem> {
        let mut misfits = Vec::new();
        for (built, (_, job)) in self.jobs.iter().zip(network.jobs()) {
            for reads in &built.reads {
                let pipe = &network[job.inputs[reads.input]];
                if let Some(why) = (reads.refused)(pipe.codec) {
                    let message =
                        format!("job `{}` cannot read a `{}` from pipe `{}`", job.name, reads.type_name, pipe.name);
                    misfits.push(Problem::new(pipe.span, message).label(why));
                }
            }
        }
        misfits
    }

    /// Checks the network with no more than what it brings itself: no predefined jobs, and the PATH of this process.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn check_alone(&self) -> Result<Network, Problems> {
        self.check(&CheckOptions { path_env: env::var_os("PATH"), ..CheckOptions::default() })
    }
}

impl fmt::Display for NetworkBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_toml())
    }
}
