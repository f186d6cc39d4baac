//! The ends of kernel pipes: what an executable is given, and the FIFOs that are kept open for a while.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

pub(crate) use pipeloom_config::Side;
use pipeloom_config::{JobId, JobSpec, PipeId};
use pipeloom_os::OsError;
use pipeloom_os::fifo::OuterFifo;
use pipeloom_os::keeper::{Keeper, OpenWatch, Opened};

/// What an executable is given for one of its pipes.
#[derive(Debug)]
pub(crate) enum ChildEnd {
    /// The path of a FIFO.
    Path(PathBuf),
    /// An open descriptor.
    Fd(OwnedFd),
}

/// What an executable is given, in the order of its inputs and outputs.
#[derive(Debug)]
pub(crate) struct ChildEnds {
    /// All are there once the network is wired.
    pub(crate) inputs: Vec<Option<ChildEnd>>,
    pub(crate) outputs: Vec<Option<ChildEnd>>,
}

impl ChildEnds {
    pub(super) fn for_job(job: &JobSpec) -> ChildEnds {
        let none = |pipes: &[PipeId]| pipes.iter().map(|_| None).collect();
        ChildEnds { inputs: none(&job.inputs), outputs: none(&job.outputs) }
    }

    pub(super) fn set_input(&mut self, port: usize, end: ChildEnd) {
        self.inputs[port] = Some(end);
    }

    pub(super) fn set_output(&mut self, port: usize, end: ChildEnd) {
        self.outputs[port] = Some(end);
    }
}

/// The place of a FIFO among all that are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FifoId(usize);

/// All FIFOs of a run, each with its keeper.
pub(crate) struct Fifos {
    fifos: Vec<KeptFifo>,
    by_path: HashMap<PathBuf, FifoId>,
    by_job: HashMap<JobId, Vec<(FifoId, Side)>>,
    watch: OpenWatch,
    /// FIFOs made where the file says; unlinked when dropped.
    outer: Vec<OuterFifo>,
}

/// One FIFO.
#[derive(Debug)]
struct KeptFifo {
    /// `None` once it is not needed any more.
    keeper: Option<Keeper>,
    /// A program outside the network has an end: the keeper goes when it has come.
    until_opened: bool,
    /// Somebody else than the runtime has opened it.
    opened: bool,
}

impl Fifos {
    pub(crate) fn new() -> Result<Fifos, OsError> {
        Ok(Fifos {
            fifos: Vec::new(),
            by_path: HashMap::new(),
            by_job: HashMap::new(),
            watch: OpenWatch::new()?,
            outer: Vec::new(),
        })
    }

    /// The id of the FIFO that is kept next.
    pub(super) fn next_id(&self) -> FifoId {
        FifoId(self.fifos.len())
    }

    /// Keeps a FIFO from now on. With `until_opened`, a program outside the network has one end, of whose life nothing is
    /// known; the keeper goes when it has come.
    pub(super) fn keep(&mut self, keeper: Keeper, until_opened: bool) {
        self.by_path.insert(keeper.path().to_owned(), self.next_id());
        self.fifos.push(KeptFifo { keeper: Some(keeper), until_opened, opened: false });
    }

    /// Tells from now on what is opened in the run's FIFO directory.
    pub(super) fn watch_dir(&mut self, dir: &Path) -> Result<(), OsError> {
        self.watch.add(dir)
    }

    /// An executable has this end.
    pub(super) fn assign(&mut self, id: FifoId, side: Side, job: JobId) {
        self.by_job.entry(job).or_default().push((id, side));
    }

    /// A FIFO for a program outside the network; it is removed at the end of the run.
    pub(super) fn hold_outer(&mut self, fifo: OuterFifo) -> Result<(), OsError> {
        self.watch.add(fifo.path())?;
        self.outer.push(fifo);
        Ok(())
    }

    pub(crate) fn outer(&self) -> &[OuterFifo] {
        &self.outer
    }

    pub(crate) fn watch(&self) -> &OpenWatch {
        &self.watch
    }

    /// An executable is gone with all its ends.
    pub(crate) fn job_gone(&mut self, job: JobId) -> Result<(), OsError> {
        for (id, side) in self.by_job.get(&job).cloned().unwrap_or_default() {
            self.end_gone(id, side)?;
        }
        Ok(())
    }

    /// One end is closed for good.
    pub(crate) fn end_gone(&mut self, id: FifoId, side: Side) -> Result<(), OsError> {
        self.settle(id, |keeper| match side {
            Side::Writer => keeper.writer_gone().map(drop),
            Side::Reader => keeper.reader_gone().map(drop),
        })
    }

    /// Somebody has opened FIFOs: looks whether a keeper has waited for it.
    pub(crate) fn opened(&mut self) -> Result<(), OsError> {
        let mut opened = Vec::new();
        while let Some(what) = self.watch.next_open()? {
            match what {
                Opened::At(path) => opened.extend(self.by_path.get(&path).copied()),
                Opened::Many => opened.extend((0..self.fifos.len()).map(FifoId)),
            }
        }
        for id in opened {
            self.fifos[id.0].opened = true;
            if std::mem::take(&mut self.fifos[id.0].until_opened) {
                self.fifos[id.0].keeper = None;
            }
            self.settle(id, |keeper| keeper.poke().map(drop))?;
        }
        Ok(())
    }

    /// Executables that were given FIFOs none of which anybody has opened.
    pub(crate) fn unopened(&self) -> Vec<JobId> {
        let untouched = |ends: &Vec<(FifoId, Side)>| ends.iter().all(|(id, _)| !self.fifos[id.0].opened);
        let mut jobs: Vec<JobId> =
            self.by_job.iter().filter(|(_, ends)| untouched(ends)).map(|(&job, _)| job).collect();
        jobs.sort_unstable();
        jobs
    }

    fn settle(&mut self, id: FifoId, act: impl FnOnce(&mut Keeper) -> Result<(), OsError>) -> Result<(), OsError> {
        let fifo = &mut self.fifos[id.0];
        if let Some(keeper) = &mut fifo.keeper {
            act(keeper)?;
            if keeper.is_closed() {
                fifo.keeper = None;
            }
        }
        Ok(())
    }
}
