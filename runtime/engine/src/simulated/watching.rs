//! Jobs that may come to wait for each other are watched, as the reactor does it.

use std::time::Duration;

use pipeloom_config::JobId;

use super::planted::Planted;
use super::process::Process;
use super::worked::Worked;
use super::world::World;
use crate::flow::Forwarder;
use crate::watch::{Act, Stance, Watch, look};

impl World {
    /// A full queue keeps back who writes a pipe.
    pub(super) fn held_up(&mut self, writer: Option<JobId>) {
        if self.planted == Some(Planted::WatchNobody) {
            return;
        }
        let is_meant = |(jobs, _): &&mut (Vec<JobId>, Watch)| writer.is_some_and(|writer| jobs.contains(&writer));
        if let Some((_, watch)) = self.groups.iter_mut().find(is_meant) {
            watch.held_back(self.now);
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.due().is_some()
    }

    fn due(&self) -> Option<Duration> {
        self.groups.iter().filter_map(|(_, watch)| watch.due()).min()
    }

    /// Whether the next that is due is a look.
    pub(super) fn is_time_to_look(&self, timer: Option<Duration>) -> bool {
        self.due().is_some_and(|due| timer.is_none_or(|timer| due < timer))
    }

    pub(super) fn look_at_groups(&mut self) {
        self.now = self.now.max(self.due().unwrap_or_default());
        let mut groups = std::mem::take(&mut self.groups);
        for (jobs, watch) in &mut groups {
            let acts = self.look_at(jobs, watch);
            if !acts.is_empty() {
                self.note("is done about it", &acts);
            }
            for act in acts {
                match act {
                    Act::Grow(way) => self.wiring.grow(way.pipe, way.leg),
                    Act::GiveUp { .. } => self.ledger.is_wrong(format!("it is given up: {act:?}")),
                }
            }
        }
        self.groups = groups;
    }

    fn look_at(&self, jobs: &[JobId], watch: &mut Watch) -> Vec<Act> {
        let forwarders = &self.wiring.forwarders;
        // Before the reactor looks, it has worked all.
        let is_worked = !forwarders.iter().any(Worked::is_ready);
        let find = |is_meant: &dyn Fn(&Worked) -> bool| -> Option<&dyn Forwarder> {
            forwarders.iter().find(|worked| is_meant(worked))?.forwarder.as_deref()
        };
        let see = || {
            let relay = |pipe| find(&|worked| worked.lined_up.is_none() && worked.pipes.contains(&pipe));
            look(&self.network, jobs, relay, |job| find(&|worked| worked.lined_up == Some(job)), |_| &[])
        };
        let stance = |place: usize| {
            let process = self.jobs.get(&jobs[place]).and_then(|being| being.process.as_ref());
            process.filter(|_| is_worked).map_or(Stance::BUSY, Process::stance)
        };
        watch.look(self.now, jobs.len(), see, stance)
    }
}
