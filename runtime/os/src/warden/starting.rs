//! Programs that the runtime asks for with its next message.

use std::{collections::VecDeque, mem, os::fd::OwnedFd};

use super::{
    Token,
    wire::{Request, SpawnRequest},
};

/// So many bytes of programs to be started are sent at once: the warden begins with them, while there may be more to come.
const MANY_BYTES: usize = 16 << 10;

/// The same for their descriptors. The warden has room for as many of them as we, who have had them open.
const MANY_FDS: usize = 64;

/// Programs to be started, and their descriptors.
#[derive(Debug, Default)]
pub(super) struct Starting {
    programs: Vec<(Token, SpawnRequest)>,
    fds: Vec<OwnedFd>,
    bytes: usize,
    /// How many programs each message asks for that has not been sent.
    unsent: VecDeque<usize>,
}

impl Starting {
    /// Whether so many descriptors more would be too many for one message.
    pub(super) fn has_no_room_for(&self, fds: usize) -> bool {
        self.fds.len() + fds > MANY_FDS
    }

    pub(super) fn add(&mut self, token: Token, request: SpawnRequest, fds: Vec<OwnedFd>) {
        self.bytes += request.size();
        self.programs.push((token, request));
        self.fds.extend(fds);
    }

    /// Whether to wait for no more.
    pub(super) fn is_large(&self) -> bool {
        self.bytes > MANY_BYTES
    }

    /// The message, if there is anything to be asked for.
    pub(super) fn message(&mut self) -> Option<(Request, Vec<OwnedFd>)> {
        if self.programs.is_empty() {
            return None;
        }
        self.bytes = 0;
        let (programs, fds) = (mem::take(&mut self.programs), mem::take(&mut self.fds));
        // Those without descriptors are held back by nobody.
        self.unsent.extend((!fds.is_empty()).then_some(programs.len()));
        Some((Request::Spawn(programs), fds))
    }

    /// Of the messages with descriptors so many have not been sent yet: the last ones.
    pub(super) fn are_queued(&mut self, messages: usize) {
        self.unsent.drain(..self.unsent.len().saturating_sub(messages));
    }

    /// How many programs there are in messages that have not been sent.
    pub(super) fn unsent(&self) -> usize {
        self.unsent.iter().sum()
    }
}
