//! This process's standard streams, and whether the terminal is its own to draw on.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::unistd::{dup2_stdout, getpgrp, tcgetpgrp};

use crate::Result;
use crate::call::{call, call_std, raw};

/// Lets whatever is written to standard output from now on go to standard error, and gives what standard output was.
pub fn take_output() -> Result<OwnedFd> {
    let output = call_std("dup", "standard output", || io::stdout().as_fd().try_clone_to_owned())?;
    call("dup2", "standard output", || dup2_stdout(io::stderr()))?;
    Ok(output)
}

/// Whether this process is in the foreground of the terminal behind standard error. What is not known is taken to be so.
pub fn is_in_foreground() -> bool {
    raw(|| tcgetpgrp(io::stderr())).map_or(true, |group| group == getpgrp())
}
