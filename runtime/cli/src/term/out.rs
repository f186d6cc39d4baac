//! Writing to standard output and standard error.
//!
//! The print macros of std panic when a write fails, and writes do fail: `| head -1` closes the pipe, and a terminal that
//! is closed answers EIO. Here an answer that nobody wants any more ends quietly, and talk that nobody hears is no fault.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use anstream::adapter::strip_str;
use pipeloom_events::ExitStatus;
use pipeloom_os::OsError;

use super::color::{ERROR, WARNING, on_stderr, paint};

/// Writes an answer to standard output. Only what keeps it from being written whole, such as a full disk, is an error.
pub(crate) fn answer(text: &str) -> ExitStatus {
    match try_answer(text) {
        Ok(()) => ExitStatus::Success,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitStatus::Success,
        Err(error) => fail(ExitStatus::Usage, format_args!("standard output: {error}")),
    }
}

/// Where answers go, if standard output is not only for them.
static ANSWERS: OnceLock<File> = OnceLock::new();

/// From now on only answers go where standard output goes: what jobs write there goes to standard error.
pub(crate) fn keep_answers_apart() -> Result<(), OsError> {
    let answers = pipeloom_os::standard::take_output()?;
    ANSWERS.get_or_init(|| File::from(answers));
    Ok(())
}

/// The same, for those who must know that nobody reads any more.
pub(crate) fn try_answer(text: &str) -> io::Result<()> {
    if let Some(mut answers) = ANSWERS.get() {
        return answers.write_all(text.as_bytes());
    }
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Says a line on standard error.
pub(crate) fn say(line: impl Display) {
    say_raw(&format!("{line}\n"));
}

/// Says a text of whole lines on standard error.
pub(crate) fn say_raw(text: &str) {
    // In one write, so that lines of several writers do not mix. A stream that takes colours out writes what is between them.
    let plain = (!on_stderr()).then(|| strip_str(text).to_string());
    let _ = io::stderr().lock().write_all(plain.as_deref().unwrap_or(text).as_bytes());
}

/// Says what is wrong, and what the command ends with because of it.
pub(crate) fn fail(status: ExitStatus, message: impl Display) -> ExitStatus {
    say(format_args!("{} {message}", paint(ERROR, "error:")));
    status
}

/// Says what people should know though it ends nothing.
pub(crate) fn warn(message: impl Display) {
    say(format_args!("{} {message}", paint(WARNING, "warning:")));
}
