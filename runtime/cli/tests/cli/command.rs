//! The command under test, and what is left of a call.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// A call of `pipeloom` in a folder of its own, in an environment that says nothing about terminals.
pub(crate) struct Call {
    command: Command,
    home: TempDir,
}

/// A call with these arguments.
pub(crate) fn pipeloom(args: &[&str]) -> Call {
    let home = TempDir::new().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the command under test is started as a shell starts it")]
    let mut command = Command::new("/usr/bin/env");
    // Whoever has started the tests may ignore signals, as nohup does, and that would be handed on.
    command.args(["--default-signal=HUP,INT,TSTP", env!("CARGO_BIN_EXE_pipeloom")]);
    command.args(args).current_dir(home.path()).env("XDG_STATE_HOME", home.path().join("state"));
    command.env("XDG_CACHE_HOME", home.path().join("cache"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "RUST_LOG", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Call { command, home }
}

/// A call with these arguments in a folder with this `network.toml`.
pub(crate) fn with_network(network: &str, args: &[&str]) -> Call {
    pipeloom(args).file("network.toml", network)
}

/// Starts its arguments as a shell with job control does what ends with `&`.
const IN_BACKGROUND: &str = "
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
";

impl Call {
    pub(crate) fn file(self, name: &str, content: &str) -> Call {
        fs::write(self.home.path().join(name), content).unwrap();
        self
    }

    /// A file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// An empty folder.
    pub(crate) fn folder(self, name: &str) -> Call {
        fs::create_dir(self.home.path().join(name)).unwrap();
        self
    }

    pub(crate) fn inside(mut self, dir: &Path) -> Call {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Call {
        self.command.env(name, value);
        self
    }

    /// The same call with its temporary files in its folder.
    pub(crate) fn with_own_temporary_files(mut self) -> Call {
        self.command.env("TMPDIR", self.home.path());
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Call {
        self.command.env_remove(name);
        self
    }

    /// The same call below a shell that has set limits.
    pub(crate) fn with_limits(self, limits: &str) -> Call {
        self.through("sh", &format!("{limits} && exec \"$0\" \"$@\""))
    }

    /// The same call as a job in the background of the terminal that its standard error is.
    pub(crate) fn in_background(self) -> Call {
        self.through("python3", IN_BACKGROUND)
    }

    /// The same call below a program that does this.
    fn through(mut self, program: &str, script: &str) -> Call {
        #[expect(clippy::disallowed_methods, reason = "the command under test is started as a shell starts it")]
        let mut shell = Command::new(program);
        shell.arg("-c").arg(script).arg(self.command.get_program());
        shell.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.current_dir(self.home.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command = shell;
        self
    }

    pub(crate) fn stdin(mut self, from: impl Into<Stdio>) -> Call {
        self.command.stdin(from);
        self
    }

    pub(crate) fn stdout(mut self, to: impl Into<Stdio>) -> Call {
        self.command.stdout(to);
        self
    }

    pub(crate) fn stderr(mut self, to: OwnedFd) -> Call {
        self.command.stderr(to);
        self
    }

    /// The same call in a process group of its own, which the kernel lets halt as a shell's jobs do.
    pub(crate) fn in_own_group(mut self) -> Call {
        self.command.process_group(0);
        self
    }

    /// Starts it and does not wait. Its folder goes with the second part.
    pub(crate) fn start(mut self) -> (Child, TempDir) {
        (self.command.spawn().unwrap(), self.home)
    }

    /// Runs it to its end.
    pub(crate) fn done(mut self) -> Done {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Done { code: status.code(), stdout: text(stdout), stderr: text(stderr), home: self.home }
    }
}

/// What is left of a call.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    home: TempDir,
}

impl Done {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says_nothing_on_stderr(self) -> Done {
        assert_eq!(self.stderr, "");
        self
    }

    /// Both streams as one text for a snapshot, without what differs from run to run.
    pub(crate) fn seen(&self) -> String {
        let mut seen = String::new();
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                seen.push_str(&format!("--- {name}\n{text}"));
            }
        }
        let home = self.home.path().canonicalize().unwrap();
        seen.replace(home.to_str().unwrap(), "[HOME]").replace(self.home.path().to_str().unwrap(), "[HOME]")
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }
}

/// Compares with the snapshot `name`; ids, times, processes and sizes that vary are put aside.
#[macro_export]
macro_rules! assert_seen {
    ($name:expr, $seen:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.set_prepend_module_to_snapshot(false);
        settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[RUN]");
        settings.add_filter(r"(in|after) [0-9.]+ s\b", "$1 [TIME]");
        settings.add_filter(r"process [0-9]+", "process [PID]");
        settings.add_filter(r#""time":"[^"]+""#, r#""time":"[TIME]""#);
        settings.add_filter(r#""pid":[0-9]+"#, r#""pid":"[PID]""#);
        settings.add_filter(r#""seconds":[0-9.e-]+"#, r#""seconds":"[TIME]""#);
        settings.bind(|| insta::assert_snapshot!($name, $seen));
    }};
}
