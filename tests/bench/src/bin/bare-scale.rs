//! Weighs the runtime that it is a job of, and the warden: what both of them hold of the memory once all jobs are there.
//!
//! Memory that several processes share counts in part for each (the PSS of proc_pid_smaps_rollup(5)), so that the sum of all
//! processes is what they hold together.

use std::{
    fs, io,
    os::unix::process::parent_id,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use crossbeam_channel::never;
use pipeloom_bench::{
    flags::{ReportFlags, exit_code},
    report::Report,
};

/// How long all others may take to be there.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long they may take to come to rest.
const SETTLING: Duration = Duration::from_millis(300);
/// How long until the next look.
const AGAIN: Duration = Duration::from_millis(5);

/// Weighs the runtime and the warden.
#[derive(Parser)]
struct Flags {
    /// How many programs are started, this one included.
    #[arg(long, default_value_t = 1)]
    programs: usize,
    /// How many threads the runtime has at least.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[command(flatten)]
    report: ReportFlags,
}

fn main() -> ExitCode {
    exit_code("bare-scale", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let warden = parent_id();
    let runtime = field(&read(warden, "status")?, "PPid:")?;
    let deadline = Instant::now() + DEADLINE;
    while children(warden)? < flags.programs || field(&read(runtime, "status")?, "Threads:")? < flags.threads as u32 {
        if Instant::now() >= deadline {
            return Err(io::Error::other("not all jobs have come"));
        }
        rest(AGAIN);
    }
    rest(SETTLING);
    let held = |pid| field(&read(pid, "smaps_rollup")?, "Pss:").map(|kib| u64::from(kib) * 1024);
    let memory_bytes = Some(held(warden)? + held(runtime)?);
    let count = flags.programs.max(flags.threads) as u64;
    Report { count, memory_bytes, ..Report::default() }.publish(flags.report.path())
}

fn rest(time: Duration) {
    // Nothing comes.
    let _ = never::<()>().recv_timeout(time);
}

fn read(pid: u32, what: &str) -> io::Result<String> {
    fs::read_to_string(format!("/proc/{pid}/{what}"))
}

/// The number behind a name.
fn field(text: &str, name: &str) -> io::Result<u32> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    value.ok_or_else(|| io::Error::other(format!("/proc has no {name}")))
}

/// The children of a process that has one thread.
fn children(pid: u32) -> io::Result<usize> {
    Ok(read(pid, &format!("task/{pid}/children"))?.split_whitespace().count())
}
