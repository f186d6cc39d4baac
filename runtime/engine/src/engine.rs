//! Starting a run, and the handle that its starter keeps.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, unbounded};
use pipeloom_config::build::PipeName;
use pipeloom_config::{JobId, Network};
use pipeloom_events::{Event, JobState, Outcome, PipeTally, Record, RunId};
use pipeloom_os::OsError;
use pipeloom_os::cgroup::{self, Cgroup};
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::fifo::{FifoDir, sweep};
use pipeloom_os::process::Pid;
use pipeloom_os::scheduling;
use pipeloom_os::socket::Listener;
use pipeloom_os::warden::{self, Warden};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::asking::{Pauser, Stopper};
use crate::flow::Clock;
use crate::host::{EndError, HostEnds, Receiver as HostReceiver, Sender as HostSender};
use crate::lines::Takers;
use crate::plan::Plan;
use crate::planned::Planned;
use crate::publish::{Publisher, SeenLives};
use crate::reactor::{FactSender, Parts, Reactor, Relays, Requests, Watchdog, facts};
use crate::resume::Origin;
use crate::run_dir::{Journal, OuterNote, RunDir, RunDirError, runs_folder};
use crate::summary::Summary;
use crate::supervise::Supervisor;
use crate::wire::{Bells, Found, FoundError, Lives, PipeLeg, Site, WireError, Wired, tidy, wire};

/// How a network is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The run's id.
    pub run: RunId,
    /// Where its directory is made.
    pub run_dir: PathBuf,
    /// The program that becomes the warden, and its first arguments. It must call [`crate::enter_warden`] first thing in its
    /// `main`, as the `pipeloom` command does.
    pub warden: (PathBuf, Vec<OsString>),
    /// After this time the run is stopped.
    pub time_limit: Option<Duration>,
    /// Whether the lines of jobs' output are told as events too.
    pub lines: bool,
    /// How many descriptors programs may have at first (the soft limit of `RLIMIT_NOFILE`), where that is fewer than this process
    /// may: one that raises its own limit for the run names here what it was.
    pub program_descriptors: Option<u64>,
    /// The epoch in which all sources begin to number their blocks, from 1. A run that goes on with the streams of another one
    /// takes one higher than any of theirs, so that its blocks are newer than all that was kept.
    pub epoch: u32,
    /// Where the network comes from, which is kept in the run's directory, so that the run can be gone on with.
    pub origin: Option<Origin>,
    /// How often the run was begun before. If it was, it goes on in its directory: what waits there on disk comes first, and the
    /// epoch is newer than all of that, whatever `epoch` says.
    pub attempts: u32,
}

impl Options {
    /// A new run, whose directory is made where the command `pipeloom run` makes it, or among the temporary files of a
    /// process that has no home. Of this program a warden is made.
    pub fn new() -> Options {
        Options::in_folder(runs_folder().unwrap_or_else(|| env::temp_dir().join("pipeloom-runs")))
    }

    /// The same, with the run's directory in this folder, named by the run's id.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Options {
        let run = RunId::now();
        // What has no path cannot be started, and that is said then.
        let program = env::current_exe().unwrap_or_default();
        let (run_dir, warden) = (folder.into().join(run.to_string()), (program, Vec::new()));
        Options {
            run,
            run_dir,
            warden,
            time_limit: None,
            lines: false,
            program_descriptors: None,
            epoch: 0,
            origin: None,
            attempts: 0,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

/// Why a run cannot be started. Nothing is left of it but its directory.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its directory cannot be made.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// What an earlier attempt has left cannot be used.
    #[error(transparent)]
    Found(#[from] FoundError),
    /// Its pipes cannot be made.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The system refuses something else.
    #[error(transparent)]
    Os(#[from] OsError),
    /// The network has programs, and this process's own program would be their warden, but is none.
    #[error(
        "the network has programs, and this process was to be their warden: call `pipeloom_engine::enter_warden()` first \
         in `main`, or name the `pipeloom` command in `Options::warden`"
    )]
    NoWarden,
    /// There is no thread for it.
    #[error("no thread for the run: {0}")]
    Thread(std::io::Error),
}

/// A run that has been started. Dropping it does not stop it; [`Handle::wait`] waits for its end. Senders and receivers that
/// were not taken are dropped with it, and so their streams end.
pub struct Handle {
    facts: FactSender,
    events: Receiver<Record>,
    /// `None` if it was never handed to its thread, and then there is no handle.
    reactor: JoinHandle<Option<Summary>>,
    view: View,
    host: Mutex<HostEnds>,
}

/// A look at a run from any thread.
#[derive(Clone, Debug)]
pub struct View {
    network: Arc<Network>,
    lives: Arc<SeenLives>,
    legs: Arc<Vec<PipeLeg>>,
}

/// One job, as it is now.
#[derive(Clone, Debug)]
pub struct JobView {
    /// Its name.
    pub name: String,
    /// What it is doing.
    pub state: JobState,
    /// Its process, if it is an executable that runs.
    pub pid: Option<Pid>,
    /// What it says of its progress: from 0 to 1, and a message.
    pub progress: Option<(f64, Option<String>)>,
    /// What it has read, as far as the runtime sees it.
    pub read: Option<Flowed>,
    /// What it has written, as far as the runtime sees it.
    pub written: Option<Flowed>,
}

/// How much has gone through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flowed {
    /// Blocks.
    pub blocks: u64,
    /// Payload bytes.
    pub bytes: u64,
}

/// Starts `network`.
///
/// # Errors
/// If something that the run needs cannot be had; nothing has been started then.
pub fn start(network: Network, options: Options) -> Result<Handle, StartError> {
    Planned::new(network).start(options)
}

/// `warden` is one that waits already.
pub(crate) fn start_planned(
    network: Network,
    plan: Plan,
    warden: Option<Warden>,
    options: Options,
) -> Result<Handle, StartError> {
    let network = Arc::new(network);
    // Before any pipe is made, so that the warden never holds a copy of a pipe's end.
    let (mut warden, Dirs { run_dir, journal, fifo_dir, listener }) = prepare(&network, warden, &options)?;
    let bells = Bells::new(Doorbell::new()?, &network);
    let (sender, receiver) = facts(bells.plain());
    let clock = Clock::starting_now();

    let resumes = options.attempts > 0;
    let mut found = if resumes { Found::look(&network, run_dir.path())? } else { Found::default() };
    let epoch = found.newest_epoch.map_or(options.epoch, |newest| options.epoch.max(newest.saturating_add(1)));
    let (waiting, damage) = (found.blocks, std::mem::take(&mut found.warnings));

    let site = Site {
        fifo_dir: &fifo_dir,
        run_dir: run_dir.path(),
        facts: &sender,
        bells: &bells,
        clock: clock.clone(),
        epoch,
        attempt: run_dir.attempt(),
    };
    let mut cgroup = None;
    if let Some(warden) = &mut warden {
        warden.remove_dir_at_end(fifo_dir.path())?;
        options.program_descriptors.iter().try_for_each(|&soft| warden.allow_programs_descriptors(soft))?;
        cgroup = own_cgroup(options.run);
        cgroup.iter().try_for_each(|cgroup| warden.use_cgroup(cgroup))?;
    }
    let Wired { runners, controls, programs, posts, forwarders, host, fifos, tallies, meters, warnings, times } =
        wire(&network, &plan, &site, found)?;
    if let Some(warden) = &mut warden {
        fifos.outer().iter().try_for_each(|fifo| warden.remove_at_end(fifo))?;
    }

    let (followers, events) = unbounded();
    let seen = SeenLives::new(network.jobs().len());
    let mut publisher = Publisher::new(options.run, network.clone(), journal, followers, options.lines, seen.clone());
    publisher.publish(if resumes {
        Event::RunResumed { attempt: run_dir.attempt(), epoch, blocks: waiting }
    } else {
        Event::RunStarted {
            network: network.name().to_owned(),
            dir: run_dir.path().display().to_string(),
            jobs: network.jobs().map(|(_, job)| job.name.to_string()).collect(),
        }
    });
    damage.into_iter().for_each(|message| publisher.warn(None, message));
    warnings.into_iter().for_each(|message| publisher.warn(None, message));
    let note = OuterNote::write(&run_dir, fifos.outer()).unwrap_or_else(|error| {
        publisher.warn(None, format!("a crash would leave the outer FIFOs for good, as they cannot be noted: {error}"));
        None
    });
    let takers = Takers::new(network.clone(), posts);
    let listener = match listener {
        Ok(listener) => Some(listener),
        Err(error) => {
            // Some file systems have no sockets; that matters only to runs that may be sent something.
            if !takers.is_empty() {
                publisher.warn(None, format!("nothing can be sent to this run: {error}"));
            }
            None
        }
    };

    let relayed: Vec<_> = forwarders.iter().flat_map(|forwarded| forwarded.pipes.iter().copied()).collect();
    let (fifo_dir, legs) = (Arc::new(fifo_dir), Arc::new(tallies));
    let watchdog = Watchdog::new(&plan, meters);
    let dir = run_dir.path().to_owned();
    let lives = Lives {
        network: network.clone(),
        plan,
        fifo_dir: fifo_dir.clone(),
        facts: sender.clone(),
        bells: bells.clone(),
        legs: legs.clone(),
        times,
    };
    let mut reactor = Reactor::new(Parts {
        network: network.clone(),
        run_dir,
        supervisor: Supervisor::new(&network, &relayed, options.time_limit, seed(options.run)).beginning(options.epoch),
        warden,
        fifos,
        runners,
        controls,
        programs,
        relays: Relays::new(forwarders, bells.clone()),
        watchdog,
        lives,
        requests: Requests::new(listener, takers),
        facts: receiver,
        bell: bells.plain().clone(),
        clock: clock.clone(),
        publisher,
    })?;
    let view = View { network, lives: seen, legs };
    let remains = Remains { _cgroup: cgroup, _fifo_dir: fifo_dir, _note: note };
    let (of_run, thread) = (view.clone(), thread::Builder::new().name("pipeloom".to_owned()));
    let (hand, handed) = bounded::<Reactor>(1);
    let work = move || handed.recv().ok().map(|reactor| work(reactor, &of_run, remains, &dir, &clock));
    let thread = thread.spawn(work).map_err(StartError::Thread)?;
    // Here and now, as it takes a while until a new thread has its turn.
    reactor.begin();
    // The thread waits for it.
    let _ = hand.send(reactor);
    sweep_others();
    Ok(Handle { facts: sender, events, reactor: thread, view, host: Mutex::new(host) })
}

/// What goes with the run, after all else and in this order.
struct Remains {
    _cgroup: Option<Cgroup>,
    _fifo_dir: Arc<FifoDir>,
    _note: Option<OuterNote>,
}

/// A control group for what the run starts, where this user may have one.
fn own_cgroup(run: RunId) -> Option<Cgroup> {
    Cgroup::create(&short(run)).inspect_err(|error| log::debug!("no control group for the run: {error}")).ok()
}

/// Removes what crashed runs have left. It stands in nobody's way, so that no run waits for this, nor for what cannot be removed.
fn sweep_others() {
    if let Err(error) = sweep(&FifoDir::default_base()) {
        log::warn!("{error}");
    }
    cgroup::sweep();
}

/// What a run has in the file system.
struct Dirs {
    run_dir: RunDir,
    journal: Journal,
    fifo_dir: FifoDir,
    listener: Result<Listener, OsError>,
}

impl Dirs {
    fn create(network: &Network, options: &Options) -> Result<Dirs, StartError> {
        let base = FifoDir::default_base();
        let (run_dir, journal) = if options.attempts > 0 {
            let run_dir = RunDir::open(&options.run_dir, options.attempts.saturating_add(1))?;
            let journal = Journal::resume(&run_dir)?;
            (run_dir, journal)
        } else {
            let run_dir = RunDir::create(&options.run_dir, network.source())?;
            options.origin.iter().try_for_each(|origin| run_dir.keep_origin(origin))?;
            let journal = Journal::create(&run_dir)?;
            (run_dir, journal)
        };
        let fifo_dir = FifoDir::create(&base, &short(options.run))?;
        let listener = Listener::bind(&run_dir.socket());
        Ok(Dirs { run_dir, journal, fifo_dir, listener })
    }
}

/// Makes the directories and, if there are programs to be run and no warden waits for them, starts one. Each takes about as long
/// as the other, so they go side by side.
fn prepare(
    network: &Network,
    waiting: Option<Warden>,
    options: &Options,
) -> Result<(Option<Warden>, Dirs), StartError> {
    let has_programs = network.jobs().any(|(_, job)| job.executable().is_some());
    if waiting.is_some() || !has_programs {
        return Ok((waiting.filter(|_| has_programs), Dirs::create(network, options)?));
    }
    let (program, first_args) = &options.warden;
    if !warden::has_entered() && env::current_exe().is_ok_and(|own| own == *program) {
        return Err(StartError::NoWarden);
    }
    thread::scope(|threads| {
        let start = || Warden::start(program, first_args);
        let starting = thread::Builder::new().spawn_scoped(threads, start).map_err(StartError::Thread)?;
        let dirs = Dirs::create(network, options);
        let warden = starting.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok((Some(warden?), dirs?))
    })
}

/// Works a run to its end, and cleans up behind it.
fn work(mut reactor: Reactor, view: &View, remains: Remains, dir: &Path, clock: &Clock) -> Summary {
    if let Err(error) = scheduling::wait_for_a_turn() {
        log::debug!("blocks will be forwarded in smaller batches: {error}");
    }
    let ran = reactor.run();
    let (outcome, fault) = match ran {
        Ok(outcome) => (outcome, None),
        Err(error) => (Outcome::Internal, Some(error.to_string())),
    };
    let (mut publisher, left) = reactor.close();
    let fault = fault.or(left);
    drop(remains);
    let left = tidy(&view.network, &view.legs, dir, |reader| {
        outcome == Outcome::Finished || reader.is_some_and(|reader| publisher.has_ended_well(reader))
    });
    if let Err(error) = left {
        publisher.warn(None, format!("what nobody wants any more is still on disk: {error}"));
    }
    let pipes = view.tallies();
    for tally in &pipes {
        publisher.publish(Event::PipeClosed(tally.clone()));
    }
    publisher.tell_lost();
    let elapsed = clock.now();
    publisher.publish(Event::RunEnded { outcome, seconds: elapsed.as_secs_f64() });
    Summary { outcome, elapsed, jobs: publisher.into_jobs(), pipes, fault }
}

/// What makes all that is random in a run; a run is another one each time.
fn seed(run: RunId) -> u64 {
    u64::from_str_radix(&short(run), 16).unwrap_or_default()
}

/// The last part of the id: the first is the time, and alike for runs that start together.
pub(crate) fn short(run: RunId) -> String {
    let text = run.to_string();
    text.rsplit('-').next().unwrap_or(&text).to_owned()
}

impl Handle {
    /// What happens, from the first event on. Ends when the run is over.
    pub fn events(&self) -> &Receiver<Record> {
        &self.events
    }

    /// A look at the run.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Something to stop the run with, from any thread.
    pub fn stopper(&self) -> Stopper {
        Stopper::new(self.facts.clone())
    }

    /// Something to pause the run with, from any thread.
    pub fn pauser(&self) -> Pauser {
        Pauser::new(self.facts.clone())
    }

    /// What sends values into a pipe: of type `T` by the pipe's description, or by its name. The pipe is written by
    /// [`pipeloom_config::build::JobBuilder::sender`].
    ///
    /// # Errors
    /// If the program has no such end of the pipe, has taken it before, or the pipe's values are of another type.
    pub fn sender<T: Serialize + 'static>(&self, pipe: impl PipeName<T>) -> Result<HostSender<T>, EndError> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner).sender(&self.view.network, pipe.pipe_name())
    }

    /// What receives values from a pipe: of type `T` by the pipe's description, or by its name. The pipe is read by
    /// [`pipeloom_config::build::JobBuilder::receiver`].
    ///
    /// # Errors
    /// If the program has no such end of the pipe, has taken it before, or the pipe's values are of another type.
    pub fn receiver<T: DeserializeOwned + 'static>(&self, pipe: impl PipeName<T>) -> Result<HostReceiver<T>, EndError> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner).receiver(&self.view.network, pipe.pipe_name())
    }

    /// Waits until the run is over and nothing is left of it. A run ends when its streams do: a sender that is still held, or a
    /// receiver that nobody reads, keeps it going.
    pub fn wait(self) -> Summary {
        let Handle { reactor, view, host, .. } = self;
        drop(host);
        reactor.join().ok().flatten().unwrap_or_else(|| Summary {
            outcome: Outcome::Internal,
            elapsed: Duration::ZERO,
            jobs: Vec::new(),
            pipes: view.tallies(),
            fault: Some("the runtime's thread panicked".to_owned()),
        })
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("network", &self.view.network.name()).finish_non_exhaustive()
    }
}

impl View {
    /// All jobs as they are now, in the file's order.
    pub fn jobs(&self) -> Vec<JobView> {
        let mut jobs: Vec<JobView> = self.network.jobs().map(|(id, job)| self.job(id, job.name.to_string())).collect();
        for leg in self.legs.iter() {
            let tally = leg.tally.snapshot("", "");
            if let Some(reader) = leg.reader.filter(|_| leg.knows_read()) {
                let read: &mut Flowed = jobs[reader.index()].read.get_or_insert_default();
                read.blocks += tally.delivered;
                read.bytes += tally.bytes;
            }
            if let Some(writer) = self.network[leg.pipe].writer.filter(|_| leg.knows_written()) {
                let written: &mut Flowed = jobs[writer.job.index()].written.get_or_insert_default();
                written.blocks = written.blocks.max(tally.written);
                written.bytes = written.bytes.max(tally.bytes);
            }
        }
        jobs
    }

    /// The pipes' tallies as they are now, one for each reader. Pipes of which not all is known are left out: those between
    /// two programs, unless both have a kit and have told.
    pub fn tallies(&self) -> Vec<PipeTally> {
        let name = |reader: Option<JobId>| reader.map(|reader| self.network[reader].name.to_string());
        self.legs
            .iter()
            .filter(|leg| leg.knows_all())
            .map(|leg| leg.tally.snapshot(self.network[leg.pipe].name.as_str(), &name(leg.reader).unwrap_or_default()))
            .collect()
    }

    /// One job, without what has gone through.
    fn job(&self, id: JobId, name: String) -> JobView {
        JobView {
            name,
            state: self.lives.state(id),
            pid: self.lives.pid(id),
            progress: self.lives.progress(id),
            read: None,
            written: None,
        }
    }
}
