//! Sends a block, waits for its return, and so on: the round trip over two pipes.

use std::{io, process::ExitCode};

use clap::Parser;
use pipeloom_bench::{
    blocks::{BlockReader, BlockWriter},
    clock::monotonic_ns,
    flags::{BlockFlags, InputFlags, OutputFlags, ReportFlags, exit_code},
    frame::FINISHED,
    pattern,
    report::{Delays, Report},
};

/// Measures round trips.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    blocks: BlockFlags,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    report: ReportFlags,
    /// How many round trips.
    #[arg(long, default_value_t = 1)]
    count: u64,
}

fn main() -> ExitCode {
    exit_code("bare-ping", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let frame = flags.blocks.frame();
    // The output first: who answers opens its input first.
    let mut writer = BlockWriter::new(flags.output.open()?, frame, 1, None);
    let mut reader = BlockReader::new(flags.input.open()?, frame, 1);
    let mut seen = Report::default();
    let mut trips_ns = Vec::new();
    for number in 1..=flags.count {
        let sent_ns = monotonic_ns()?;
        let head = if number == flags.count { FINISHED } else { 0 };
        pattern::fill(writer.next(head)?, number);
        writer.flush()?;
        let Some(back) = reader.read()? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        for block in back.iter() {
            seen.sum = seen.sum.wrapping_add(pattern::sum(block.payload));
            seen.count += 1;
        }
        seen.last_ns = monotonic_ns()?;
        if number == 1 {
            seen.first_ns = seen.last_ns;
        }
        trips_ns.push(seen.last_ns - sent_ns);
    }
    seen.delays = Delays::of(trips_ns);
    seen.publish(flags.report.path())
}
