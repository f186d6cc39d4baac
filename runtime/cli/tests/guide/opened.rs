//! Whether somebody opens the files that a chapter has written. A file that no command opens is shown but not checked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

pub(crate) struct Opened {
    inotify: Inotify,
    /// Files that nobody has opened yet.
    waiting: HashMap<WatchDescriptor, PathBuf>,
    watched: HashMap<PathBuf, WatchDescriptor>,
}

impl Opened {
    pub(crate) fn new() -> Opened {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).unwrap();
        Opened { inotify, waiting: HashMap::new(), watched: HashMap::new() }
    }

    /// Watches a file that has just been written.
    pub(crate) fn watch(&mut self, file: &Path) {
        let watch = self.inotify.add_watch(file, AddWatchFlags::IN_OPEN).unwrap();
        self.waiting.insert(watch, file.to_owned());
        self.watched.insert(file.to_owned(), watch);
    }

    /// Stops watching a file that is about to be written anew; whether anybody has opened it, if it was watched.
    pub(crate) fn leave(&mut self, file: &Path) -> bool {
        self.look();
        let Some(watch) = self.watched.remove(file) else { return true };
        // A file that has been removed is not watched any more.
        let _ = self.inotify.rm_watch(watch);
        self.waiting.remove(&watch).is_none()
    }

    /// The files that nobody has opened since they were written.
    pub(crate) fn unopened(mut self) -> Vec<PathBuf> {
        self.look();
        self.waiting.into_values().collect()
    }

    fn look(&mut self) {
        loop {
            match self.inotify.read_events() {
                Ok(events) => {
                    for event in events.iter().filter(|event| event.mask.contains(AddWatchFlags::IN_OPEN)) {
                        self.waiting.remove(&event.wd);
                    }
                }
                Err(Errno::EAGAIN) => return,
                Err(error) => panic!("inotify: {error}"),
            }
        }
    }
}
