//! The programs that take part.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Names a `pipeloom` to be tested instead of the one of this workspace.
const PROGRAM: &str = "PIPELOOM_E2E_PROGRAM";

/// The `pipeloom` that is tested: built now, so that it is never an old one.
pub(crate) static PIPELOOM: LazyLock<PathBuf> =
    LazyLock::new(|| env::var_os(PROGRAM).map_or_else(|| build("pipeloom").join("pipeloom"), PathBuf::from));

/// PATH as all programs of a test see it: the villain, a Python without a version manager in front of it (which costs
/// more time than the test), and what the caller has.
pub(crate) static SEARCH_PATH: LazyLock<OsString> = LazyLock::new(|| {
    let mut dirs = vec![beside_this_test()];
    dirs.extend(python_dir());
    dirs.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    env::join_paths(dirs).expect("folders of PATH have no colon")
});

/// The program that does what others should not; see its own description.
pub fn villain() -> PathBuf {
    beside_this_test().join("villain")
}

/// The `pipeloom` that is tested.
pub fn pipeloom() -> PathBuf {
    PIPELOOM.clone()
}

/// A plugin whose jobs the tests use: see its own description.
pub fn plugin() -> PathBuf {
    static PLUGIN: LazyLock<PathBuf> = LazyLock::new(|| build("pipeloom-test-plugin").join("libtest_plugin.so"));
    PLUGIN.clone()
}

/// The folder of the programs that are built with this test.
fn beside_this_test() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let dir = test.ancestors().nth(2).expect("tests are built into a folder of their own");
    dir.to_owned()
}

/// Compiles a C file of the project's folder `source` to the program `to`.
///
/// # Panics
/// If there is no C compiler, or it finds something wrong.
#[expect(clippy::disallowed_methods, reason = "before any run, and waited for at once")]
pub fn compile(source: &str, to: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(source);
    let mut compiler = Command::new("cc");
    let built =
        compiler.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-o"]).arg(to).arg(&source).arg("-lm").output();
    let built = built.expect("there is a C compiler");
    assert!(built.status.success(), "{}:\n{}", source.display(), String::from_utf8_lossy(&built.stderr));
}

/// Builds a package of this workspace as this test was built, and gives the folder that it is in then.
#[expect(clippy::disallowed_methods, reason = "before any run, and waited for at once")]
pub fn build(package: &str) -> PathBuf {
    let dir = beside_this_test();
    let target = dir.parent().expect("a profile's folder is in the target folder");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", package, "--manifest-path"]);
    build.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"));
    build.arg("--target-dir").arg(target);
    if dir.file_name().is_some_and(|profile| profile != "debug") {
        build.arg("--profile").arg(dir.file_name().unwrap_or_default());
    }
    let built = build.output().expect("cargo can be started");
    assert!(built.status.success(), "{package} does not build:\n{}", String::from_utf8_lossy(&built.stderr));
    dir
}

#[expect(clippy::disallowed_methods, reason = "before any run, and waited for at once")]
fn python_dir() -> Option<PathBuf> {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
    let path = String::from_utf8(asked.stdout).ok()?;
    Path::new(path.trim_end()).parent().map(Path::to_owned)
}
