//! The runtime's calls, as a job in a plugin sees them.

#![expect(unsafe_code, reason = "what the runtime lends comes as pointers")]

use std::os::fd::BorrowedFd;

use crate::abi::{Answer, RawBlock, RawEmit, RawHead, RawLines, Status, Text};
use crate::batch::Block;
use crate::control::Report;
use crate::head::Head;
use crate::lines::{LineQueue, Next};
use crate::step::{Emit, Port, Stopped};

/// An [`Emit`] of the runtime's.
pub(super) struct BorderEmit<'a>(pub(super) &'a mut RawEmit);

impl Emit for BorderEmit<'_> {
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        let mut room = std::ptr::null_mut();
        (self.0.reserve)(self.0.context, to.0, len, &mut room).sent()?;
        // SAFETY: the runtime has made room for `len` bytes, which are nobody else's until its next call.
        Ok(unsafe { std::slice::from_raw_parts_mut(room, len) })
    }

    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped> {
        let head = head.map(RawHead::of);
        let head = head.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        (self.0.commit)(self.0.context, head).sent()
    }

    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        (self.0.emit)(self.0.context, to.0, &RawBlock::of(block)).sent()
    }

    fn report(&mut self, what: Report) {
        if let Some(text) = what.to_text() {
            (self.0.report)(self.0.context, Text::of(&text));
        }
    }
}

/// Lines of the runtime's.
pub(super) struct BorderLines(RawLines);

// SAFETY: the runtime's queue can be used from any thread.
unsafe impl Send for BorderLines {}
// SAFETY: as above.
unsafe impl Sync for BorderLines {}

impl BorderLines {
    /// # Safety
    /// `lines` must be null or what the runtime hands over with a job's setup, once.
    pub(super) unsafe fn take(lines: *const RawLines) -> Option<BorderLines> {
        // SAFETY: valid for reads, and ours from now on, by the contract.
        (!lines.is_null()).then(|| BorderLines(unsafe { lines.read() }))
    }
}

impl LineQueue for BorderLines {
    fn next(&self) -> Next {
        let mut line = Answer::default();
        match (self.0.next)(self.0.context, &mut line) {
            Status::Done => Next::Line(line.text().into_owned()),
            Status::Stopped => Next::Empty,
            _ => Next::Closed,
        }
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        // SAFETY: the runtime keeps the descriptor open until it is told to let go of the queue.
        (self.0.fd >= 0).then(|| unsafe { BorrowedFd::borrow_raw(self.0.fd) })
    }
}

impl Drop for BorderLines {
    fn drop(&mut self) {
        (self.0.release)(self.0.context);
    }
}
