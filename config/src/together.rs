//! Which jobs are started again together.

use std::collections::VecDeque;

use crate::ids::JobId;
use crate::network::Network;
use crate::restart::RestartScope;

impl Network {
    /// The jobs that are started again with this one, by its scope and in the order in which they are reached. It is not among
    /// them.
    pub fn restarted_with(&self, id: JobId) -> Vec<JobId> {
        let restart = &self[id].restart;
        let is_asked_for = restart.is_possible() && restart.scope != RestartScope::Job;
        if is_asked_for { self.reached(id, restart.scope) } else { Vec::new() }
    }

    /// Those with which this one may be started again, though it did not fail.
    pub fn restarts_with(&self, id: JobId) -> impl Iterator<Item = JobId> {
        self.jobs().map(|(other, _)| other).filter(move |&other| self.restarted_with(other).contains(&id))
    }

    /// Writes down for each job whether it may be started again with another one.
    pub(crate) fn settle_lives(&mut self) {
        let scoped: Vec<JobId> = self.jobs().map(|(id, _)| id).collect();
        for id in scoped {
            let others = self.restarted_with(id);
            for other in others.iter().copied().chain((!others.is_empty()).then_some(id)) {
                self.jobs[other.index()].restarts_together = true;
            }
        }
    }

    fn reached(&self, from: JobId, scope: RestartScope) -> Vec<JobId> {
        let mut seen = vec![false; self.jobs.len()];
        seen[from.index()] = true;
        let (mut reached, mut left) = (Vec::new(), VecDeque::from([from]));
        while let Some(id) = left.pop_front() {
            let next = self.readers_of(id, scope).into_iter().chain(self.writers_of(id, scope));
            for next in next {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    reached.push(next);
                    left.push_back(next);
                }
            }
        }
        reached
    }

    fn readers_of(&self, id: JobId, scope: RestartScope) -> Vec<JobId> {
        let is_whole = scope == RestartScope::Component;
        // What is told of its times are no blocks of its own.
        let times = self[id].times.filter(|_| is_whole);
        let written = self[id].outputs.iter().copied().chain(times).map(|pipe| &self[pipe]);
        written.filter(|pipe| is_whole || !pipe.cycle).flat_map(|pipe| &pipe.readers).map(|end| end.job).collect()
    }

    fn writers_of(&self, id: JobId, scope: RestartScope) -> Vec<JobId> {
        let inputs = self[id].inputs.iter().filter(|_| scope == RestartScope::Component);
        inputs.filter_map(|&pipe| self[pipe].writer).map(|end| end.job).collect()
    }
}
