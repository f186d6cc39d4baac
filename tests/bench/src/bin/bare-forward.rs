//! Looks at each block's head and forwards the block unchanged; ends with its input or after the finished bit.

use std::{
    fs::File,
    io::{self, Read, Write},
    process::ExitCode,
};

use clap::Parser;
use nix::fcntl::{SpliceFFlags, splice};
use pipeloom_bench::{
    blocks::BlockReader,
    flags::{BlockFlags, InputFlags, Mode, OutputFlags, exit_code},
    frame::FINISHED,
};

/// Bytes of one splice where no head asks for a stop; more than any pipe here holds.
const SPLICE_BYTES: usize = 16 * 1024 * 1024;

/// Forwards blocks.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    blocks: BlockFlags,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    output: OutputFlags,
}

fn main() -> ExitCode {
    exit_code("bare-forward", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let from = flags.input.open()?;
    let to = flags.output.open()?;
    match flags.blocks.mode {
        Mode::Copy | Mode::Batch => copy(&flags.blocks, from, to),
        Mode::Splice if flags.blocks.head => splice_payloads(flags.blocks.size.get(), from, to),
        Mode::Splice => splice_all(&from, &to),
    }
}

fn copy(blocks: &BlockFlags, from: File, mut to: File) -> io::Result<()> {
    let mut reader = BlockReader::new(from, blocks.frame(), blocks.batch());
    while let Some(blocks) = reader.read()? {
        let (blocks, finished) = blocks.up_to_finished();
        to.write_all(blocks.wire)?;
        if finished {
            break;
        }
    }
    Ok(())
}

/// Reads each head apart, and lets the kernel move the payload behind it.
fn splice_payloads(size: usize, mut from: File, mut to: File) -> io::Result<()> {
    let mut head = [0];
    while from.read(&mut head)? != 0 {
        to.write_all(&head)?;
        let mut left = size;
        while left > 0 {
            match splice_some(&from, &to, left)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                moved => left -= moved,
            }
        }
        if head[0] & FINISHED != 0 {
            break;
        }
    }
    Ok(())
}

fn splice_all(from: &File, to: &File) -> io::Result<()> {
    while splice_some(from, to, SPLICE_BYTES)? != 0 {}
    Ok(())
}

fn splice_some(from: &File, to: &File, most: usize) -> io::Result<usize> {
    Ok(splice(from, None, to, None, most, SpliceFFlags::SPLICE_F_MOVE)?)
}
