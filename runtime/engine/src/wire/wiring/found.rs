//! What earlier attempts of a run have left on disk.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pipeloom_config::{End, JobId, JobSpec, Network, PipeId, PipeSpec, Side, WhenFull};
use pipeloom_spool::{Recovered, SpoolError};

use super::relayed::{room, sync};
use crate::flow::{DoneNote, SpoolQueue};
use crate::run_dir::{SPOOLS, WINDOWS};
use crate::wire::pipe_leg::PipeLeg;

/// What earlier attempts of a run have left on disk.
#[derive(Default)]
pub(crate) struct Found {
    /// By the names of their folders, with how many blocks are in each.
    spools: HashMap<String, (SpoolQueue, u64)>,
    /// The newest epoch of any block.
    pub(crate) newest_epoch: Option<u32>,
    /// How many blocks there are.
    pub(crate) blocks: u64,
    /// What is not as it was written.
    pub(crate) warnings: Vec<String>,
}

/// Why what is left cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// A spool of no pipe.
    #[error(
        "{} is no spool of this network: no pipe with `when_full = \"spool\"` and no reader has that name; move it away to go \
         on without its blocks", .0.display()
    )]
    Unknown(PathBuf),
    /// A spool cannot be read.
    #[error("pipe {pipe}: {source}")]
    Spool {
        /// The pipe.
        pipe: String,
        /// Why.
        source: SpoolError,
    },
    /// Something in the run's directory cannot be read or removed.
    #[error("{}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Found {
    /// Looks into the run's directory, and puts in order what is there.
    pub(crate) fn look(network: &Network, run_dir: &Path) -> Result<Found, FoundError> {
        // What a reader was given and had not done is in the spool of its pipe as well, if it was to outlive the runtime.
        remove(&run_dir.join(WINDOWS))?;
        let folder = run_dir.join(SPOOLS);
        let mut known: HashMap<String, (PipeId, Option<End>)> = places(network).collect();
        let mut found = Found::default();
        for name in names(&folder)? {
            let Some((pipe, reader)) = known.remove(&name) else {
                if name.starts_with('@') {
                    continue;
                }
                return Err(FoundError::Unknown(folder.join(name)));
            };
            found.add(network, pipe, reader, run_dir, name)?;
        }
        Ok(found)
    }

    fn add(
        &mut self,
        network: &Network,
        id: PipeId,
        reader: Option<End>,
        run_dir: &Path,
        name: String,
    ) -> Result<(), FoundError> {
        let pipe = &network[id];
        let WhenFull::Spool(spool) = pipe.when_full else { return Ok(()) };
        let dir = run_dir.join(SPOOLS).join(&name);
        let done = reader.and_then(|reader| noted(network, id, reader, run_dir)).unwrap_or_default();
        let (queue, recovered) = match SpoolQueue::recover(dir, room(pipe, spool), sync(spool.sync), done) {
            Ok(recovered) => recovered,
            // The runtime was killed while it made it.
            Err(SpoolError::NoSpool(_)) => return Ok(()),
            Err(source) => return Err(FoundError::Spool { pipe: pipe.name.to_string(), source }),
        };
        self.warn(pipe, &recovered);
        self.newest_epoch = self.newest_epoch.max(recovered.newest_epoch);
        self.blocks += recovered.blocks;
        self.spools.insert(name, (queue, recovered.blocks));
        Ok(())
    }

    fn warn(&mut self, pipe: &PipeSpec, recovered: &Recovered) {
        let name = &pipe.name;
        for damaged in &recovered.damage {
            self.warnings.push(format!("pipe {name}: what waits on disk is not as it was written: {damaged}"));
        }
        if recovered.discarded_bytes > 0 {
            let bytes = recovered.discarded_bytes;
            self.warnings.push(format!("pipe {name}: {bytes} bytes that waited on disk are of no use, and are gone"));
        }
    }

    /// The spool in this folder, and how many blocks are in it.
    pub(super) fn take(&mut self, name: &str) -> Option<(SpoolQueue, u64)> {
        self.spools.remove(name)
    }
}

/// The run is over: removes what is on disk for readers that want nothing more. What others have not done stays.
pub(crate) fn tidy(
    network: &Network,
    legs: &[PipeLeg],
    run_dir: &Path,
    wants_no_more: impl Fn(Option<JobId>) -> bool,
) -> Result<(), FoundError> {
    let folder = run_dir.join(SPOOLS);
    let mut kept = 0;
    for leg in legs.iter().filter(|leg| matches!(network[leg.pipe].when_full, WhenFull::Spool(_))) {
        let dir = folder.join(name_of(network, &network[leg.pipe], leg.reader));
        if wants_no_more(leg.reader) {
            remove(&dir)?;
            leg.tally.set_on_disk(0);
        } else {
            kept += usize::from(dir.exists());
        }
    }
    if kept == 0 { remove(&folder) } else { Ok(()) }
}

/// All spools that a network may have, by name.
fn places(network: &Network) -> impl Iterator<Item = (String, (PipeId, Option<End>))> {
    let spooled = network.pipes().filter(|(_, pipe)| matches!(pipe.when_full, WhenFull::Spool(_)));
    spooled.flat_map(move |(id, pipe)| {
        let outside = pipe.external.as_ref().filter(|external| external.side == Side::Reader).map(|_| None);
        let readers = pipe.readers.iter().copied().map(Some).chain(outside);
        readers.map(move |reader| (spool_name(network, pipe, reader), (id, reader)))
    })
}

/// The folder of the spool for one reader.
pub(super) fn spool_name(network: &Network, pipe: &PipeSpec, reader: Option<End>) -> String {
    name_of(network, pipe, reader.map(|reader| reader.job))
}

fn name_of(network: &Network, pipe: &PipeSpec, reader: Option<JobId>) -> String {
    reader.map_or_else(|| pipe.name.to_string(), |reader| format!("{}@{}", pipe.name, network[reader].name))
}

/// Up to where it is noted that this reader is done.
fn noted(network: &Network, pipe: PipeId, reader: End, run_dir: &Path) -> Option<u64> {
    let job = &network[reader.job];
    let place = settling_inputs(network, job).position(|input| input == pipe)?;
    DoneNote::read(&note_path(job, run_dir))?.get(place).copied()
}

/// The inputs of a job that stay on disk until they are done, in the order in which they are noted.
pub(super) fn settling_inputs<'n>(network: &'n Network, job: &'n JobSpec) -> impl Iterator<Item = PipeId> + 'n {
    job.inputs.iter().copied().filter(|&input| network[input].outlives_runtime())
}

/// Where is noted how far a job is. A name that no spool has, as pipes have names.
pub(super) fn note_path(job: &JobSpec, run_dir: &Path) -> PathBuf {
    run_dir.join(SPOOLS).join(format!("@{}", job.name))
}

fn names(folder: &Path) -> Result<Vec<String>, FoundError> {
    let failed = |source| FoundError::Io { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names = entries.map(name).collect::<io::Result<Vec<_>>>().map_err(failed)?;
    names.sort();
    Ok(names)
}

fn remove(folder: &Path) -> Result<(), FoundError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FoundError::Io { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}
