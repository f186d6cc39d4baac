//! Telling the outside what happens: into the run's journal, to whoever follows the run, and as a picture of now.

use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::Sender;
use pipeloom_config::{JobId, Network};
use pipeloom_events::{Cause, Event, JobEnd, JobState, Record, RunId};
use pipeloom_job::Report;
use pipeloom_os::process::Pid;

use crate::counted::counted;
use crate::run_dir::Journal;
use crate::summary::JobSummary;
use crate::supervise::{At, Life, Over, Supervisor};

/// While so many records wait to be read, lines of jobs' output are not added: they stand in the logs.
const MANY_RECORDS: usize = 10_000;

/// What each job is doing now, for whoever looks.
#[derive(Debug)]
pub(crate) struct SeenLives {
    jobs: Vec<JobLife>,
}

#[derive(Debug)]
struct JobLife {
    state: AtomicU8,
    /// 0 for none.
    pid: AtomicI32,
    progress: Mutex<Option<(f64, Option<String>)>>,
}

const STATES: [JobState; 7] = [
    JobState::Waiting,
    JobState::Starting,
    JobState::Running,
    JobState::Restarting,
    JobState::Draining,
    JobState::Ended,
    JobState::Failed,
];

impl SeenLives {
    pub(crate) fn new(jobs: usize) -> Arc<SeenLives> {
        let life = || JobLife { state: AtomicU8::new(0), pid: AtomicI32::new(0), progress: Mutex::new(None) };
        Arc::new(SeenLives { jobs: (0..jobs).map(|_| life()).collect() })
    }

    pub(crate) fn state(&self, job: JobId) -> JobState {
        STATES[usize::from(self.jobs[job.index()].state.load(Ordering::Relaxed))]
    }

    pub(crate) fn pid(&self, job: JobId) -> Option<Pid> {
        Pid::from_raw(self.jobs[job.index()].pid.load(Ordering::Relaxed))
    }

    pub(crate) fn progress(&self, job: JobId) -> Option<(f64, Option<String>)> {
        self.jobs[job.index()].progress.lock().ok()?.clone()
    }
}

/// The reactor's way to the outside.
pub(crate) struct Publisher {
    run: RunId,
    network: Arc<Network>,
    journal: Journal,
    followers: Option<Sender<Record>>,
    /// What they are told at the end of this turn: each record by itself would wake a follower as often.
    untold: Vec<Record>,
    /// Whether lines of jobs' output are wanted too.
    lines: bool,
    lives: Arc<SeenLives>,
    jobs: Vec<JobSummary>,
}

impl Publisher {
    pub(crate) fn new(
        run: RunId,
        network: Arc<Network>,
        journal: Journal,
        followers: Sender<Record>,
        lines: bool,
        lives: Arc<SeenLives>,
    ) -> Publisher {
        let jobs = network.jobs().map(|(_, job)| JobSummary::new(job.name.to_string())).collect();
        Publisher { run, network, journal, followers: Some(followers), untold: Vec::new(), lines, lives, jobs }
    }

    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    /// Whether a job has done all that it wanted.
    pub(crate) fn has_ended_well(&self, job: JobId) -> bool {
        matches!(self.jobs[job.index()].end, Some(JobEnd::Finished | JobEnd::Ended))
    }

    /// What became of each job. Followers are told all that they have not been told yet.
    pub(crate) fn into_jobs(mut self) -> Vec<JobSummary> {
        self.tell_followers();
        self.jobs
    }

    pub(crate) fn publish(&mut self, event: Event) {
        let record = Record::now(self.run, event);
        let written = self.journal.write(&record);
        self.follow(record);
        if let Err(error) = written {
            let message = format!("the run's events cannot be written: {error}");
            self.follow(Record::now(self.run, Event::Warning { job: None, message }));
        }
    }

    /// Says how many events are not in the run's record, if any are not.
    pub(crate) fn tell_lost(&mut self) {
        let lost = self.journal.lost();
        if lost > 0 {
            self.warn(None, format!("{} not in the run's record", counted(lost, "event is", "events are")));
        }
    }

    fn follow(&mut self, record: Record) {
        self.untold.extend(self.followers.is_some().then_some(record));
    }

    /// Tells followers what has happened since they were told last.
    pub(crate) fn tell_followers(&mut self) {
        let Some(followers) = &self.followers else { return };
        // A follower that has gone is not told any more.
        if self.untold.drain(..).any(|record| followers.send(record).is_err()) {
            self.followers = None;
        }
    }

    pub(crate) fn line(&mut self, job: JobId, stderr: bool, text: String) {
        let room = self.followers.as_ref().is_some_and(|followers| followers.len() + self.untold.len() < MANY_RECORDS);
        if self.lines && room {
            let job = self.name(job);
            self.follow(Record::now(self.run, Event::Line { job, stderr, text }));
        }
    }

    pub(crate) fn warn(&mut self, job: Option<JobId>, message: String) {
        let job = job.map(|job| self.name(job));
        self.publish(Event::Warning { job, message });
    }

    pub(crate) fn job_started(&mut self, at: At, pid: Option<Pid>) {
        let job = at.job;
        let number = pid.map(Pid::as_raw);
        self.lives.jobs[job.index()].pid.store(number.unwrap_or(0), Ordering::Relaxed);
        let name = self.name(job);
        self.publish(Event::JobStarted { job: name, pid: number, incarnation: at.incarnation.number() });
    }

    /// A life of a job is over, and the next one begins after this time.
    pub(crate) fn job_restarting(&mut self, at: At, over: Over, after: Duration) {
        self.restarting(at, over, None, after);
    }

    /// A life of a job is over, and the next one begins together with that of another one.
    pub(crate) fn job_restarting_with(&mut self, at: At, over: Over, first: JobId) {
        let with = (first != at.job).then(|| self.name(first));
        self.restarting(at, over, with, Duration::ZERO);
    }

    fn restarting(&mut self, at: At, over: Over, with: Option<String>, after: Duration) {
        self.jobs[at.job.index()].restarts += 1;
        let cause = match over {
            Over::Ended(..) => None,
            Over::Failed(cause) => Some(cause),
        };
        let (job, incarnation) = (self.name(at.job), at.incarnation.number());
        self.publish(Event::JobRestarting { job, incarnation, cause, with, seconds: after.as_secs_f64() });
    }

    /// A job's process, while it is there.
    pub(crate) fn pid(&self, job: JobId) -> Option<Pid> {
        self.lives.pid(job)
    }

    pub(crate) fn process_gone(&mut self, job: JobId) {
        self.lives.jobs[job.index()].pid.store(0, Ordering::Relaxed);
    }

    pub(crate) fn job_ended(&mut self, job: JobId, end: JobEnd, note: Option<String>) {
        self.jobs[job.index()].end = Some(end);
        self.jobs[job.index()].note.clone_from(&note);
        let job = self.name(job);
        self.publish(Event::JobEnded { job, end, note });
    }

    pub(crate) fn job_failed(&mut self, job: JobId, cause: Cause) {
        let place = self.jobs.iter().filter(|job| job.failure.is_some()).count();
        let summary = &mut self.jobs[job.index()];
        summary.end = None;
        summary.failure.get_or_insert((place, cause.clone()));
        let job = self.name(job);
        self.publish(Event::JobFailed { job, cause });
    }

    /// Tells what a job reports of itself.
    pub(crate) fn report(&mut self, job: JobId, report: Report) {
        let name = self.name(job);
        let event = match report {
            Report::Progress { fraction, message } => {
                if let Ok(mut progress) = self.lives.jobs[job.index()].progress.lock() {
                    *progress = Some((fraction, message.clone()));
                }
                Event::Progress { job: name, fraction, message }
            }
            Report::Status(status) => Event::Status { job: name, status },
            Report::Metrics(metrics) => Event::Metrics { job: name, metrics },
            Report::Result(result) => {
                self.jobs[job.index()].result = Some(result.clone());
                Event::Result { job: name, result }
            }
            Report::Ready => Event::Ready { job: name },
            // The runtime itself counts what goes through this job's pipes, and that it lives is no news.
            Report::Pipe(_) | Report::Done(_) | Report::Alive => return,
        };
        self.publish(event);
    }

    /// Brings the picture of now up to date.
    pub(crate) fn show_lives(&self, supervisor: &Supervisor) {
        for (id, _) in self.network.jobs() {
            let state = match supervisor.life(id) {
                Life::Failed => JobState::Failed,
                Life::Ended if supervisor.is_leaving(id) => JobState::Draining,
                Life::Ended => JobState::Ended,
                Life::Unexplained(_) => JobState::Draining,
                Life::BackingOff { .. } => JobState::Restarting,
                Life::Waiting => JobState::Waiting,
                Life::Starting => JobState::Starting,
                Life::Running => JobState::Running,
            };
            let number = STATES.iter().position(|known| *known == state).unwrap_or(0);
            self.lives.jobs[id.index()].state.store(number as u8, Ordering::Relaxed);
        }
    }

    fn name(&self, job: JobId) -> String {
        self.network[job].name.to_string()
    }
}
