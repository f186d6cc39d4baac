//! What jobs are told of the epochs and numbers of their compute blocks.

use std::sync::{Arc, Mutex};

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::PassName;
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Options, start};
use pipeloom_job::typed::{Connector, Output, iterate};
use pipeloom_job::{Emit, Flow, Job, JobError, PortList, PortType, Ports, Step};

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
