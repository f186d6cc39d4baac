//! The executables of a random network, and its warden.
//!
//! ```text
//! worker source COUNT ORIGIN...    block k of each origin to each output
//! worker forward HOLD              block k of each input to the output in the same place, after HOLD blocks
//! worker record FILE               what is read into FILE, or FILE.stream
//! worker kit KIND                  what the native job of this kind does, by the kit
//! ```
//!
//! Behind these stand the pipes as the runtime gives them: `-i` and `-o`, each with a path or the number of a descriptor,
//! or nothing for standard input and output. Inputs are read and outputs written one after another: a program in the way
//! of the ordinary ones. It ends well when nobody reads it any more.

use std::env;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use pipeloom_job::control::{Direction, PipeEntry, PipeTable};
use pipeloom_job::head::FINISHED;
use pipeloom_job::{Head, executable};
use pipeloom_property::content::Origin;
use pipeloom_property::kinds::{KINDS, mark};
use pipeloom_property::seen::SeenBlock;
use pipeloom_property::wire::{Format, Framing, WireBlock};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if let Some(code) = pipeloom_os::warden::enter() {
        return code;
    }
    let words: Vec<String> = env::args().skip(1).collect();
    if let [kit, name, flags @ ..] = words.as_slice()
        && kit == "kit"
        && let Some(kind) = KINDS.iter().find(|kind| kind.name == name)
    {
        return executable::run_given(kind, &[], flags.iter().map(Into::into));
    }
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// The pipes of this program.
struct Pipes {
    inputs: Vec<(Format, BufReader<File>)>,
    outputs: Vec<Output>,
    empty: Head,
}

struct Output {
    format: Format,
    /// `None` once nobody reads it.
    to: Option<BufWriter<File>>,
}

fn work() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let flags = args.iter().position(|arg| arg == "-i" || arg == "-o").unwrap_or(args.len());
    let (words, flags) = args.split_at(flags);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let pipes = Pipes::open(flags)?;
    match words[..] {
        ["source", count, ref origins @ ..] => {
            let origins: Vec<Origin> = origins.iter().map(|origin| origin.parse()).collect::<Result<_, _>>()?;
            source(pipes, count.parse()?, &origins)
        }
        ["forward", hold] => forward(pipes, hold.parse()?),
        ["record", file] => record(pipes, Path::new(file)),
        _ => Err(format!("cannot do {words:?}").into()),
    }
}

fn source(mut pipes: Pipes, count: u64, origins: &[Origin]) -> Result<(), Failure> {
    for number in 1..=count {
        let head = mark(pipes.empty, number).with(FINISHED, number == count);
        for (origin, output) in origins.iter().zip(&mut pipes.outputs) {
            output.write(head, &origin.payload(number), true)?;
        }
        if !pipes.is_wanted() {
            break;
        }
    }
    Ok(())
}

fn forward(mut pipes: Pipes, hold: u64) -> Result<(), Failure> {
    let mut number: u64 = 0;
    while let Some(blocks) = pipes.read()? {
        number += 1;
        let heads = blocks.iter().filter_map(|block| block.head.as_deref().and_then(Head::from_wire));
        let head = heads.fold(pipes.empty, |all, head| all | head);
        for (block, output) in blocks.iter().zip(&mut pipes.outputs) {
            output.write(head, &block.payload, number.is_multiple_of(hold))?;
        }
        if !pipes.is_wanted() {
            return Ok(());
        }
    }
    pipes.outputs.iter_mut().try_for_each(Output::flush)
}

fn record(mut pipes: Pipes, file: &Path) -> Result<(), Failure> {
    if pipes.inputs.iter().any(|(format, _)| format.framing == Framing::None) {
        let mut stream = File::create(file.with_extension("stream"))?;
        while let Some(blocks) = pipes.read()? {
            blocks.iter().try_for_each(|block| stream.write_all(&block.payload))?;
        }
        return Ok(());
    }
    let mut lines = BufWriter::new(File::create(file)?);
    while let Some(blocks) = pipes.read()? {
        let seen: Vec<_> = blocks.into_iter().map(|block| SeenBlock::of(&block.payload, block.head)).collect();
        serde_json::to_writer(&mut lines, &seen)?;
        lines.write_all(b"\n")?;
    }
    Ok(lines.flush()?)
}

impl Pipes {
    /// Opens what the flags name, in their order, and holds them against what the runtime says of the pipes.
    fn open(flags: &[String]) -> Result<Pipes, Failure> {
        let table: PipeTable = serde_json::from_str(&env::var("PIPELOOM_PIPES")?)?;
        let empty = Head::from_wire(&vec![0; table.head_size.into()]).ok_or("no such head size")?;
        let mut pipes = Pipes { inputs: Vec::new(), outputs: Vec::new(), empty };
        let mut flags = flags.chunks(2);
        for entry in &table.pipes {
            agree(flags.next(), entry)?;
            let format = Format::of(entry, table.head_size)?;
            match entry.direction {
                Direction::Input => pipes.inputs.push((format, BufReader::new(open(entry)?))),
                Direction::Output => pipes.outputs.push(Output { format, to: Some(BufWriter::new(open(entry)?)) }),
            }
        }
        if flags.next().is_some() {
            return Err("more flags than pipes".into());
        }
        Ok(pipes)
    }

    /// One block of each input; `None` when one of them is at its end.
    fn read(&mut self) -> io::Result<Option<Vec<WireBlock>>> {
        self.inputs.iter_mut().map(|(format, from)| format.read(from)).collect()
    }

    fn is_wanted(&self) -> bool {
        self.outputs.iter().any(|output| output.to.is_some())
    }
}

/// What the arguments say of a pipe must be what the table says.
fn agree(given: Option<&[String]>, entry: &PipeEntry) -> Result<(), Failure> {
    let flag = match entry.direction {
        Direction::Input => "-i",
        Direction::Output => "-o",
    };
    let agrees = match (given, &entry.path, entry.fd) {
        (None, None, Some(0)) => entry.direction == Direction::Input,
        (None, None, Some(1)) => entry.direction == Direction::Output,
        (Some(given), Some(path), None) => *given == [flag, path],
        (Some(given), None, Some(fd)) => *given == [flag, &fd.to_string()],
        _ => false,
    };
    if agrees { Ok(()) } else { Err(format!("the arguments say {given:?}, the table says {entry:?}").into()) }
}

fn open(entry: &PipeEntry) -> Result<File, Failure> {
    Ok(match (&entry.path, entry.fd, entry.direction) {
        (Some(path), ..) if entry.direction == Direction::Input => File::open(path)?,
        (Some(path), ..) => File::options().write(true).open(path)?,
        (None, Some(fd), _) => pipeloom_os::duplicate(fd)?.into(),
        (None, None, _) => return Err("a pipe without a place".into()),
    })
}

impl Output {
    fn write(&mut self, head: Head, payload: &[u8], flush: bool) -> Result<(), Failure> {
        let Some(to) = &mut self.to else { return Ok(()) };
        let written = self.format.write(&head.to_wire(), payload, to);
        let written = written.and_then(|()| if flush { to.flush() } else { Ok(()) });
        self.let_go_if_broken(written)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.to.as_mut().map_or(Ok(()), Write::flush);
        self.let_go_if_broken(flushed)
    }

    fn let_go_if_broken(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                if let Some(to) = self.to.take() {
                    // What it still holds has no reader.
                    let _ = to.into_parts();
                }
                Ok(())
            }
            other => Ok(other?),
        }
    }
}
