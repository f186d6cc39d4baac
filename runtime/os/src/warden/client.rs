//! The runtime's half.

use std::{
    collections::HashSet,
    ffi::OsString,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::Arc,
};

use nix::{
    poll::PollTimeout,
    sys::socket::{Shutdown, shutdown},
};

use super::{
    Environment, Reach, Spawn, SpawnError, Token,
    birth::{Born, Process},
    link::{Flushed, Got, Link, MAX_MESSAGE},
    starting::Starting,
    wire::{Answer, Request, SpawnRequest, VERSION, size},
};
use crate::{
    Errno, OsError, Result,
    cgroup::Cgroup,
    fifo::OuterFifo,
    process::{Exit, Pid, PidFd, Signal},
};

/// Milliseconds that the warden may take to kill everything before we stop waiting for it; longer than it tries itself.
const END_PATIENCE: u16 = 15_000;

/// A running warden. Dropping it ends all that it has started, and waits for that.
#[derive(Debug)]
pub struct Warden {
    link: Link<Answer>,
    process: Process,
    /// What the warden was told last that programs share of their environment.
    shared_env: Environment,
    /// Programs that are asked for with the next message.
    starting: Starting,
    /// Spawns that have not been answered.
    unanswered: HashSet<Token>,
    /// Jobs that were started but could not be taken over; they are being killed, and their ends are nobody's business.
    disowned: HashSet<Token>,
    /// Pauses that have not been answered.
    pauses: usize,
    /// Too many descriptors are in flight; nothing is sent until an answer says that some have arrived.
    held_back: bool,
    lost: Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    No,
    Untold,
    Told,
}

/// What the warden has to tell.
#[derive(Debug)]
pub enum WardenEvent {
    /// The program has been started.
    Spawned {
        /// Whose.
        token: Token,
        /// Its number, which is that of its process group too.
        pid: Pid,
        /// A descriptor for it.
        pidfd: PidFd,
    },
    /// The program could not be started, and nothing is left of it.
    SpawnFailed {
        /// Whose.
        token: Token,
        /// Why.
        error: SpawnError,
    },
    /// These main processes have ended. If one explains another's end, it is not told later than that.
    Exited(Vec<(Token, Exit)>),
    /// The answer to [`Warden::leftovers`]; empty, too, when the last of those named before has gone.
    Leftovers {
        /// Whose.
        token: Token,
        /// Those alive.
        pids: Vec<Pid>,
    },
    /// All is halted, as [`Warden::pause`] has last asked for.
    Paused,
    /// The warden has died; what it had started may live on (see [`crate::process::kill_run`]). Told once, the last event.
    Lost,
}

impl Warden {
    /// Starts `program` with `first_args` and then [`ARGUMENT`](super::ARGUMENT); it must call [`super::enter`].
    ///
    /// The call does not wait for the program. One that turns out to be no warden is told as [`WardenEvent::Lost`], or
    /// by an error of [`Warden::next_event`] if it is one of another version.
    pub fn start(program: &Path, first_args: &[OsString]) -> Result<Self> {
        Born::by_program(program, first_args).map(Self::of)
    }

    /// Makes a copy of this process the warden, which is ready sooner than a program: nothing of it has to be loaded. To be called
    /// before this process has a second thread; `EBUSY` if it has. The copy holds no descriptors of this process but standard
    /// error, and shows itself as [`ARGUMENT`](super::ARGUMENT).
    pub fn fork() -> Result<Self> {
        Born::by_fork().map(Self::of)
    }

    fn of(Born { socket, process }: Born) -> Self {
        Self {
            link: Link::new(socket),
            process,
            shared_env: Environment::default(),
            starting: Starting::default(),
            unanswered: HashSet::new(),
            disowned: HashSet::new(),
            pauses: 0,
            held_back: false,
            lost: Lost::No,
        }
    }

    /// Asks for a program to be started. Answered by [`WardenEvent::Spawned`] or [`WardenEvent::SpawnFailed`].
    ///
    /// Never waits; an error is one of the connection, not of the program. Several programs go out with one message: after the last of
    /// them, [`Warden::flush`].
    pub fn spawn(&mut self, token: Token, spawn: Spawn) -> Result<()> {
        let Spawn { program, argv, env, shared_env, cwd, fds, limits } = spawn;
        let (fds, targets): (Vec<OwnedFd>, _) = fds.into_iter().unzip();
        let request = SpawnRequest { program, argv, env, cwd, targets, limits };
        self.unanswered.insert(token);
        if request.size() + size(&shared_env) > MAX_MESSAGE / 2 {
            return self.send(&Request::Refuse(token, SpawnError::ArgumentsTooLong), vec![]);
        }
        if !Arc::ptr_eq(&self.shared_env, &shared_env) {
            self.send(&Request::Environment(shared_env.to_vec()), vec![])?;
            self.shared_env = shared_env;
        }
        if self.starting.has_no_room_for(fds.len()) {
            self.flush()?;
        }
        self.starting.add(token, request, fds);
        if self.starting.is_large() { self.flush() } else { Ok(()) }
    }

    /// Puts what was asked for into the queue.
    fn ask(&mut self) -> Result<()> {
        match self.starting.message() {
            Some((request, fds)) if self.lost == Lost::No => self.link.queue(&request, fds),
            _ => Ok(()),
        }
    }

    /// Sends a signal. Nothing happens if nobody is there any more.
    ///
    /// A job whose start is still being tried again for want of processes is given up instead.
    pub fn signal(&mut self, token: Token, signal: Signal, reach: Reach) -> Result<()> {
        self.send(&Request::Signal(token, signal, reach), vec![])
    }

    /// Asks who of a job, whose main process has ended, is still alive. Answered by [`WardenEvent::Leftovers`]; if that
    /// names anybody, another one without names follows when the last of them has gone.
    pub fn leftovers(&mut self, token: Token) -> Result<()> {
        self.send(&Request::Leftovers(token), vec![])
    }

    /// Halts all that the warden has started, by a signal that nobody can refuse, but not the warden itself. What is to be
    /// spawned while it is halted is started after that. Answered by [`WardenEvent::Paused`].
    pub fn pause(&mut self) -> Result<()> {
        self.pauses += 1;
        self.send(&Request::Pause, vec![])
    }

    /// Lets all go on that was halted, whoever has halted it.
    pub fn resume(&mut self) -> Result<()> {
        self.send(&Request::Resume, vec![])
    }

    /// Has the warden remove a FIFO directory at its end.
    pub fn remove_dir_at_end(&mut self, dir: &Path) -> Result<()> {
        self.send(&Request::RemoveDir(dir.into()), vec![])
    }

    /// Has the warden remove a FIFO at its end, too.
    pub fn remove_at_end(&mut self, fifo: &OuterFifo) -> Result<()> {
        let (path, fd) = fifo.parts()?;
        self.send(&Request::RemoveFifo(path.into_os_string()), vec![fd])
    }

    /// Has the warden start all programs into a control group, and kill whoever is in it at the end.
    pub fn use_cgroup(&mut self, group: &Cgroup) -> Result<()> {
        let (path, fd) = group.parts()?;
        self.send(&Request::UseCgroup(path.into_os_string()), vec![fd])
    }

    /// Has the warden start programs with this soft limit of descriptors where they are not given another one, for a runtime
    /// that has raised its own (see [`crate::limits::allow_descriptors`]).
    pub fn allow_programs_descriptors(&mut self, soft: u64) -> Result<()> {
        self.send(&Request::AllowDescriptors(soft), vec![])
    }

    /// The next event that has come, if any. Does not wait. Ask until there is none.
    pub fn next_event(&mut self) -> Result<Option<WardenEvent>> {
        loop {
            match self.lost {
                Lost::No => {}
                Lost::Untold => {
                    self.lost = Lost::Told;
                    return Ok(Some(WardenEvent::Lost));
                }
                Lost::Told => return Ok(None),
            }
            let event = match self.link.receive()? {
                Got::Message { message, fds, incomplete } => self.on(message, fds, incomplete)?,
                Got::Nothing => {
                    self.flush()?;
                    return Ok(None);
                }
                Got::End => {
                    self.lost = Lost::Untold;
                    None
                }
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// Whether something waits to be sent, so that the descriptor is to be watched for room too.
    pub fn wants_write(&self) -> bool {
        self.link.queued() > 0 && !self.held_back && self.lost == Lost::No
    }

    /// Sends what can be sent now. [`Warden::next_event`] does so too.
    pub fn flush(&mut self) -> Result<()> {
        self.ask()?;
        if self.held_back || self.lost != Lost::No {
            return Ok(());
        }
        let flushed = self.link.flush()?;
        self.starting.are_queued(self.link.queued_with_fds());
        match flushed {
            Flushed::All | Flushed::Partly => {}
            // Some of what was asked for is on its way, and the answer to it will let us go on.
            Flushed::TooManyInFlight if self.unanswered.len() > self.starting.unsent() => {
                self.held_back = true;
            }
            Flushed::TooManyInFlight => return Err(OsError::new("sendmsg", "warden", Errno::ETOOMANYREFS)),
            // Its last answers may still be there; their end tells of the loss.
            Flushed::Gone => {}
        }
        Ok(())
    }

    /// The warden's own process.
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// Ends whatever is left, removes the FIFOs and waits for the warden. Dropping it does the same without a word. After an error
    /// what it had started may live on (see [`crate::process::kill_run`]).
    pub fn shutdown(mut self) -> Result<()> {
        self.end()
    }

    fn send(&mut self, request: &Request, fds: Vec<OwnedFd>) -> Result<()> {
        if self.lost != Lost::No {
            return Ok(());
        }
        self.ask()?;
        self.link.queue(request, fds)?;
        self.flush()
    }

    fn on(&mut self, answer: Answer, fds: Vec<OwnedFd>, incomplete: bool) -> Result<Option<WardenEvent>> {
        self.held_back = false;
        let event = match answer {
            Answer::Hello(version) if version == VERSION => return Ok(None),
            Answer::Hello(_) => {
                self.lost = Lost::Untold;
                return Err(OsError::new("recvmsg", "warden (another version)", Errno::EPROTO));
            }
            Answer::Spawned(token, pid) => {
                self.unanswered.remove(&token);
                match fds.into_iter().next() {
                    Some(fd) if !incomplete => WardenEvent::Spawned { token, pid, pidfd: PidFd::from_parts(pid, fd) },
                    _ => {
                        self.disowned.insert(token);
                        self.signal(token, Signal::KILL, Reach::Everything)?;
                        WardenEvent::SpawnFailed { token, error: SpawnError::OutOfDescriptors }
                    }
                }
            }
            Answer::SpawnFailed(token, error) => {
                self.unanswered.remove(&token);
                WardenEvent::SpawnFailed { token, error }
            }
            Answer::Exited(mut ended) => {
                ended.retain(|(token, _)| !self.disowned.remove(token));
                if ended.is_empty() {
                    return Ok(None);
                }
                WardenEvent::Exited(ended)
            }
            Answer::Leftovers(token, pids) => WardenEvent::Leftovers { token, pids },
            Answer::Paused => {
                self.pauses = self.pauses.saturating_sub(1);
                if self.pauses > 0 {
                    return Ok(None);
                }
                WardenEvent::Paused
            }
        };
        Ok(Some(event))
    }

    fn end(&mut self) -> Result<()> {
        // It can fail only because the other side has gone already, which is what we want.
        let _ = shutdown(self.link.as_fd().as_raw_fd(), Shutdown::Both);
        self.process.wait(PollTimeout::from(END_PATIENCE))
    }
}

impl AsFd for Warden {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.link.as_fd()
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        // After `shutdown` this finds the process ended. Nobody is left to be told of an error.
        let _ = self.end();
    }
}
