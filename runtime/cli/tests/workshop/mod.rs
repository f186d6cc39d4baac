//! A shell in which the `pipeloom` and the kit for Python of this workspace are found as if they were installed, and cargo
//! downloads nothing. Two tests use it: `scaffolds` and `guide`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the tests of this package may keep what takes long to make.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// A command that takes longer has failed. The first build may have to wait for others.
const MOST_SECONDS: &str = "600";

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A shell that runs `script` in `dir` and keeps below `home` what it keeps for its user.
#[expect(clippy::disallowed_methods, reason = "the commands under test are started as a shell starts them")]
pub(crate) fn shell(home: &Path, dir: &Path, script: &str) -> Command {
    let mut shell = Command::new("timeout");
    shell.args([MOST_SECONDS, "sh", "-c", script]).current_dir(dir).env("PATH", search_path());
    shell.env("XDG_STATE_HOME", home.join("state")).env("XDG_CACHE_HOME", home.join("cache"));
    shell.env("CARGO_TARGET_DIR", built()).env("CARGO_INCREMENTAL", "0").env("CARGO_HOME", cargo_home());
    shell.env("CARGO_NET_OFFLINE", "true");
    if script.contains("pytest") {
        // As if the package were installed.
        shell
            .env("PYTHONPATH", root().join("jobs/python/src"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTEST_ADDOPTS", "-p pipeloom.testing.plugin")
            // An installation may have left its own word of the same plugin beside the package.
            .env("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1");
    }
    shell
}

/// Whether such a shell has pytest. If not, this is said, as `skipped` will not be tested.
#[expect(clippy::print_stderr, reason = "a test cannot be skipped otherwise, and it should be said")]
pub(crate) fn has_pytest(skipped: &str) -> bool {
    let dir = env::temp_dir();
    let there = shell(&dir, &dir, "python3 -c 'import pytest'").output().unwrap().status.success();
    if !there {
        eprintln!("skipped: {skipped}, as python3 has no pytest; .ci/run installs it");
    }
    there
}

/// Has cargo take the crates that the package in `dir` needs as this workspace has them, and build it where all such
/// packages are built, as most of what they are built of is the same. It is kept for the next time.
pub(crate) fn prepare_package(dir: &Path) {
    fs::copy(root().join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
    fs::create_dir_all(built()).unwrap();
    symlink(built(), dir.join("target")).unwrap();
}

/// Where cargo keeps the crates that it has downloaded.
fn cargo_home() -> PathBuf {
    let named = env::var_os("CARGO_HOME").map(PathBuf::from);
    named.unwrap_or_else(|| env::home_dir().expect("the user has a folder").join(".cargo"))
}

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
