//! Starting programs.

use std::{
    collections::VecDeque,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use super::{Among, Server};
use crate::{
    Result,
    call::call,
    process::Signal,
    spawn::Prepared,
    sys,
    warden::{
        Reach, Spawn, SpawnError, Token,
        family::MARK,
        wire::{Answer, SpawnRequest},
    },
};

/// Of programs that are asked for together, so many are started before it is told of them, and looked for ends.
const TOGETHER: usize = 8;

/// Milliseconds to wait before a program is tried again for which there was no process.
const RETRIES: [u64; 6] = [10, 20, 40, 80, 160, 320];

/// A program that is to be started.
pub(super) struct Waiting {
    pub(super) token: Token,
    pub(super) program: Prepared,
    pub(super) due: Instant,
    pub(super) failures: usize,
}

impl Server {
    /// Starts programs. Between many of them ends are told, too: who reads what one of those has written waits for that.
    pub(super) fn spawn(&mut self, programs: Vec<(Token, SpawnRequest)>, fds: Vec<OwnedFd>) -> Result<()> {
        let mut fds = fds.into_iter();
        for (nth, (token, request)) in programs.into_iter().enumerate() {
            // What this process had no room for came last.
            let own: Vec<OwnedFd> = fds.by_ref().take(request.targets.len()).collect();
            let is_complete = own.len() == request.targets.len();
            let prepared = is_complete.then(|| self.prepare(token, request, own)).ok_or(SpawnError::OutOfDescriptors);
            match prepared.flatten() {
                Ok(program) => self.start_or_wait(Waiting { token, program, due: Instant::now(), failures: 0 })?,
                Err(error) => self.failed(token, error)?,
            }
            if nth % TOGETHER == TOGETHER - 1 {
                if call("read", "signalfd", || self.children.read_signal())?.is_some() {
                    self.reap(Among::Known)?;
                }
                self.flushed = self.link.flush()?;
            }
        }
        Ok(())
    }

    fn prepare(&self, token: Token, request: SpawnRequest, fds: Vec<OwnedFd>) -> Result<Prepared, SpawnError> {
        let SpawnRequest { program, argv, mut env, cwd, targets, limits } = request;
        // The runtime may itself be somebody's job and have handed on its own mark, and the first of two would count. Where it is
        // shared, it gives way to the new one.
        env.retain(|(name, _)| name != MARK);
        env.push((MARK.into(), self.family.mark(token).into()));
        let fds = fds.into_iter().zip(targets).collect();
        let spawn = Spawn { program, argv, env, cwd, fds, limits, ..Spawn::default() };
        let prepared = Prepared::new(spawn, self.shared_env.clone()?)?;
        Ok(prepared.allowing_descriptors(self.descriptors))
    }

    pub(super) fn start(&mut self, mut waiting: Waiting) -> Result<()> {
        let token = waiting.token;
        match waiting.program.start(self.remains.cgroup()) {
            Ok(pid) => {
                self.family.started(token, pid);
                // Not reaped yet, so the number is surely its own.
                match call("pidfd_open", pid, || sys::pidfd_open(pid.as_raw())) {
                    Ok(pidfd) => self.link.queue(&Answer::Spawned(token, pid), vec![pidfd]),
                    Err(error) => {
                        // Without it the runtime could not hold the program, so it must not live.
                        self.family.signal(token, Signal::KILL, Reach::Everything);
                        self.family.disown(pid);
                        self.failed(token, SpawnError::from(error))
                    }
                }
            }
            Err(SpawnError::OutOfProcesses) if waiting.failures < RETRIES.len() => {
                waiting.due = Instant::now() + Duration::from_millis(RETRIES[waiting.failures]);
                waiting.failures += 1;
                self.waiting.push_back(waiting);
                Ok(())
            }
            Err(error) => self.failed(token, error),
        }
    }

    pub(super) fn try_again(&mut self) -> Result<()> {
        if self.paused {
            return Ok(());
        }
        let now = Instant::now();
        let (due, later) = self.waiting.drain(..).partition(|waiting| waiting.due <= now);
        self.waiting = later;
        let due: VecDeque<Waiting> = due;
        due.into_iter().try_for_each(|waiting| self.start(waiting))
    }

    pub(super) fn failed(&mut self, token: Token, error: SpawnError) -> Result<()> {
        self.link.queue(&Answer::SpawnFailed(token, error), vec![])
    }
}
