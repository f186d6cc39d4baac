//! The ends of kernel pipes: what an executable is given, and the FIFOs that are kept open for a while.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use pipeloom_config::Side;
use pipeloom_config::{JobId, JobSpec, PipeId};
use pipeloom_job::ring::CONTROL_BYTES;
use pipeloom_job::shared::{Incoming, Outgoing};
use pipeloom_os::fifo::{FifoDir, HiddenFifo, OuterFifo};
use pipeloom_os::keeper::{Keeper, OpenWatch, Opened, Settled};
use pipeloom_os::memory;
use pipeloom_os::{Errno, OsError};

use super::awaited::Awaited;
use crate::flow::{BirthTeller, Done, FateTeller, Tally};

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
    /// The memory beside some of them.
    pub(crate) rings: Vec<(Side, usize, RingEnd)>,
    pub(crate) tellers: Tellers,
}

/// Memory that a program shares with the one at the other end of a pipe.
#[derive(Debug)]
pub(crate) struct RingEnd {
    pub(crate) memory: OwnedFd,
    /// By which the reader tells the writer that there is room.
    pub(crate) room: OwnedFd,
    /// How many bytes there are for payloads.
    pub(crate) bytes: usize,
}

impl RingEnd {
    /// New memory, and a new bell.
    pub(crate) fn new(pipe: &str, bytes: usize) -> Result<RingEnd, OsError> {
        Ok(RingEnd { memory: memory::sealed(pipe, CONTROL_BYTES + bytes)?, room: memory::bell()?, bytes })
    }

    /// The runtime's side, where it writes.
    pub(super) fn outgoing(self) -> Result<Outgoing, OsError> {
        Outgoing::new(&self.memory, self.room, self.bytes).map_err(failed)
    }

    /// The runtime's side, where it reads.
    pub(super) fn incoming(self) -> Result<Incoming, OsError> {
        Incoming::new(&self.memory, self.room, self.bytes).map_err(failed)
    }

    /// The same, for whoever has the other end.
    pub(super) fn again(&self) -> Result<RingEnd, OsError> {
        let RingEnd { memory, room, bytes } = self;
        Ok(RingEnd { memory: memory::again(memory)?, room: memory::again(room)?, bytes: *bytes })
    }
}

fn failed(error: io::Error) -> OsError {
    OsError::new("mmap", "memory beside a pipe", error.raw_os_error().map_or(Errno::EINVAL, Errno::from_raw))
}

/// Where is told what becomes of a program.
#[derive(Debug, Default)]
pub(crate) struct Tellers {
    /// Its beginning, if its times are logged.
    pub(crate) birth: Option<BirthTeller>,
    /// What only it can know of its pipes.
    pub(crate) told: Vec<Told>,
    /// How it ended, for those who read what it wrote.
    pub(crate) fates: Vec<FateTeller>,
    /// What it says that it has done, if anybody wants to know.
    pub(crate) done: Option<Done>,
}

/// Something that a program with a kit tells of one of its pipes, at its end.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) pipe: PipeId,
    pub(crate) name: String,
    pub(crate) what: TellWhat,
    pub(crate) tally: Arc<Tally>,
}

/// What a program tells of a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TellWhat {
    /// What it has written. Another program with a kit reads it, with nobody in between.
    Written,
    /// What it has read from such a pipe.
    Read,
    /// Only which bits it has cleared: the runtime sees the blocks itself.
    Cleared,
}

impl ChildEnds {
    pub(super) fn for_job(job: &JobSpec) -> ChildEnds {
        let none = |pipes: &[PipeId]| pipes.iter().map(|_| None).collect();
        ChildEnds {
            inputs: none(&job.inputs),
            outputs: none(&job.outputs),
            rings: Vec::new(),
            tellers: Tellers::default(),
        }
    }

    /// Gives it memory beside the pipe at this port.
    pub(super) fn share(&mut self, side: Side, port: usize, ring: RingEnd) {
        self.rings.push((side, port, ring));
    }

    /// The memory beside the pipe at this port.
    pub(crate) fn take_ring(&mut self, side: Side, port: usize) -> Option<RingEnd> {
        let place = self.rings.iter().position(|(has, at, _)| (*has, *at) == (side, port))?;
        Some(self.rings.swap_remove(place).2)
    }

    pub(super) fn set_input(&mut self, port: usize, end: ChildEnd) {
        self.inputs[port] = Some(end);
    }

    /// Has it tell something of a pipe.
    pub(super) fn tells(&mut self, told: Told) {
        self.tellers.told.push(told);
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
    pub(super) fifos: HashMap<FifoId, KeptFifo>,
    next: FifoId,
    by_path: HashMap<PathBuf, FifoId>,
    pub(super) by_job: HashMap<JobId, Vec<(FifoId, Side)>>,
    pub(super) watch: OpenWatch,
    /// FIFOs made where the file says; unlinked when dropped.
    outer: Vec<OuterFifo>,
}

/// One FIFO.
#[derive(Debug)]
pub(super) struct KeptFifo {
    pub(super) path: PathBuf,
    /// `None` once it is not needed any more.
    keeper: Option<Keeper>,
    /// A program outside the network has an end: the keeper goes when it has come.
    until_opened: bool,
    /// The keeper waits for somebody to open it.
    watched: bool,
    /// One of its ends is closed for good: from then on the keeper opens it, too.
    pub(super) end_gone: bool,
    /// Executables that are timed, and have not been seen to open it.
    pub(super) awaited: Vec<Awaited>,
}

impl Fifos {
    pub(crate) fn new() -> Result<Fifos, OsError> {
        Ok(Fifos {
            fifos: HashMap::new(),
            next: FifoId(0),
            by_path: HashMap::new(),
            by_job: HashMap::new(),
            watch: OpenWatch::new()?,
            outer: Vec::new(),
        })
    }

    /// The id of the FIFO that is kept next.
    pub(super) fn next_id(&self) -> FifoId {
        self.next
    }

    /// Keeps a FIFO from now on. With `until_opened`, a program outside the network has one end, of whose life nothing is
    /// known; the keeper goes when it has come.
    pub(super) fn keep(&mut self, keeper: Keeper, until_opened: bool) {
        let path = keeper.path().to_owned();
        self.by_path.insert(path.clone(), self.next);
        let kept = KeptFifo {
            path,
            keeper: Some(keeper),
            until_opened,
            watched: until_opened,
            end_gone: false,
            awaited: Vec::new(),
        };
        self.fifos.insert(self.next, kept);
        self.next = FifoId(self.next.0 + 1);
    }

    /// An executable has this end.
    pub(super) fn assign(&mut self, id: FifoId, side: Side, job: JobId) {
        self.by_job.entry(job).or_default().push((id, side));
    }

    /// Lets a FIFO appear for a program outside the network; it is removed at the end of the run.
    pub(super) fn hold_outer(&mut self, fifo: HiddenFifo) -> Result<(), OsError> {
        // Whoever waits for its path may have come and gone a moment later.
        self.watch.add_hidden(&fifo)?;
        self.outer.push(fifo.appear()?);
        Ok(())
    }

    /// Whether a FIFO needs no keeper any more: both its ends have come or gone.
    pub(crate) fn is_settled(&self, path: &Path) -> bool {
        self.by_path.get(path).is_none_or(|id| self.fifos[id].keeper.is_none())
    }

    pub(crate) fn outer(&self) -> &[OuterFifo] {
        &self.outer
    }

    pub(crate) fn watch(&self) -> &OpenWatch {
        &self.watch
    }

    /// An executable is gone with all its ends.
    pub(crate) fn job_gone(&mut self, job: JobId) -> Result<(), OsError> {
        self.await_no_more(job)?;
        for (id, side) in self.by_job.get(&job).cloned().unwrap_or_default() {
            self.end_gone(id, side)?;
        }
        Ok(())
    }

    /// A life of an executable is over, and nobody has an end of its FIFOs any more: lets go of them, and removes them from
    /// their directory.
    pub(super) fn forget(&mut self, job: JobId, dir: &FifoDir) -> Result<(), OsError> {
        for (id, _) in self.by_job.remove(&job).unwrap_or_default() {
            let Some(fifo) = self.fifos.remove(&id) else { continue };
            self.by_path.remove(&fifo.path);
            self.watch.forget(&fifo.path)?;
            if let Some(name) = fifo.path.file_name() {
                dir.unlink(name)?;
            }
        }
        Ok(())
    }

    /// One end is closed for good.
    pub(crate) fn end_gone(&mut self, id: FifoId, side: Side) -> Result<(), OsError> {
        // From now on the keeper itself opens the FIFO, which is told too; it can tell who is there.
        if let Some(fifo) = self.fifos.get_mut(&id) {
            (fifo.until_opened, fifo.end_gone) = (false, true);
        }
        self.settle(id, |keeper| match side {
            Side::Writer => keeper.writer_gone(),
            Side::Reader => keeper.reader_gone(),
        })
    }

    /// Somebody has opened FIFOs: looks whether a keeper has waited for it. Gives the executables that were awaited and have
    /// come; `holds` says whether one has a FIFO open.
    pub(crate) fn opened(&mut self, holds: &dyn Fn(JobId, &Path) -> bool) -> Result<Vec<JobId>, OsError> {
        let (mut opened, mut came) = (Vec::new(), Vec::new());
        while let Some(what) = self.watch.next_open()? {
            match what {
                Opened::At(path) => opened.extend(self.by_path.get(&path).copied()),
                Opened::Closed(path, wrote) => {
                    let fifo = self.by_path.get(&path).and_then(|id| self.fifos.get(id));
                    came.extend(fifo.into_iter().flat_map(|fifo| fifo.who_left(wrote)));
                }
                Opened::Many => {
                    opened.extend(self.fifos.keys().copied());
                    came.extend(self.all_awaited());
                }
            }
        }
        for id in opened {
            let Some(fifo) = self.fifos.get_mut(&id) else { continue };
            // Before the keeper goes: until then nobody who reads it has come to its end.
            came.extend(fifo.who_came(holds));
            if std::mem::take(&mut fifo.until_opened) {
                fifo.keeper = None;
                self.watch.forget(&fifo.path)?;
            }
            self.settle(id, Keeper::poke)?;
        }
        Ok(came)
    }

    /// The paths of the FIFOs that each executable was given.
    pub(crate) fn by_job(&self) -> impl Iterator<Item = (JobId, Vec<&Path>)> {
        let path = |id: FifoId| self.fifos[&id].path.as_path();
        self.by_job.iter().map(move |(&job, ends)| (job, ends.iter().map(|&(id, _)| path(id)).collect()))
    }

    /// Lets a keeper see what has changed. One that then waits for somebody to open its FIFO is watched from then on; a
    /// watch from the start would slow down every read and write.
    ///
    /// If that fails it is tried once more. Then the keeper goes whoever has not come yet: as long as it stays, who reads to the end
    /// waits for ever.
    fn settle(&mut self, id: FifoId, act: impl Fn(&mut Keeper) -> Result<Settled, OsError>) -> Result<(), OsError> {
        let settled = self.try_to_settle(id, &act).or_else(|_| self.try_to_settle(id, &act));
        if let (Err(_), Some(fifo)) = (&settled, self.fifos.get_mut(&id)) {
            fifo.keeper = None;
        }
        settled
    }

    fn try_to_settle(
        &mut self,
        id: FifoId,
        act: impl Fn(&mut Keeper) -> Result<Settled, OsError>,
    ) -> Result<(), OsError> {
        let Some(fifo) = self.fifos.get_mut(&id) else { return Ok(()) };
        let Some(keeper) = &mut fifo.keeper else { return Ok(()) };
        let mut settled = act(keeper)?;
        if settled == Settled::WaitingForOpen && !fifo.watched {
            self.watch.add(keeper.path())?;
            fifo.watched = true;
            // It may have been opened in between.
            settled = keeper.poke()?;
        }
        if settled == Settled::Closed {
            (fifo.keeper, fifo.watched) = (None, false);
            if !fifo.is_watched() {
                self.watch.forget(&fifo.path)?;
            }
        }
        Ok(())
    }
}

impl KeptFifo {
    /// Whether it is told when somebody opens it.
    pub(super) fn is_watched(&self) -> bool {
        self.watched || !self.awaited.is_empty()
    }
}
