//! `record`: a sink that keeps account of what it has read, each input in a file of its own.
//!
//! ```text
//! account=NAME    the files are NAME.0, NAME.1 and so on; what was there before stays
//! only=COUNT      it ends by itself after so many blocks of its first input
//! pause=MICROS    it rests so long after each block
//! ```
//!
//! The files have lines: `begin`, then for each block its number, with the head behind it if there are heads, then `torn BYTES`
//! if the stream ended inside a block, and `end`. What is not as it was written is a line `garbage` with what is known of it.
//! A line is written before the next block is looked at, so that one who is killed has forgotten nothing but what it had
//! not looked at.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
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
    // Each on a thread of its own: opening waits for the writer, and writers do not wait for each other.
    let mut threads = Vec::new();
    for place in request.places().0 {
        let name = request.setting("account").ok_or("the account is missing")?;
        let account = OpenOptions::new().create(true).append(true).open(format!("{name}.{place}"))?;
        let reader = Reader { shape: Shape::of(request, place)?, account, only, pause };
        let request = request.clone();
        let read = move || request.input(place).and_then(|input| reader.read(input));
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
}

impl Reader {
    fn read(mut self, mut input: File) -> io::Result<()> {
        self.account.write_all(b"begin\n")?;
        let (mut bytes, mut piece, mut blocks) = (Vec::new(), vec![0; AT_ONCE], 0);
        loop {
            match input.read(&mut piece) {
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
                    Found::Garbage(Some(length)) => (format!("garbage {length}\n"), length),
                    Found::Garbage(None) => {
                        self.account.write_all(b"garbage without end\n")?;
                        return Err(io::Error::other("what came is no block"));
                    }
                };
                self.account.write_all(line.as_bytes())?;
                at += length;
                blocks += 1;
                if self.only == Some(blocks) {
                    return self.account.write_all(b"end\n");
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
