//! The warden's own half: one thread, one loop, no wait but for the next event.

mod end;
mod pause;
mod setup;
mod start;

use std::{
    collections::{HashSet, VecDeque},
    os::fd::OwnedFd,
    process::ExitCode,
    time::{Duration, Instant},
};

use nix::sys::signalfd::SignalFd;

pub(super) use setup::serve_as_copy;
pub use setup::{enter, has_entered};

use super::{
    SpawnError, Token,
    family::Family,
    link::{Flushed, Got, Link},
    wire::{Answer, Request, VERSION},
};
use crate::{
    Errno, Result,
    call::call,
    poller::{Interest, Poller, Ready},
    process::{Exit, Pid, Signal, is_exiting},
    spawn::SharedStrings,
    sys,
};
use end::Remains;
use start::Waiting;

/// Answers that may wait to be sent before no more requests are read; each may hold a descriptor.
const MAX_QUEUED: usize = 64;

/// How soon to try again to send when too many descriptors are on their way; no event tells when there are fewer.
const SEND_AGAIN: Duration = Duration::from_millis(5);

/// How long an end may be held back for another one that may explain it.
const EXPLANATION: Duration = Duration::from_millis(50);

/// Among at most so many jobs those on their way out are looked for at every end; among more only where an end wants to be
/// explained, as looking takes some microseconds for each.
const FEW: usize = 16;

/// What a warden that has failed ends with.
const FAILED: u8 = 70;

/// The numbers of the poller.
const LIFE_LINE: u64 = 0;
const CHILDREN: u64 = 1;

/// Serves one runtime over `socket` until that ends, then ends everything that was started.
///
/// The process becomes a subreaper and leader of a new session, ignores the signals of terminals and service managers
/// (it must outlive the runtime), and takes SIGCHLD for itself. For a process that does nothing else; see [`enter`].
pub fn serve(socket: OwnedFd) -> ExitCode {
    ExitCode::from(serve_with_code(socket))
}

fn serve_with_code(socket: OwnedFd) -> u8 {
    let served = Server::new(socket).and_then(|mut server| {
        let result = server.run();
        let ended = server.end();
        result.and(ended)
    });
    match served {
        Ok(()) => 0,
        Err(error) => {
            // The runtime sees only that its warden has gone; its stderr, which is ours too, gets the reason.
            setup::say(format_args!("warden failed: {error}"));
            FAILED
        }
    }
}

struct Server {
    link: Link<Request>,
    children: SignalFd,
    poller: Poller,
    interest: Interest,
    flushed: Flushed,
    family: Family,
    /// Programs for which there was no process, or that are not to be started before all goes on.
    waiting: VecDeque<Waiting>,
    /// Whether all is halted.
    paused: bool,
    /// Jobs whose last leftover's end is to be told.
    watched: HashSet<Token>,
    /// Jobs of which it was asked who is left, and which are looked at together.
    asked: Vec<Token>,
    /// What programs share of their environment; why there can be none, if that is so.
    shared_env: Result<SharedStrings, SpawnError>,
    /// The soft limit of descriptors that programs begin with, if it is not ours.
    descriptors: Option<u64>,
    remains: Remains,
    ending: bool,
}

/// Among whom few are looked at closely.
#[derive(Clone, Copy)]
enum Among {
    /// Those that run.
    Running,
    /// All that were started, while more are.
    Known,
}

impl Server {
    fn new(socket: OwnedFd) -> Result<Self> {
        let children = setup::prepare_process()?;
        let poller = Poller::new()?;
        let mut link = Link::new(socket);
        poller.add(&link, LIFE_LINE, Interest::READABLE)?;
        poller.add(&children, CHILDREN, Interest::READABLE)?;
        link.queue(&Answer::Hello(VERSION.to_owned()), vec![])?;
        Ok(Self {
            link,
            children,
            poller,
            interest: Interest::READABLE,
            flushed: Flushed::All,
            family: Family::new(Pid::this()),
            waiting: VecDeque::new(),
            paused: false,
            watched: HashSet::new(),
            asked: Vec::new(),
            shared_env: Ok(SharedStrings::default()),
            descriptors: None,
            remains: Remains::default(),
            ending: false,
        })
    }

    fn run(&mut self) -> Result<()> {
        let mut ready: Vec<Ready> = Vec::new();
        loop {
            self.flush()?;
            if self.ending {
                return Ok(());
            }
            self.poller.wait(&mut ready, self.timeout())?;
            // Ends first: what they free may be what a spawn needs.
            if ready.iter().any(|ready| ready.token == CHILDREN) {
                self.reap(Among::Running)?;
            }
            self.try_again()?;
            if let Some(life_line) = ready.iter().find(|ready| ready.token == LIFE_LINE) {
                self.ending = life_line.hung_up;
                if life_line.readable || life_line.hung_up {
                    self.take_requests()?;
                }
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let due = self.waiting.iter().map(|waiting| waiting.due).min().filter(|_| !self.paused);
        let spawn = due.map(|due| due.saturating_duration_since(Instant::now()));
        let send = (self.flushed == Flushed::TooManyInFlight).then_some(SEND_AGAIN);
        spawn.into_iter().chain(send).min()
    }

    fn flush(&mut self) -> Result<()> {
        self.flushed = self.link.flush()?;
        let interest = Interest { readable: self.takes_more(), writable: self.flushed == Flushed::Partly };
        if interest != self.interest {
            self.poller.modify(&self.link, LIFE_LINE, interest)?;
            self.interest = interest;
        }
        Ok(())
    }

    /// Whether to read requests. When too many descriptors are on their way, reading is what makes them fewer; and at the
    /// end whatever was asked for before is still to be heard.
    fn takes_more(&self) -> bool {
        self.ending || self.link.queued() < MAX_QUEUED || self.flushed == Flushed::TooManyInFlight
    }

    fn take_requests(&mut self) -> Result<()> {
        while self.takes_more() {
            match self.link.receive()? {
                Got::Message { message: Request::Leftovers(token), .. } => {
                    self.asked.push(token);
                    continue;
                }
                Got::Message { message, fds, .. } => {
                    self.tell_leftovers()?;
                    self.on(message, fds)?;
                }
                Got::Nothing => break,
                Got::End => {
                    self.ending = true;
                    break;
                }
            }
            self.flushed = self.link.flush()?;
        }
        self.tell_leftovers()
    }

    fn on(&mut self, request: Request, fds: Vec<OwnedFd>) -> Result<()> {
        match request {
            Request::RemoveDir(path) => self.remains.add_dir(path),
            // One whose descriptor did not arrive cannot be told from another, and so stays.
            Request::RemoveFifo(path) => fds.into_iter().for_each(|fd| self.remains.add_fifo(&path, fd)),
            Request::UseCgroup(path) => fds.into_iter().for_each(|fd| self.remains.set_cgroup(path.clone(), fd)),
            Request::AllowDescriptors(soft) => self.descriptors = Some(soft),
            Request::Environment(env) => self.shared_env = SharedStrings::new(env),
            // Nobody is left for whom anything could be started.
            _ if self.ending => {}
            Request::Spawn(programs) => self.spawn(programs, fds)?,
            Request::Refuse(token, error) => self.failed(token, error)?,
            Request::Signal(token, signal, reach) => {
                if let Some(at) = self.waiting.iter().position(|waiting| waiting.token == token) {
                    self.waiting.remove(at);
                    self.failed(token, SpawnError::OutOfProcesses)?;
                }
                self.family.signal(token, signal, reach);
            }
            Request::Leftovers(token) => self.asked.push(token),
            Request::Pause => self.pause()?,
            Request::Resume => self.resume()?,
        }
        Ok(())
    }

    /// Reaps all that have ended, and tells those of jobs in one message. If there are few `among` all, each end is looked at.
    fn reap(&mut self, among: Among) -> Result<()> {
        let mut ended = Vec::new();
        let mut strays = self.reap_into(&mut ended)?;
        let explained = |exit: &Exit| matches!(exit, Exit::Code(0)) || is_other_signal(exit);
        // One that ended well may have done so because another on its way out had closed its pipe.
        let few = match among {
            Among::Running => self.family.running().nth(FEW).is_none(),
            Among::Known => self.family.known() <= FEW,
        };
        if !ended.is_empty() && (few || !ended.iter().all(|(_, exit)| explained(exit))) {
            let patience = Instant::now() + EXPLANATION;
            while self.family.running().any(is_exiting) && Instant::now() < patience {
                setup::wait_for_child(&self.children, Duration::from_millis(1))?;
                strays |= self.reap_into(&mut ended)?;
            }
        }
        if !ended.is_empty() {
            self.link.queue(&Answer::Exited(ended), vec![])?;
        }
        if strays {
            self.tell_of_the_last()?;
        }
        Ok(())
    }

    /// Whether there were any strays among them.
    fn reap_into(&mut self, ended: &mut Vec<(Token, Exit)>) -> Result<bool> {
        let mut strays = false;
        while call("read", "signalfd", || self.children.read_signal())?.is_some() {}
        loop {
            match call("waitpid", "", sys::reap) {
                Ok(Some((pid, status))) => match Pid::from_raw(pid).and_then(|pid| self.family.reaped(pid)) {
                    Some(token) => ended.push((token, Exit::from_wait_status(status))),
                    None => strays = true,
                },
                Ok(None) => return Ok(strays),
                Err(error) if error.errno() == Errno::ECHILD => return Ok(strays),
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells who is left of the jobs of which this was asked.
    fn tell_leftovers(&mut self) -> Result<()> {
        if self.asked.is_empty() {
            return Ok(());
        }
        self.reap(Among::Running)?;
        let asked = std::mem::take(&mut self.asked);
        let left = self.family.all_leftovers(&asked);
        for token in asked {
            let pids = left.get(&token).cloned().unwrap_or_default();
            if pids.is_empty() {
                self.family.forget(token);
            } else {
                self.watched.insert(token);
            }
            self.link.queue(&Answer::Leftovers(token, pids), vec![])?;
        }
        Ok(())
    }

    /// Tells of the jobs of which a leftover was seen and none is there any more.
    fn tell_of_the_last(&mut self) -> Result<()> {
        let watched: Vec<Token> = self.watched.iter().copied().collect();
        let left = self.family.all_leftovers(&watched);
        for token in watched.into_iter().filter(|token| left.get(token).is_none_or(Vec::is_empty)) {
            self.watched.remove(&token);
            self.family.forget(token);
            self.link.queue(&Answer::Leftovers(token, vec![]), vec![])?;
        }
        Ok(())
    }
}

/// Ended by a signal that no pipe has sent.
fn is_other_signal(exit: &Exit) -> bool {
    matches!(exit, Exit::Signal { signal, .. } if *signal != Signal::PIPE)
}
