//! What the runtime forwards, and what each forwarder waits for.
//!
//! A forwarder is looked at when one of its descriptors is ready, when somebody has rung the doorbell for it (see [`Bells`]),
//! or when something is asked of it. So what a turn costs does not depend on how many there are that nobody has anything for.

use std::collections::HashMap;
use std::mem::take;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use pipeloom_config::{JobId, Network, PipeId};
use pipeloom_os::OsError;
use pipeloom_os::poller::{Interest, Poller};

use super::token::Token;
use crate::flow::{Failed, FlowError, Forwarder, Grown, Intake, Milestone, Place, Renewal, Wants};
use crate::wire::{Bells, Forwarded, RungFor};

/// All forwarders of a run.
pub(crate) struct Relays {
    relays: Vec<Watched>,
    /// Those that must be looked at in this turn.
    due: Vec<usize>,
    /// Those that may have something to do at a time of the run.
    timed: Vec<usize>,
    bells: Bells,
    /// The place of each, by its number among the bells.
    by_number: Vec<Option<usize>>,
    /// The places of all that are about a pipe.
    about: HashMap<PipeId, Vec<usize>>,
    /// Those that are rung for together, as they have to do with the times of executables.
    of_times: Vec<usize>,
    /// Writers that a full queue keeps back which may grow, as it was after the last turn.
    held_up: Vec<JobId>,
}

/// One forwarder, and what of it is in the poller.
struct Watched {
    /// The job whose inputs it puts in step, if it does that.
    lined_up: Option<JobId>,
    /// The pipes it is about: a relay's one, or all inputs of an executable.
    pipes: Vec<PipeId>,
    /// `None` once it is over.
    forwarder: Option<Box<dyn Forwarder>>,
    source: Option<Interest>,
    targets: Vec<Option<Interest>>,
    is_due: bool,
    /// Who is kept back when its queue is full, if anybody watches that.
    watched_writer: Option<JobId>,
}

/// What became of a forwarder in its turn.
#[derive(Debug)]
pub(super) enum News {
    /// The one at this place has forwarded all, or nobody wants it. Its writer's end is closed after this was told.
    Over(usize),
    /// Nothing can be taken from this pipe any more.
    Failed(PipeId, FlowError),
    /// The one at this place cannot give any more on this leg.
    LegFailed(usize, usize, FlowError),
    /// People should know this.
    Warning(String),
    /// All that this life of a pipe's writer wrote is taken; whether its last block carried the finished bit.
    Drained(PipeId, bool),
    /// This job was given all there is on its inputs.
    AllGiven(JobId),
}

impl Relays {
    pub(crate) fn new(forwarders: Vec<Forwarded>, bells: Bells) -> Relays {
        let mut relays = Relays {
            relays: Vec::with_capacity(forwarders.len()),
            due: (0..forwarders.len()).collect(),
            timed: Vec::new(),
            by_number: vec![None; bells.numbers()],
            bells,
            about: HashMap::new(),
            of_times: Vec::new(),
            held_up: Vec::new(),
        };
        forwarders.into_iter().for_each(|forwarded| relays.add(forwarded));
        relays
    }

    fn add(&mut self, forwarded: Forwarded) {
        let Forwarded { lined_up, pipes, forwarder, watched_writer, tells_times } = forwarded;
        let place = self.relays.len();
        let number = match lined_up {
            Some(job) => self.bells.lineup_number(job),
            None => self.bells.relay_number(pipes[0]),
        };
        self.by_number[number] = Some(place);
        pipes.iter().for_each(|&pipe| self.about.entry(pipe).or_default().push(place));
        self.timed.extend(forwarder.keeps_time().then_some(place));
        self.of_times.extend((tells_times || forwarder.can_be_held()).then_some(place));
        self.relays.push(Watched {
            lined_up,
            pipes,
            watched_writer,
            source: None,
            targets: vec![None; forwarder.targets().len()],
            forwarder: Some(forwarder),
            is_due: true,
        });
    }

    fn place_of_relay(&self, pipe: PipeId) -> Option<usize> {
        self.by_number[self.bells.relay_number(pipe)]
    }

    fn place_of_lineup(&self, job: JobId) -> Option<usize> {
        self.by_number[self.bells.lineup_number(job)]
    }

    /// What forwards a pipe, if it is not over.
    pub(super) fn relay(&self, pipe: PipeId) -> Option<&dyn Forwarder> {
        self.relays[self.place_of_relay(pipe)?].forwarder.as_deref()
    }

    /// What puts the inputs of a job in step, if it is not over.
    pub(super) fn lineup(&self, job: JobId) -> Option<&dyn Forwarder> {
        self.relays[self.place_of_lineup(job)?].forwarder.as_deref()
    }

    /// Has a relay have more room for one of its readers from now on.
    pub(super) fn grow(&mut self, pipe: PipeId, leg: usize) -> Option<Grown> {
        let place = self.place_of_relay(pipe)?;
        self.wake(place);
        self.relays[place].forwarder.as_mut()?.grow(leg)
    }

    /// The writers that were found to be kept back by a full queue that may grow, once.
    pub(super) fn held_up(&mut self) -> impl Iterator<Item = JobId> {
        self.held_up.drain(..)
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

    /// Those must be looked at for which the doorbell was rung: somebody may have put blocks into a channel, or taken some.
    pub(super) fn wake_rung(&mut self) {
        let bells = self.bells.clone();
        bells.take(|what| match what {
            RungFor::Forwarder(number) => self.by_number[number].into_iter().for_each(|place| self.wake(place)),
            RungFor::Times => {
                let of_times = take(&mut self.of_times);
                of_times.iter().for_each(|&place| self.wake(place));
                self.of_times = of_times;
            }
        });
        self.wake_full();
    }

    /// A full disk tells nobody when there is room again: those whose blocks wait for that try it in each turn.
    fn wake_full(&mut self) {
        for at in 0..self.timed.len() {
            let place = self.timed[at];
            if self.relays[place].forwarder.as_ref().is_some_and(|forwarder| forwarder.is_held_up()) {
                self.wake(place);
            }
        }
    }

    /// All must be looked at that have to do with the pipes of a job.
    pub(super) fn wake_around(&mut self, network: &Network, job: JobId) {
        let pipes = network[job].inputs.iter().chain(&network[job].outputs);
        let relays = pipes.filter_map(|&pipe| self.place_of_relay(pipe));
        let places: Vec<usize> = relays.chain(self.place_of_lineup(job)).collect();
        places.into_iter().for_each(|place| self.wake(place));
    }

    /// Whether some have to be looked at again without waiting.
    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty() || self.bells.any()
    }

    /// Moves what can be moved in all that are due. What is over is told in `news` and let go by [`Relays::let_go`].
    pub(super) fn turn(&mut self, poller: &Poller, news: &mut Vec<News>) -> Result<(), OsError> {
        let mut due = take(&mut self.due);
        // Relays stand before the lineups that they lead to, which so get at once what moves on.
        due.sort_unstable();
        for place in due {
            let watched = &mut self.relays[place];
            watched.is_due = false;
            let Some(forwarder) = &mut watched.forwarder else { continue };
            let advanced = forwarder.advance();
            let held_up = watched.watched_writer.filter(|_| forwarder.is_held_up());
            news.extend(forwarder.take_warning().map(News::Warning));
            news.extend(forwarder.take_milestone().and_then(|milestone| watched.news(milestone)));
            match advanced {
                Ok(Wants::Turn) => self.wake(place),
                Ok(Wants::Wake) => {
                    self.held_up.extend(held_up);
                    watched.watch(place, poller)?;
                }
                Ok(Wants::Nothing) => news.push(News::Over(place)),
                Err(failed) => news.push(watched.failure(place, failed)),
            }
        }
        Ok(())
    }

    /// When the next of them has something to do.
    pub(super) fn due(&self) -> Option<Duration> {
        self.timed.iter().filter_map(|&place| self.relays[place].forwarder.as_ref()?.due()).min()
    }

    /// Has them do what is due at this time of the run.
    pub(super) fn tick(&mut self, now: Duration, news: &mut Vec<News>) {
        for &place in &self.timed {
            let watched = &mut self.relays[place];
            let Some(forwarder) = watched.forwarder.as_mut().filter(|forwarder| forwarder.due().is_some()) else {
                continue;
            };
            let ticked = forwarder.tick(now);
            news.extend(forwarder.take_warning().map(News::Warning));
            if let Err(failed) = ticked {
                news.push(watched.failure(place, failed));
            }
        }
    }

    /// The next life of a pipe's writer has begun, or there will be none.
    pub(super) fn renew_source(&mut self, pipe: PipeId, renewal: Renewal) {
        self.renew(self.place_of_relay(pipe), renewal);
    }

    /// The next life of a job whose inputs are put in step has begun, or there will be none.
    pub(super) fn renew_targets(&mut self, job: JobId, renewal: Renewal) {
        self.renew(self.place_of_lineup(job), renewal);
    }

    fn renew(&mut self, place: Option<usize>, renewal: Renewal) {
        let Some(place) = place else { return };
        let watched = &mut self.relays[place];
        let Some(forwarder) = &mut watched.forwarder else {
            if let Renewal::Source(mut inlet) = renewal {
                // Nobody reads this output any more: what it would have shown of the life is not waited for.
                inlet.discard();
            }
            return;
        };
        match &renewal {
            Renewal::Source(_) => watched.source = None,
            Renewal::Targets { .. } => watched.targets.fill(None),
            _ => {}
        }
        forwarder.renew(renewal);
        self.wake(place);
    }

    /// What has come for a job on these of its inputs is lost, if it has them put in step.
    pub(super) fn clear(&mut self, network: &Network, job: JobId, pipes: &[PipeId], awaited: Option<u32>) {
        let inputs = network[job].inputs.iter().enumerate();
        let places = inputs.filter(|(_, input)| pipes.contains(input)).map(|(place, _)| place);
        self.renew_targets(job, Renewal::Clear { inputs: places.collect(), awaited });
    }

    /// How many bytes an executable has read so far, if more wait on all of its inputs that are open, and nobody holds it up.
    pub(super) fn read_by(&self, network: &Network, job: JobId) -> Option<u64> {
        let mut after = network[job].outputs.iter().filter_map(|&pipe| self.relay(pipe));
        if after.any(|relay| !relay.wants_blocks()) {
            return None;
        }
        let mut intakes: Vec<Intake> =
            self.lineup(job).into_iter().flat_map(|lineup| lineup.intakes()).flatten().collect();
        for &pipe in &network[job].inputs {
            let Some(relay) = self.relay(pipe) else { continue };
            let readers = network[pipe].readers.iter();
            let own = relay.intakes().into_iter().zip(readers).filter(|(_, reader)| reader.job == job);
            intakes.extend(own.filter_map(|(intake, _)| intake));
        }
        let more = !intakes.is_empty() && intakes.iter().all(|intake| intake.more);
        more.then(|| intakes.iter().map(|intake| intake.read).sum())
    }

    /// The pipe that the one at `place` is about; the first one of several.
    pub(super) fn pipe_at(&self, place: usize) -> Option<PipeId> {
        self.relays.get(place)?.pipes.first().copied()
    }

    /// Nothing can be given on this leg any more, which a relay has let go of: lets go of a lineup. Gives the job that it led to, and the pipes that nobody
    /// forwards any more; no job if its reader is outside the network.
    pub(super) fn let_go_of_leg(
        &mut self,
        place: usize,
        leg: usize,
        network: &Network,
    ) -> (Option<JobId>, Vec<PipeId>) {
        let Some(watched) = self.relays.get(place) else { return (None, Vec::new()) };
        if let Some(job) = watched.lined_up {
            return (Some(job), self.let_go(place));
        }
        let reader = network[watched.pipes[0]].readers.get(leg).map(|reader| reader.job);
        self.wake(place);
        (reader, Vec::new())
    }

    /// The reader of this leg is gone.
    pub(super) fn target_gone(&mut self, place: usize, leg: usize) {
        if let Some(forwarder) = self.relays.get_mut(place).and_then(|watched| watched.forwarder.as_mut()) {
            forwarder.target_gone(leg);
        }
        self.wake(place);
    }

    /// The pipes that the one at `place` is about, if their readers were gone before their writers had ended them.
    pub(super) fn left_early(&self, place: usize) -> &[PipeId] {
        match self.relays.get(place) {
            Some(Watched { pipes, forwarder: Some(forwarder), .. }) if forwarder.has_more() => pipes,
            _ => &[],
        }
    }

    /// Closes all that the one at `place` has; with it goes what waits in it. Gives the pipes that nobody forwards any more.
    pub(super) fn let_go(&mut self, place: usize) -> Vec<PipeId> {
        let Some(watched) = self.relays.get_mut(place) else { return Vec::new() };
        let Some(mut forwarder) = watched.forwarder.take() else { return Vec::new() };
        forwarder.abandon();
        let pipes = watched.pipes.clone();
        pipes.into_iter().filter(|pipe| !self.is_forwarded(*pipe)).collect()
    }

    /// The same for all that are about `pipe`.
    pub(super) fn let_go_of(&mut self, pipe: PipeId) -> Vec<PipeId> {
        let places = self.about.get(&pipe).cloned().unwrap_or_default();
        places.into_iter().flat_map(|place| self.let_go(place)).collect()
    }

    fn is_forwarded(&self, pipe: PipeId) -> bool {
        let about = self.about.get(&pipe);
        about.is_some_and(|places| places.iter().any(|&place| self.relays[place].forwarder.is_some()))
    }
}

impl Watched {
    fn news(&self, milestone: Milestone) -> Option<News> {
        match milestone {
            Milestone::Drained { finished } => Some(News::Drained(self.pipes[0], finished)),
            Milestone::AllGiven => self.lined_up.map(News::AllGiven),
        }
    }

    fn failure(&self, place: usize, Failed { place: end, error }: Failed) -> News {
        match end {
            Place::Input(input) => News::Failed(self.pipes.get(input).copied().unwrap_or(self.pipes[0]), error),
            Place::Leg(leg) => News::LegFailed(place, leg, error),
        }
    }

    /// Has the poller wait for just what the forwarder waits for: an end that is ready but of no use now must not wake us.
    fn watch(&mut self, place: usize, poller: &Poller) -> Result<(), OsError> {
        let Some(forwarder) = &self.forwarder else { return Ok(()) };
        // A source that is not wanted leaves the poller, which would tell of its end again and again.
        let wanted = forwarder.wants_blocks().then_some(Interest::READABLE);
        register(poller, &mut self.source, forwarder.source(), wanted, Token::RelaySource(place))?;
        for (leg, ((fd, blocked), watched)) in forwarder.targets().into_iter().zip(&mut self.targets).enumerate() {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use pipeloom_job::Batch;
    use pipeloom_os::doorbell::Doorbell;

    use super::*;
    use crate::flow::{Inlet, Relay, Taken};
    use crate::sample::{Sample, pipe};

    /// An inlet of which nothing comes, and which shows whether it was discarded.
    struct Silent(Arc<AtomicBool>);

    impl Inlet for Silent {
        fn take(&mut self, _batch: &mut Batch) -> Result<Taken, FlowError> {
            Ok(Taken::Empty)
        }

        fn discard(&mut self) {
            self.0.store(true, SeqCst);
        }

        fn readable(&self) -> Option<BorrowedFd<'_>> {
            None
        }
    }

    #[test]
    fn what_a_later_life_writes_to_nobody_keeps_nothing_undone() {
        // Its inlet was dropped, and the job's acknowledgements waited for that output for ever.
        let network = Sample::new().program("w", &[], &["p"]).native("r", &["p"], &[]).network();
        let (pipe, discarded) = (pipe(&network, "p"), Arc::<AtomicBool>::default());
        let bells = Bells::new(Doorbell::new().unwrap(), &network);
        let mut relays = Relays::new(vec![Forwarded::relay(pipe, Relay::of_lives("p", Vec::new()))], bells);
        assert_eq!(relays.let_go(0), [pipe]);
        relays.renew_source(pipe, Renewal::Source(Box::new(Silent(discarded.clone()))));
        assert!(discarded.load(SeqCst));
    }
}
