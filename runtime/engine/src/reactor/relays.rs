//! The pipes that the runtime forwards, and what each of them waits for.

use std::os::fd::BorrowedFd;

use pipeloom_config::PipeId;
use pipeloom_os::OsError;
use pipeloom_os::poller::{Interest, Poller};

use super::token::Token;
use crate::flow::{FlowError, Relay, Wants};

/// All relays of a run.
pub(crate) struct Relays {
    relays: Vec<Watched>,
    /// Those that must be looked at in this turn.
    due: Vec<usize>,
}

/// One relay, and what of it is in the poller.
struct Watched {
    pipe: PipeId,
    /// `None` once it is over.
    relay: Option<Relay>,
    source: Option<Interest>,
    targets: Vec<Option<Interest>>,
    /// It has an end that only rings the doorbell.
    has_channel: bool,
    is_due: bool,
}

/// What became of a relay in its turn.
#[derive(Debug)]
pub(super) enum News {
    /// All is forwarded, or nobody wants it. Its writer's end is closed after this was told.
    Over(PipeId),
    /// It cannot go on.
    Failed(PipeId, FlowError),
}

impl Relays {
    pub(crate) fn new(relays: Vec<(PipeId, Relay)>) -> Relays {
        let watch = |(pipe, relay): (PipeId, Relay)| Watched {
            pipe,
            has_channel: relay.source().is_none() || relay.targets().any(|(fd, _)| fd.is_none()),
            source: None,
            targets: vec![None; relay.targets().count()],
            relay: Some(relay),
            is_due: true,
        };
        let relays: Vec<Watched> = relays.into_iter().map(watch).collect();
        Relays { due: (0..relays.len()).collect(), relays }
    }

    /// This one must be looked at.
    pub(super) fn wake(&mut self, place: usize) {
        if let Some(watched) = self.relays.get_mut(place)
            && !watched.is_due
        {
            watched.is_due = true;
            self.due.push(place);
        }
    }

    /// The doorbell has rung: somebody may have put blocks into a channel, or taken some.
    pub(super) fn wake_channels(&mut self) {
        for place in 0..self.relays.len() {
            if self.relays[place].has_channel && self.relays[place].relay.is_some() {
                self.wake(place);
            }
        }
    }

    /// Whether some have to be looked at again without waiting.
    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty()
    }

    /// Moves what can be moved in all that are due. What is over is told in `news` and let go by [`Relays::let_go`].
    pub(super) fn turn(&mut self, poller: &Poller, news: &mut Vec<News>) -> Result<(), OsError> {
        for place in std::mem::take(&mut self.due) {
            let watched = &mut self.relays[place];
            watched.is_due = false;
            let Some(relay) = &mut watched.relay else { continue };
            match relay.advance() {
                Ok(Wants::Turn) => self.wake(place),
                Ok(Wants::Wake) => watched.watch(place, poller)?,
                Ok(Wants::Nothing) => news.push(News::Over(watched.pipe)),
                Err(error) => news.push(News::Failed(watched.pipe, error)),
            }
        }
        Ok(())
    }

    /// The reader of this leg is gone.
    pub(super) fn target_gone(&mut self, place: usize, leg: usize) {
        if let Some(relay) = self.relays.get_mut(place).and_then(|watched| watched.relay.as_mut()) {
            relay.target_gone(leg);
        }
        self.wake(place);
    }

    /// Whether the readers of a pipe were gone before its writer had ended it.
    pub(super) fn was_left_early(&self, pipe: PipeId) -> bool {
        let mut relays = self.relays.iter().filter(|watched| watched.pipe == pipe);
        relays.any(|watched| watched.relay.as_ref().is_some_and(Relay::has_more))
    }

    /// Closes all that a relay has; with it goes what waits in it.
    pub(super) fn let_go(&mut self, pipe: PipeId) {
        for watched in self.relays.iter_mut().filter(|watched| watched.pipe == pipe) {
            if let Some(mut relay) = watched.relay.take() {
                relay.abandon();
            }
        }
    }
}

impl Watched {
    /// Has the poller wait for just what the relay waits for: an end that is ready but of no use now must not wake us.
    fn watch(&mut self, place: usize, poller: &Poller) -> Result<(), OsError> {
        let Some(relay) = &self.relay else { return Ok(()) };
        // A source that is not wanted leaves the poller, which would tell of its end again and again.
        let wanted = relay.wants_blocks().then_some(Interest::READABLE);
        register(poller, &mut self.source, relay.source(), wanted, Token::RelaySource(place))?;
        for (leg, ((fd, blocked), watched)) in relay.targets().zip(&mut self.targets).enumerate() {
            // One that is not blocked is watched for its reader's end, which closes it.
            let wanted = Some(if blocked { Interest::WRITABLE } else { Interest::NONE });
            register(poller, watched, fd, wanted, Token::RelayTarget(place, leg))?;
        }
        Ok(())
    }
}

/// Brings the poller to what is wanted of one descriptor. One that is closed has left the poller by itself.
fn register(
    poller: &Poller,
    watched: &mut Option<Interest>,
    fd: Option<BorrowedFd<'_>>,
    wanted: Option<Interest>,
    token: Token,
) -> Result<(), OsError> {
    let wanted = fd.and(wanted);
    if let Some(fd) = fd {
        match (*watched, wanted) {
            (None, Some(interest)) => poller.add(fd, token.number(), interest)?,
            (Some(_), None) => poller.remove(fd)?,
            (Some(before), Some(interest)) if before != interest => poller.modify(fd, token.number(), interest)?,
            _ => {}
        }
    }
    *watched = wanted;
    Ok(())
}
