//! What jobs are told of the epochs and numbers of their compute blocks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::{PassName, RestartName, RestartScopeName};
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Options, start};
use pipeloom_job::head::HeadSize;
use pipeloom_job::typed::{Connector, Output, iterate};
use pipeloom_job::{Block, Emit, Flow, Head, Job, JobError, Port, PortList, PortType, Ports, Step, Steps};

/// The epoch and number of a compute block, and whether it begins a stream.
type Seen = (u32, u64, bool);

/// Keeps what it is told of each compute block.
struct Watch(Arc<Mutex<Vec<Seen>>>);

impl Job for Watch {
    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        self.0.lock().unwrap().push((step.epoch, step.number.get(), step.head.is_reset()));
        Ok(Flow::Again)
    }
}

/// Sends what it is given.
struct Same;

impl Connector for Same {
    type In = u64;
    type Out = u64;

    fn step(&mut self, value: u64, out: &mut Output<'_, u64>) -> Result<Flow, JobError> {
        out.send(&value)?;
        Ok(Flow::Again)
    }
}

/// A sink that watches, without its inputs.
fn watch(name: &str, seen: &Arc<Mutex<Vec<Seen>>>) -> JobBuilder {
    let seen = seen.clone();
    let ports = Ports::new(PortList::some(PortType::any()), PortList::none());
    JobBuilder::native(name, ports, move || Box::new(Watch(seen.clone())))
}

/// Runs it with sources that begin in this epoch.
#[track_caller]
fn run(network: &NetworkBuilder, epoch: u32) {
    let folder = tempfile::tempdir().unwrap();
    let network = network.check_alone().unwrap_or_else(|problems| panic!("{problems}\n{network}"));
    let options = Options { warden: (pipeloom(), Vec::new()), epoch, ..Options::in_folder(folder.path()) };
    let summary = start(network, options).unwrap().wait();
    assert_eq!(summary.outcome, Outcome::Finished, "{summary:?}");
}

#[test]
fn all_that_comes_from_any_source_is_of_the_epoch_in_which_the_run_begins() {
    for epoch in [0, 5] {
        let [own, by_fifo, program] = [(); 3].map(|()| Arc::<Mutex<Vec<Seen>>>::default());
        let (a, b, c, d) = (Pipe::<u64>::new("a"), Pipe::<u64>::new("b"), Pipe::<u64>::new("c"), Pipe::<u64>::new("d"));
        let b = b.set(&["conduit"], "fifo");
        let (c, d) = (c.codec("lines"), d.codec("lines"));
        let network = NetworkBuilder::new("epochs")
            .job(JobBuilder::source("own", || iterate(1..=3_u64), &a))
            .job(JobBuilder::connector("by-fifo", || Same, &a, &b))
            .job(JobBuilder::exec("program", ["seq", "3"]).pass(PassName::Stdio).output(&c))
            .job(JobBuilder::exec("copy", ["sh", "-c", "exec cat \"$2\" > \"$4\"", "sh"]).input(&c).output(&d))
            .job(watch("of-own", &own).input(&a))
            .job(watch("of-fifo", &by_fifo).input(&b))
            .job(watch("of-all", &program).input(&d).input(&a));
        run(&network, epoch);
        for seen in [own, by_fifo, program] {
            assert_eq!(*seen.lock().unwrap(), [(epoch, 1, true), (epoch, 2, false), (epoch, 3, false)]);
        }
    }
}

/// A source whose first life sends until it is `seen` so often, and then fails or goes on; the next one sends three blocks.
struct TwoLives {
    first: bool,
    fails: bool,
    seen: Arc<Mutex<Vec<Seen>>>,
    sent: usize,
}

impl Job for TwoLives {
    fn step(&mut self, _step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        if self.first && self.fails && self.seen.lock().unwrap().len() >= 5 {
            return Err(JobError::failed("no more"));
        }
        if !self.first && self.sent == 3 {
            return Ok(Flow::Done);
        }
        self.sent += 1;
        out.emit(Port(0), &Block::new(Head::empty(HeadSize::ONE), b"x"))?;
        Ok(Flow::MayBlock)
    }
}

fn two_lives(name: &str, fails: bool, seen: &Arc<Mutex<Vec<Seen>>>) -> JobBuilder {
    let (seen, lives) = (seen.clone(), AtomicUsize::new(0));
    let ports =
        Ports { steps: Steps::Free, blocks: true, ..Ports::new(PortList::none(), PortList::some(PortType::any())) };
    JobBuilder::native(name, ports, move || {
        let first = lives.fetch_add(1, Ordering::SeqCst) == 0;
        Box::new(TwoLives { first, fails, seen: seen.clone(), sent: 0 })
    })
}

/// What is seen of the first epoch counts up, from 1 if nothing was lost, and of the second there are three.
#[track_caller]
fn assert_two_epochs(seen: &[Seen]) {
    let begin = seen.iter().position(|(epoch, ..)| *epoch == 1).unwrap();
    assert_eq!(seen[begin..], [(1, 1, true), (1, 2, false), (1, 3, false)]);
    let before: Vec<Seen> = (1..=begin as u64).map(|number| (0, number, number == 1)).collect();
    assert_eq!(seen[..begin], before);
}

#[test]
fn native_jobs_that_are_started_again_together_begin_a_new_epoch() {
    for scope in [RestartScopeName::Downstream, RestartScopeName::Component] {
        let (seen, other) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<Mutex<Vec<Seen>>>::default());
        let (a, b, c) = (Pipe::<u64>::new("a").max_queue(4), Pipe::<u64>::new("b"), Pipe::<u64>::new("c").max_queue(4));
        let one = two_lives("one", true, &seen).output(&a).restart(RestartName::OnFailure);
        let one = one.restart_scope(scope).backoff_seconds(0.001);
        let network = NetworkBuilder::new("together").job(one).job(watch("watch", &seen).input(&b));
        let network = network.job(JobBuilder::native("copy", each(), || Box::new(Copy)).input(&a).output(&b));
        let network = match scope {
            RestartScopeName::Component => {
                let two = two_lives("two", false, &seen).output(&c);
                network.job(two).job(watch("join", &other).input(&a).input(&c))
            }
            _ => network,
        };
        run(&network, 0);
        assert_two_epochs(&seen.lock().unwrap());
        if scope == RestartScopeName::Component {
            assert_two_epochs(&other.lock().unwrap());
        }
    }
}

/// Sends on what it is given.
struct Copy;

impl Job for Copy {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        if let Some(block) = step.block() {
            out.emit(Port(0), block)?;
        }
        Ok(Flow::Again)
    }
}

fn each() -> Ports {
    Ports::new(PortList::some(PortType::any()), PortList::some(PortType::any()))
}
