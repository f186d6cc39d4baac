//! Who belongs to which job.
//!
//! All that the jobs have started descends from the warden. Its own children are the jobs' main processes and *strays*:
//! processes whose parent has ended. A main process's descendants are its job's. A stray is of the job whose process
//! group it is in or whose mark it carries, and what descends from it too, unless that is itself in another job's group
//! or carries another's mark.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use super::{Reach, Token};
use crate::{
    deadline::pause,
    process::{
        Pid, Signal, children, descendants, environ, group_is_alive, group_of, is_asleep, is_exiting, signal_group,
        signal_pid, value_in,
    },
};

/// The variable that marks what a job has started: the warden's pid, a colon, the job's token.
pub(super) const MARK: &str = "PIPELOOM_WARDEN";

/// How often new processes are looked for while all of a job is being killed.
const PASSES: usize = 64;

/// How often, and how far apart, the environment of a process is read that shows none, as during an exec.
const EXEC_TRIES: usize = 2000;
const EXEC_STEP: Duration = Duration::from_millis(1);

/// How often it must have been asleep before and behind such a look, until it is believed to have none.
const ASLEEP_LOOKS: usize = 3;

/// The jobs that the warden has started.
#[derive(Debug)]
pub(super) struct Family {
    warden: Pid,
    jobs: BTreeMap<Token, Job>,
    /// Main processes not yet reaped.
    running: HashMap<Pid, Token>,
    /// Process groups whose number still means the job.
    groups: HashMap<Pid, Token>,
    /// Strays whose job is known, until they are reaped. What shows it may go before they do.
    strays: HashMap<Pid, Token>,
    /// Strays that have shown no environment at all.
    blank: HashSet<Pid>,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    main: Pid,
    running: bool,
}

impl Family {
    pub(super) fn new(warden: Pid) -> Self {
        Self {
            warden,
            jobs: BTreeMap::new(),
            running: HashMap::new(),
            groups: HashMap::new(),
            strays: HashMap::new(),
            blank: HashSet::new(),
        }
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
        self.strays.remove(&pid);
        self.blank.remove(&pid);
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

    /// How many jobs there are that may be asked for.
    pub(super) fn known(&self) -> usize {
        self.jobs.len()
    }

    /// Main processes not yet reaped.
    pub(super) fn running(&self) -> impl Iterator<Item = Pid> {
        self.running.keys().copied()
    }

    /// All that is alive of a job, without its main process.
    pub(super) fn leftovers(&mut self, token: Token) -> Vec<Pid> {
        self.all_leftovers(&[token]).remove(&token).unwrap_or_default()
    }

    /// The same for several jobs, in one look: to look at all children is the more work the more jobs there are.
    pub(super) fn all_leftovers(&mut self, tokens: &[Token]) -> HashMap<Token, Vec<Pid>> {
        let mut found: HashMap<Token, Vec<Pid>> = HashMap::new();
        for &token in tokens {
            if let Some(job) = self.jobs.get(&token) {
                found.insert(token, if job.running { descendants(job.main) } else { Vec::new() });
            }
        }
        let strays = children(self.warden).into_iter().filter(|pid| !self.running.contains_key(pid));
        let mut open: Vec<(Pid, Option<Token>)> = strays.map(|pid| (pid, None)).collect();
        for (pid, owner) in &mut open {
            *owner = self.stray_owner(*pid);
        }
        while let Some((pid, owner)) = open.pop() {
            if let Some(found) = owner.and_then(|owner| found.get_mut(&owner)) {
                found.push(pid);
            }
            let own = |child: &Pid| self.by_group(*child).or_else(|| self.by_mark(&environ(*child)?));
            open.extend(children(pid).into_iter().map(|child| (child, own(&child).or(owner))));
        }
        found
    }

    fn stray_owner(&mut self, pid: Pid) -> Option<Token> {
        if let Some(token) = self.strays.get(&pid) {
            return Some(*token);
        }
        let token = self.by_group(pid).or_else(|| self.by_patient_mark(pid))?;
        self.strays.insert(pid, token);
        Some(token)
    }

    fn by_group(&self, pid: Pid) -> Option<Token> {
        self.groups.get(&group_of(pid)?).copied()
    }

    fn by_patient_mark(&mut self, pid: Pid) -> Option<Token> {
        let mut asleep = 0;
        for _ in 0..EXEC_TRIES {
            let slept = is_asleep(pid);
            let environ = environ(pid)?;
            if !environ.is_empty() {
                return self.by_mark(&environ);
            }
            if is_exiting(pid) || self.blank.contains(&pid) {
                return None;
            }
            // In the middle of an exec it runs, or waits for its turn or the disk, on a busy machine for long. Right before and
            // right after, it may sleep: so one that sleeps is looked at again.
            asleep += usize::from(slept && is_asleep(pid));
            if asleep == ASLEEP_LOOKS {
                break;
            }
            pause(EXEC_STEP);
        }
        self.blank.insert(pid);
        None
    }

    fn by_mark(&self, environ: &[u8]) -> Option<Token> {
        let mark = str::from_utf8(value_in(environ, MARK)?).ok()?;
        let (warden, token) = mark.split_once(':')?;
        (warden.parse() == Ok(self.warden.as_raw())).then_some(Token(token.parse().ok()?))
    }

    /// Sends a signal to a job, as far as it is still there and may be signalled (it may have become another user's).
    pub(super) fn signal(&mut self, token: Token, signal: Signal, reach: Reach) {
        let Some(Job { main, running }) = self.jobs.get(&token).copied() else { return };
        match reach {
            Reach::Process if running => tell(main, signal),
            Reach::Process => {}
            Reach::Group => {
                let left = if running { Vec::new() } else { self.leftovers(token) };
                tell_group(main, running, signal, &left);
            }
            Reach::Everything => {
                let left = self.leftovers(token);
                // Those in the group are told with it, and only those outside one by one.
                let outside: Vec<Pid> = left.iter().copied().filter(|pid| group_of(*pid) != Some(main)).collect();
                tell_group(main, running, signal, &left);
                outside.into_iter().for_each(|pid| tell(pid, signal));
                if signal == Signal::KILL {
                    self.kill_late_comers(token, left);
                }
            }
        }
    }

    /// Kills until nobody has been started meanwhile.
    fn kill_late_comers(&mut self, token: Token, killed: Vec<Pid>) {
        let mut killed: HashSet<Pid> = killed.into_iter().collect();
        for _ in 0..PASSES {
            let found = self.leftovers(token);
            let news: Vec<Pid> = found.into_iter().filter(|pid| killed.insert(*pid)).collect();
            if news.is_empty() {
                break;
            }
            news.into_iter().for_each(|pid| tell(pid, Signal::KILL));
        }
    }

    /// Halts all that descends from the warden, until nobody has been started meanwhile. Nobody can refuse. Parents come
    /// before their children: a shell that looks after jobs of its own is not to see that they are halted.
    pub(super) fn halt_all(&self) {
        let mut halted = HashSet::new();
        for _ in 0..PASSES {
            let found = descendants(self.warden).into_iter();
            let news: Vec<Pid> = found.filter(|pid| halted.insert(*pid)).collect();
            if news.is_empty() {
                break;
            }
            news.into_iter().for_each(|pid| tell(pid, Signal::STOP));
        }
    }

    /// Lets all that descends from the warden go on, children before their parents.
    pub(super) fn resume_all(&self) {
        descendants(self.warden).into_iter().rev().for_each(|pid| tell(pid, Signal::CONT));
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

/// A main process keeps its group's number from being given to another until it is reaped; after that any member does that
/// the warden has not reaped either. Without one the number may mean somebody else's group.
fn tell_group(group: Pid, main_is_running: bool, signal: Signal, leftovers: &[Pid]) {
    if main_is_running || leftovers.iter().any(|pid| group_of(*pid) == Some(group)) {
        let _ = signal_group(group, signal);
    }
}

/// To a process that cannot have been replaced by another, being the warden's own child, or hardly: found a moment ago.
fn tell(pid: Pid, signal: Signal) {
    let _ = signal_pid(pid, signal);
}
