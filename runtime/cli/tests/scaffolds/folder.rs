//! A new folder, and commands in it.

use std::cell::RefCell;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Where the tests of this package may keep what takes long to make.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// A command that takes longer has failed. The first build may have to wait for others.
const MOST_SECONDS: &str = "600";

/// A folder that `pipeloom new` has made, in an empty one.
pub(crate) struct Folder {
    home: TempDir,
    name: String,
    /// The commands of its README that have not been run yet.
    left: RefCell<Vec<String>>,
}

/// Calls `pipeloom` with these arguments, which make the folder `name`.
#[track_caller]
pub(crate) fn new(args: &[&str], name: &str) -> Folder {
    let home = TempDir::new().unwrap();
    let mut folder = Folder { home, name: name.to_owned(), left: RefCell::default() };
    let made = folder.run_in(folder.home.path(), &format!("pipeloom {}", args.join(" ")));
    assert!(made.status.success(), "{}", text(&made.stderr));
    let readme = fs::read_to_string(folder.path().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 10, "a README has ten lines");
    folder.left =
        RefCell::new(readme.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect());
    folder
}

impl Folder {
    fn path(&self) -> PathBuf {
        self.home.path().join(&self.name)
    }

    /// Runs a command that stands in the README; what it writes to standard output.
    #[track_caller]
    pub(crate) fn command(&self, command: &str) -> String {
        let mut left = self.left.borrow_mut();
        let is_it = |line: &String| line.split(" #").next().is_some_and(|first| first.trim_end() == command);
        let place = left.iter().position(is_it).unwrap_or_else(|| panic!("{command} does not stand in {left:?}"));
        self.shell(&left.remove(place))
    }

    #[track_caller]
    pub(crate) fn has_no_other_command(&self) {
        assert!(self.left.borrow().is_empty(), "not run: {:?}", self.left.borrow());
    }

    /// Runs any command. Nobody wants to be warned of what they have not written.
    #[track_caller]
    pub(crate) fn shell(&self, command: &str) -> String {
        let done = self.run_in(&self.path(), command);
        let warns = text(&done.stderr).contains("warning");
        assert!(done.status.success() && !warns, "{command}: {}{}", text(&done.stdout), text(&done.stderr));
        text(&done.stdout)
    }

    /// Runs a command that must fail; what it says.
    #[track_caller]
    pub(crate) fn fails(&self, command: &str) -> String {
        let done = self.run_in(&self.path(), command);
        assert!(!done.status.success(), "{command}: {}", text(&done.stdout));
        text(&done.stderr)
    }

    #[track_caller]
    pub(crate) fn replace(&self, file: &str, old: &str, new: &str) {
        let file = self.path().join(file);
        let content = fs::read_to_string(&file).unwrap();
        assert!(content.contains(old), "{content}");
        fs::write(file, content.replace(old, new)).unwrap();
    }

    /// Has cargo take the crates of this workspace as if they were published, and all others as this workspace has them,
    /// so that nothing is downloaded. What is built is kept for the next time.
    pub(crate) fn with_cargo(self) -> Folder {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let job = root.join("jobs/api");
        let config = format!("patch.crates-io.pipeloom-job.path = '{}'\nnet.offline = true\n", job.display());
        fs::create_dir(self.home.path().join(".cargo")).unwrap();
        fs::write(self.home.path().join(".cargo/config.toml"), config).unwrap();
        fs::copy(root.join("Cargo.lock"), self.path().join("Cargo.lock")).unwrap();
        let built = built();
        fs::create_dir_all(&built).unwrap();
        symlink(built, self.path().join("target")).unwrap();
        self
    }

    /// Removes what was built of the package itself, which will never be at this place again.
    #[track_caller]
    pub(crate) fn remove_package(&self) {
        self.shell(&format!("cargo clean --quiet --package {}", self.name));
    }

    pub(crate) fn has_pytest(&self) -> bool {
        self.run_in(self.home.path(), "python3 -c 'import pytest'").status.success()
    }

    #[expect(clippy::disallowed_methods, reason = "the commands under test are started as a shell starts them")]
    fn run_in(&self, dir: &Path, command: &str) -> Output {
        let home = self.home.path();
        let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../jobs/python/src");
        let mut shell = Command::new("timeout");
        shell.args([MOST_SECONDS, "sh", "-c", command]).current_dir(dir).env("PATH", search_path());
        shell.env("XDG_STATE_HOME", home.join("state")).env("XDG_CACHE_HOME", home.join("cache"));
        shell.env("CARGO_TARGET_DIR", built()).env("CARGO_INCREMENTAL", "0");
        if command.contains("pytest") {
            // As if the package were installed.
            shell
                .env("PYTHONPATH", kit)
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("PYTEST_ADDOPTS", "-p pipeloom.testing.plugin");
        }
        shell.output().unwrap()
    }
}

/// One folder for all packages, as most of what they are built of is the same.
fn built() -> PathBuf {
    Path::new(KEPT).join("scaffolds")
}

/// The `pipeloom` and the cargo of this test, then the Python that `.ci/run` has made ready, then what the caller has.
fn search_path() -> OsString {
    let beside = |program: &str| Path::new(program).parent().map(Path::to_owned);
    let mut dirs: Vec<PathBuf> =
        beside(env!("CARGO_BIN_EXE_pipeloom")).into_iter().chain(beside(env!("CARGO"))).collect();
    dirs.push(Path::new(KEPT).join("../tools/python/bin"));
    dirs.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    env::join_paths(dirs).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
