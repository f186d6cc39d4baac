//! Jobs of the program's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_e2e::events::Outcome;
use pipeloom_job::typed::{Blocks, Connector, Every, First, Headed, Output, Sink, Zip, iterate};
use pipeloom_job::{Flow, JobError, Steps};

use crate::Run;

/// What a job of the program makes of its inputs: a list of numbers.
struct Take<I>(std::marker::PhantomData<fn(I)>);

/// The numbers in what a job takes.
trait Numbers {
    fn numbers(self) -> Vec<u64>;
}

impl<I> Take<I> {
    const fn new() -> Take<I> {
        Take(std::marker::PhantomData)
    }
}

impl<I: pipeloom_job::typed::Inputs + Numbers> Connector for Take<I> {
    type In = I;
    type Out = Vec<u64>;

    fn step(&mut self, value: I, out: &mut Output<'_, Vec<u64>>) -> Result<Flow, JobError> {
        out.send(&value.numbers())?;
        Ok(Flow::Again)
    }
}

impl Numbers for Headed<u64> {
    fn numbers(self) -> Vec<u64> {
        vec![self.value, self.head.to_number().into()]
    }
}

impl Numbers for Blocks<u64> {
    fn numbers(self) -> Vec<u64> {
        self.0
    }
}

impl Numbers for Zip<(u64, Blocks<Headed<u64>>)> {
    fn numbers(self) -> Vec<u64> {
        let Zip((one, many)) = self;
        [one].into_iter().chain(many.0.into_iter().map(|headed| headed.value)).collect()
    }
}

impl Numbers for Every<u64> {
    fn numbers(self) -> Vec<u64> {
        self.0
    }
}

impl Numbers for First<u64, u64> {
    fn numbers(self) -> Vec<u64> {
        [self.0].into_iter().chain(self.1).collect()
    }
}

/// Runs the job over sources of 1 to 4, of 10 to 40 and of 100 to 400, and gives what it has made.
#[track_caller]
fn made(
    job: impl FnOnce(&Pipe<u64>, &Pipe<u64>, &Pipe<u64>, &Pipe<Vec<u64>>) -> JobBuilder,
    pairs: bool,
) -> Vec<Vec<u64>> {
    let (a, b, c) = (Pipe::new("a"), Pipe::new("b"), Pipe::new("c"));
    let b = if pairs { b.block_count(2) } else { b };
    let out = Pipe::new("out");
    let mut network = NetworkBuilder::new("own").job(job(&a, &b, &c, &out));
    let text = network.to_toml();
    for (pipe, factor) in [(&a, 1), (&b, 10), (&c, 100)] {
        if text.contains(&format!("[pipes.{}]", pipe.name())) {
            let source = move || iterate((1..=4).map(move |number| number * factor));
            network = network.job(JobBuilder::source(format!("of-{}", pipe.name()), source, pipe));
        }
    }
    let run = Run::of(&network.job(JobBuilder::receiver("read", &out)));
    let made = run.receiver(&out).unwrap().map(Result::unwrap).collect();
    assert_eq!(run.wait().outcome, Outcome::Finished);
    made
}

#[test]
fn a_typed_job_takes_its_pipes_in_all_the_ways_there_are() {
    let headed = made(|a, _, _, out| JobBuilder::connector("take", Take::<Headed<u64>>::new, a, out), false);
    assert_eq!(headed, [[1, 0x40], [2, 0], [3, 0], [4, 0x20]]);
    let blocks = made(|_, b, _, out| JobBuilder::connector("take", Take::<Blocks<u64>>::new, b, out), true);
    assert_eq!(blocks, [[10, 20], [30, 40]]);
    let zip = Take::<Zip<(u64, Blocks<Headed<u64>>)>>::new;
    let zipped = made(|a, b, _, out| JobBuilder::connector("take", zip, (a, b), out), true);
    assert_eq!(zipped, [[1, 10, 20], [2, 30, 40]]);
    let every = made(|a, b, c, out| JobBuilder::connector("take", Take::<Every<u64>>::new, &[a, b, c][..], out), false);
    assert_eq!(every, [[1, 10, 100], [2, 20, 200], [3, 30, 300], [4, 40, 400]]);
    let first = Take::<First<u64, u64>>::new;
    let first = made(|a, b, c, out| JobBuilder::connector("take", first, (c, &[a, b][..]), out), false);
    assert_eq!(first[3], [400, 4, 40]);
}

/// Adds up what it is given, where everybody can see it.
struct Add(Arc<AtomicU64>);

impl Sink for Add {
    type In = u64;

    fn step(&mut self, value: u64, _out: &mut Output<'_, ()>) -> Result<Flow, JobError> {
        self.0.fetch_add(value, Ordering::SeqCst);
        Ok(Flow::Again)
    }
}

/// Sends each even value twice and no other.
struct Twice;

impl Connector for Twice {
    type In = u64;
    type Out = u64;

    fn step(&mut self, value: u64, out: &mut Output<'_, u64>) -> Result<Flow, JobError> {
        for _ in 0..2 * (1 - value % 2) {
            out.send(&value)?;
        }
        Ok(Flow::Again)
    }
}

#[test]
fn a_job_shares_what_it_likes_with_the_program() {
    let (numbers, even) = (Pipe::new("numbers"), Pipe::new("even"));
    let sum = Arc::new(AtomicU64::new(0));
    let shared = sum.clone();
    let twice = JobBuilder::connector("twice", || Twice, &numbers, &even);
    let network = NetworkBuilder::new("shared").job(JobBuilder::source("count", || iterate(1..=10_u64), &numbers));
    let network = network.job(JobBuilder::sink("add", move || Add(shared.clone()), &even));

    // Without a word on it, a connector sends one block for each compute block.
    let uneven = Run::of(&network.clone().job(twice.clone())).wait();
    let failure = uneven.first_failure().unwrap();
    assert!(failure.0 == "twice" && failure.1.message.contains("one is expected"), "{failure:?}");

    sum.store(0, Ordering::SeqCst);
    let free = twice.with_ports(|ports| ports.steps = Steps::Free);
    assert_eq!(Run::of(&network.job(free)).wait().outcome, Outcome::Finished);
    assert_eq!(sum.load(Ordering::SeqCst), 60);
}
