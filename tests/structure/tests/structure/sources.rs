//! Where some things may stand in the sources.

use std::path::Path;

use crate::workspace::{Workspace, assert_none};

/// The only files that may allow themselves `unsafe`.
const UNSAFE: &[&str] = &[
    "jobs/api/src/abi.rs",
    "jobs/api/src/burst/lender.rs",
    "jobs/api/src/burst/room.rs",
    "jobs/api/src/burst/walk.rs",
    "jobs/api/src/executable/descriptors.rs",
    "jobs/api/src/payload.rs",
    "jobs/api/src/pool.rs",
    "jobs/api/src/plugin/border.rs",
    "jobs/api/src/plugin/calls.rs",
    "jobs/api/src/plugin/mod.rs",
    "jobs/api/src/shared/memory.rs",
    "runtime/os/src/sys.rs",
    "runtime/os/src/sys/copy.rs",
    "runtime/os/src/sys/fork.rs",
    "runtime/plugins/src/emit.rs",
    "runtime/plugins/src/job.rs",
    "runtime/plugins/src/kind.rs",
    "runtime/plugins/src/lines.rs",
    "runtime/plugins/src/load.rs",
];

/// The only folder that names the bincode crate: its format is a codec, and its maintenance has ended.
const BINCODE: &str = "jobs/api/src/codec";

/// What asks the wall clock, which somebody may set to another day at any moment.
const WALL_CLOCK: &[&str] =
    &["SystemTime", "UNIX_EPOCH", "Timestamp::now", "Zoned::now", "CLOCK_REALTIME", "gettimeofday", "localtime"];

/// The folders of what runs when a network does.
const RUNNING: &[&str] = &["runtime", "jobs"];

/// The only files there that may, as nothing is waited for by it: when an event happened, when a run was started, when a FIFO was
/// made, and the seed of a test.
const WALL_CLOCKS: &[&str] = &[
    "runtime/cli/tests/faults/sample.rs",
    "runtime/engine/src/flow/clock.rs",
    "runtime/events/src/event.rs",
    "runtime/os/src/fifo/mark.rs",
];

/// A longer file has to be split.
const MOST_LINES: usize = 600;

/// But not these: a program in C takes the kit as one header.
const LONG: &[&str] = &["jobs/c/pipeloom.h"];

/// The files of this package, which name what they look for.
const OURSELVES: &str = "tests/structure";

#[test]
fn only_the_codecs_name_bincode() {
    let names_crate = |line: &str| line.contains("bincode::") || line.contains("extern crate bincode");
    let wrong = lines_that(names_crate, |file| file.starts_with(BINCODE));
    assert_none(&wrong);
}

/// The workspace denies `unsafe_code`, so that only an attribute that names the lint can allow it.
#[test]
fn unsafe_is_allowed_in_a_few_files_only() {
    let allows_unsafe = |line: &str| line.contains("unsafe_code");
    let wrong = lines_that(allows_unsafe, |file| UNSAFE.iter().any(|name| file == Path::new(name)));
    assert_none(&wrong);
}

#[test]
fn no_timer_goes_by_the_wall_clock() {
    // Fault 35.
    let asks = |line: &str| WALL_CLOCK.iter().any(|name| line.contains(name));
    let may = |file: &Path| {
        !RUNNING.iter().any(|folder| file.starts_with(folder)) || WALL_CLOCKS.iter().any(|name| file == Path::new(name))
    };
    assert_none(&lines_that(asks, may));
}

#[test]
fn every_package_obeys_the_lints_of_the_workspace() {
    let workspace = Workspace::load();
    let mut wrong = Vec::new();
    for member in workspace.members() {
        let manifest: toml::Table = workspace.read(member.manifest_path.as_std_path()).parse().unwrap();
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        if inherits != Some(true) {
            wrong.push(format!("{}: lacks `[lints] workspace = true`", member.manifest_path));
        }
    }
    assert_none(&wrong);
}

#[test]
fn no_file_is_too_long() {
    let workspace = Workspace::load();
    let mut wrong = Vec::new();
    for file in workspace.files(&["rs", "py", "c", "h"]) {
        let lines = workspace.read(&file).lines().count();
        let may_be_long = LONG.iter().any(|name| file == Path::new(name));
        if lines > MOST_LINES && !may_be_long {
            wrong.push(format!("{}: {lines} lines, more than {MOST_LINES}", file.display()));
        }
    }
    assert_none(&wrong);
}

/// The lines of Rust that `look` finds in files that `may` not have them.
fn lines_that(look: impl Fn(&str) -> bool, may: impl Fn(&Path) -> bool) -> Vec<String> {
    let workspace = Workspace::load();
    let files = workspace.files(&["rs"]);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !may(file) && !file.starts_with(OURSELVES)) {
        let text = workspace.read(file);
        let found = text.lines().enumerate().filter(|(_, line)| look(line));
        wrong.extend(found.map(|(at, line)| format!("{}:{}: {}", file.display(), at + 1, line.trim())));
    }
    wrong
}
