//! The warden's last act.

use std::{
    ffi::{OsStr, OsString},
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Server, setup};
use crate::{
    Errno, OsError, Result,
    call::raw,
    cgroup::Cgroup,
    fifo::{self, OuterFifo},
    sys,
};

/// How long to go on when nobody can be killed any more: what is left is another user's, or hangs in the kernel.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look for new processes between two ends.
const AGAIN: Duration = Duration::from_millis(20);

/// How often reaping and removing are tried.
const TRIES: usize = 3;

/// What is to be removed at the end.
#[derive(Debug, Default)]
pub(super) struct Remains {
    dirs: Vec<PathBuf>,
    fifos: Vec<OuterFifo>,
    cgroup: Option<Cgroup>,
}

impl Remains {
    pub(super) fn add_dir(&mut self, path: OsString) {
        self.dirs.push(path.into());
    }

    pub(super) fn add_fifo(&mut self, path: &OsStr, fd: OwnedFd) {
        self.fifos.push(OuterFifo::from_parts(path.into(), fd));
    }

    pub(super) fn set_cgroup(&mut self, path: OsString, fd: OwnedFd) {
        self.cgroup = Some(Cgroup::from_parts(path.into(), fd));
    }

    /// The control group that programs are started into.
    pub(super) fn cgroup(&self) -> Option<BorrowedFd<'_>> {
        self.cgroup.as_ref().map(Cgroup::as_fd)
    }

    /// Kills all in the control group, if there is one: at once, so that nobody starts another meanwhile.
    fn kill(&self) {
        // Those that it misses are found one by one.
        let _ = self.cgroup.as_ref().map(Cgroup::kill);
    }

    /// What cannot be removed is found by the next sweep.
    fn remove(&mut self) {
        for dir in &self.dirs {
            (0..TRIES).any(|_| fifo::remove(dir).is_ok());
        }
        self.fifos.clear();
        self.cgroup = None;
    }
}

impl Server {
    /// Kills all that was started, reaps it, and removes what is to be removed. An error says that somebody may be left.
    pub(super) fn end(&mut self) -> Result<()> {
        self.waiting.clear();
        self.remains.kill();
        let mut hopeless_at = Instant::now() + PATIENCE;
        let mut failures = 0;
        let ended = loop {
            let any = self.family.kill_all();
            match self.reap_silently() {
                Ok(true) => failures = 0,
                Ok(false) => break Ok(()),
                // Not an answer: ask again after the next look.
                Err(errno) if failures == TRIES => break Err(OsError::new("waitpid", "", errno)),
                Err(_) => failures += 1,
            }
            if any {
                hopeless_at = Instant::now() + PATIENCE;
            } else if Instant::now() >= hopeless_at {
                break Err(OsError::new("kill", "what was started", Errno::ETIMEDOUT));
            }
            // An error here would be one of poll, and then looking again at once is the best that can be done.
            let _ = setup::wait_for_child(&self.children, AGAIN);
        };
        self.remains.remove();
        ended
    }

    /// Reaps all that have ended; whether there are children left.
    fn reap_silently(&mut self) -> Result<bool, Errno> {
        while raw(|| self.children.read_signal()).is_ok_and(|signal| signal.is_some()) {}
        loop {
            match raw(sys::reap) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(true),
                Err(Errno::ECHILD) => return Ok(false),
                Err(errno) => return Err(errno),
            }
        }
    }
}
