//! A control group of a run's own, by which all that it has started can be killed at once.
//!
//! Whoever starts processes faster than they are found could escape for a while; `cgroup.kill` (Linux 5.14, cgroups(7), version
//! 2) leaves nobody out. A user may make groups only where his own one is his, as those of a systemd user session are. Where
//! he may not, runs do without.
//!
//! Programs are started into the group. To move the warden there, so that they would inherit it, would take the kernel about ten
//! milliseconds.

mod place;

use std::{
    fs,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{OFlag, open},
    sys::stat::Mode,
    unistd::mkdtemp,
};

use crate::{
    Errno, OsError, Result,
    call::{call, call_std, raw, raw_std},
    deadline::pause,
    fifo::tag,
    sys,
};

/// How long those who were killed may take to die.
const DYING: Duration = Duration::from_secs(1);

/// A group for one run, locked as long as runtime or warden have it open. Dropping it kills all that are in it, and removes it.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
    fd: OwnedFd,
}

impl Cgroup {
    /// How often a new group may be swept away before it is locked; a sweep sees each only once.
    const ATTEMPTS: usize = 16;

    /// Makes a group below this process's own, named by `tag` as a directory of FIFOs is.
    pub fn create(tag: &str) -> Result<Self> {
        let own = place::own()?;
        for _ in 0..Self::ATTEMPTS {
            let group = Self::make(&own, tag)?;
            let is_locked = raw(|| sys::try_lock(group.fd.as_fd())).is_ok();
            if is_locked && group.path.exists() {
                return Ok(group);
            }
        }
        Err(OsError::new("flock", own.display(), Errno::EAGAIN))
    }

    fn make(own: &Path, tag: &str) -> Result<Self> {
        let template = own.join(format!("pipeloom-{tag}-XXXXXX"));
        let path = call("mkdtemp", template.display(), || mkdtemp(&template))?;
        // From here on it is removed if anything fails.
        let fd = match open_dir(&path) {
            Ok(fd) => fd,
            Err(error) => {
                let _ = raw_std(|| fs::remove_dir(&path));
                return Err(error);
            }
        };
        let group = Self { path, fd };
        if !group.path.join(KILL).exists() {
            return Err(OsError::new("open", group.path.join(KILL).display(), Errno::ENOENT));
        }
        Ok(group)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Kills all that are in it, also in groups below, without waiting for their ends.
    pub fn kill(&self) -> Result<()> {
        let path = self.path.join(KILL);
        call_std("write", path.display(), || fs::write(&path, "1"))
    }

    pub(crate) fn from_parts(path: PathBuf, fd: OwnedFd) -> Self {
        Self { path, fd }
    }

    /// What the warden needs to have it too.
    pub(crate) fn parts(&self) -> Result<(PathBuf, OwnedFd)> {
        let fd = call("fcntl(F_DUPFD_CLOEXEC)", self.path.display(), || sys::duplicate(self.fd.as_fd(), 3))?;
        Ok((self.path.clone(), fd))
    }
}

impl AsFd for Cgroup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The warden has removed it, as a rule. What cannot be removed is what sweeping is for.
        if self.path.exists() {
            let _ = self.kill();
            remove(&self.path);
        }
    }
}

/// The groups of runs that have crashed, below this process's own, each for [`remove_abandoned`].
pub fn abandoned() -> Vec<PathBuf> {
    let entries = place::own().and_then(|own| call_std("opendir", own.display(), || fs::read_dir(&own)));
    let found = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    found.filter(|path| tag(path).is_some() && lock(path).is_some()).collect()
}

/// Removes the groups of runs that have crashed, below this process's own, in which nobody is left.
pub fn sweep() {
    for path in abandoned() {
        // The lock is held meanwhile, so that no run takes the group for its own.
        if let Some(_lock) = lock(&path) {
            let _ = raw_std(|| fs::remove_dir(&path));
        }
    }
}

/// Kills all that are in an abandoned group, and removes it; whether it is gone.
pub fn remove_abandoned(path: &Path) -> Result<bool> {
    let Some(fd) = lock(path) else { return Ok(false) };
    let group = Cgroup::from_parts(path.to_owned(), fd);
    group.kill()?;
    drop(group);
    Ok(!path.exists())
}

/// The file that kills, and which tells that this is a group of version 2.
const KILL: &str = "cgroup.kill";

fn open_dir(path: &Path) -> Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    call("open", path.display(), || open(path, flags, Mode::empty()))
}

/// Its lock, if no run has it.
fn lock(path: &Path) -> Option<OwnedFd> {
    let fd = open_dir(path).ok()?;
    raw(|| sys::try_lock(fd.as_fd())).ok().map(|()| fd)
}

/// Removes a group and those below, once all in them have died.
fn remove(path: &Path) {
    let deadline = Instant::now() + DYING;
    loop {
        let entries = raw_std(|| fs::read_dir(path)).into_iter().flatten().flatten();
        for below in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            remove(&below.path());
        }
        if raw_std(|| fs::remove_dir(path)).is_ok() || !path.exists() || Instant::now() >= deadline {
            break;
        }
        pause(Duration::from_millis(1));
    }
}
