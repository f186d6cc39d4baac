//! What the reactor waits for, as the number that epoll gives back.

use std::fmt;

use pipeloom_os::warden::Token as WardenToken;

use crate::supervise::{At, Incarnation};

/// What the reactor waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// The doorbell.
    Bell,
    /// The warden's socket.
    Warden,
    /// The watch over FIFOs.
    Watch,
    /// A stream of the executable at this place.
    Program(usize, Stream),
    /// What the relay at this place reads.
    RelaySource(usize),
    /// What its leg at the second place writes.
    RelayTarget(usize, usize),
    /// The run's socket.
    Listener,
    /// Who has connected to it, at this place.
    Connection(usize),
}

/// A stream that an executable has with the runtime beside its pipes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stream {
    Stdout,
    Stderr,
    Control,
}

impl Stream {
    pub(super) const ALL: [Stream; 3] = [Stream::Stdout, Stream::Stderr, Stream::Control];
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stream::Stdout => "standard output",
            Stream::Stderr => "standard error",
            Stream::Control => "control channel",
        })
    }
}

/// What the warden calls one life of an executable.
pub(super) fn warden_token(at: At) -> WardenToken {
    WardenToken(u64::from(at.incarnation.number()) << 32 | at.job.index() as u64)
}

/// The place of the job that a warden's token stands for, and which of its lives.
pub(super) fn place_and_life(token: WardenToken) -> (usize, Incarnation) {
    ((token.0 & u64::from(u32::MAX)) as usize, Incarnation::of((token.0 >> 32) as u32))
}

const KIND_SHIFT: u32 = 56;
const PLACE_SHIFT: u32 = 24;
const PART_MASK: u64 = (1 << PLACE_SHIFT) - 1;

impl Token {
    pub(super) fn number(self) -> u64 {
        let (kind, place, part) = match self {
            Token::Bell => (0, 0, 0),
            Token::Warden => (1, 0, 0),
            Token::Watch => (2, 0, 0),
            Token::Program(place, stream) => (3, place, stream as usize),
            Token::RelaySource(place) => (4, place, 0),
            Token::RelayTarget(place, leg) => (5, place, leg),
            Token::Listener => (6, 0, 0),
            Token::Connection(place) => (7, place, 0),
        };
        (kind << KIND_SHIFT) | ((place as u64) << PLACE_SHIFT) | part as u64
    }

    pub(super) fn from_number(number: u64) -> Option<Token> {
        let place = ((number >> PLACE_SHIFT) & u64::from(u32::MAX)) as usize;
        let part = number & PART_MASK;
        Some(match number >> KIND_SHIFT {
            0 => Token::Bell,
            1 => Token::Warden,
            2 => Token::Watch,
            3 => Token::Program(place, Stream::ALL.get(part as usize).copied()?),
            4 => Token::RelaySource(place),
            5 => Token::RelayTarget(place, part as usize),
            6 => Token::Listener,
            7 => Token::Connection(place),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_survives_being_a_number() {
        let tokens = [
            Token::Bell,
            Token::Warden,
            Token::Watch,
            Token::Program(9_999, Stream::Control),
            Token::RelaySource(70_000),
            Token::RelayTarget(70_000, 65_000),
            Token::Listener,
            Token::Connection(15),
        ];
        for token in tokens {
            assert_eq!(Token::from_number(token.number()), Some(token));
        }
        assert_eq!(Token::from_number(u64::MAX), None);
    }
}
