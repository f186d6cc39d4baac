//! Watching groups of jobs that may come to wait for each other.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use pipeloom_config::{Body, JobId, Network, PipeId};
use pipeloom_os::process::{Pid, Rest};

use super::turn::Reactor;
use crate::flow::{Grown, Meter};
use crate::plan::Plan;
use crate::supervise::Event;
use crate::watch::{Act, Stance, Watch, Way, circle, grown, look};

/// The channels of each pipe that may grow, with their readers.
pub(crate) type Meters = HashMap<PipeId, Vec<(JobId, Meter)>>;

/// Watches all groups of a network.
pub(crate) struct Watchdog {
    groups: Vec<Group>,
    /// For each job the group that it is in.
    of_job: HashMap<JobId, usize>,
    meters: Meters,
    /// Which queues were said to have grown, and whether on disk.
    told: HashSet<(PipeId, usize, bool)>,
}

/// Jobs that may come to wait for each other.
struct Group {
    /// In the network's order.
    jobs: Vec<JobId>,
    watch: Watch,
    /// The processor time that programs had used when it was last asked what they wait for, and was not known.
    ticks: HashMap<JobId, u64>,
}

impl Watchdog {
    pub(crate) fn new(plan: &Plan, meters: Meters) -> Watchdog {
        let of_job = plan.groups.iter().enumerate().flat_map(|(group, jobs)| jobs.iter().map(move |&job| (job, group)));
        let group = |jobs: &Vec<JobId>| Group { jobs: jobs.clone(), watch: Watch::default(), ticks: HashMap::new() };
        let groups = plan.groups.iter().map(group).collect();
        Watchdog { of_job: of_job.collect(), groups, meters, told: HashSet::new() }
    }

    /// A job is held back by a full queue.
    pub(super) fn held_back(&mut self, job: JobId, now: Duration) {
        if let Some(&group) = self.of_job.get(&job) {
            self.groups[group].watch.held_back(now);
        }
    }

    /// When to look at the next group.
    pub(super) fn due(&self) -> Option<Duration> {
        self.groups.iter().filter_map(|group| group.watch.due()).min()
    }
}

impl Reactor {
    /// Looks at the groups whose time has come, and does what helps.
    pub(super) fn watch_groups(&mut self) {
        let now = self.now().0;
        for place in 0..self.watchdog.groups.len() {
            let group = &mut self.watchdog.groups[place];
            if group.watch.due().is_none_or(|due| due > now) {
                continue;
            }
            let Group { jobs, watch, ticks } = group;
            let (network, relays, meters) = (&*self.network, &self.relays, &self.watchdog.meters);
            let channels = |pipe: PipeId| meters.get(&pipe).map_or(&[][..], Vec::as_slice);
            let see = || look(network, jobs, |pipe| relays.relay(pipe), |job| relays.lineup(job), channels);
            let stance = |place: usize| {
                let job = jobs[place];
                match &network[job].body {
                    Body::Native(_) => self.controls.get(&job).map_or(Stance::BUSY, |controls| controls.stance()),
                    Body::Executable(_) => {
                        let pid = self.publisher.pid(job);
                        pid.map_or(Stance::BUSY, |pid| stance_of_program(network, job, pid, ticks))
                    }
                }
            };
            let acts = watch.look(now, jobs.len(), see, stance);
            for act in acts {
                self.act(place, act);
            }
        }
    }

    fn act(&mut self, group: usize, act: Act) {
        match act {
            Act::Grow(way) => self.grow(&way),
            Act::GiveUp { way, circle: links, surely } => {
                let message = circle(&self.network, &self.watchdog.groups[group].jobs, &way, &links, surely);
                if surely {
                    self.events.push_back(Event::StandsStill(way.pipe, message));
                } else {
                    self.publisher.warn(None, message);
                }
            }
        }
    }

    fn grow(&mut self, way: &Way) {
        let Way { pipe, leg, .. } = *way;
        let meter = self.watchdog.meters.get(&pipe).and_then(|meters| meters.get(leg));
        let has_grown = match meter {
            Some((_, meter)) => meter.grow(),
            None => self.relays.grow(pipe, leg),
        };
        let Some(what) = has_grown else { return };
        if self.watchdog.told.insert((pipe, leg, matches!(what, Grown::OnDisk { .. }))) {
            let reader = self.network[pipe].readers.get(leg).map(|reader| self.network[reader.job].name.as_str());
            self.publisher.warn(None, grown(&self.network, pipe, reader.unwrap_or_default(), &what));
        }
    }
}

/// What an executable waits for, as far as can be seen.
fn stance_of_program(network: &Network, job: JobId, pid: Pid, ticks: &mut HashMap<JobId, u64>) -> Stance {
    let Some(rest) = Rest::of(pid) else { return Stance::BUSY };
    if rest.is_unknown {
        // It sleeps, and has done nothing since it was looked at before.
        let before = ticks.insert(job, rest.ticks);
        return if before == Some(rest.ticks) { Stance::EITHER.perhaps() } else { Stance::BUSY };
    }
    if rest.polls {
        // Others may wait for what is no pipe.
        let has_kit = network[job].executable().is_some_and(|program| program.kit);
        return match has_kit {
            true => Stance::EITHER,
            false if network[job].inputs.is_empty() => Stance::BUSY,
            false => Stance::EITHER.perhaps(),
        };
    }
    Stance { reads: rest.reads, writes: rest.writes, surely: true }
}
