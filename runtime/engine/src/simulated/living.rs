//! What processes do, and how they come and go.

use pipeloom_config::{Acknowledgement, JobId};
use pipeloom_os::process::Exit;

use super::being::News;
use super::character::Character;
use super::process::{Deed, Process};
use super::world::World;

impl World {
    /// The warden starts a process.
    pub(super) fn spawn(&mut self, job: JobId) {
        let network = self.network.clone();
        let at = self.being(job).at;
        let says = network.acknowledgement(job) == Some(Acknowledgement::Says);
        let one_root = self.ledger.has_one_root(job);
        let character = Character::any(&mut self.random);
        self.being(job).spawn(character, one_root, says);
        self.warden.push_back(News::Spawned(at));
    }

    pub(super) fn cannot_spawn(&mut self, job: JobId) {
        let being = self.being(job);
        being.spawning = false;
        let at = being.at;
        self.warden.push_back(News::SpawnFailed(at));
    }

    /// The process of a job does its next thing.
    pub(super) fn act(&mut self, job: JobId) {
        let mut deeds = Vec::new();
        let World { jobs, random, .. } = self;
        if let Some(process) = jobs.get_mut(&job).and_then(|being| being.process.as_mut()) {
            process.act(random, &mut deeds);
        }
        for deed in deeds {
            self.note("does", &(job, &deed));
            match deed {
                Deed::Wrote(output, block) => self.ledger.wrote(job, output, block),
                Deed::Read(input, content) => self.ledger.read(job, input, content),
                Deed::Had(blocks) => self.ledger.had(job, &blocks),
                Deed::Mixed(one, other) => {
                    self.ledger.is_wrong(format!("{job:?} was given together what goes back to {one} and to {other}"));
                }
                Deed::SawEnd(input) => self.ledger.saw_end(job, input),
                Deed::Says(done) => self.being(job).says.push_back(done),
                Deed::Exits(exit) => self.exits(job, exit),
            }
        }
    }

    /// A process ends, and another one may stay behind.
    pub(super) fn exits(&mut self, job: JobId, exit: Exit) {
        let stays = self.being(job).process.as_ref().is_some_and(Process::leaves_another);
        self.ends(job, exit, stays);
    }

    /// A process is killed.
    pub(super) fn dies(&mut self, job: JobId, exit: Exit) {
        self.ends(job, exit, false);
    }

    fn ends(&mut self, job: JobId, exit: Exit, another_stays: bool) {
        let Some(mut process) = self.being(job).process.take() else { return };
        for (input, content) in process.unlooked() {
            self.note("had read", &(job, input, content));
            self.ledger.read(job, input, content);
        }
        self.note("ends", &(job, exit, another_stays));
        let being = self.being(job);
        being.asked = false;
        let at = being.at;
        if another_stays {
            being.another = Some(process);
        } else {
            process.let_go();
        }
        self.warden.push_back(News::Exited(at, exit));
    }

    /// What had stayed behind goes, too.
    pub(super) fn another_goes(&mut self, job: JobId) {
        let being = self.being(job);
        let Some(process) = being.another.take() else { return };
        process.let_go();
        let (at, counted) = (being.at, being.counted);
        if counted {
            self.warden.push_back(News::Leftovers(at, 0));
        }
    }
}
