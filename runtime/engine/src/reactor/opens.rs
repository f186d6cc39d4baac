//! Which executables have opened their FIFOs.

use std::path::Path;

use pipeloom_config::JobId;
use pipeloom_job::Report;
use pipeloom_os::OsError;
use pipeloom_os::process::family_has_open;

use super::turn::Reactor;
use crate::publish::Publisher;
use crate::supervise::{At, Event};

impl Reactor {
    /// Somebody has opened FIFOs.
    pub(super) fn hear_opens(&mut self) -> Result<(), OsError> {
        // Whoever has may have been born just now.
        self.hear_warden()?;
        let came = self.fifos.opened(&holds(&self.publisher))?;
        for job in came {
            self.fifos.await_no_more(job)?;
            self.events.push_back(Event::Opened(self.supervisor.at(job), true));
        }
        Ok(())
    }

    /// An executable has said that it is ready, whether it has opened any or not.
    pub(super) fn hear_ready(&mut self, at: At) {
        self.publisher.report(at.job, Report::Ready);
        self.events.push_back(Event::Ready(at));
        let settled = self.fifos.await_no_more(at.job);
        self.warn_of(settled);
    }

    pub(super) fn look_whether_opened(&mut self, at: At) {
        let opened = self.fifos.are_held(at.job, &holds(&self.publisher));
        self.events.push_back(Event::Opened(at, opened));
        let settled = self.fifos.await_no_more(at.job);
        self.warn_of(settled);
    }

    /// Says which executables have none of their FIFOs open, but for those whose start is timed.
    pub(super) fn check_opened(&mut self) {
        let holds = holds(&self.publisher);
        let idle = |&(job, ref paths): &(JobId, Vec<&Path>)| {
            let is_timed = self.network[job].health.start_timeout.is_some();
            !is_timed && self.publisher.pid(job).is_some() && !paths.iter().any(|path| holds(job, path))
        };
        let mut jobs: Vec<JobId> = self.fifos.by_job().filter(idle).map(|(job, _)| job).collect();
        drop(holds);
        jobs.sort_unstable();
        for job in jobs {
            let message = "has none of its pipes open after 30 s; does it open the paths behind its flags?";
            self.publisher.warn(Some(job), message.to_owned());
        }
    }
}

/// Whether an executable, or what it has started, has a FIFO open.
fn holds(publisher: &Publisher) -> impl Fn(JobId, &Path) -> bool {
    |job, path| publisher.pid(job).is_some_and(|pid| family_has_open(pid, path))
}
