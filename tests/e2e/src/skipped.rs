//! Tests that cannot run here.

use std::io::Write;

/// Says that something is not tested, so that it is not taken for something that holds.
///
/// Not by `eprintln`, whose output nobody sees of a test that passes.
pub fn skipped(what: &str, why: &str) {
    let line = format!("skipped: {what}, as {why}\n");
    // If nobody can be told, there is nobody who takes it for tested.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
