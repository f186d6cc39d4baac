//! Native jobs that share a thread: whatever happens to one of them, all of them hear of it.

use std::hint::black_box;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::file::PassName;
use pipeloom_e2e::events::{CauseKind, JobEnd, Outcome};
use pipeloom_e2e::in_time;
use pipeloom_engine::Summary;
use pipeloom_job::{Block, Emit, Flow, Head, Job, JobError, Port, PortList, PortType, Ports, Step, Steps};

use crate::Run;

const SOON: Duration = Duration::from_secs(20);
const AN_HOUR: Duration = Duration::from_secs(3600);

type StepOf = dyn FnMut(&Step<'_>, &mut dyn Emit) -> Result<Flow, JobError> + Send;

/// A job made of what it does in a step, when it is idle, and at its end.
struct Does {
    step: Box<StepOf>,
    idle: Box<dyn FnMut() + Send>,
    end: Box<dyn FnMut() -> Result<(), JobError> + Send>,
}

impl Does {
    fn step(step: impl FnMut(&Step<'_>, &mut dyn Emit) -> Result<Flow, JobError> + Send + 'static) -> Does {
        Does { step: Box::new(step), idle: Box::new(|| {}), end: Box::new(|| Ok(())) }
    }
}

impl Job for Does {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        (self.step)(step, out)
    }

    fn idle(&mut self) -> Result<(), JobError> {
        (self.idle)();
        Ok(())
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        (self.end)()
    }
}

/// A job that does not need a thread of its own.
fn job(name: &str, new: impl Fn() -> Does + Send + Sync + 'static) -> JobBuilder {
    let any = || PortList { fixed: Vec::new(), rest: Some(PortType::any()) };
    let ports = Ports { steps: Steps::Free, ..Ports::new(any(), any()) };
    JobBuilder::native(name, ports, move || Box::new(new()))
}

fn send(out: &mut dyn Emit, step: &Step<'_>, text: &str) -> Result<(), JobError> {
    Ok(out.emit(Port(0), &Block::new(Head::empty(step.head.size()), text.as_bytes()))?)
}

/// Sends `text` in each step, and then does this.
fn source(
    text: &'static str,
    then: impl Fn(u64) -> Result<Flow, JobError> + Clone + Send + Sync + 'static,
) -> JobBuilder {
    job("source", move || {
        let then = then.clone();
        Does::step(move |step, out| {
            send(out, step, text)?;
            then(step.number.get())
        })
    })
}

fn pass() -> JobBuilder {
    job("pass", || {
        Does::step(|step, out| {
            step.block().map_or(Ok(()), |block| out.emit(Port(0), block))?;
            Ok(Flow::Again)
        })
    })
}

fn sink() -> JobBuilder {
    job("sink", || Does::step(|_, _| Ok(Flow::Again)))
}

/// The first job writes for the second, and that one for the third.
fn chain(jobs: [JobBuilder; 3]) -> NetworkBuilder {
    let (there, on) = (Pipe::<String>::new("there").codec("lines"), Pipe::<String>::new("on").codec("lines"));
    let [first, second, third] = jobs.map(|job| job.drain_seconds(0.1).grace_seconds(0.1));
    let network = NetworkBuilder::new("chain").job(first.output(&there));
    network.job(second.input(&there).output(&on)).job(third.input(&on))
}

/// The same jobs on one thread, and each on its own, if they are asked for that.
fn both(jobs: impl Fn(bool) -> [JobBuilder; 3]) -> [NetworkBuilder; 2] {
    [false, true].map(|threads| chain(jobs(threads)))
}

#[track_caller]
fn wait(run: Run) -> Summary {
    in_time("that the run ends", SOON, move || run.wait())
}

fn ends(summary: &Summary) -> Vec<Option<JobEnd>> {
    summary.jobs.iter().map(|job| job.end).collect()
}

#[test]
fn a_sink_hears_that_it_is_idle_when_its_writer_waits() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let last = job("sink", move || {
        let tell: Sender<u64> = tell.lock().unwrap().clone();
        let (blocks, counted) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let seen = blocks.clone();
        let mut does = Does::step(move |_, _| {
            *blocks.lock().unwrap() += 1;
            Ok(Flow::Again)
        });
        does.idle = Box::new(move || {
            *counted.lock().unwrap() += 1;
            let _ = tell.send(*seen.lock().unwrap());
        });
        does
    });
    let waits = |number| Ok(if number < 3 { Flow::Again } else { Flow::After(AN_HOUR) });
    let run = Run::of(&chain([source("x", waits), pass(), last]));
    // Once before the first block, which need not be, and once behind the last one.
    while told.recv_timeout(SOON).unwrap() < 3 {}
    run.stopper().stop();
    assert_eq!(wait(run).outcome, Outcome::Interrupted);
    assert_eq!(told.try_iter().count(), 0, "nothing has come since");
}

#[test]
fn a_chain_that_waits_hears_that_its_last_reader_is_gone() {
    let first = || JobBuilder::exec("first", ["head", "-n", "1"]).pass(PassName::Stdio);
    for network in both(|own| [source("x", |_| Ok(Flow::After(AN_HOUR))).thread(own), pass().thread(own), first()]) {
        let summary = wait(Run::of(&network));
        assert_eq!(summary.outcome, Outcome::Finished, "{summary:?}");
        assert_eq!(ends(&summary)[..2], [Some(JobEnd::Unneeded); 2]);
    }
}

#[test]
fn a_chain_is_stopped_whether_it_works_or_waits() {
    let works: fn(u64) -> Result<Flow, JobError> = |_| Ok(Flow::Again);
    let waits: fn(u64) -> Result<Flow, JobError> = |_| Ok(Flow::After(AN_HOUR));
    for then in [works, waits] {
        for network in both(|own| [source("x", then).thread(own), pass().thread(own), sink()]) {
            let run = Run::of(&network);
            run.stopper().stop();
            let summary = wait(run);
            assert_eq!(summary.outcome, Outcome::Interrupted);
            assert_eq!(summary.jobs[0].end, Some(JobEnd::Stopped));
            // What was written is taken before the end.
            assert!(summary.pipes.iter().all(|pipe| pipe.unused == 0), "{:?}", summary.pipes);
        }
    }
}

#[test]
fn a_job_that_fails_is_told_of_before_those_that_fail_for_want_of_more() {
    let wants_more = || {
        job("sink", || {
            let mut does = Does::step(|_, _| Ok(Flow::Again));
            does.end = Box::new(|| Err(JobError::failed("there should be more")));
            does
        })
    };
    let fails = |number| if number < 3 { Ok(Flow::Again) } else { Err(JobError::failed("by itself")) };
    let summary = wait(Run::of(&chain([source("x", fails), pass(), wants_more()])));
    let (name, cause) = summary.first_failure().unwrap();
    assert_eq!((name, cause.message.as_str()), ("source", "by itself"));
    assert_eq!(summary.jobs[2].failure.as_ref().unwrap().1.message, "there should be more");
    // The failed step has sent its block before.
    assert!(summary.pipes.iter().all(|pipe| (pipe.written, pipe.delivered) == (3, 3)), "{:?}", summary.pipes);
}

#[test]
fn a_reader_that_panics_takes_nobody_else_with_it() {
    let panics =
        || job("sink", || Does::step(|step, _| if step.number.get() < 100 { Ok(Flow::Again) } else { panic!("here") }));
    for network in both(|own| [source("x", |_| Ok(Flow::Again)).thread(own), pass().thread(own), panics()]) {
        let summary = wait(Run::of(&network));
        let (name, cause) = summary.first_failure().unwrap();
        assert_eq!((name, cause.kind), ("sink", CauseKind::Panic));
        assert!(summary.jobs[..2].iter().all(|job| job.failure.is_none()), "{summary:?}");
        assert_eq!(summary.pipes[1].delivered, 99);
    }
}

#[test]
fn a_job_that_never_returns_is_named_with_all_that_share_its_thread() {
    let (release, released): (Sender<()>, Receiver<()>) = channel();
    let (enter, entered) = channel();
    let released = Arc::new(Mutex::new(released));
    let stuck = job("stuck", move || {
        let (enter, released) = (enter.clone(), released.clone());
        Does::step(move |_, _| {
            let _ = enter.send(());
            let _ = released.lock().unwrap().recv();
            Ok(Flow::Again)
        })
    });
    let run = Run::of(&chain([source("x", |_| Ok(Flow::MayBlock)), stuck, sink()]));
    entered.recv().unwrap();
    run.stopper().stop();
    let summary = wait(run);
    let stuck = |job: &pipeloom_engine::JobSummary| {
        job.failure.as_ref().is_some_and(|(_, cause)| cause.kind == CauseKind::Stuck)
    };
    assert!(summary.jobs.iter().all(stuck), "{summary:?}");
    drop(release);
}

/// Needs most of the stack that a thread has by itself.
fn deep(step: &Step<'_>) -> u8 {
    let much = black_box([step.number.get() as u8; 1_300_000]);
    much[much.len() / 2]
}

#[test]
fn each_job_has_as_much_stack_as_on_a_thread_of_its_own() {
    let pipes: Vec<Pipe<String>> = (0..15).map(|at| Pipe::new(format!("p{at}")).codec("lines")).collect();
    let mut network = NetworkBuilder::new("deep");
    for at in 0..=pipes.len() {
        let job = job(&format!("j{at}"), move || {
            let is_last = at == 15;
            Does::step(move |step, out| {
                let number = deep(step);
                // More than one batch, so that the next job is called from inside this step.
                for _ in 0..if is_last {
                    0
                } else if at == 0 {
                    100
                } else {
                    1
                } {
                    send(out, step, &number.to_string())?;
                }
                black_box(number);
                Ok(if at == 0 { Flow::Done } else { Flow::Again })
            })
        });
        let job = if at > 0 { job.input(&pipes[at - 1]) } else { job };
        network = network.job(if at < pipes.len() { job.output(&pipes[at]) } else { job });
    }
    let summary = wait(Run::of(&network));
    assert_eq!(summary.outcome, Outcome::Finished);
    assert!(summary.pipes.iter().all(|pipe| pipe.delivered == 100), "{:?}", summary.pipes);
}
