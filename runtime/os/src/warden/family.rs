//! Who belongs to which job.
//!
//! All that the jobs have started descends from the warden. Its own children are the jobs' main processes and *strays*:
//! processes whose parent has ended. A main process's descendants are its job's. A stray is of the job whose process
//! group it is in or whose mark it carries, and what descends from it too, unless that is itself in another job's group
//! or carries another's mark.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Reach, Token};
use crate::{
    Result,
    process::{Pid, Signal, children, descendants, environ_value, group_is_alive, group_of, signal_group, signal_pid},
};

/// The variable that marks what a job has started: the warden's pid, a colon, the job's token.
pub(super) const MARK: &str = "PIPELOOM_WARDEN";

/// How often new processes are looked for while all of a job is being killed.
const PASSES: usize = 64;

/// The jobs that the warden has started.
#[derive(Debug)]
pub(super) struct Family {
    warden: Pid,
    jobs: BTreeMap<Token, Job>,
    /// Main processes not yet reaped.
    running: HashMap<Pid, Token>,
    /// Process groups whose number still means the job.
    groups: HashMap<Pid, Token>,
}

#[derive(Debug)]
struct Job {
    main: Pid,
    running: bool,
}

impl Family {
    pub(super) fn new(warden: Pid) -> Self {
        Self { warden, jobs: BTreeMap::new(), running: HashMap::new(), groups: HashMap::new() }
    }

    /// The value of [`MARK`] for a job.
    pub(super) fn mark(&self, token: Token) -> String {
        format!("{}:{}", self.warden, token.0)
    }

    pub(super) fn started(&mut self, token: Token, main: Pid) {
        self.jobs.insert(token, Job { main, running: true });
        self.running.insert(main, token);
        // The number is in use again, so a group that had it before is empty.
        self.groups.insert(main, token);
    }

    /// A child has been reaped: whose main process it was, if anybody's.
    pub(super) fn reaped(&mut self, pid: Pid) -> Option<Token> {
        let token = self.running.remove(&pid)?;
        if let Some(job) = self.jobs.get_mut(&token) {
            job.running = false;
        }
        if !group_is_alive(pid) {
            self.groups.remove(&pid);
        }
        Some(token)
    }

    /// A main process that is being killed and whose end is nobody's business.
    pub(super) fn disown(&mut self, main: Pid) {
        if let Some(token) = self.running.remove(&main) {
            self.jobs.remove(&token);
            self.groups.remove(&main);
        }
    }

    /// Nothing is left of a job, and nothing more will be asked.
    pub(super) fn forget(&mut self, token: Token) {
        if self.jobs.get(&token).is_some_and(|job| !job.running)
            && let Some(job) = self.jobs.remove(&token)
            && self.groups.get(&job.main) == Some(&token)
        {
            self.groups.remove(&job.main);
        }
    }

    /// Main processes not yet reaped.
    pub(super) fn running(&self) -> impl Iterator<Item = Pid> {
        self.running.keys().copied()
    }

    /// All that is alive of a job, without its main process.
    pub(super) fn leftovers(&self, token: Token) -> Vec<Pid> {
        let Some(job) = self.jobs.get(&token) else { return Vec::new() };
        let mut found = if job.running { descendants(job.main) } else { Vec::new() };
        let mut strays: Vec<_> = children(self.warden)
            .into_iter()
            .filter(|pid| !self.running.contains_key(pid))
            .map(|pid| (pid, self.owner(pid)))
            .collect();
        while let Some((pid, owner)) = strays.pop() {
            if owner == Some(token) {
                found.push(pid);
            }
            strays.extend(children(pid).into_iter().map(|child| (child, self.owner(child).or(owner))));
        }
        found
    }

    fn owner(&self, pid: Pid) -> Option<Token> {
        let by_group = || self.groups.get(&group_of(pid)?).copied();
        let by_mark = || {
            let mark = String::from_utf8(environ_value(pid, MARK)?).ok()?;
            let (warden, token) = mark.split_once(':')?;
            (warden.parse() == Ok(self.warden.as_raw())).then_some(Token(token.parse().ok()?))
        };
        by_group().or_else(by_mark)
    }

    /// Sends a signal to a job, as far as it is still there.
    pub(super) fn signal(&self, token: Token, signal: Signal, reach: Reach) -> Result<()> {
        let Some(job) = self.jobs.get(&token) else { return Ok(()) };
        match reach {
            Reach::Process if job.running => signal_pid(job.main, signal).map(drop),
            Reach::Process => Ok(()),
            Reach::Group => self.signal_group(job, signal, || self.leftovers(token)),
            Reach::Everything => self.signal_everything(token, job, signal),
        }
    }

    /// The main process keeps the group's number ours until it is reaped, and after that any member that we have not
    /// reaped does; without either the number may mean somebody else's group.
    fn signal_group(&self, job: &Job, signal: Signal, leftovers: impl FnOnce() -> Vec<Pid>) -> Result<()> {
        if job.running || leftovers().into_iter().any(|pid| group_of(pid) == Some(job.main)) {
            signal_group(job.main, signal)?;
        }
        Ok(())
    }

    fn signal_everything(&self, token: Token, job: &Job, signal: Signal) -> Result<()> {
        let mut told = HashSet::new();
        for _ in 0..PASSES {
            let found = self.leftovers(token);
            let news: Vec<_> = found.iter().copied().filter(|pid| told.insert(*pid)).collect();
            let first = told.len() == news.len();
            if first {
                self.signal_group(job, signal, || found)?;
            }
            // A member of the group has been told with it; only what is outside is told by number. That number cannot
            // have been given anew if it is a child of ours, and hardly if it is not.
            for pid in &news {
                if group_of(*pid) != Some(job.main) || !first {
                    signal_pid(*pid, signal)?;
                }
            }
            // A gentle signal is sent once; a kill goes on until nobody new has been started meanwhile.
            if signal != Signal::KILL || (news.is_empty() && !first) {
                break;
            }
        }
        Ok(())
    }

    /// Kills all that descends from the warden. Whether there was anybody whom we were allowed to kill.
    pub(super) fn kill_all(&self) -> bool {
        let mut any = false;
        for pid in descendants(self.warden) {
            any |= signal_pid(pid, Signal::KILL).unwrap_or(false);
        }
        any
    }
}
