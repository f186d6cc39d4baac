//! Tests that cannot run here.

use std::io::Write;
use std::process::{Command, Stdio};

/// Says that something is not tested, so that it is not taken for something that holds.
///
/// Not by `eprintln`, whose output nobody sees of a test that passes.
pub fn skipped(what: &str, why: &str) {
    let line = format!("skipped: {what}, as {why}\n");
    // If nobody can be told, there is nobody who takes it for tested.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Whether a command may be given a file system of its own.
///
/// # Errors
/// If not: what is lacking.
#[expect(clippy::disallowed_methods, reason = "before any run, and waited for at once")]
pub fn may_mount() -> Result<(), String> {
    let mut mount = Command::new("unshare");
    mount.args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
    let may = mount.status().is_ok_and(|status| status.success());
    if may { Ok(()) } else { Err("a user who may mount a tmpfs".to_owned()) }
}
