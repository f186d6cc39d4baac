//! What programs have of the caller's environment.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// What a program with `env_clear` still has, and everything that begins with `LC_`.
const KEPT: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/// What a program has of this process's environment: all of it, or if it is to be cleared the short list of the file's
/// reference; never what a runtime has told this process as its job.
pub fn inherited(clear: bool) -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(move |(name, _)| {
        let kept = !clear || KEPT.iter().any(|kept| name == *kept) || name.as_bytes().starts_with(b"LC_");
        kept && !name.as_bytes().starts_with(b"PIPELOOM_")
    })
}
