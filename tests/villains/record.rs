//! `record`: a sink that keeps account of what it has read, each input in a file of its own.
//!
//! ```text
//! account=NAME    the files are NAME.0, NAME.1 and so on; what was there before stays
//! only=COUNT      it ends by itself after so many blocks of its first input
//! sparing=1       it reads no more than it needs for the block at hand, so that it has looked at all it has read
//! in_step=1       its inputs are all the same stream, and it reads the next block of each when it has one of all
//! pause=MICROS    it rests so long after each block
//! ```
//!
//! Where there is an output for an input, it copies the blocks to it, each when it stands in the account.
//!
//! The files have lines: `begin`, then for each block its number, with the head behind it if there are heads, or `dummy`, then `torn BYTES`
//! if the stream ended inside a block, and `end`. What is not as it was written is a line `garbage` with what is known of it.
//! A line is written before the next block is looked at, so that one who is killed has forgotten nothing but what it had
//! not looked at.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::request::Request;
use crate::shape::{Found, Shape};
use crate::words::{Done, Failure};

/// How much is read at once.
const AT_ONCE: usize = 64 * 1024;

pub(crate) fn record(request: &Request) -> Done {
    let only = request.number_of("only")?;
    let pause = request.number_of("pause")?.map(Duration::from_micros);
    let sparing = request.setting("sparing") == Some("1");
    // Each on a thread of its own: opening waits for the writer, and writers do not wait for each other.
    let mut threads = Vec::new();
    let (inputs, outputs) = request.places();
    let in_step = (request.setting("in_step") == Some("1")).then(|| Arc::new(Barrier::new(inputs.len())));
    for place in inputs {
        let name = request.setting("account").ok_or("the account is missing")?;
        let account = OpenOptions::new().create(true).append(true).open(format!("{name}.{place}"))?;
        let shape = Shape::of(request, if in_step.is_some() { 0 } else { place })?;
        let reader = Reader { shape, account, only, pause, sparing, in_step: in_step.clone() };
        let (request, copies) = (request.clone(), outputs.contains(&place));
        let read = move || {
            let input = request.input(place)?;
            reader.read(input, copies.then(|| request.output(place)).transpose()?)
        };
        threads.push(thread::spawn(move || read().map_err(|error| error.to_string())));
    }
    let results = threads.into_iter().map(|thread| thread.join().map_err(|_| Failure::from("a thread panicked")));
    results.collect::<Result<Result<Vec<()>, String>, Failure>>()??;
    Ok(ExitCode::SUCCESS)
}

struct Reader {
    shape: Shape,
    account: File,
    only: Option<u64>,
    pause: Option<Duration>,
    sparing: bool,
    /// Where it waits for the others after each block.
    in_step: Option<Arc<Barrier>>,
}

impl Reader {
    fn read(mut self, mut input: File, mut output: Option<File>) -> io::Result<()> {
        self.account.write_all(b"begin\n")?;
        let (mut bytes, mut piece, mut blocks) = (Vec::new(), vec![0; AT_ONCE], 0);
        loop {
            let most = if self.sparing { self.shape.lacking(&bytes).min(AT_ONCE) } else { AT_ONCE };
            match input.read(&mut piece[..most]) {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let mut at = 0;
            loop {
                let (line, length) = match self.shape.find(&bytes[at..]) {
                    Found::More => break,
                    Found::Block { number, head: None, bytes } => (format!("{number}\n"), bytes),
                    Found::Block { number, head: Some(head), bytes } => (format!("{number} {head:02x}\n"), bytes),
                    Found::Dummy { bytes } => ("dummy\n".to_owned(), bytes),
                    Found::Garbage(Some(length)) => (format!("garbage {length}\n"), length),
                    Found::Garbage(None) => {
                        self.account.write_all(b"garbage without end\n")?;
                        return Err(io::Error::other("what came is no block"));
                    }
                };
                self.account.write_all(line.as_bytes())?;
                if let Some(output) = &mut output {
                    output.write_all(&bytes[at..at + length])?;
                }
                at += length;
                blocks += 1;
                if self.only == Some(blocks) {
                    return self.account.write_all(b"end\n");
                }
                if let Some(others) = &self.in_step {
                    others.wait();
                }
                self.pause.into_iter().for_each(rest);
            }
            bytes.drain(..at);
        }
        if !bytes.is_empty() {
            writeln!(self.account, "torn {}", bytes.len())?;
        }
        self.account.write_all(b"end\n")
    }
}

fn rest(time: Duration) {
    let end = Instant::now() + time;
    // Nobody unparks this thread; if somebody did, it would rest again.
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
}
