//! Blocks that show whether they are whole, in order and each there once: a number, a checksum, and bytes that follow
//! from both.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::thread;

use nix::sys::signal::{Signal, raise};
use serde_json::json;

use crate::request::Request;
use crate::words::{Done, Failure, ready, tell};

/// The bytes of the number, and those of the checksum.
const NUMBER: usize = 8;

/// The `number`-th block, of `size` bytes.
fn block(number: u64, size: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(size);
    block.extend_from_slice(&number.to_le_bytes());
    block.extend_from_slice(&[0; NUMBER]);
    block.extend((0..).map(|at: u64| (number.wrapping_mul(31) + at.wrapping_mul(7)) as u8).take(size - 2 * NUMBER));
    let sum = checksum(number, &block[2 * NUMBER..]);
    block[NUMBER..2 * NUMBER].copy_from_slice(&sum.to_le_bytes());
    block
}

/// FNV-1a, which sees single wrong bits and bytes that have changed places.
fn checksum(number: u64, rest: &[u8]) -> u64 {
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let start = number.to_le_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step);
    rest.iter().fold(start, step)
}

fn is_whole(block: &[u8], number: u64) -> bool {
    let own = u64::from_le_bytes(block[..NUMBER].try_into().unwrap_or_default());
    let sum = u64::from_le_bytes(block[NUMBER..2 * NUMBER].try_into().unwrap_or_default());
    own == number && sum == checksum(number, &block[2 * NUMBER..])
}

pub(crate) fn source(request: &Request) -> Done {
    write_blocks(request)?;
    Ok(ExitCode::SUCCESS)
}

fn write_blocks(request: &Request) -> Result<File, Failure> {
    let (count, size) = (request.number(0)?, request.number(1)?);
    let mut output = request.output(0)?;
    (0..count).try_for_each(|number| output.write_all(&block(number, size)))?;
    Ok(output)
}

/// Never returns: dies inside a block, by SIGKILL.
pub(crate) fn torn(request: &Request) -> Done {
    let (count, size) = (request.number(0)?, request.number::<usize>(1)?);
    let mut output = write_blocks(request)?;
    output.write_all(&block(count, size)[..size / 2])?;
    ready()?;
    raise(Signal::SIGKILL)?;
    Ok(ExitCode::FAILURE)
}

/// What came on one input.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Whole blocks.
    whole: u64,
    /// Bytes of one that was cut off.
    rest: usize,
}

pub(crate) fn witness(request: &Request) -> Done {
    // A head may stand before each block.
    let (size, head) = (request.number(0)?, request.number_of("head")?.unwrap_or(0));
    // Each on a thread of its own: opening waits for the writer, and writers do not wait for each other.
    let threads: Vec<_> = request
        .places()
        .0
        .map(|place| {
            let request = request.clone();
            thread::spawn(move || {
                request.input(place).map_err(|error| error.to_string()).and_then(|input| watch(input, head, size))
            })
        })
        .collect();
    let mut all = Seen::default();
    for thread in threads {
        let seen = thread.join().map_err(|_| "a thread panicked")??;
        all = Seen { whole: all.whole + seen.whole, rest: all.rest + seen.rest };
    }
    tell(&json!({ "result": { "whole": all.whole, "rest": all.rest } }))?;
    Ok(ExitCode::SUCCESS)
}

fn watch(mut input: File, head: usize, size: usize) -> Result<Seen, String> {
    let (mut whole, mut buffer) = (0, vec![0; head + size]);
    loop {
        let got = fill(&mut input, &mut buffer).map_err(|error| error.to_string())?;
        if got < buffer.len() {
            return Ok(Seen { whole, rest: got });
        }
        let block = &buffer[head..];
        if !is_whole(block, whole) {
            let begins = u64::from_le_bytes(block[..NUMBER].try_into().unwrap_or_default());
            return Err(format!("instead of block {whole} came something that begins with {begins}"));
        }
        whole += 1;
    }
}

/// Reads until the buffer is full or the input at its end.
fn fill(input: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match input.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
