//! A command that runs.

use std::fmt::{self, Display, Formatter};
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pipeloom_events::{Event, Record};
use pipeloom_os::process::{Pid, PidFd, Signal};
use tempfile::TempDir;

use crate::ended::{Ended, Said};
use crate::left::{kill_all, left};
use crate::network::{Test, surround};
use crate::proc::{command_line, is_alive, is_halted, send, whose_environment_has, written};
use crate::program::PIPELOOM;
use crate::waiting::{comes_true, until};

/// Long enough for what takes no time, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is left after a runtime was killed has to go within this time.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// A command that runs. If the test fails, all that it started is killed.
#[must_use = "it has to come to its end"]
pub struct Running {
    /// `None` once it has been handed on.
    dir: Option<TempDir>,
    process: PidFd,
    heard: Arc<Heard>,
    listeners: Vec<JoinHandle<()>>,
    deadline: Instant,
    was_killed: bool,
    /// FIFOs that were there before.
    own_fifos: Vec<PathBuf>,
}

/// In which way a command has not come to a good end, with all that it said.
#[derive(Debug)]
pub enum Amiss {
    /// It has not ended in time.
    Hung(String),
    /// Processes or FIFOs are left of it.
    Left(String),
}

impl Display for Amiss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Amiss::Hung(told) | Amiss::Left(told) => f.write_str(told),
        }
    }
}

/// What has been heard of the command, by one thread for each thing there is to hear.
#[derive(Default)]
struct Heard {
    so_far: Mutex<SoFar>,
    more: Condvar,
}

#[derive(Default)]
struct SoFar {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    streams_ended: usize,
    status: Option<ExitStatus>,
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, change: impl FnOnce(&mut SoFar)) {
        change(&mut self.lock());
        self.more.notify_all();
    }

    /// Waits until `done` gives something.
    fn wait<T>(&self, deadline: Instant, mut done: impl FnMut(&SoFar) -> Option<T>) -> Option<T> {
        let mut so_far = self.lock();
        loop {
            if let Some(found) = done(&so_far) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            so_far = self.more.wait_timeout(so_far, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Running {
    pub(crate) fn new(dir: TempDir, mut child: Child, deadline: Duration, own_fifos: Vec<PathBuf>) -> Running {
        let pid = Pid::from_raw(child.id().cast_signed()).expect("a child has a number");
        // Nobody reaps it before the last of these threads is started.
        let process = PidFd::open(pid).expect("the child is ours");
        let heard = Arc::new(Heard::default());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let listeners = vec![
            listen(&heard, stdout, |so_far, bytes| so_far.stdout.extend_from_slice(bytes)),
            listen(&heard, stderr, |so_far, bytes| so_far.stderr.extend_from_slice(bytes)),
            thread::spawn({
                let heard = heard.clone();
                move || {
                    let status = child.wait().expect("the child is ours");
                    heard.add(|so_far| so_far.status = Some(status));
                }
            }),
        ];
        let deadline = Instant::now() + deadline;
        Running { dir: Some(dir), process, heard, listeners, deadline, was_killed: false, own_fifos }
    }

    /// The test's folder.
    pub fn dir(&self) -> &Path {
        self.dir.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// A file of the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The command's process.
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// Waits for the first event for which `look` gives something. Events that have been there before count too.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut look: impl FnMut(&Event) -> Option<T>) -> T {
        let found = self.heard.wait(self.deadline, |so_far| {
            let found = events(&so_far.stdout).iter().find_map(&mut look);
            let ended = so_far.status.is_some() && so_far.streams_ended == 2;
            found.map(Ok).or(ended.then_some(Err(())))
        });
        match found {
            Some(Ok(found)) => found,
            Some(Err(())) => self.fail(&format!("ended, and never came: {what}")),
            None => self.fail(&format!("never came: {what}")),
        }
    }

    /// Waits until a job runs, and says as which process.
    #[track_caller]
    pub fn started(&self, name: &str) -> Pid {
        let pid = self.until(&format!("the start of {name}"), |event| match event {
            Event::JobStarted { job, pid, .. } if job == name => Some(*pid),
            _ => None,
        });
        match pid.and_then(Pid::from_raw) {
            Some(pid) => pid,
            None => self.fail(&format!("{name} has no process")),
        }
    }

    /// Waits until a job says that it is ready, and gives the process that it has.
    #[track_caller]
    pub fn ready(&self, name: &str) -> Pid {
        self.until(&format!("that {name} is ready"), |event| match event {
            Event::Ready { job } if job == name => Some(()),
            _ => None,
        });
        self.started(name)
    }

    /// Waits until all these jobs have said that they are ready.
    #[track_caller]
    pub fn all_ready(&self, names: &[&str]) {
        for name in names {
            self.ready(name);
        }
    }

    /// Waits until a job says its status, and gives it.
    #[track_caller]
    pub fn status(&self, name: &str) -> serde_json::Value {
        self.until(&format!("a status of {name}"), |event| match event {
            Event::Status { job, status } if job == name => Some(status.clone()),
            _ => None,
        })
    }

    /// The command's warden.
    #[track_caller]
    pub fn warden(&self) -> Pid {
        let is_warden = |pid: &Pid| command_line(*pid).contains(pipeloom_os::warden::ARGUMENT);
        let found = pipeloom_os::process::children(self.pid()).into_iter().find(is_warden);
        found.unwrap_or_else(|| self.fail("there is no warden"))
    }

    /// Kills the runtime and its warden, so that neither can clean up behind the other.
    #[track_caller]
    pub fn crash(&mut self) -> &mut Running {
        let warden = self.warden();
        // Or it would see that its warden has gone.
        self.signal(Signal::STOP);
        let runtime = self.pid();
        until("that the runtime is halted", PATIENCE, || is_halted(runtime));
        send(warden, Signal::KILL);
        until("the end of the warden", PATIENCE, || !is_alive(warden));
        self.signal(Signal::KILL);
        if self.heard.wait(self.deadline, |so_far| so_far.status).is_none() {
            self.fail("the runtime does not die");
        }
        self
    }

    /// Runs `pipeloom sweep` for this run, with these flags, and gives what it says on standard output.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "a command beside the run, waited for at once")]
    pub fn sweep(&self, flags: &[&str]) -> String {
        let mut command = Command::new(&*PIPELOOM);
        command.arg("sweep").args(flags).arg(self.path("run"));
        surround(&mut command, self.dir());
        let said = command.output().expect("pipeloom can be started");
        let (stdout, stderr) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.status.success(), "{}\n{stdout}\n{stderr}", said.status);
        stdout.into_owned()
    }

    /// What the command says when somebody else tries to go on with its run.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "a test is the command's only parent")]
    pub fn try_resume(&self) -> String {
        let mut command = Command::new(&*PIPELOOM);
        command.args(["run", "--resume"]).arg(self.path("run"));
        surround(&mut command, self.dir());
        let said = command.output().expect("pipeloom can be started");
        assert!(!said.status.success(), "{}", said.status);
        String::from_utf8_lossy(&said.stderr).into_owned()
    }

    /// Waits until a process writes no more.
    #[track_caller]
    pub fn stalls(&self, pid: Pid) {
        until("that it writes no more", PATIENCE, || {
            let before = written(pid);
            self.goes_on_for(Duration::from_millis(100));
            written(pid) == before
        });
    }

    /// Sends the command a signal.
    #[track_caller]
    pub fn signal(&mut self, signal: Signal) -> &mut Running {
        self.was_killed |= signal == Signal::KILL;
        assert!(self.process.signal(signal).expect("the child is ours"), "the command has ended already");
        self
    }

    /// Looks on for a while, in which the command must not end.
    #[track_caller]
    pub fn goes_on_for(&self, time: Duration) {
        if let Some(status) = self.heard.wait(Instant::now() + time, |so_far| so_far.status) {
            self.fail(&format!("it should go on, but has ended: {status}"));
        }
    }

    /// Waits until the command has ended and checks that nothing is left of it.
    #[track_caller]
    pub fn end(self) -> Ended {
        self.over().unwrap_or_else(|amiss| panic!("{amiss}"))
    }

    /// The same, for who wants to know in which way it went wrong.
    ///
    /// # Errors
    /// If it does not end in time, or something is left of it.
    pub fn over(mut self) -> Result<Ended, Amiss> {
        let ended = self.heard.wait(self.deadline, |so_far| so_far.status.filter(|_| so_far.streams_ended == 2));
        let Some(status) = ended else {
            let hung = match self.heard.lock().status {
                Some(_) => "it has ended, but somebody still holds its standard output or error",
                None => "it did not end in time",
            };
            let alive = left(self.dir(), &self.own_fifos, Duration::ZERO).join("\n");
            return Err(Amiss::Hung(self.told(&format!("{hung}; still there:\n{alive}"))));
        };
        let grace = if self.was_killed { AFTER_KILL } else { Duration::ZERO };
        let left = left(self.dir(), &self.own_fifos, grace);
        if !left.is_empty() {
            return Err(Amiss::Left(self.told(&format!("left behind:\n{}", left.join("\n")))));
        }
        for listener in self.listeners.drain(..) {
            listener.join().expect("a thread that only reads");
        }
        let so_far = std::mem::take(&mut *self.heard.lock());
        let dir = self.dir.take().expect("it is handed on here or when it leaves something");
        Ok(Ended::new(dir, Said { status, stdout: so_far.stdout, stderr: so_far.stderr }))
    }

    /// After the command was killed, or has ended: the test, to go on with the run. What it has left stays.
    #[track_caller]
    pub fn end_to_resume(mut self) -> Test {
        if self.heard.wait(self.deadline, |so_far| so_far.status).is_none() {
            self.fail("it did not end in time");
        }
        Test::new(self.dir.take().expect("it is handed on here or at its end"))
    }

    /// Waits until the command, which was killed, and all that it had started have ended, and gives the folder for another
    /// run. FIFOs may be left in it.
    #[track_caller]
    pub fn end_leaving_fifos(mut self) -> Test {
        if self.heard.wait(self.deadline, |so_far| so_far.status).is_none() {
            self.fail("it did not end in time");
        }
        until("the end of all jobs", PATIENCE, || whose_environment_has(self.dir()).is_empty());
        let dir = self.dir.take().expect("it is handed on here or at its end");
        match std::fs::remove_dir_all(dir.path().join("run")) {
            Err(error) if error.kind() != ErrorKind::NotFound => panic!("the run's directory: {error}"),
            _ => {}
        }
        Test::new(dir)
    }

    /// Ends the test with all that was said.
    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        panic!("{}", self.told(why));
    }

    fn told(&self, why: &str) -> String {
        let so_far = self.heard.lock();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&so_far.stdout), text(&so_far.stderr));
        format!("{why}\n--- standard output\n{stdout}\n--- standard error\n{stderr}")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(dir) = &self.dir else { return };
        // The runtime first, so that its warden sees to the rest; then whatever that has missed.
        let _ = self.process.signal(Signal::KILL);
        comes_true(AFTER_KILL, || left(dir.path(), &self.own_fifos, Duration::ZERO).is_empty());
        kill_all(dir.path());
    }
}

fn listen(
    heard: &Arc<Heard>,
    stream: Option<impl Read + AsFd + Send + 'static>,
    add: impl Fn(&mut SoFar, &[u8]) + Send + 'static,
) -> JoinHandle<()> {
    let heard = heard.clone();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        if let Some(mut stream) = stream {
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                heard.add(|so_far| add(so_far, &buffer[..count]));
            }
        }
        heard.add(|so_far| so_far.streams_ended += 1);
    })
}

/// The events among the lines of an output.
pub(crate) fn events(stdout: &[u8]) -> Vec<Event> {
    let lines = stdout.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
    lines.filter_map(|line| serde_json::from_slice::<Record>(line).ok()).map(|record| record.event).collect()
}
