//! Reads blocks to the end, sums their payloads, and prints `sum count`.

use std::{io, process::ExitCode};

use clap::Parser;
use pipeloom_bench::{
    blocks::BlockReader,
    clock::monotonic_ns,
    flags::{BlockFlags, InputFlags, ReportFlags, exit_code},
    pattern,
    report::{Delays, Report},
};

/// Sums blocks.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    blocks: BlockFlags,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    report: ReportFlags,
    /// How many blocks will come: the last one's time is taken when it is in, not when the stream ends.
    #[arg(long)]
    count: Option<u64>,
    /// Payloads begin with the time they were written at, as `bare-source --every` does.
    #[arg(long)]
    stamped: bool,
}

fn main() -> ExitCode {
    exit_code("bare-sink", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let mut reader = BlockReader::new(flags.input.open()?, flags.blocks.frame(), flags.blocks.batch());
    let touch = flags.blocks.touches();
    let mut seen = Report::default();
    let mut delays_ns = Vec::new();
    let mut finished = false;
    while !finished && let Some(blocks) = reader.read()? {
        if seen.count == 0 {
            seen.first_ns = monotonic_ns()?;
        }
        for block in blocks.iter() {
            seen.count += 1;
            if touch {
                seen.sum = seen.sum.wrapping_add(pattern::sum(block.payload));
            }
            if flags.stamped
                && let Some(stamp) = block.payload.first_chunk()
            {
                delays_ns.push(monotonic_ns()?.saturating_sub(u64::from_le_bytes(*stamp)));
            }
            finished = block.is_finished();
            if finished {
                break;
            }
        }
        if flags.count == Some(seen.count) {
            seen.last_ns = monotonic_ns()?;
        }
    }
    if seen.last_ns == 0 {
        seen.last_ns = monotonic_ns()?;
    }
    seen.delays = Delays::of(delays_ns);
    seen.publish(flags.report.path())
}
