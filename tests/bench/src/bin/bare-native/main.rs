//! The limit for jobs inside one process: Pipeloom's own blocks handed on by `dyn` calls in one thread, or its own batches
//! over bare crossbeam channels between threads, with no runtime around them.

mod calls;
mod channel;
mod threads;

use std::{io, process::ExitCode};

use clap::{Parser, ValueEnum};
use pipeloom_bench::{
    clock::monotonic_ns,
    flags::{ReportFlags, exit_code},
    pattern,
    report::Report,
};
use pipeloom_job::{Block, Head, HeadSize, Seq};

/// Moves blocks through source, forwarder and sink inside one process.
#[derive(Parser)]
struct Flags {
    /// What lies between two stages.
    #[arg(long, value_enum)]
    link: Link,
    /// Bytes of a payload.
    #[arg(long, default_value_t = 8)]
    size: usize,
    /// How many blocks.
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// Blocks a send; for channels only.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    #[command(flatten)]
    report: ReportFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum Link {
    /// One calls the next.
    Calls,
    /// Three threads, two channels.
    Channel,
    /// So many threads as `--count` says, in pairs, each pair for one block.
    Threads,
}

/// Where a stage puts its blocks; the call that each block costs.
trait Next {
    fn block(&mut self, seq: Seq, block: Block<'_>);
}

/// Sums payloads, as `bare-sink` does.
#[derive(Default)]
struct Sum {
    sum: u64,
    count: u64,
}

impl Next for Sum {
    fn block(&mut self, _seq: Seq, block: Block<'_>) {
        self.sum = self.sum.wrapping_add(pattern::sum(block.bytes));
        self.count += 1;
    }
}

/// Looks at the head and passes the block on.
struct Forward<'a> {
    next: &'a mut dyn Next,
    corrupted: u64,
}

impl Next for Forward<'_> {
    fn block(&mut self, seq: Seq, block: Block<'_>) {
        self.corrupted += u64::from(block.head.is_corrupted());
        self.next.block(seq, block);
    }
}

/// Makes blocks; the call that each block costs at its source.
trait Make {
    /// The next block, which is good until the one after it.
    fn make(&mut self) -> Option<(Seq, Block<'_>)>;
}

/// Makes blocks in place, each filled with its number.
struct Produce {
    payload: Vec<u8>,
    number: u64,
    count: u64,
}

impl Produce {
    fn new(size: usize, count: u64) -> Produce {
        Produce { payload: vec![0; size], number: 0, count }
    }
}

impl Make for Produce {
    fn make(&mut self) -> Option<(Seq, Block<'_>)> {
        if self.number == self.count {
            return None;
        }
        self.number += 1;
        pattern::fill(&mut self.payload, self.number);
        Some((Seq::new(self.number)?, Block::new(Head::empty(HeadSize::ONE), &self.payload)))
    }
}

fn main() -> ExitCode {
    exit_code("bare-native", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let first_ns = monotonic_ns()?;
    let Sum { sum, count } = match flags.link {
        Link::Calls => calls::run(flags.size, flags.count),
        Link::Channel => channel::run(flags.size, flags.count, flags.batch)?,
        Link::Threads => threads::run(flags.size, flags.count)?,
    };
    let last_ns = monotonic_ns()?;
    let seen = Report { sum, count, first_ns, last_ns, ..Report::default() };
    seen.publish(flags.report.path())
}
