//! One program that asks the run for something: bytes in, requests, answers, bytes out.

use std::mem::take;
use std::os::fd::{AsFd, BorrowedFd};

use pipeloom_events::request::{Answer, MAX_REQUEST_BYTES, Request};
use pipeloom_os::OsError;
use pipeloom_os::pipe::Io;
use pipeloom_os::poller::Interest;
use pipeloom_os::socket::Connection as Socket;

use crate::lines::{Sent, Takers};

/// How much is read at once, in bytes.
const READ_BYTES: usize = 16 * 1024;

/// How often one connection is read before others get their turn.
const READS: usize = 4;

/// While so many bytes of answers wait to be read, no more requests are read.
const MAX_ANSWERS: usize = 64 * 1024;

/// One program that asks.
pub(super) struct Connection {
    socket: Socket,
    incoming: Vec<u8>,
    /// How many of the incoming bytes have no line break in them.
    searched: usize,
    /// Nothing more comes in.
    is_ended: bool,
    /// A request that waits for room; those behind it are not looked at.
    waiting: Option<Request>,
    outgoing: Vec<u8>,
}

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wants {
    Wake(Interest),
    /// It is over.
    Nothing,
}

impl Connection {
    pub(super) fn new(socket: Socket) -> Connection {
        Connection { socket, incoming: Vec::new(), searched: 0, is_ended: false, waiting: None, outgoing: Vec::new() }
    }

    /// One that is told this, and not listened to.
    pub(super) fn turned_away(socket: Socket, why: &str) -> Connection {
        let outgoing = Answer::Error(why.to_owned()).to_line().into_bytes();
        Connection { is_ended: true, outgoing, ..Connection::new(socket) }
    }

    /// Whether it has asked for something that waits for room.
    pub(super) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// How much it keeps, in bytes.
    #[cfg(test)]
    pub(super) const fn kept(&self) -> usize {
        self.incoming.len() + self.outgoing.len()
    }

    /// Does what can be done without waiting.
    pub(super) fn advance(&mut self, takers: &Takers) -> Result<Wants, OsError> {
        let mut buffer = [0; READ_BYTES];
        let mut reads = 0;
        loop {
            // Nothing that was read is left unanswered: nobody would wake us for it.
            self.answer(takers);
            if !self.flush()? {
                return Ok(Wants::Nothing);
            }
            if reads == READS || !self.may_read() {
                break;
            }
            reads += 1;
            match self.socket.read(&mut buffer)? {
                Io::Some(count) => self.incoming.extend_from_slice(&buffer[..count]),
                Io::WouldBlock => break,
                Io::End => self.is_ended = true,
            }
        }
        let is_over = self.is_ended && !self.is_waiting() && self.incoming.is_empty() && self.outgoing.is_empty();
        let interest = Interest { readable: self.may_read(), writable: !self.outgoing.is_empty() };
        Ok(if is_over { Wants::Nothing } else { Wants::Wake(interest) })
    }

    fn may_read(&self) -> bool {
        !self.is_ended && !self.is_waiting() && self.outgoing.len() < MAX_ANSWERS
    }

    /// Answers all requests that are there, up to one that has to wait.
    fn answer(&mut self, takers: &Takers) {
        loop {
            let request = match self.waiting.take() {
                Some(request) => Ok(request),
                None => match self.next_line() {
                    Some(line) => Request::from_line(&line).map_err(|error| format!("this is no request: {error}")),
                    None => return,
                },
            };
            let answer = match request {
                Err(error) => Answer::Error(error),
                Ok(Request::Send(send)) => match takers.send(&send) {
                    Sent::Taken => Answer::Ok,
                    Sent::Refused(why) => Answer::Error(why.to_string()),
                    Sent::Full => {
                        self.waiting = Some(Request::Send(send));
                        return;
                    }
                },
            };
            self.say(&answer);
        }
    }

    /// The next whole line. After one that is too long nothing is listened to any more.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        let found = self.incoming[self.searched..].iter().position(|&byte| byte == b'\n').map(|at| self.searched + at);
        let len = found.map_or(self.incoming.len(), |at| at + 1);
        if len > MAX_REQUEST_BYTES {
            self.say(&Answer::Error(format!("a request is longer than {MAX_REQUEST_BYTES} bytes")));
            self.is_ended = true;
            self.incoming = Vec::new();
            self.searched = 0;
            return None;
        }
        if found.is_none() && !(self.is_ended && len > 0) {
            self.searched = len;
            return None;
        }
        self.searched = 0;
        let rest = self.incoming.split_off(len);
        Some(std::mem::replace(&mut self.incoming, rest))
    }

    fn say(&mut self, answer: &Answer) {
        self.outgoing.extend_from_slice(answer.to_line().as_bytes());
    }

    /// Writes what there is room for; whether the other side is still there.
    fn flush(&mut self) -> Result<bool, OsError> {
        let mut rest = take(&mut self.outgoing);
        while !rest.is_empty() {
            match self.socket.write(&rest)? {
                Io::Some(count) => drop(rest.drain(..count)),
                Io::WouldBlock => break,
                Io::End => return Ok(false),
            }
        }
        self.outgoing = rest;
        Ok(true)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
