//! Jobs that are started again together.
//!
//! When a job is to be started again whose scope holds others, their lives are ended, too: as their `stop` says, a native
//! job's after the step at hand. Once all of them are gone and what they wrote is forwarded, what waits between them is lost,
//! unless it is promised that it is not; then, when the back-off of the first has passed, all begin their next lives, with the
//! sources among them in a new epoch. Whoever fails meanwhile is one of them already. A job that is over for good stays so.

use std::mem;

use pipeloom_config::JobId;
use pipeloom_events::JobEnd;

use super::facts::{Action, Over};
use super::job::Life;
use super::supervisor::{Pipe, Supervisor};

/// Jobs whose lives end and begin together.
#[derive(Debug)]
pub(super) struct Together {
    /// The one because of which they do.
    first: JobId,
    members: Vec<JobId>,
    step: Step,
}

/// How far they are.
#[derive(Debug)]
enum Step {
    /// Their lives end.
    Ending,
    /// All are gone, and what they wrote is taken.
    Taking,
    /// What waits between them is lost. These have not told that it is, in this round.
    Losing(u32, Vec<JobId>),
}

impl Together {
    fn has(&self, id: JobId) -> bool {
        self.members.contains(&id)
    }

    /// Whether a pipe leads from one of them to another.
    fn holds(&self, pipe: &Pipe) -> bool {
        pipe.writer.is_some_and(|writer| self.has(writer)) && pipe.readers.iter().any(|&reader| self.has(reader))
    }
}

impl Supervisor {
    /// The job because of which this one is started again, if it is so together with others.
    fn started_with(&self, id: JobId) -> Option<JobId> {
        self.together.iter().find(|together| together.has(id)).map(|together| together.first)
    }

    pub(super) fn is_together(&self, id: JobId) -> bool {
        self.started_with(id).is_some()
    }

    /// A job is to be started again: ends the lives of those who are so with it.
    pub(super) fn end_with(&mut self, first: JobId, out: &mut Vec<Action>) {
        let scope = &self.jobs[first.index()].scope;
        if scope.is_empty() {
            return;
        }
        let mut members = vec![first];
        members.extend(scope.iter().filter(|other| !self.jobs[other.index()].is_over()));
        // Who waits with others already brings them along.
        let is_met = |together: &mut Together| members.iter().any(|&id| together.has(id));
        let met: Vec<Together> = self.together.extract_if(.., is_met).collect();
        for id in met.into_iter().flat_map(|together| together.members) {
            if !members.contains(&id) {
                members.push(id);
            }
        }
        let together = Together { first, members, step: Step::Ending };
        let lossy = self.pipes.iter().filter(|pipe| pipe.relayed && !pipe.keeps && together.holds(pipe));
        out.extend(lossy.map(|pipe| Action::Lose(pipe.id)));
        let members = together.members.clone();
        self.together.push(together);
        members.into_iter().for_each(|id| self.end_life(id, out));
    }

    fn end_life(&mut self, id: JobId, out: &mut Vec<Action>) {
        let job = &self.jobs[id.index()];
        if !job.is_executable {
            // One that has failed may still wait to hand over what it had made.
            out.push(Action::EndLife(id));
        }
        match job.life {
            Life::Starting | Life::Running if job.is_executable && job.exit.is_none() && !job.asked => {
                self.ask_to_end(id.index(), out);
            }
            Life::Unexplained(exit) => {
                self.member_over(id, Over::Ended(JobEnd::Stopped, Some(exit.to_string())), out);
            }
            _ => {}
        }
    }

    /// The life of one of them is over: it waits for the others, unless it is over for good.
    pub(super) fn member_over(&mut self, id: JobId, over: Over, out: &mut Vec<Action>) {
        let Some(first) = self.started_with(id) else { return };
        let at = self.at(id);
        if self.jobs[id.index()].no_other_life || self.is_of_no_use(id) {
            return self.job_over(id, over, out);
        }
        let job = &mut self.jobs[id.index()];
        job.life = Life::BackingOff { passed: true };
        job.over = Some(over.clone());
        self.open.backing_off.insert(id.index());
        out.push(Action::StartTogether(at, over, first));
    }

    /// One of them has lost what waited for it.
    pub(super) fn has_lost(&mut self, id: JobId, now: u32) {
        for together in &mut self.together {
            if let Step::Losing(round, left) = &mut together.step
                && *round == now
            {
                left.retain(|job| *job != id);
            }
        }
    }

    /// Takes those who are started again together as far as they can come.
    pub(super) fn go_on_together(&mut self, out: &mut Vec<Action>) {
        for mut together in mem::take(&mut self.together) {
            if self.stopping.is_none() && !self.go_on(&mut together, out) {
                self.together.push(together);
            }
        }
    }

    /// Says whether their next lives have begun.
    fn go_on(&mut self, together: &mut Together, out: &mut Vec<Action>) -> bool {
        together.members.retain(|id| !self.jobs[id.index()].is_over());
        let rests = |id: &JobId| {
            let job = &self.jobs[id.index()];
            matches!(job.life, Life::BackingOff { .. }) && !job.is_there()
        };
        if !together.members.iter().all(rests) {
            return false;
        }
        if let Step::Ending = together.step {
            let left = self.pipes.iter().filter(|pipe| pipe.keeps && !pipe.is_drained() && together.holds(pipe));
            out.extend(left.map(|pipe| Action::TakeAll(pipe.id)));
            together.step = Step::Taking;
        }
        if let Step::Taking = together.step {
            if !together.members.iter().all(|&id| self.is_written_out(id)) {
                return false;
            }
            self.lose_between(together, out);
        }
        let has_lost = |left: &[JobId]| !left.iter().any(|id| together.members.contains(id));
        let has_lost = matches!(&together.step, Step::Losing(_, left) if has_lost(left));
        let passed = |id: &JobId| self.jobs[id.index()].life == Life::BackingOff { passed: true };
        let is_ready = has_lost && together.members.iter().all(passed);
        if is_ready {
            self.begin_together(mem::take(&mut together.members), out);
        }
        is_ready
    }

    /// Has all of them lose what waits between them.
    fn lose_between(&mut self, together: &mut Together, out: &mut Vec<Action>) {
        self.losing_rounds += 1;
        let (round, epoch) = (self.losing_rounds, self.epoch.saturating_add(1));
        let anew = self.begin_anew(&together.members);
        for &id in &together.members {
            let is_lost = |pipe: &&Pipe| !pipe.keeps && pipe.readers.contains(&id) && together.holds(pipe);
            let pipes = self.pipes.iter().filter(is_lost).map(|pipe| pipe.id).collect();
            let awaited = (anew.contains(&id) && !self.jobs[id.index()].is_source).then_some(epoch);
            out.push(Action::LoseInputs { at: self.at(id), pipes, awaited, round });
        }
        together.step = Step::Losing(round, together.members.clone());
    }

    fn begin_together(&mut self, mut members: Vec<JobId>, out: &mut Vec<Action>) {
        while let Some(&id) = members.iter().find(|id| self.is_of_no_use(**id)) {
            self.end_backing_off(id, out);
            if self.stopping.is_some() {
                return;
            }
            members.retain(|id| !self.jobs[id.index()].is_over());
        }
        let anew = self.begin_anew(&members);
        if !anew.is_empty() {
            self.epoch = self.epoch.saturating_add(1);
            out.extend(anew.into_iter().map(|id| Action::NewEpoch(id, self.epoch)));
        }
        members.into_iter().for_each(|id| self.begin_life(id, out));
    }

    /// Those whose streams begin anew: sources, and what waits for nothing but such streams.
    fn begin_anew(&self, members: &[JobId]) -> Vec<JobId> {
        let is_source = |id: &JobId| self.jobs[id.index()].is_source;
        let mut anew: Vec<JobId> = members.iter().copied().filter(is_source).collect();
        loop {
            let follows = |id: JobId| {
                let inputs = self.pipes.iter().filter(|pipe| pipe.in_step && pipe.readers.contains(&id));
                // Nothing comes any more from who is over for good.
                let is_over = |pipe: &&Pipe| pipe.writer.is_some_and(|writer| self.jobs[writer.index()].is_over());
                let mut inputs = inputs.filter(|pipe| !is_over(pipe)).peekable();
                inputs.peek().is_some() && inputs.all(|pipe| pipe.writer.is_some_and(|writer| anew.contains(&writer)))
            };
            let Some(&next) = members.iter().find(|&&id| !anew.contains(&id) && follows(id)) else { return anew };
            anew.push(next);
        }
    }
}
