//! What happens is heard, as the reactor hears it: the warden, what programs say, relays, and the clock.

use std::time::Duration;

use pipeloom_config::JobId;
use pipeloom_os::doorbell;

use super::being::{News, Told};
use super::planted::Planted;
use super::world::World;
use crate::flow::{Failed, Milestone, Wants};
use crate::supervise::{Event, Timer};

impl World {
    /// Hears the next thing that a program says of what it has done.
    pub(super) fn hear(&mut self, job: JobId) {
        let planted = self.planted;
        let being = self.being(job);
        let (Some(said), Some(done)) = (being.says.pop_front(), being.done.clone()) else { return };
        let heard = match planted {
            Some(Planted::ForgetAcknowledgements) => Ok(()),
            Some(Planted::BelieveTooMuch) => {
                done.at_least(said + 1);
                Ok(())
            }
            _ => done.say(said),
        };
        self.ledger.heard(job, said);
        if let Err(error) = heard {
            self.ledger.is_wrong(format!("{job:?} {error}"));
        }
        self.wiring.wake_all();
    }

    /// Hears the warden.
    pub(super) fn hear_warden(&mut self) {
        match self.warden.pop_front() {
            Some(News::Spawned(at)) => self.tell(Event::Spawned(at)),
            Some(News::SpawnFailed(at)) => {
                self.being(at.job).told = Told::Gone;
                self.tell(Event::SpawnFailed(at, "no".to_owned()));
            }
            Some(News::Leftovers(at, count)) => {
                let being = self.being(at.job);
                if count == 0 && being.at == at {
                    being.told = Told::Gone;
                }
                self.tell(Event::Leftovers(at, count));
            }
            Some(News::Exited(at, exit)) => {
                let mut exits = vec![(at, exit)];
                while self.random.bool()
                    && let Some(News::Exited(at, exit)) =
                        self.warden.pop_front_if(|news| matches!(news, News::Exited(..)))
                {
                    exits.push((at, exit));
                }
                for (at, _) in &exits {
                    while !self.being(at.job).says.is_empty() {
                        self.hear(at.job);
                    }
                    self.being(at.job).told = Told::Left;
                }
                if self.random.bool() {
                    (0..self.wiring.forwarders.len()).for_each(|place| self.turn(place));
                }
                self.tell(Event::Exited(exits));
            }
            None => {}
        }
        self.decide();
    }

    /// Works a forwarder.
    pub(super) fn turn(&mut self, place: usize) {
        self.bell.prepare_to_sleep();
        let worked = &mut self.wiring.forwarders[place];
        let Some(forwarder) = &mut worked.forwarder else { return };
        let advanced = forwarder.advance();
        let milestone = forwarder.take_milestone();
        let left_early = forwarder.has_more();
        let (pipes, lined_up) = (worked.pipes.clone(), worked.lined_up);
        worked.rests = advanced.as_ref().is_ok_and(|wants| *wants == Wants::Wake);
        if forwarder.is_held_up() {
            let writer = self.network[pipes[0]].writer.map(|writer| writer.job);
            self.held_up(writer);
        }
        self.note("comes to", &(place, &advanced, &milestone));
        match milestone {
            Some(Milestone::Drained { finished }) => {
                let writer = self.network[pipes[0]].writer.map(|end| self.supervisor.at(end.job));
                self.events.extend(writer.map(|at| Event::Drained(at, pipes[0], finished)));
            }
            Some(Milestone::AllGiven) => {
                self.events.extend(lined_up.map(|job| Event::InputsOver(self.supervisor.at(job))));
            }
            None => {}
        }
        match advanced {
            Ok(Wants::Nothing) => {
                self.wiring.forwarders[place].over = true;
                for &pipe in &pipes {
                    match (left_early, lined_up) {
                        (true, _) => self.ledger.left_early(pipe),
                        (false, None) => self.ledger.forwarded(pipe),
                        (false, Some(_)) => {}
                    }
                }
                if left_early {
                    self.events.extend(pipes.iter().copied().map(Event::ReadersGone));
                }
                self.decide();
                let over = self.wiring.let_go(place);
                self.events.extend(over.into_iter().map(Event::RelayOver));
            }
            Ok(_) => {}
            Err(Failed { error, .. }) => {
                self.ledger.is_wrong(format!("a pipe is not forwarded any more: {error}"));
                let pipe = pipes[0];
                self.events.push_back(Event::RelayFailed(pipe, error.to_string()));
            }
        }
        if doorbell::wait(&self.bell, &mut [], Some(Duration::ZERO)).is_ok_and(|woken| woken.rung) {
            self.wiring.wake_all();
        }
        self.decide();
    }

    /// A pipe has lost its reader.
    pub(super) fn target_gone(&mut self, place: usize, leg: usize) {
        let worked = &mut self.wiring.forwarders[place];
        let pipe = worked.targets[leg].take();
        if let Some(forwarder) = &mut worked.forwarder {
            forwarder.target_gone(leg);
        }
        // A poller would tell of it again and again.
        let is_kept = pipe.is_some_and(|pipe| pipe.has_writer());
        self.ledger.is_wrong_if(is_kept, || "an end is kept open that leads to nobody".to_owned());
        self.wiring.wake_all();
    }

    /// The next timer is due, or it is time to look whether jobs wait for each other.
    pub(super) fn time_passes(&mut self) {
        let next = self.timers.iter().min_by_key(|(_, due)| **due);
        if self.is_time_to_look(next.map(|(_, &due)| due)) {
            return self.look_at_groups();
        }
        let Some((&timer, &due)) = next else { return };
        self.timers.remove(&timer);
        self.now = self.now.max(due);
        if let Timer::Backoff(at) = timer {
            let being = self.being(at.job);
            being.rested |= being.at == at;
        }
        self.gave_up |= timer == Timer::Ladder && self.is_last_word;
        self.tell(Event::Due(timer));
        self.decide();
    }
}
