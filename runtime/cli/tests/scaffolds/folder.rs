//! A new folder, and commands in it.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::workshop;

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

    /// With all that cargo needs to build the folder's package. It takes the crates of this workspace as if they were published.
    pub(crate) fn with_cargo(self) -> Folder {
        let job = workshop::root().join("jobs/api");
        let config = format!("patch.crates-io.pipeloom-job.path = '{}'\n", job.display());
        fs::create_dir(self.home.path().join(".cargo")).unwrap();
        fs::write(self.home.path().join(".cargo/config.toml"), config).unwrap();
        workshop::prepare_package(&self.path());
        self
    }

    /// Removes what was built of the package itself, which will never be at this place again.
    #[track_caller]
    pub(crate) fn remove_package(&self) {
        self.shell(&format!("cargo clean --quiet --package {}", self.name));
    }

    fn run_in(&self, dir: &Path, command: &str) -> Output {
        workshop::shell(self.home.path(), dir, command).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
