//! `issue`: a source that keeps account of what it has written.
//!
//! ```text
//! blocks=COUNT   how many; without it, one after the other for ever
//! account=FILE   how many blocks it has written is in there, and then whether that was all: two numbers of 8 bytes
//! cut=BYTES      so much of one more block stands behind the last
//! pieces=BYTES   written in random pieces of at most that length
//! resets=EACH    a reset bit on every so many blocks, without cause
//! finish=1       the last one has the finished bit
//! halt=NUMBER    before that one, it halts itself until somebody lets it go on
//! ```
//!
//! In a later life, and in a later attempt of the run, it goes on behind the block that the last one may have been writing when it ended.
//!
//! What a killed one has written is in its account, or one block more: the account comes after the block.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::process::ExitCode;

use crate::deeds::halt as halt_until_let;
use crate::request::Request;
use crate::shape::{Chance, Shape};
use crate::words::{Done, Failure};

const RESET: u8 = 0x40;
const FINISHED: u8 = 0x20;

pub(crate) fn issue(request: &Request) -> Done {
    let shape = Shape::of(request, 0)?;
    let count = request.number_of("blocks")?.unwrap_or(u64::MAX);
    let resets: Option<u64> = request.number_of("resets")?;
    let halt = request.number_of("halt")?;
    let (account, first) = account(request.setting("account").ok_or("the account is missing")?)?;
    let mut pieces = request.number_of("pieces")?.map(|most| Pieces { most, chance: Chance(count) });
    let mut output = request.output(0)?;
    let head = |number| {
        let reset = resets.is_some_and(|each| number % each == 0);
        let last = number + 1 == count && request.setting("finish") == Some("1");
        (u8::from(reset) * RESET) | (u8::from(last) * FINISHED)
    };
    for number in first..count {
        if halt == Some(number) {
            halt_until_let()?;
        }
        write(&mut output, &shape.wire(number, head(number)), &mut pieces)?;
        account.write_all_at(&(number + 1).to_le_bytes(), 0)?;
    }
    if let Some(cut) = request.number_of::<usize>("cut")? {
        write(&mut output, &shape.wire(count, 0)[..cut], &mut pieces)?;
    }
    account.write_all_at(&1_u64.to_le_bytes(), 8)?;
    Ok(ExitCode::SUCCESS)
}

/// The account, and the number to begin with.
fn account(path: &str) -> Result<(File, u64), Failure> {
    let is_later = |name: &str| env::var(name).is_ok_and(|number| number != "1");
    if is_later("PIPELOOM_INCARNATION") || is_later("PIPELOOM_ATTEMPT") {
        let account = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut blocks = [0; 8];
        // One that was killed before its first block has none.
        let written = account.read_exact_at(&mut blocks, 0).map_or(0, |()| u64::from_le_bytes(blocks));
        // Before it writes: the life after this one must not write the same block again.
        account.write_all_at(&(written + 1).to_le_bytes(), 0)?;
        return Ok((account, written + 1));
    }
    Ok((File::create(path)?, 0))
}

/// Random lengths.
struct Pieces {
    most: u64,
    chance: Chance,
}

fn write(output: &mut File, mut bytes: &[u8], pieces: &mut Option<Pieces>) -> Result<(), Failure> {
    while let Some(Pieces { most, chance }) = pieces
        && !bytes.is_empty()
    {
        let length = (1 + chance.next() % *most) as usize;
        let (piece, rest) = bytes.split_at(length.min(bytes.len()));
        output.write_all(piece)?;
        bytes = rest;
    }
    Ok(output.write_all(bytes)?)
}
