//! Writes `--count` blocks, each filled with its number, and ends; or as many as somebody reads.

use std::{io, process::ExitCode, time::Duration};

use clap::Parser;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use pipeloom_bench::{
    blocks::BlockWriter,
    clock::monotonic_ns,
    flags::{BlockFlags, OutputFlags, exit_code},
    frame::FINISHED,
    pattern,
};

/// Writes blocks.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    blocks: BlockFlags,
    #[command(flatten)]
    output: OutputFlags,
    /// How many blocks.
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// As many blocks as are read: it ends when nobody reads any more.
    #[arg(long, conflicts_with = "count")]
    endless: bool,
    /// At most so many bytes a call.
    #[arg(long, value_name = "BYTES")]
    cut: Option<usize>,
    /// One block each so many microseconds; its first eight bytes are then the monotonic time in nanoseconds.
    #[arg(long, value_name = "MICROSECONDS")]
    every: Option<u64>,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let written = match write(&flags) {
        Err(error) if flags.endless && error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    };
    exit_code("bare-source", written)
}

fn write(flags: &Flags) -> io::Result<()> {
    let mut writer = BlockWriter::new(flags.output.open()?, flags.blocks.frame(), flags.blocks.batch(), flags.cut);
    let pace = flags.every.map(pace).transpose()?;
    let count = if flags.endless { u64::MAX } else { flags.count };
    for number in 1..=count {
        if let Some(timer) = &pace {
            writer.flush()?;
            timer.wait()?;
        }
        let head = if number == count { FINISHED } else { 0 };
        let payload = writer.next(head)?;
        if flags.blocks.touches() {
            pattern::fill(payload, number);
        }
        if pace.is_some() {
            let stamp = monotonic_ns()?.to_le_bytes();
            let len = stamp.len().min(payload.len());
            payload[..len].copy_from_slice(&stamp[..len]);
        }
    }
    writer.flush()
}

fn pace(microseconds: u64) -> io::Result<TimerFd> {
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;
    let interval = TimeSpec::from(Duration::from_micros(microseconds));
    timer.set(Expiration::Interval(interval), TimerSetTimeFlags::empty())?;
    Ok(timer)
}
