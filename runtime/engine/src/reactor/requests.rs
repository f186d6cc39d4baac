//! Whoever asks the run for something through its socket.

use pipeloom_config::JobId;
use pipeloom_os::OsError;
use pipeloom_os::poller::{Interest, Poller, Ready};
use pipeloom_os::socket::Listener;

use super::connection::{Connection, Wants};
use super::token::Token;
use crate::lines::Takers;

/// So many may ask at the same time.
const MAX_CONNECTIONS: usize = 16;

/// The run's socket and all that are connected to it.
pub(crate) struct Requests {
    /// `None` where there can be none.
    listener: Option<Listener>,
    /// Whether the poller has the listener: not while the system has no descriptors left.
    is_listening: bool,
    connections: Vec<Option<Watched>>,
    takers: Takers,
}

/// One connection, and what of it is in the poller.
struct Watched {
    connection: Connection,
    interest: Interest,
}

impl Requests {
    pub(crate) fn new(listener: Option<Listener>, takers: Takers) -> Requests {
        Requests { listener, is_listening: false, connections: Vec::new(), takers }
    }

    /// Waits for somebody to connect.
    pub(super) fn listen(&mut self, poller: &Poller) -> Result<(), OsError> {
        if let Some(listener) = self.listener.as_ref().filter(|_| !self.is_listening) {
            poller.add(listener, Token::Listener.number(), Interest::READABLE)?;
            self.is_listening = true;
        }
        Ok(())
    }

    /// Somebody has connected. If that cannot be had, nobody is waited for until one who is connected, or a native job, is gone.
    pub(super) fn accept(&mut self, poller: &Poller) -> Result<(), OsError> {
        let Some(listener) = &self.listener else { return Ok(()) };
        match listener.accept() {
            Ok(Some(socket)) => {
                let free = self.connections.iter().position(Option::is_none);
                let place = free.unwrap_or(self.connections.len());
                let connection = if place < MAX_CONNECTIONS {
                    Connection::new(socket)
                } else {
                    Connection::turned_away(socket, "too many ask this run at once; try again when others are done")
                };
                self.keep(connection, place, poller)
            }
            Ok(None) => Ok(()),
            Err(error) => {
                poller.remove(listener)?;
                self.is_listening = false;
                Err(error)
            }
        }
    }

    fn keep(&mut self, connection: Connection, place: usize, poller: &Poller) -> Result<(), OsError> {
        if place >= MAX_CONNECTIONS {
            // One short answer finds room in a new socket, and then this one is over.
            let mut connection = connection;
            return connection.advance(&self.takers).map(drop);
        }
        poller.add(&connection, Token::Connection(place).number(), Interest::READABLE)?;
        let watched = Some(Watched { connection, interest: Interest::READABLE });
        match self.connections.get_mut(place) {
            Some(free) => *free = watched,
            None => self.connections.push(watched),
        }
        Ok(())
    }

    /// Something has happened at the connection at `place`.
    pub(super) fn ready(&mut self, place: usize, ready: &Ready, poller: &Poller) -> Result<(), OsError> {
        let gone = ready.hung_up || ready.error;
        match self.connections.get(place) {
            // Nobody is there for the answer.
            Some(Some(watched)) if gone && watched.connection.is_waiting() => self.let_go(place, poller),
            Some(Some(_)) => self.advance(place, poller),
            _ => Ok(()),
        }
    }

    /// There may be room for those that wait for it, or never any more.
    pub(super) fn retry(&mut self, poller: &Poller) -> Result<(), OsError> {
        for place in 0..self.connections.len() {
            if self.connections[place].as_ref().is_some_and(|watched| watched.connection.is_waiting()) {
                self.advance(place, poller)?;
            }
        }
        Ok(())
    }

    /// The job takes no more lines, as it is asked to end.
    pub(super) fn job_stops(&mut self, job: JobId, poller: &Poller) -> Result<(), OsError> {
        self.takers.job_stops(job);
        self.retry(poller)
    }

    /// The job takes no more lines, as it is over.
    pub(super) fn job_over(&mut self, job: JobId, poller: &Poller) -> Result<(), OsError> {
        self.takers.job_over(job);
        self.retry(poller)?;
        self.listen(poller)
    }

    fn advance(&mut self, place: usize, poller: &Poller) -> Result<(), OsError> {
        let Some(Some(Watched { connection, interest })) = self.connections.get_mut(place) else { return Ok(()) };
        match connection.advance(&self.takers) {
            Ok(Wants::Wake(wanted)) if wanted == *interest => Ok(()),
            Ok(Wants::Wake(wanted)) => {
                *interest = wanted;
                poller.modify(&*connection, Token::Connection(place).number(), wanted)
            }
            Ok(Wants::Nothing) => self.let_go(place, poller),
            Err(error) => {
                self.let_go(place, poller)?;
                Err(error)
            }
        }
    }

    fn let_go(&mut self, place: usize, poller: &Poller) -> Result<(), OsError> {
        if let Some(Watched { connection, .. }) = self.connections.get_mut(place).and_then(Option::take) {
            poller.remove(&connection)?;
        }
        self.listen(poller)
    }
}

#[cfg(test)]
mod tests;
