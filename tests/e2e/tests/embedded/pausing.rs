//! A program pauses its run.

use std::time::{Duration, Instant};

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::PassName;
use pipeloom_e2e::events::{Event, Outcome};
use pipeloom_e2e::{is_halted, until};
use pipeloom_engine::Receiver;
use pipeloom_job::typed::{Connector, Output, Source};
use pipeloom_job::{Flow, JobError};

use crate::Run;

const SOON: Duration = Duration::from_secs(20);

/// Counts, a thousand numbers a second.
struct Count(u64);

impl Source for Count {
    type Out = u64;

    fn step(&mut self, out: &mut Output<'_, u64>) -> Result<Flow, JobError> {
        out.send(&self.0)?;
        self.0 += 1;
        Ok(Flow::After(Duration::from_millis(1)))
    }
}

/// Passes numbers on.
struct Pass;

impl Connector for Pass {
    type In = u64;
    type Out = u64;

    fn step(&mut self, number: u64, out: &mut Output<'_, u64>) -> Result<Flow, JobError> {
        out.send(&number)?;
        Ok(Flow::Again)
    }
}

fn pipes() -> (Pipe<u64>, Pipe<u64>) {
    (Pipe::new("numbers").codec("lines"), Pipe::new("same").codec("lines"))
}

/// Numbers without an end, which go through a program.
fn through_a_program() -> NetworkBuilder {
    let (numbers, same) = pipes();
    let pass = JobBuilder::exec("pass", ["cat"]).pass(PassName::Stdio).input(&numbers).output(&same);
    let network = NetworkBuilder::new("program").job(JobBuilder::source("count", || Count(0), &numbers)).job(pass);
    network.job(JobBuilder::receiver("read", &same))
}

/// The same with nobody in between.
fn native() -> NetworkBuilder {
    let (_, same) = pipes();
    let network = NetworkBuilder::new("native").job(JobBuilder::source("count", || Count(0), &same));
    network.job(JobBuilder::receiver("read", &same))
}

/// The same with a job in between that shares the source's thread.
fn fused() -> NetworkBuilder {
    let (numbers, same) = pipes();
    let count = JobBuilder::source("count", || Count(0), &numbers).with_ports(|ports| ports.blocks = false);
    let network = NetworkBuilder::new("fused").job(count).job(JobBuilder::connector("pass", || Pass, &numbers, &same));
    network.job(JobBuilder::receiver("read", &same))
}

/// Waits for an event.
#[track_caller]
fn event<T>(run: &Run, wanted: impl Fn(Event) -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        let record = run.events().recv_deadline(deadline).expect("the event never came");
        if let Some(found) = wanted(record.event) {
            return found;
        }
    }
}

/// Starts a network, takes a number, and pauses it.
#[track_caller]
fn paused(network: &NetworkBuilder) -> (Run, Receiver<u64>) {
    let run = Run::of(network);
    let mut receiver = run.receiver(&pipes().1).unwrap();
    assert_eq!(receiver.recv().unwrap().unwrap().value, 0);
    run.pauser().pause();
    event(&run, |event| matches!(event, Event::Paused).then_some(()));
    (run, receiver)
}

#[test]
fn a_paused_run_stands_still_and_goes_on() {
    for network in [native(), fused(), through_a_program()] {
        let (run, mut receiver) = paused(&network);
        // What was on its way may still come; without the pause there would be no end of it.
        let mut last = 0;
        while let Ok(number) = receiver.recv_within(Duration::from_millis(100)) {
            last = number.unwrap().value;
            assert!(last < 10_000, "it goes on");
        }
        for pid in run.view().jobs().into_iter().filter_map(|job| job.pid) {
            until("that the program is halted", SOON, || is_halted(pid));
        }
        assert!(receiver.recv_within(Duration::from_millis(200)).is_err());
        // Twice is as once.
        run.pauser().pause();
        run.pauser().resume();
        let seconds = event(&run, |event| if let Event::Resumed { seconds } = event { Some(seconds) } else { None });
        assert!(seconds >= 0.2, "{seconds}");
        assert_eq!(receiver.recv().unwrap().unwrap().value, last + 1);
        drop(receiver);
        let summary = run.wait();
        assert_eq!(summary.outcome, Outcome::Finished, "{summary:?}");
    }
}

#[test]
fn whoever_stops_a_paused_run_lets_it_go_on_for_that() {
    for hard in [false, true] {
        let (run, receiver) = paused(&through_a_program());
        let stopper = run.stopper();
        if hard {
            stopper.kill();
        } else {
            stopper.stop();
        }
        event(&run, |event| matches!(event, Event::Resumed { .. }).then_some(()));
        let received: Vec<u64> = receiver.map_while(Result::ok).collect();
        assert!(received.iter().copied().eq(1..=received.len() as u64), "{received:?}");
        assert_eq!(run.wait().outcome, Outcome::Interrupted);
    }
}
