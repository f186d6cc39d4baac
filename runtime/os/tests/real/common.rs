//! What the tests with real processes share: a warden that is driven like prose.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    fs,
    os::fd::{AsFd, OwnedFd, RawFd},
    path::PathBuf,
    time::{Duration, Instant},
};

use pipeloom_os::{
    doorbell::{Doorbell, Interest, wait},
    pipe::{self, Io, ReadEnd},
    process::{Exit, Pid, PidFd},
    warden::{Spawn, SpawnError, Token, Warden, WardenEvent},
};

/// Long enough for a loaded machine; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The example, which can be a warden and have one.
pub(crate) fn host_program() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples/host");
    assert!(program.exists(), "{} is missing: run cargo build --examples", program.display());
    program
}

/// The same with this script, twice: once its warden is its program, and once a copy of it.
pub(crate) fn hosts(arguments: &[&str]) -> [Spawn; 2] {
    let host = || program(host_program().to_str().unwrap(), arguments);
    let mut forks = host();
    forks.env.push(("HOST_FORKS".into(), "1".into()));
    [host(), forks]
}

/// `sh -c SCRIPT`, with the caller's PATH.
pub(crate) fn sh(script: &str) -> Spawn {
    program("/bin/sh", &["-c", script])
}

pub(crate) fn program(path: &str, arguments: &[&str]) -> Spawn {
    Spawn {
        program: path.into(),
        argv: [path].iter().chain(arguments).map(OsString::from).collect(),
        env: vec![("PATH".into(), env::var_os("PATH").unwrap())],
        ..Spawn::default()
    }
}

/// Waits for a descriptor to become readable.
#[track_caller]
pub(crate) fn readable(fd: &impl AsFd) {
    let bell = Doorbell::new().unwrap();
    let woken = wait(&bell, &mut [Interest::readable(fd.as_fd())], Some(PATIENCE)).unwrap();
    assert!(!woken.timed_out(), "nothing came");
}

/// All that comes out of a pipe until its end.
#[track_caller]
pub(crate) fn read_all(reader: &mut ReadEnd) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match reader.read(&mut buffer).unwrap() {
            Io::Some(bytes) => all.extend_from_slice(&buffer[..bytes]),
            Io::WouldBlock => readable(reader),
            Io::End => return String::from_utf8(all).unwrap(),
        }
    }
}

/// The next line that comes out of a pipe.
#[track_caller]
pub(crate) fn read_line(reader: &mut ReadEnd) -> String {
    let mut line = Vec::new();
    let mut byte = [0; 1];
    loop {
        match reader.read(&mut byte).unwrap() {
            Io::Some(_) if byte == *b"\n" => return String::from_utf8(line).unwrap(),
            Io::Some(_) => line.push(byte[0]),
            Io::WouldBlock => readable(reader),
            Io::End => panic!("ended after {line:?}"),
        }
    }
}

/// Waits until `done`, looking again and again. Only for what no descriptor tells.
#[track_caller]
pub(crate) fn until(what: &str, within: Duration, mut done: impl FnMut() -> bool) {
    let bell = Doorbell::new().unwrap();
    let deadline = Instant::now() + within;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        wait(&bell, &mut [], Some(Duration::from_millis(2))).unwrap();
    }
}

/// Whether a process is there and has not ended.
pub(crate) fn is_alive(pid: Pid) -> bool {
    PidFd::open(pid).is_ok_and(|process| !process.has_ended().unwrap())
}

/// Whether a process is halted by a signal.
pub(crate) fn is_halted(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.starts_with('T')
}

/// A warden and what it has told so far.
pub(crate) struct Driven {
    pub(crate) warden: Warden,
    next: u64,
    pub(crate) spawned: HashMap<Token, PidFd>,
    pub(crate) failed: HashMap<Token, SpawnError>,
    pub(crate) exited: HashMap<Token, Exit>,
    /// The messages in which exits came.
    pub(crate) batches: Vec<Vec<Token>>,
    pub(crate) leftovers: HashMap<Token, Vec<Vec<Pid>>>,
    pub(crate) pauses: usize,
    pub(crate) lost: bool,
}

impl Driven {
    pub(crate) fn start() -> Self {
        Self::from(Warden::start(&host_program(), &[]).unwrap())
    }

    pub(crate) fn from(warden: Warden) -> Self {
        Self {
            warden,
            next: 1,
            spawned: HashMap::new(),
            failed: HashMap::new(),
            exited: HashMap::new(),
            batches: Vec::new(),
            leftovers: HashMap::new(),
            pauses: 0,
            lost: false,
        }
    }

    pub(crate) fn spawn(&mut self, spawn: Spawn) -> Token {
        let [token] = self.spawn_together([spawn]);
        token
    }

    /// Asks for several programs with one message.
    pub(crate) fn spawn_together<const N: usize>(&mut self, spawns: [Spawn; N]) -> [Token; N] {
        let tokens = spawns.map(|spawn| {
            let token = Token(self.next);
            self.next += 1;
            self.warden.spawn(token, spawn).unwrap();
            token
        });
        self.warden.flush().unwrap();
        tokens
    }

    /// Starts a program with a pipe at its stdout, and gives the other end.
    pub(crate) fn spawn_with_output(&mut self, mut spawn: Spawn) -> (Token, ReadEnd) {
        let (reader, writer) = output();
        spawn.fds.push((writer, 1));
        (self.spawn(spawn), reader)
    }

    /// Takes events until `done`.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let bell = Doorbell::new().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let Some(event) = self.warden.next_event().unwrap() else {
                assert!(Instant::now() < deadline && !self.lost, "{what}: never came");
                let fd = self.warden.as_fd();
                let mut interests = vec![Interest::readable(fd)];
                if self.warden.wants_write() {
                    interests.push(Interest::writable(fd));
                }
                wait(&bell, &mut interests, Some(PATIENCE)).unwrap();
                continue;
            };
            self.note(event);
        }
    }

    fn note(&mut self, event: WardenEvent) {
        match event {
            WardenEvent::Spawned { token, pidfd, .. } => drop(self.spawned.insert(token, pidfd)),
            WardenEvent::SpawnFailed { token, error } => drop(self.failed.insert(token, error)),
            WardenEvent::Exited(ended) => {
                self.batches.push(ended.iter().map(|(token, _)| *token).collect());
                self.exited.extend(ended);
            }
            WardenEvent::Leftovers { token, pids } => self.leftovers.entry(token).or_default().push(pids),
            WardenEvent::Paused => self.pauses += 1,
            WardenEvent::Lost => self.lost = true,
        }
    }

    #[track_caller]
    pub(crate) fn pid(&mut self, token: Token) -> Pid {
        self.until("spawned", |this| this.spawned.contains_key(&token));
        self.spawned[&token].pid()
    }

    #[track_caller]
    pub(crate) fn exit(&mut self, token: Token) -> Exit {
        self.until("exited", |this| this.exited.contains_key(&token));
        self.exited[&token]
    }

    #[track_caller]
    pub(crate) fn failure(&mut self, token: Token) -> SpawnError {
        self.until("failed", |this| this.failed.contains_key(&token) || this.spawned.contains_key(&token));
        self.failed.remove(&token).expect("it was started")
    }

    /// The n-th answer about leftovers.
    #[track_caller]
    pub(crate) fn leftovers(&mut self, token: Token, nth: usize) -> Vec<Pid> {
        self.until("leftovers", |this| this.leftovers.get(&token).is_some_and(|answers| answers.len() > nth));
        self.leftovers[&token][nth].clone()
    }
}

/// A pipe whose write end a program may have.
pub(crate) fn output() -> (ReadEnd, OwnedFd) {
    let (reader, mut writer) = pipe::unnamed().unwrap();
    writer.set_blocking(true).unwrap();
    (reader, writer.into_fd())
}

/// Descriptors for a program.
pub(crate) fn fds(list: Vec<(OwnedFd, RawFd)>, spawn: Spawn) -> Spawn {
    Spawn { fds: list, ..spawn }
}
