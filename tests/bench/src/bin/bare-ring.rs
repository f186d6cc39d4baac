//! The limit of shared memory: two processes, places of one size in a memory file, each block's place by a pipe, and each place
//! that is free again by another one. The first process starts the second.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use clap::Parser;
use nix::sys::memfd::{MFdFlags, memfd_create};
use pipeloom_bench::clock::monotonic_ns;
use pipeloom_bench::flags::{ReportFlags, exit_code};
use pipeloom_bench::pattern;
use pipeloom_bench::report::Report;
use pipeloom_job::executable::measured::{Fillable, Filled};
use pipeloom_job::ring::CONTROL_BYTES;

/// Moves blocks through shared memory.
#[derive(Parser)]
struct Flags {
    /// Bytes of a payload.
    #[arg(long)]
    size: NonZeroUsize,
    /// How many blocks.
    #[arg(long)]
    count: u64,
    /// How many places there are.
    #[arg(long, default_value = "8")]
    places: u32,
    #[command(flatten)]
    report: ReportFlags,
    /// The memory, for the process that reads.
    #[arg(long)]
    memory: Option<PathBuf>,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    exit_code("bare-ring", if flags.memory.is_some() { read(&flags) } else { write(&flags) })
}

/// Bytes from one place to the next.
fn stride(flags: &Flags) -> usize {
    flags.size.get().next_multiple_of(64)
}

#[expect(clippy::disallowed_methods, reason = "the other end, which is waited for; no warden belongs here")]
fn write(flags: &Flags) -> io::Result<()> {
    let bytes = stride(flags) * flags.places as usize;
    let memory = File::from(memfd_create("bare-ring", MFdFlags::MFD_CLOEXEC)?);
    memory.set_len((CONTROL_BYTES + bytes) as u64)?;
    let (places, to_reader): (PipeReader, PipeWriter) = io::pipe()?;
    let (mut free, from_reader): (PipeReader, PipeWriter) = io::pipe()?;
    let mut reader = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .arg("--memory")
        .arg(format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd()))
        .stdin(places)
        .stderr(Stdio::inherit())
        .stdout(from_reader)
        .spawn()?;
    let mut to_reader = to_reader;
    let mut payloads = Fillable::map(&memory, bytes)?;
    let mut room: Vec<u8> = (0..flags.places as u8).rev().collect();
    let mut released = [0; 64];
    for number in 1..=flags.count {
        if room.is_empty() {
            let count = free.read(&mut released)?;
            room.extend(&released[..count]);
        }
        let Some(place) = room.pop() else { return Err(ErrorKind::UnexpectedEof.into()) };
        let start = usize::from(place) * stride(flags);
        pattern::fill(payloads.bytes(start..start + flags.size.get()), number);
        to_reader.write_all(&u32::from(place).to_le_bytes())?;
    }
    drop(to_reader);
    if reader.wait()?.success() { Ok(()) } else { Err(io::Error::other("the reader failed")) }
}

fn read(flags: &Flags) -> io::Result<()> {
    let Some(path) = &flags.memory else { return Ok(()) };
    let memory = File::options().read(true).write(true).open(path)?;
    let payloads = Arc::new(Filled::map(&memory, stride(flags) * flags.places as usize)?);
    let (mut places, mut free) = (io::stdin().lock(), io::stdout().lock());
    let (mut came, mut seen) = ([0; 4], Report::default());
    while seen.count < flags.count {
        places.read_exact(&mut came)?;
        if seen.count == 0 {
            seen.first_ns = monotonic_ns()?;
        }
        seen.count += 1;
        let place = u32::from_le_bytes(came);
        let start = place as usize * stride(flags);
        seen.sum = seen.sum.wrapping_add(pattern::sum(&payloads.payload(start..start + flags.size.get(), ())));
        free.write_all(&[place as u8])?;
        free.flush()?;
    }
    seen.last_ns = monotonic_ns()?;
    match flags.report.path() {
        Some(path) => serde_json::to_writer(File::create(path)?, &seen).map_err(io::Error::other),
        None => Ok(()),
    }
}
