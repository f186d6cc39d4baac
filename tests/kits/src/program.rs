//! One program with its FIFOs.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use pipeloom_job::control::{Direction, PipeEntry, PipeTable, parse_line};
use pipeloom_job::{CodecName, Report};
use tempfile::TempDir;

use crate::kit::Kit;

/// Long enough for a loaded machine; a program that takes so long hangs.
const DEADLINE: Duration = Duration::from_secs(40);

/// A program that is to be started.
#[derive(Debug)]
pub struct Program {
    dir: TempDir,
    command: Vec<String>,
    head_size: u8,
    heads: bool,
    acknowledge: bool,
    heartbeat: Option<f64>,
    control: Option<UnixStream>,
    pipes: Vec<PipeEntry>,
    /// What is fed to the inputs; `None` for those that the test feeds itself.
    feeds: Vec<Option<Vec<u8>>>,
    at_once: usize,
}

impl Program {
    /// The program of a kit that does this deed.
    pub fn new(kit: Kit, deed: &str, values: &[u64]) -> Program {
        let dir = tempfile::Builder::new().prefix("pipeloom-kits-").tempdir().expect("a folder for the test");
        let command = kit.command(deed, values);
        Program {
            dir,
            command,
            head_size: 1,
            heads: false,
            acknowledge: false,
            heartbeat: None,
            control: None,
            pipes: Vec::new(),
            feeds: Vec::new(),
            at_once: usize::MAX,
        }
    }

    /// Starts it through another program.
    #[must_use]
    pub fn through(mut self, command: &[&str]) -> Program {
        self.command.splice(0..0, command.iter().map(|word| (*word).to_owned()));
        self
    }

    /// Its inputs come in writes of so many bytes.
    #[must_use]
    pub const fn dripping(mut self, at_once: usize) -> Program {
        self.at_once = at_once;
        self
    }

    /// There are heads of this size on pipes that are added from now on.
    #[must_use]
    pub const fn heads(mut self, size: u8) -> Program {
        (self.head_size, self.heads) = (size, true);
        self
    }

    /// The run wants to know which compute blocks are done.
    #[must_use]
    pub const fn acknowledging(mut self) -> Program {
        self.acknowledge = true;
        self
    }

    /// Its control channel is this socket, of which the test has the other end.
    #[must_use]
    pub fn control(mut self, socket: UnixStream) -> Program {
        self.control = Some(socket);
        self
    }

    /// It would be taken to hang after so many seconds of silence.
    #[must_use]
    pub const fn heartbeat(mut self, seconds: f64) -> Program {
        self.heartbeat = Some(seconds);
        self
    }

    /// Adds an input (`i0`, `i1` and so on) on which this comes. The codec is `bytes:SIZE` for blocks of a size.
    #[must_use]
    pub fn input(mut self, codec: &str, wire: impl Into<Vec<u8>>) -> Program {
        self.feeds.push(Some(wire.into()));
        let name = format!("i{}", self.feeds.len() - 1);
        self.pipe(name, Direction::Input, codec)
    }

    /// Adds an input that the test writes itself.
    #[must_use]
    pub fn open_input(mut self, codec: &str) -> Program {
        self.feeds.push(None);
        let name = format!("i{}", self.feeds.len() - 1);
        self.pipe(name, Direction::Input, codec)
    }

    /// A compute block takes so many blocks of the input added last.
    #[must_use]
    pub fn block_count(mut self, count: usize) -> Program {
        if let Some(last) = self.pipes.last_mut() {
            last.block_count = count;
        }
        self
    }

    /// The pipe added last allows blocks of so many bytes.
    #[must_use]
    pub fn max_block_bytes(mut self, max: usize) -> Program {
        if let Some(last) = self.pipes.last_mut() {
            last.max_block_bytes = Some(max);
        }
        self
    }

    /// Adds an output (`o0`, `o1` and so on).
    #[must_use]
    pub fn output(self, codec: &str) -> Program {
        let name = format!("o{}", self.pipes.len() - self.feeds.len());
        self.pipe(name, Direction::Output, codec)
    }

    /// Adds an output that is this file, and no FIFO.
    #[must_use]
    pub fn output_to(self, codec: &str, file: &str) -> Program {
        let mut program = self.output(codec);
        if let Some(last) = program.pipes.last_mut() {
            last.path = Some(file.to_owned());
        }
        program
    }

    fn pipe(mut self, name: String, direction: Direction, codec: &str) -> Program {
        let (codec, size) = codec.split_once(':').map_or((codec, None), |(codec, size)| (codec, size.parse().ok()));
        let is_built_in = CodecName::BUILT_IN.iter().any(|known| known.as_str() == codec);
        assert!(is_built_in || codec == "nul", "no codec is called {codec}");
        let path = self.dir.path().join(&name);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).expect("a FIFO in a new folder");
        self.pipes.push(PipeEntry {
            class: None,
            name,
            direction,
            codec: codec.to_owned(),
            block_size: size,
            block_count: 1,
            max_block_bytes: None,
            head: self.heads,
            between_kits: false,
            path: Some(path.display().to_string()),
            fd: None,
            ring: None,
        });
        self
    }

    /// Runs it to its end, with somebody who reads all outputs.
    #[track_caller]
    pub fn run(self) -> Ended {
        let outputs = self.pipes.iter().filter(|pipe| pipe.direction == Direction::Output);
        let readers: Vec<_> = outputs.map(|pipe| spawn_reader(Path::new(pipe.path.as_deref().unwrap_or("")))).collect();
        let mut ended = self.start().end();
        ended.outputs = readers.into_iter().map(|reader| reader.join().expect("it only reads")).collect();
        ended
    }

    /// Starts it. Whoever does this reads the outputs.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "the program is tried without a runtime")]
    pub fn start(self) -> Running {
        let Program { dir, command, head_size, acknowledge, heartbeat, pipes, feeds, at_once, .. } = self;
        let table = PipeTable { v: 1, head_size, each: false, acknowledge, heartbeat_seconds: heartbeat, pipes };
        let inputs = table.pipes.iter().filter(|pipe| pipe.direction == Direction::Input);
        for (pipe, feed) in inputs.zip(feeds) {
            if let (Some(wire), Some(path)) = (feed, pipe.path.clone()) {
                thread::spawn(move || feed_to(Path::new(&path), &wire, at_once));
            }
        }
        let file = File::options().create(true).append(true).open(dir.path().join("control"));
        let control = self.control.map_or_else(|| file.expect("a file in a new folder").into(), OwnedFd::from);
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" 3<&0 0< /dev/null", "sh"]).args(&command).stdin(control);
        shell.env("PIPELOOM_PIPES", serde_json::to_string(&table).expect("names and numbers"));
        shell.env("PIPELOOM_JOB", "it").env("PIPELOOM_CONTROL", "3");
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = shell.spawn().expect("sh can be started");
        let pid = Pid::from_raw(child.id().cast_signed());
        let (over, is_over) = mpsc::channel::<()>();
        // Whoever reads or writes a pipe of a program that hangs would wait for ever.
        thread::spawn(move || {
            if is_over.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        Running { dir, child: Some(child), _over: over }
    }
}

/// Runs a program by hand, with this on its standard input.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the program is tried without a runtime")]
pub fn by_hand(command: &[String], arguments: &[&str], input: &str) -> Ended {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let stdin = dir.path().join("input");
    fs::write(&stdin, input).expect("a file in a new folder");
    let mut program = Command::new(&command[0]);
    program.args(&command[1..]).args(arguments).env_remove("PIPELOOM_PIPES");
    program.stdin(File::open(stdin).expect("just written"));
    let said = program.output().expect("the program can be started");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (code, stderr, stdout) = (said.status.code(), text(said.stderr), text(said.stdout));
    Ended { code, stderr, stdout, outputs: Vec::new(), reports: Vec::new() }
}

fn feed_to(path: &Path, wire: &[u8], at_once: usize) {
    let mut file = File::options().write(true).open(path).expect("the FIFO is there");
    match wire.chunks(at_once).try_for_each(|piece| file.write_all(piece)) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{}: {error}", path.display()),
        _ => {}
    }
}

fn spawn_reader(path: &Path) -> JoinHandle<Vec<u8>> {
    let path = path.to_owned();
    thread::spawn(move || fs::read(path).expect("the FIFO is there"))
}

/// A program that runs. If the test fails, it is killed.
#[derive(Debug)]
pub struct Running {
    dir: TempDir,
    /// `None` once it is waited for.
    child: Option<Child>,
    /// Until this is gone, a program that runs for too long is killed.
    _over: Sender<()>,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` after a signal, also after the one that it gets when it hangs.
    pub code: Option<i32>,
    /// What it said.
    pub stderr: String,
    /// What it printed.
    pub stdout: String,
    /// What it wrote to its outputs.
    pub outputs: Vec<Vec<u8>>,
    /// What it reported.
    pub reports: Vec<Report>,
}

impl Running {
    /// Opens an input to be written.
    pub fn feed(&self, name: &str) -> File {
        File::options().write(true).open(self.path(name)).expect("the FIFO is there")
    }

    /// Opens an output to be read.
    pub fn read(&self, name: &str) -> File {
        File::open(self.path(name)).expect("the FIFO is there")
    }

    /// Where a pipe is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        let child = self.child.as_ref().expect("it is waited for by its end only");
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).expect("the child is ours");
    }

    /// Waits until it has said on its control channel that it is ready.
    #[track_caller]
    pub fn is_ready(&self) {
        self.says("it is ready", |reports| reports.contains(&Report::Ready));
    }

    /// Waits until its first thread waits for something.
    #[track_caller]
    pub fn waits(&self) {
        let stat =
            format!("/proc/{0}/task/{0}/stat", self.child.as_ref().expect("it is waited for by its end only").id());
        let is_asleep = || {
            let fields = fs::read_to_string(&stat).unwrap_or_default();
            fields.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('S'))
        };
        pipeloom_e2e::until("it waits", DEADLINE, is_asleep);
    }

    /// Waits until this is true of what it has said on its control channel.
    #[track_caller]
    pub fn says(&self, what: &str, is_it: impl Fn(&[Report]) -> bool) {
        pipeloom_e2e::until(what, DEADLINE, || is_it(&self.reports()));
    }

    /// What it has said so far.
    pub fn reports(&self) -> Vec<Report> {
        reports(&self.path("control"))
    }

    /// Waits until it has said so many times more that it is alive.
    #[track_caller]
    pub fn beats(&self, times: usize) {
        let beats = || {
            let reports = reports(&self.path("control"));
            reports.iter().filter(|report| **report == Report::Alive).count()
        };
        let before = beats();
        pipeloom_e2e::until("it beats", DEADLINE, || beats() >= before + times);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        let mut child = self.child.take().expect("only here");
        let (mut stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (mut said, mut printed) = (String::new(), String::new());
        stderr.read_to_string(&mut said).expect("text");
        stdout.read_to_string(&mut printed).expect("text");
        let status = child.wait().expect("the child is ours");
        Ended { code: status.code(), stderr: said, stdout: printed, outputs: Vec::new(), reports: self.reports() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// How many compute blocks are said to be done in these reports, one after another.
pub fn done(reports: &[Report]) -> Vec<u64> {
    let done = |report: &Report| if let Report::Done(compute_blocks) = report { Some(*compute_blocks) } else { None };
    reports.iter().filter_map(done).collect()
}

fn reports(control: &Path) -> Vec<Report> {
    reports_of(&fs::read(control).expect("the file is there"))
}

/// What these lines of a control channel say. The last one may not be whole yet.
pub fn reports_of(text: &[u8]) -> Vec<Report> {
    let lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    lines.flat_map(|line| parse_line(line).expect("the kit writes what the runtime reads")).collect()
}

impl Ended {
    /// Nothing went wrong, and nothing was said.
    #[track_caller]
    pub fn ok(self) -> Ended {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self
    }

    /// It failed and said this.
    #[track_caller]
    pub fn failed(self, said: &str) -> Ended {
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        assert!(self.stderr.contains(said), "it said:\n{}", self.stderr);
        self
    }

    /// How many compute blocks it said were done, one message after another.
    pub fn done(&self) -> Vec<u64> {
        done(&self.reports)
    }

    /// What came on the first output.
    pub fn output(&self) -> &[u8] {
        &self.outputs[0]
    }
}
