//! A disk that fails when it is told to.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use nix::errno::Errno;

use crate::files::{Disk, Files};
use crate::folder::Folder;

/// A real directory whose calls fail on demand. A write that fails has written half of its bytes before.
struct Frail {
    folder: Folder,
    faults: Faults,
}

/// Which calls fail.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    /// How many calls succeed before one fails; `None` if none will.
    left: Option<usize>,
    /// Whether that one is the last of its process.
    kills: bool,
    dead: bool,
    made: Vec<&'static str>,
}

/// What becomes of a call.
enum Fate {
    Succeeds,
    Fails,
    /// There is nobody any more to make it.
    Dead,
}

impl Faults {
    pub(super) fn create(&self, dir: &Path) -> Files {
        Files::new(dir, Box::new(Frail { folder: Folder::create(dir).unwrap(), faults: self.clone() }))
    }

    pub(super) fn open(&self, dir: &Path) -> Files {
        Files::new(dir, Box::new(Frail { folder: Folder::open(dir).unwrap(), faults: self.clone() }))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap()
    }

    /// One call finds no room, after so many that do.
    pub(super) fn fail_after(&self, calls: usize) {
        (self.plan().left, self.plan().kills) = (Some(calls), false);
    }

    /// The process is killed inside a call, after so many that are whole.
    pub(super) fn die_after(&self, calls: usize) {
        (self.plan().left, self.plan().kills) = (Some(calls), true);
    }

    /// No call fails any more.
    pub(super) fn heal(&self) {
        (self.plan().left, self.plan().dead) = (None, false);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.plan().dead
    }

    /// Whether a fault is still to come.
    pub(super) fn is_armed(&self) -> bool {
        self.plan().left.is_some()
    }

    /// The calls since this was last asked.
    pub(super) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.plan().made)
    }

    fn fate(&self, name: &'static str) -> Fate {
        let mut plan = self.plan();
        if plan.dead {
            return Fate::Dead;
        }
        plan.made.push(name);
        if plan.left == Some(0) {
            (plan.left, plan.dead) = (None, plan.kills);
            return Fate::Fails;
        }
        plan.left = plan.left.map(|left| left - 1);
        Fate::Succeeds
    }

    fn call(&self, name: &'static str) -> io::Result<()> {
        match self.fate(name) {
            Fate::Succeeds => Ok(()),
            Fate::Fails | Fate::Dead => no_room(),
        }
    }
}

fn no_room() -> io::Result<()> {
    Err(Errno::ENOSPC.into())
}

impl Disk for Frail {
    fn create(&self, name: &str) -> io::Result<File> {
        self.faults.call("create")?;
        self.folder.create(name)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        self.folder.open(name)
    }

    fn names(&self) -> io::Result<Vec<OsString>> {
        self.folder.names()
    }

    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        match self.faults.fate("write") {
            Fate::Succeeds => self.folder.write(file, bytes, at),
            Fate::Fails => self.folder.write(file, &bytes[..bytes.len() / 2], at).and_then(|()| no_room()),
            Fate::Dead => no_room(),
        }
    }

    fn cut(&self, file: &File, length: u64) -> io::Result<()> {
        self.faults.call("cut")?;
        self.folder.cut(file, length)
    }

    fn sync(&self, _: &File) -> io::Result<()> {
        // Nobody cuts the power here.
        self.faults.call("sync")
    }

    fn sync_names(&self) -> io::Result<()> {
        self.faults.call("sync names")
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.faults.call("remove")?;
        self.folder.remove(name)
    }

    fn remove_itself(&self) -> io::Result<()> {
        self.faults.call("remove itself")?;
        self.folder.remove_itself()
    }
}
