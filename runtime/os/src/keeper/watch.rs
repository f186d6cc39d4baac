//! Learning that somebody has opened a FIFO.

use std::{
    collections::{HashMap, VecDeque},
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

use crate::{
    Errno, OsError, Result,
    call::{call, raw},
    fifo::HiddenFifo,
};

/// An inotify instance over any number of directories of FIFOs, and single FIFOs. Readable when something was opened.
///
/// Opens by the runtime itself are told as well.
#[derive(Debug)]
pub struct OpenWatch {
    inotify: Inotify,
    watched: HashMap<WatchDescriptor, PathBuf>,
    queue: VecDeque<Opened>,
}

/// What an [`OpenWatch`] has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The file at this path was opened, as the watch was given it: the directory's path with the name, or the FIFO's.
    At(PathBuf),
    /// The file at this path was closed by one who had it open; whether that one could write. Told where it was asked for.
    Closed(PathBuf, bool),
    /// So much was opened that the kernel has forgotten some of it: look at every keeper.
    Many,
}

impl OpenWatch {
    /// One that watches nothing yet.
    pub fn new() -> Result<Self> {
        let flags = InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK;
        let inotify = call("inotify_init1", "", || Inotify::init(flags))?;
        Ok(Self { inotify, watched: HashMap::new(), queue: VecDeque::new() })
    }

    /// Watches a FIFO, or all that are or will be in a directory.
    pub fn add(&mut self, path: &Path) -> Result<()> {
        self.watch(path, path, AddWatchFlags::IN_OPEN)
    }

    /// Watches a FIFO before it appears; it is told of by the path at which it does.
    pub fn add_hidden(&mut self, fifo: &HiddenFifo) -> Result<()> {
        self.watch(fifo.hidden_path(), fifo.path(), AddWatchFlags::IN_OPEN)
    }

    /// Watches a FIFO, or all in a directory, and also for being closed: so it is told which end of it somebody had who is gone
    /// by then.
    pub fn add_closes(&mut self, path: &Path) -> Result<()> {
        self.watch(path, path, AddWatchFlags::IN_OPEN | AddWatchFlags::IN_CLOSE)
    }

    fn watch(&mut self, path: &Path, told: &Path, events: AddWatchFlags) -> Result<()> {
        // What is watched for already stays, as another user of the watch may count on it.
        let adds = AddWatchFlags::from_bits_retain(libc::IN_MASK_ADD);
        let flags = events | adds | AddWatchFlags::IN_DONT_FOLLOW;
        let watch = call("inotify_add_watch", path.display(), || self.inotify.add_watch(path, flags))?;
        self.watched.insert(watch, told.to_owned());
        Ok(())
    }

    /// Stops watching what was added with this path.
    pub fn forget(&mut self, path: &Path) -> Result<()> {
        let Some((&watch, _)) = self.watched.iter().find(|(_, watched)| *watched == path) else { return Ok(()) };
        self.watched.remove(&watch);
        match raw(|| self.inotify.rm_watch(watch)) {
            // The FIFO has been unlinked, and its watch is gone with it.
            Ok(()) | Err(Errno::EINVAL) => Ok(()),
            Err(errno) => Err(OsError::new("inotify_rm_watch", path.display(), errno)),
        }
    }

    /// The next open, if there is one to tell. Ask until there is none: several come with one reading.
    pub fn next_open(&mut self) -> Result<Option<Opened>> {
        if self.queue.is_empty() {
            match raw(|| self.inotify.read_events()) {
                Ok(events) => self.queue.extend(events.into_iter().filter_map(|event| {
                    if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
                        return Some(Opened::Many);
                    }
                    let path = self.watched.get(&event.wd)?;
                    let path = event.name.map_or_else(|| path.clone(), |name| path.join(name));
                    match event.mask {
                        mask if mask.contains(AddWatchFlags::IN_OPEN) => Some(Opened::At(path)),
                        mask if mask.contains(AddWatchFlags::IN_CLOSE_WRITE) => Some(Opened::Closed(path, true)),
                        mask if mask.contains(AddWatchFlags::IN_CLOSE_NOWRITE) => Some(Opened::Closed(path, false)),
                        _ => None,
                    }
                })),
                Err(Errno::EAGAIN) => {}
                Err(errno) => return Err(OsError::new("read", "inotify", errno)),
            }
        }
        Ok(self.queue.pop_front())
    }
}

impl AsFd for OpenWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}
