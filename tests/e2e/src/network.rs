//! What is set up before the command starts.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

use crate::ended::Ended;
use crate::left::runtime_dir;
use crate::program::{PIPELOOM, SEARCH_PATH};
use crate::running::Running;

/// Long enough for a loaded machine; a run that takes so long hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// A network in a folder of its own, to be run.
#[must_use = "nothing has been run"]
pub struct Test {
    dir: TempDir,
    network: PathBuf,
    /// The job that is meant, where the command is about one.
    job: Option<String>,
    through: Vec<OsString>,
    arguments: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    deadline: Duration,
    fifos: Vec<PathBuf>,
}

/// A test of the network with this text.
#[track_caller]
pub fn network(toml: impl AsRef<str>) -> Test {
    Test::new(folder()).file("network.toml", toml.as_ref())
}

/// A test of one of the project's examples, where it stands.
#[track_caller]
pub fn example(name: &str) -> Test {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    Test { network: examples.join(name).join("network.toml"), ..Test::new(folder()) }
}

/// A folder for one test.
#[track_caller]
fn folder() -> TempDir {
    let dir = tempfile::Builder::new().prefix("pipeloom-e2e-").tempdir().expect("a folder for the test");
    for private in ["runtime", "tmp", "state"] {
        DirBuilder::new().mode(0o700).create(dir.path().join(private)).expect("a folder in a new one");
    }
    dir
}

impl Test {
    /// A test in this folder.
    pub(crate) fn new(dir: TempDir) -> Test {
        let network = dir.path().join("network.toml");
        Test {
            dir,
            network,
            job: None,
            through: Vec::new(),
            arguments: Vec::new(),
            env: Vec::new(),
            deadline: DEADLINE,
            fifos: Vec::new(),
        }
    }

    /// Puts a file beside the network. Its folders are made.
    #[track_caller]
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Test {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(self.dir())).expect("folders for the file");
        fs::write(&path, content).expect("the file can be written");
        self
    }

    /// Puts a program beside the network: a script with its first line.
    #[track_caller]
    pub fn program(self, name: &str, text: &str) -> Test {
        let test = self.file(name, text);
        fs::set_permissions(test.path(name), Permissions::from_mode(0o755)).expect("the file is ours");
        test
    }

    /// Puts a FIFO beside the network, as if it were somebody else's.
    #[track_caller]
    pub fn fifo(mut self, name: &str) -> Test {
        let path = self.path(name);
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).expect("nothing stands there yet");
        self.fifos.push(path);
        self
    }

    /// Starts the command through another one, which gets it as its last arguments.
    pub fn through(mut self, command: &[&str]) -> Test {
        self.through.extend(command.iter().map(OsString::from));
        self
    }

    /// Gives the command another argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Test {
        self.arguments.push(argument.into());
        self
    }

    /// Gives the command an environment variable.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Test {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The test fails if the command takes longer than this.
    pub const fn within(mut self, deadline: Duration) -> Test {
        self.deadline = deadline;
        self
    }

    /// The test's folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A file of the test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Runs the network to its end, with `--quiet`: standard output has only what jobs write there, and standard error only
    /// what went wrong.
    #[track_caller]
    pub fn run(self) -> Ended {
        self.run_with(&["--quiet"])
    }

    /// Runs the network to its end with these flags.
    #[track_caller]
    pub fn run_with(self, flags: &[&str]) -> Ended {
        self.command("run", flags, Stdio::null()).end()
    }

    /// Goes on with the run that was started before, to its end.
    #[track_caller]
    pub fn resume(self) -> Ended {
        self.resume_with(&["--quiet"]).end()
    }

    /// Goes on with the run that was started before, with these flags.
    #[track_caller]
    pub fn resume_with(self, flags: &[&str]) -> Running {
        let run = self.path("run");
        let mut command = self.base("run", flags);
        command.arg("--resume").arg(run);
        self.spawn(command, Stdio::null())
    }

    /// Goes on with the run that was started before, with `--json`, so that its events can be waited for.
    #[track_caller]
    pub fn start_again(self) -> Running {
        self.resume_with(&["--json"])
    }

    /// Tries one job of the network, to its end.
    #[track_caller]
    pub fn try_job(mut self, job: &str, flags: &[&str]) -> Ended {
        self.job = Some(job.to_owned());
        self.command("try", flags, Stdio::null()).end()
    }

    /// Runs the network to its end with this on its standard input.
    #[track_caller]
    pub fn run_with_input(self, input: &str) -> Ended {
        let test = self.file("standard-input", input);
        let input = File::open(test.path("standard-input")).expect("just written");
        test.command("run", &["--quiet"], input.into()).end()
    }

    /// Starts the network with `--json`, so that its events can be waited for.
    #[track_caller]
    pub fn start(self) -> Running {
        self.command("run", &["--json"], Stdio::null())
    }

    #[track_caller]
    fn command(self, subcommand: &str, flags: &[&str], input: Stdio) -> Running {
        let mut command = self.base(subcommand, flags);
        command.arg("--run-dir").arg(self.path("run")).args(&self.arguments);
        command.arg(&self.network).args(&self.job);
        self.spawn(command, input)
    }

    #[expect(clippy::disallowed_methods, reason = "a test is the command's only parent, and looks for what it leaves")]
    fn base(&self, subcommand: &str, flags: &[&str]) -> Command {
        // Whoever has started the tests may ignore signals, as nohup does, and that would be handed on.
        let mut command = Command::new("/usr/bin/env");
        command.arg("--default-signal=HUP,INT,TSTP").args(&self.through).arg(&*PIPELOOM);
        command.arg(subcommand).args(flags);
        surround(&mut command, self.dir());
        command.envs(self.env.iter().map(|(name, value)| (OsStr::new(name), value)));
        // A group of its own: whoever stops the tests from a terminal does not take part in them.
        command.current_dir(self.dir()).process_group(0);
        command
    }

    #[track_caller]
    fn spawn(self, mut command: Command, input: Stdio) -> Running {
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("pipeloom can be started");
        Running::new(self.dir, child, self.deadline, self.fifos)
    }
}

/// Gives a command of the test in this folder the environment that all have.
pub(crate) fn surround(command: &mut Command, dir: &Path) {
    command.env("PATH", &*SEARCH_PATH);
    command.env("HOME", dir).env("TMPDIR", dir.join("tmp"));
    command.env("XDG_CACHE_HOME", dir.join("cache"));
    command.env("XDG_STATE_HOME", dir.join("state")).env("XDG_RUNTIME_DIR", runtime_dir(dir));
    // The same messages everywhere.
    command.env("LC_ALL", "C").env("PYTHONDONTWRITEBYTECODE", "1");
}
