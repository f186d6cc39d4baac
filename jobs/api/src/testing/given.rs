//! Lines that are there from the start.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use crate::lines::{LineQueue, Next};

/// Gives these lines, and then no more.
pub(super) struct Given(Mutex<VecDeque<String>>);

impl Given {
    pub(super) fn new<L: Into<String>>(lines: impl IntoIterator<Item = L>) -> Given {
        Given(Mutex::new(lines.into_iter().map(Into::into).collect()))
    }
}

impl LineQueue for Given {
    fn next(&self) -> Next {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.map_or(Next::Closed, Next::Line)
    }

    fn readable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}
