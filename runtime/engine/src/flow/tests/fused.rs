//! A job behind a fused outlet.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crossbeam_channel::Receiver;
use pipeloom_events::PipeEnding;
use pipeloom_job::{Batch, Emit, Flow, Head, HeadSize, Job, JobError, Seq, Setup, Step};
use pipeloom_os::doorbell::Doorbell;

use super::{PLAIN, counts, push};
use crate::flow::{
    Clock, Controls, Ending, FusedOutlet, Inbox, Lane, OutPort, Outbox, Outlet, Put, Returned, Runner, Tally,
};
use crate::reactor::{Fact, facts};
use crate::sample::{Sample, job, pipe};
use crate::step::LaneSpec;
use crate::supervise::Incarnation;

/// Writes down how it is called. It ends at the block `done`, fails at `fail`, and panics at `panic`.
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
}

impl Job for Diary {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.note(format!("setup of {}", setup.job));
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let text = String::from_utf8_lossy(step.inputs[0][0].bytes).into_owned();
        self.note(text.clone());
        match text.as_str() {
            "done" => Ok(Flow::Done),
            "fail" => Err(JobError::failed("as it was told")),
            "panic" => panic!("as it was told"),
            _ => Ok(Flow::Again),
        }
    }

    fn idle(&mut self) -> Result<(), JobError> {
        self.note("idle");
        Ok(())
    }

    fn end(&mut self, _out: &mut dyn Emit) -> Result<(), JobError> {
        self.note("end");
        Ok(())
    }
}

/// A job behind an outlet, and what is seen of it.
struct Behind {
    outlet: Box<FusedOutlet>,
    diary: Arc<Mutex<Vec<String>>>,
    controls: Controls,
    tally: Arc<Tally>,
    facts: Receiver<Fact>,
    blocks: u64,
}

impl Behind {
    /// A sink whose thread has not begun.
    fn new() -> Behind {
        let network = Sample::new().native("w", &[], &["p"]).native("r", &["p"], &[]).network();
        let (id, pipe) = (job(&network, "r"), pipe(&network, "p"));
        let bell = Doorbell::new().unwrap();
        let (sender, facts) = facts(&bell);
        let facts = facts.facts;
        let controls = Controls::new(id, bell, sender, Vec::new());
        let (tally, diary) = (Arc::<Tally>::default(), Arc::default());
        let lane = Lane::brought(LaneSpec::of(&network[pipe], false), tally.clone());
        let runner = Box::new(Runner {
            job: Box::new(Diary(Arc::clone(&diary))),
            setup: setup("r"),
            inbox: Inbox::new(vec![(pipe, lane)], HeadSize::ONE),
            outbox: Outbox::new(Vec::<OutPort>::new(), controls.clone(), PLAIN),
            controls: controls.clone(),
            clock: Clock::starting_now(),
            numbered_by_step: true,
            times: None,
            make: None,
            gives_again: false,
            in_step: false,
            life: Incarnation::FIRST,
            epoch: 0,
            next: Seq::FIRST,
            first: Seq::FIRST,
            jobs: 1,
        });
        Behind { outlet: Box::new(FusedOutlet::new(runner)), diary, controls, tally, facts, blocks: 0 }
    }

    /// The same, whose thread has begun.
    fn begun() -> Behind {
        let mut behind = Behind::new();
        behind.outlet.begin();
        assert_eq!(behind.told(), ["setup of r"]);
        behind
    }

    /// Puts these blocks at once.
    fn put(&mut self, texts: &[&str]) -> Put {
        let mut batch = Batch::new();
        for text in texts {
            self.blocks += 1;
            push(&mut batch, self.blocks, text);
        }
        self.outlet.put(&mut batch).unwrap()
    }

    /// How the job was called since this was asked last.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.diary.lock().unwrap())
    }

    /// How the job has ended, which is told once.
    #[track_caller]
    fn returned(&self) -> Returned {
        let returned = |fact| if let Fact::Returned(_, returned) = fact { Some(returned) } else { None };
        let mut returned: Vec<Returned> = self.facts.try_iter().filter_map(returned).collect();
        assert_eq!(returned.len(), 1, "{returned:?}");
        returned.remove(0)
    }
}

fn setup(job: &str) -> Setup {
    Setup {
        job: job.to_owned(),
        network_dir: PathBuf::new(),
        run_dir: PathBuf::new(),
        head_size: Head::size(PLAIN),
        inputs: Vec::new(),
        outputs: Vec::new(),
        lines: None,
        standard_input: false,
        continues: false,
        write_through: false,
    }
}

#[test]
fn blocks_are_worked_where_they_are_put_and_the_last_one_ends_the_job() {
    let mut behind = Behind::begun();
    assert_eq!(behind.put(&["1", "2"]), Put::Taken);
    assert_eq!(behind.told(), ["1", "2"]);
    assert_eq!(behind.put(&["3$"]), Put::Taken);
    assert_eq!(behind.told(), ["3", "end"]);
    assert!(matches!(behind.returned(), Returned::Ended(Ending::Finished)));
    assert_eq!(behind.tally.snapshot("", "").ending, Some(PipeEnding::Finished));
    assert_eq!((counts(&behind.tally).1, behind.outlet.flush().unwrap()), (3, Put::Gone));
}

#[test]
fn a_stream_that_just_ends_ends_the_job_however_it_is_closed() {
    for drops in [false, true] {
        let mut behind = Behind::begun();
        behind.put(&["1"]);
        let Behind { outlet, diary, facts, tally, .. } = behind;
        if drops {
            drop(outlet);
        } else {
            outlet.close(Ending::EndedUnfinished);
        }
        assert_eq!(*diary.lock().unwrap(), ["1", "end"]);
        assert_eq!(tally.snapshot("", "").ending, Some(PipeEnding::Ended));
        let ended = |fact: &Fact| matches!(fact, Fact::Returned(_, Returned::Ended(Ending::EndedUnfinished)));
        assert_eq!(facts.try_iter().filter(ended).count(), 1);
    }
}

#[test]
fn a_job_that_ends_before_its_stream_leaves_the_rest_unused_and_is_gone() {
    type Told = fn(&Returned) -> bool;
    let table: [(&str, Told, u64); 3] = [
        ("done", |told| matches!(told, Returned::Ended(Ending::Finished)), 2),
        ("fail", |told| matches!(told, Returned::Failed(error) if error.to_string() == "as it was told"), 1),
        ("panic", |told| matches!(told, Returned::Panicked(message) if message == "as it was told"), 1),
    ];
    for (text, is_told, delivered) in table {
        let mut behind = Behind::begun();
        assert_eq!(behind.put(&["1", text, "3", "4"]), Put::Taken, "they were taken, whatever became of them");
        let returned = behind.returned();
        assert!(is_told(&returned), "{returned:?}");
        assert_eq!(behind.told()[..2], ["1", text]);
        assert_eq!(counts(&behind.tally).1, delivered);
        assert_eq!((behind.put(&["5"]), behind.outlet.has_reader()), (Put::Gone, false));
    }
}

#[test]
fn a_job_is_idle_once_when_its_writer_rests_and_blocks_have_come() {
    let mut behind = Behind::begun();
    behind.outlet.rest();
    behind.outlet.rest();
    assert_eq!(behind.told(), ["idle"]);
    behind.put(&["1"]);
    behind.outlet.rest();
    behind.outlet.rest();
    assert_eq!(behind.told(), ["1", "idle"]);
}

#[test]
fn a_job_that_is_stopped_ends_while_its_writer_waits() {
    let mut behind = Behind::begun();
    behind.outlet.attend();
    assert!(behind.outlet.has_reader());
    behind.controls.ask_to_stop();
    behind.outlet.attend();
    assert!(!behind.outlet.has_reader());
    assert!(matches!(behind.returned(), Returned::Stopped));
    assert_eq!(behind.told(), [""; 0], "it is not called at its end");
}

#[test]
fn a_job_that_is_stopped_before_its_stream_ends_is_not_called_any_more() {
    let mut behind = Behind::begun();
    behind.controls.ask_to_stop();
    assert_eq!(behind.put(&["1"]), Put::Taken);
    assert!(matches!(behind.returned(), Returned::Stopped));
    let Behind { outlet, controls, diary, facts, .. } = Behind::begun();
    controls.ask_to_stop();
    outlet.close(Ending::EndedUnfinished);
    assert_eq!((diary.lock().unwrap().len(), facts.try_iter().count()), (0, 3));
}

#[test]
fn a_job_whose_thread_never_began_is_told_over_and_not_called() {
    let Behind { outlet, diary, facts, .. } = Behind::new();
    drop(outlet);
    assert_eq!(*diary.lock().unwrap(), [""; 0]);
    let facts: Vec<Fact> = facts.try_iter().collect();
    assert!(matches!(facts[..], [Fact::NoOtherLife(_), Fact::Returned(_, Returned::Stopped)]), "{facts:?}");
}
