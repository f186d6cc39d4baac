//! The lines that are sent to a job of a plugin's.

#![expect(unsafe_code, reason = "the queue crosses the border as a pointer")]

use std::ffi::c_void;
use std::os::fd::AsRawFd;

use pipeloom_job::abi::{Answer, RawLines, Status};
use pipeloom_job::lines::{Lines, Next};

/// Gives a queue to a plugin, which lets go of it.
pub(crate) fn lend(lines: Lines) -> RawLines {
    let fd = lines.readable().map_or(-1, |fd| fd.as_raw_fd());
    RawLines { context: Box::into_raw(Box::new(lines)).cast_const().cast(), next, fd, release }
}

extern "C" fn next(context: *const c_void, line: &mut Answer) -> Status {
    // SAFETY: from `lend`, and not released yet, as `RawLines` says.
    match unsafe { &*context.cast::<Lines>() }.next() {
        Next::Line(text) => {
            line.say(&text);
            Status::Done
        }
        Next::Empty => Status::Stopped,
        Next::Closed => Status::Failed,
    }
}

extern "C" fn release(context: *const c_void) {
    // SAFETY: from `lend`, and released once.
    drop(unsafe { Box::from_raw(context.cast_mut().cast::<Lines>()) });
}
