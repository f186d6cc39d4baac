//! Forwards blocks, each with this process's signature; ends with its input.

use std::{io, process::ExitCode};

use clap::Parser;
use pipeloom_bench::{
    blocks::{BlockReader, BlockWriter},
    flags::{BlockFlags, InputFlags, OutputFlags, exit_code},
    signature::sign,
};

/// Signs and forwards blocks.
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
    exit_code("bare-sign", run(&Flags::parse()))
}

fn run(flags: &Flags) -> io::Result<()> {
    let mut reader = BlockReader::new(flags.input.open()?, flags.blocks.frame(), 1);
    let mut writer = BlockWriter::new(flags.output.open()?, flags.blocks.frame(), 1, None);
    while let Some(blocks) = reader.read()? {
        for block in blocks.iter() {
            let payload = writer.next(block.head)?;
            payload.copy_from_slice(block.payload);
            sign(payload, std::process::id());
        }
        writer.flush()?;
    }
    Ok(())
}
