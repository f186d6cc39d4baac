//! The deeds, but for those with numbered blocks.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use nix::sys::signal::{SigSet, Signal, raise};

use crate::request::Request;
use crate::words::{Done, Failure, ready};

/// How much is copied at once.
const COPIED: usize = 64 * 1024;

pub(crate) fn forward(request: &Request) -> Done {
    let (inputs, outputs) = request.places();
    let inputs: Vec<File> = inputs.map(|place| request.input(place)).collect::<Result<_, _>>()?;
    let outputs: Vec<File> = outputs.map(|place| request.output(place)).collect::<Result<_, _>>()?;
    copy_all(inputs, outputs, COPIED)
}

pub(crate) fn drip(request: &Request) -> Done {
    copy_all(vec![request.input(0)?], vec![request.output(0)?], 1)
}

pub(crate) fn late(request: &Request) -> Done {
    let keeps: usize = request.number(0)?;
    let (mut input, mut output) = (request.input(0)?, request.output(0)?);
    let (mut kept, mut buffer) = (Vec::new(), vec![0; COPIED]);
    loop {
        let count = input.read(&mut buffer)?;
        kept.extend_from_slice(&buffer[..count]);
        let rest = if count == 0 { Vec::new() } else { kept.split_off(kept.len().saturating_sub(keeps)) };
        output.write_all(&kept)?;
        kept = rest;
        if count == 0 {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

pub(crate) fn reverse(request: &Request) -> Done {
    let (inputs, outputs) = request.places();
    let mut outputs: Vec<File> = outputs.rev().map(|place| request.output(place)).collect::<Result<_, _>>()?;
    let mut inputs: Vec<File> = inputs.rev().map(|place| request.input(place)).collect::<Result<_, _>>()?;
    outputs.reverse();
    inputs.reverse();
    copy_all(inputs, outputs, COPIED)
}

pub(crate) fn loud(request: &Request) -> Done {
    write_lines(io::stderr(), request.number(0)?)?;
    forward(request)
}

pub(crate) fn chatty(request: &Request) -> Done {
    write_lines(io::stdout(), request.number(0)?)?;
    forward(request)
}

pub(crate) fn early(request: &Request) -> Done {
    let mut input = request.input(0)?;
    io::copy(&mut Read::by_ref(&mut input).take(request.number(0)?), &mut io::sink())?;
    drop(input);
    ready()?;
    wait_for_ever()
}

pub(crate) fn blank(request: &Request) -> Done {
    let (inputs, outputs) = request.places();
    let _inputs: Vec<File> = inputs.map(|place| request.input(place)).collect::<Result<_, _>>()?;
    let _outputs: Vec<File> = outputs.map(|place| request.output(place)).collect::<Result<_, _>>()?;
    ready()?;
    wait_for_ever()
}

pub(crate) fn blind() -> Done {
    ready()?;
    wait_for_ever()
}

pub(crate) fn deaf() -> Done {
    SigSet::all().thread_block()?;
    ready()?;
    wait_for_ever()
}

pub(crate) fn spin() -> Done {
    ready()?;
    loop {
        std::hint::spin_loop();
    }
}

/// Halts this process until somebody lets it go on.
pub(crate) fn halt() -> Result<(), Failure> {
    ready()?;
    Ok(raise(Signal::SIGSTOP)?)
}

pub(crate) fn sore(request: &Request) -> Done {
    let mut output = request.output(0)?;
    let line = b"line\n".repeat(100);
    while output.write_all(&line).is_ok() {}
    Ok(ExitCode::from(request.number::<u8>(0)?))
}

pub(crate) fn hoard(request: &Request) -> Done {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    for _ in 0..request.number(0)? {
        let mut piece = Vec::new();
        piece.try_reserve_exact(1 << 20)?;
        piece.resize(1 << 20, 1);
        hoard.push(piece);
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn grab(request: &Request) -> Done {
    let grabbed: io::Result<Vec<File>> = (0..request.number(0)?).map(|_| File::open("/dev/null")).collect();
    grabbed?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn scribble(request: &Request) -> Done {
    fs::write("scribbled", vec![b'x'; request.number(0)?])?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn descriptors() -> Done {
    let listing = fs::read_dir("/proc/self/fd")?.map(|entry| entry.map(|entry| entry.path()));
    let paths: Vec<PathBuf> = listing.collect::<Result<_, _>>()?;
    // The listing itself had one, which is closed now.
    let open = paths.iter().filter(|path| fs::read_link(path).is_ok()).filter_map(|path| path.file_name()?.to_str());
    let mut open: Vec<u32> = open.map(str::parse).collect::<Result<_, _>>()?;
    open.sort_unstable();
    writeln!(io::stdout(), "{open:?}")?;
    Ok(ExitCode::SUCCESS)
}

fn copy_all(inputs: Vec<File>, outputs: Vec<File>, at_once: usize) -> Done {
    let copies: Vec<_> =
        inputs.into_iter().zip(outputs).map(|(from, to)| thread::spawn(move || copy(from, to, at_once))).collect();
    for copy in copies {
        copy.join().map_err(|_| "a copy panicked")??;
    }
    Ok(ExitCode::SUCCESS)
}

fn copy(mut from: File, mut to: File, at_once: usize) -> io::Result<()> {
    let mut buffer = vec![0; COPIED];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => buffer[..count].chunks(at_once).try_for_each(|piece| to.write_all(piece))?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn write_lines(mut to: impl Write, bytes: usize) -> Result<(), Failure> {
    let line = b"and another thing\n".repeat(100);
    let mut written = 0;
    while written < bytes {
        to.write_all(&line)?;
        written += line.len();
    }
    Ok(())
}

fn wait_for_ever() -> Done {
    loop {
        thread::park();
    }
}
