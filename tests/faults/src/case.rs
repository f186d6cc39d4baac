//! One run of a case: what is chosen by its seed, what is done to the run, and how it ends.

use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use pipeloom_e2e::events::Event;
use pipeloom_e2e::{
    Amiss, Ended, Pid, Running, Signal, Test, build, is_alive, network, send, until, whose_environment_has, written,
};

use crate::figures::Figures;
use crate::over::Over;

/// Long enough for a loaded machine; a run that takes so long hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Long enough for what comes soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// One run of a case.
pub struct Case {
    name: &'static str,
    seed: u64,
    rng: RefCell<Rng>,
    figures: RefCell<Figures>,
    /// When something was last done to the run.
    struck: Cell<Option<Instant>>,
}

impl Case {
    pub(crate) fn new(fault: u32, name: &'static str, seed: u64) -> Case {
        // Other moments for each fault, too.
        let rng = RefCell::new(Rng::with_seed(seed << 16 | u64::from(fault)));
        let figures = RefCell::new(Figures::of(fault, name, seed));
        Case { name, seed, rng, figures, struck: Cell::new(None) }
    }

    /// The name of its test.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its seed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Any of these numbers.
    pub fn number(&self, range: RangeInclusive<u64>) -> u64 {
        self.rng.borrow_mut().u64(range)
    }

    /// Whether it is one of so many.
    pub fn one_in(&self, of: u64) -> bool {
        self.number(1..=of) == 1
    }

    /// Any of these things.
    pub fn pick<T: Copy>(&self, things: &[T]) -> T {
        things[self.rng.borrow_mut().usize(..things.len())]
    }

    /// So many milliseconds, any of them.
    pub fn millis(&self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(range))
    }

    /// A number up to this one; small ones are as likely as large ones, and 0 comes up too.
    pub fn up_to(&self, most: u64) -> u64 {
        if self.one_in(8) { 0 } else { self.number(1..=most.max(1) >> self.number(0..=u64::from(most.max(1).ilog2()))) }
    }

    /// Adds to its figures.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures.borrow_mut());
    }

    /// A test of this network, with a deadline.
    #[track_caller]
    pub fn network(&self, toml: impl AsRef<str>) -> Test {
        // The villain is another package's, and so nobody else sees to it that it is there.
        static VILLAIN: LazyLock<PathBuf> = LazyLock::new(|| build("pipeloom-e2e"));
        LazyLock::force(&VILLAIN);
        network(toml).within(DEADLINE)
    }

    /// Waits until a job has written so many bytes, and gives its process.
    #[track_caller]
    pub fn after(&self, run: &Running, job: &str, bytes: u64) -> Pid {
        let pid = run.started(job);
        until(&format!("that {job} has written {bytes} bytes"), SOON, || written(pid) >= bytes || !is_alive(pid));
        pid
    }

    /// A fault: a job is sent this signal. From now on it is recovered from.
    #[track_caller]
    pub fn strike(&self, run: &Running, job: &str, signal: Signal) {
        send(run.started(job), signal);
        self.struck();
    }

    /// A fault: a job is sent this signal in a certain one of its lives, counted from 1. From now on it is recovered from.
    #[track_caller]
    pub fn strike_life(&self, run: &Running, job: &str, life: u64, signal: Signal) {
        send(self.life(run, job, life), signal);
        self.struck();
    }

    /// Waits for a certain life of a job, counted from 1, and gives its process.
    #[track_caller]
    pub fn life(&self, run: &Running, job: &str, life: u64) -> Pid {
        run.until(&format!("life {life} of {job}"), |event| match event {
            Event::JobStarted { job: started, pid: Some(pid), incarnation }
                if started == job && u64::from(*incarnation) == life =>
            {
                Pid::from_raw(*pid)
            }
            _ => None,
        })
    }

    /// Waits until a job has written so many bytes in a certain one of its lives.
    #[track_caller]
    pub fn after_in_life(&self, run: &Running, job: &str, life: u64, bytes: u64) {
        let pid = self.life(run, job, life);
        let what = format!("that life {life} of {job} has written {bytes} bytes");
        until(&what, SOON, || written(pid) >= bytes || !is_alive(pid));
    }

    /// A fault: the command is sent this signal.
    #[track_caller]
    pub fn strike_command(&self, run: &mut Running, signal: Signal) {
        run.signal(signal);
        self.struck();
    }

    /// The network has a fault from the start.
    pub fn has_fault(&self) {
        self.note(|figures| figures.faults += 1);
    }

    /// A fault that was brought about in another way. From now on it is recovered from.
    pub fn struck(&self) {
        self.has_fault();
        self.struck.set(Some(Instant::now()));
    }

    /// The last fault is over, and all is as it should be.
    pub fn recovered(&self) {
        if let Some(struck) = self.struck.take() {
            self.note(|figures| figures.recovery_ms.push(struck.elapsed().as_secs_f64() * 1000.0));
        }
    }

    /// So many descriptors were left in the process of the test.
    pub fn leaked(&self, descriptors: usize) {
        self.note(|figures| figures.descriptors += descriptors as u64);
    }

    /// The time until the last fault is over says nothing: what takes time is what the file says, or that somebody still halts
    /// a job.
    pub fn is_patient(&self) {
        self.struck.set(None);
    }

    /// Waits until the command has ended with this code. Nothing may be left of it, and its history must be legal.
    #[track_caller]
    pub fn over(&self, run: Running, code: i32) -> Over<'_> {
        let ended = self.ended(run);
        self.judge(ended, code)
    }

    /// The same of a run whose directory was on a file system that is gone: what it told is its record.
    #[track_caller]
    pub fn over_as_told(&self, run: Running, code: i32) -> Over<'_> {
        let ended = self.ended(run).recorded_as_told();
        self.judge(ended, code)
    }

    #[track_caller]
    fn judge(&self, mut ended: Ended, code: i32) -> Over<'_> {
        self.recovered();
        if code == 0 {
            // It may say something all the same.
            ended = ended.stderr_has("");
        }
        Over::new(self, ended.exits(code))
    }

    /// The same of a command that was killed: no more is known of its history than it had time to record.
    #[track_caller]
    pub fn killed(&self, run: Running) -> Over<'_> {
        let ended = self.ended(run);
        self.recovered();
        Over::cut_off(self, ended.dies_by(Signal::KILL))
    }

    #[track_caller]
    fn ended(&self, run: Running) -> Ended {
        run.over().unwrap_or_else(|amiss| {
            self.note(|figures| match &amiss {
                Amiss::Hung(_) => figures.hangs += 1,
                Amiss::Left(_) => figures.orphans += 1,
            });
            panic!("{amiss}")
        })
    }

    /// Nothing may be there that carries this run's id.
    #[track_caller]
    pub(crate) fn leaves_nothing(&self, id: &str) {
        let left = whose_environment_has(format!("PIPELOOM_RUN={id}").as_ref());
        self.note(|figures| figures.orphans += left.len() as u64);
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

impl Drop for Case {
    #[expect(clippy::print_stderr, reason = "a seed that nobody sees cannot be tried again")]
    fn drop(&mut self) {
        let mut figures = self.figures.take();
        if thread::panicking() {
            figures.failed = true;
            eprintln!("again: PIPELOOM_FAULTS_SEED={} cargo test -p pipeloom-faults {}", self.seed, self.name);
        }
        figures.keep();
    }
}
