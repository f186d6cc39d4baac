//! What all bare programs are asked on the command line, and how they open their ends.

use std::{
    fmt::Display,
    fs::{File, OpenOptions},
    io,
    num::NonZeroUsize,
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use nix::fcntl::{FcntlArg, fcntl};

use crate::frame::Frame;

/// How blocks are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// One call a block.
    Copy,
    /// As many blocks a call as fit into 64 KiB.
    Batch,
    /// From pipe to pipe inside the kernel; ends of a chain, which have no second pipe, batch.
    Splice,
}

/// The shape of blocks and the way to move them.
#[derive(Clone, Copy, Debug, Args)]
pub struct BlockFlags {
    /// Bytes of a payload.
    #[arg(long, default_value = "64")]
    pub size: NonZeroUsize,
    /// A head of one byte stands before each payload.
    #[arg(long)]
    pub head: bool,
    /// How blocks are moved.
    #[arg(long, value_enum, default_value_t = Mode::Copy)]
    pub mode: Mode,
    /// Fill and sum payloads (the default).
    #[arg(long, overrides_with = "pass")]
    pub touch: bool,
    /// Leave payloads alone.
    #[arg(long)]
    pub pass: bool,
}

impl BlockFlags {
    /// The blocks' layout.
    pub fn frame(&self) -> Frame {
        Frame::new(self.head, self.size.get())
    }

    /// How many blocks go into one call.
    pub fn batch(&self) -> usize {
        match self.mode {
            Mode::Copy => 1,
            Mode::Batch | Mode::Splice => self.frame().batch(),
        }
    }

    /// Whether payloads are filled and summed.
    pub fn touches(&self) -> bool {
        !self.pass
    }
}

/// The input end.
#[derive(Clone, Debug, Args)]
pub struct InputFlags {
    /// Where blocks come from; stdin if left out.
    #[arg(short = 'i', value_name = "PATH")]
    pub input: Option<PathBuf>,
    /// Bytes the input's pipe shall hold; as many as it does if left out.
    #[arg(long, value_name = "BYTES")]
    pub input_capacity: Option<i32>,
}

impl InputFlags {
    /// Opens the input; for a FIFO this waits for its writer.
    ///
    /// # Errors
    /// What `open` says, or the pipe cannot be made as large as asked for.
    pub fn open(&self) -> io::Result<File> {
        let file = match &self.input {
            Some(path) => File::open(path)?,
            None => io::stdin().as_fd().try_clone_to_owned()?.into(),
        };
        if let Some(bytes) = self.input_capacity {
            fcntl(&file, FcntlArg::F_SETPIPE_SZ(bytes))?;
        }
        Ok(file)
    }
}

/// The output end.
#[derive(Clone, Debug, Args)]
pub struct OutputFlags {
    /// Where blocks go; stdout if left out.
    #[arg(short = 'o', value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Bytes the output's pipe shall hold; the kernel's default if left out.
    #[arg(long, value_name = "BYTES")]
    pub capacity: Option<i32>,
}

impl OutputFlags {
    /// Opens the output; for a FIFO this waits for its reader.
    ///
    /// # Errors
    /// What `open` says, or the pipe cannot be made as large as asked for.
    pub fn open(&self) -> io::Result<File> {
        let file = match &self.output {
            Some(path) => OpenOptions::new().write(true).open(path)?,
            None => io::stdout().as_fd().try_clone_to_owned()?.into(),
        };
        if let Some(bytes) = self.capacity {
            fcntl(&file, FcntlArg::F_SETPIPE_SZ(bytes))?;
        }
        Ok(file)
    }
}

/// Where the end of a chain leaves its figures.
#[derive(Clone, Debug, Args)]
pub struct ReportFlags {
    /// A file for the figures, as JSON.
    #[arg(long, value_name = "PATH")]
    report: Option<PathBuf>,
}

impl ReportFlags {
    /// The file's path.
    pub fn path(&self) -> Option<&Path> {
        self.report.as_deref()
    }
}

/// Turns a program's result into its exit code and says on stderr what went wrong.
#[expect(clippy::print_stderr, reason = "the last words of a program")]
pub fn exit_code<E: Display>(program: &str, result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error}");
            ExitCode::FAILURE
        }
    }
}
