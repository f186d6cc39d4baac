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
        let flags = AddWatchFlags::IN_OPEN | AddWatchFlags::IN_DONT_FOLLOW;
        let watch = call("inotify_add_watch", path.display(), || self.inotify.add_watch(path, flags))?;
        self.watched.insert(watch, path.to_owned());
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
                    let told = event.mask.contains(AddWatchFlags::IN_OPEN);
                    told.then(|| Opened::At(event.name.map_or_else(|| path.clone(), |name| path.join(name))))
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
