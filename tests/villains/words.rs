//! What the villain says.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why a deed failed.
pub(crate) type Failure = Box<dyn Error>;

/// How a deed ends.
pub(crate) type Done = Result<ExitCode, Failure>;

/// The control channel's descriptor.
const CONTROL: i32 = 3;

/// Says a line on standard error.
pub(crate) fn say(line: &str) {
    // If nobody listens there is nobody to be told.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells the runtime something.
pub(crate) fn tell(message: &serde_json::Value) -> Result<(), Failure> {
    let mut channel = File::from(pipeloom_os::duplicate(CONTROL)?);
    // In one piece: others may speak on the same channel.
    Ok(channel.write_all(format!("{message}\n").as_bytes())?)
}

/// Tells the runtime that what a test waits for has come.
pub(crate) fn ready() -> Result<(), Failure> {
    tell(&serde_json::json!({ "ready": true }))
}
