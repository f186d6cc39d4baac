//! The Rust kit as tests use it: `kitted --args '{"deed": DEED, "values": [VALUE, ...]}'`. The deeds are those of `kitted.c`.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, raise};
use pipeloom_job::{
    ArgsError, Emit, Flow, Head, HeadSize, Job, JobError, Kind, Payload, Port, PortList, PortType, Ports, Report,
    Setup, Step, Steps, executable,
};
use schemars::JsonSchema;
use serde::Deserialize;

fn main() -> ExitCode {
    executable::main::<Kitted>()
}

/// What the program is to do.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KittedArgs {
    deed: Deed,
    #[serde(default)]
    values: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Deed {
    /// Each block on, with its head. One input goes to all outputs, several go to one each.
    Forward,
    /// The sum of all numbers of a compute block; behind the last one the sum of all.
    Sum,
    /// 1, 2, 3 to a number, or for ever; on all outputs.
    Count,
    /// So many blocks of that size, on the first output and then on the second.
    Burst,
    /// Says all that can be said.
    Report,
    /// One block, and then it waits for what never comes.
    Stuck,
    /// Each block on, after work of two milliseconds; from the one that is called `stop` it does not come back.
    Dwell,
    /// One block each 50 ms, for ever.
    Tick,
    /// So many blocks, each once a descriptor can be read.
    Wake,
    /// Fails in the second compute block.
    Fail,
    /// Panics in the second compute block.
    Panic,
    /// Each block on, but its first two lives are killed in this compute block.
    Die,
    /// Says by itself what is done, after so many compute blocks each. Of the last few it says nothing.
    Commit,
    /// So many blocks, of up to that size each, that [`Deed::Verify`] knows. With a third value it is killed inside that block.
    Pattern,
    /// Sees that the blocks are those of [`Deed::Pattern`], also after it has kept each for so many others. With a second value it
    /// is killed at that block.
    Verify,
}

/// Any of the deeds.
struct Kitted {
    deed: Deed,
    values: Vec<u64>,
    outputs: u16,
    all: i64,
    bell: (PipeReader, PipeWriter),
    kept: VecDeque<(u64, Payload)>,
}

impl Kind for Kitted {
    const NAME: &'static str = "kitted";
    const ABOUT: &'static str = "does what a test asks for";
    type Args = KittedArgs;

    fn ports(args: &KittedArgs) -> Result<Ports, ArgsError> {
        let any = || PortList { fixed: Vec::new(), rest: Some(PortType::any()) };
        let steps = if args.deed == Deed::Fail { Steps::Each } else { Steps::Free };
        Ok(Ports { steps, acknowledges: args.deed == Deed::Commit, ..Ports::new(any(), any()) })
    }

    fn make(args: KittedArgs) -> Result<Box<dyn Job>, ArgsError> {
        let bell = io::pipe().map_err(|error| ArgsError { path: Vec::new(), message: error.to_string() })?;
        Ok(Box::new(Kitted { deed: args.deed, values: args.values, outputs: 0, all: 0, bell, kept: VecDeque::new() }))
    }
}

impl Kitted {
    fn value(&self, place: usize) -> u64 {
        self.values.get(place).copied().unwrap_or(0)
    }

    fn say(&self, text: &str, out: &mut dyn Emit) -> Result<(), JobError> {
        for to in (0..self.outputs).map(Port) {
            out.reserve(to, text.len())?.copy_from_slice(text.as_bytes());
            out.commit(None)?;
        }
        Ok(())
    }

    fn forward(&self, step: &Step<'_>, out: &mut dyn Emit) -> Result<(), JobError> {
        for to in 0..self.outputs {
            let input = if step.inputs.len() > 1 { usize::from(to) } else { 0 };
            step.inputs[input].iter().try_for_each(|block| out.emit(Port(to), block))?;
        }
        Ok(())
    }

    fn sum(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<(), JobError> {
        let mut sum = 0;
        for block in step.inputs.iter().copied().flatten() {
            sum += str::from_utf8(block.bytes).map_err(JobError::failed)?.parse::<i64>().map_err(JobError::failed)?;
        }
        self.all += sum;
        self.say(&sum.to_string(), out)
    }

    fn burst(&self, out: &mut dyn Emit) -> Result<(), JobError> {
        for to in [Port(0), Port(1)] {
            out.reserve(to, self.value(1) as usize)?.fill(b'x');
            out.commit(None)?;
        }
        Ok(())
    }
}

/// How long block `number` of a pattern is, of `most` bytes at most: the longest one is the first.
fn pattern_size(number: u64, most: u64) -> u64 {
    if number == 1 { most } else { 8 + (number * 1_000_003) % (most - 7) }
}

fn check_pattern(number: u64, bytes: &[u8]) -> Result<(), JobError> {
    let is_right =
        bytes.first_chunk() == Some(&number.to_le_bytes()) && bytes[8..].iter().all(|&byte| byte == number as u8);
    if is_right { Ok(()) } else { Err(JobError::failed(format!("block {number} is not what was sent"))) }
}

impl Kitted {
    fn pattern(&self, number: u64, out: &mut dyn Emit) -> Result<(), JobError> {
        let size = pattern_size(number, self.value(1));
        let block = out.reserve(Port(0), size as usize)?;
        block.fill(number as u8);
        if number == self.value(2) {
            raise(Signal::SIGKILL).map_err(JobError::failed)?;
        }
        block[..8].copy_from_slice(&number.to_le_bytes());
        Ok(out.commit(None)?)
    }

    fn verify(&mut self, step: &Step<'_>) -> Result<(), JobError> {
        let Some(block) = step.block() else { return Ok(()) };
        let number = step.number.get();
        if number == self.value(1) {
            raise(Signal::SIGKILL).map_err(JobError::failed)?;
        }
        self.all += 1;
        check_pattern(number, block.bytes)?;
        self.kept.push_back((number, block.keep()));
        if self.kept.len() as u64 > self.value(0)
            && let Some((number, kept)) = self.kept.pop_front()
        {
            check_pattern(number, &kept)?;
        }
        Ok(())
    }
}

impl Job for Kitted {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.outputs = setup.outputs.len() as u16;
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let number = step.number.get();
        match self.deed {
            Deed::Forward => self.forward(step, out)?,
            Deed::Sum => self.sum(step, out)?,
            Deed::Count => self.say(&number.to_string(), out)?,
            Deed::Burst => self.burst(out)?,
            Deed::Report => self.all += 1,
            Deed::Stuck if number == 1 => {
                self.say("1", out)?;
                return Ok(Flow::MayBlock);
            }
            Deed::Stuck => {
                out.report(Report::Ready);
                loop {
                    thread::park();
                }
            }
            Deed::Dwell => {
                let until = Instant::now() + Duration::from_millis(2);
                if step.block().is_some_and(|block| block.bytes == b"stop") {
                    loop {
                        thread::park();
                    }
                }
                while Instant::now() < until {
                    std::hint::spin_loop();
                }
                self.forward(step, out)?;
            }
            Deed::Tick => {
                self.say(&number.to_string(), out)?;
                return Ok(Flow::After(Duration::from_millis(50)));
            }
            Deed::Wake => {
                if number > 1 {
                    self.bell.0.read_exact(&mut [0]).map_err(JobError::failed)?;
                }
                self.say(&number.to_string(), out)?;
                let mut bell = self.bell.1.try_clone().map_err(JobError::failed)?;
                thread::spawn(move || bell.write_all(b"!"));
                let last = number == self.value(0);
                return Ok(if last { Flow::Done } else { Flow::Readable(self.bell.0.as_raw_fd()) });
            }
            Deed::Fail if number == 2 => return Err(JobError::failed("the second block is not liked")),
            Deed::Panic if number == 2 => panic!("the second block is not liked at all"),
            Deed::Die => {
                if number == self.value(0)
                    && std::env::var("PIPELOOM_INCARNATION").is_ok_and(|life| life.as_str() < "3")
                {
                    raise(Signal::SIGKILL).map_err(JobError::failed)?;
                }
                self.forward(step, out)?;
            }
            Deed::Commit => {
                if number.is_multiple_of(self.value(0)) {
                    out.report(Report::Done(number));
                }
            }
            Deed::Pattern => self.pattern(number, out)?,
            Deed::Verify => self.verify(step)?,
            Deed::Fail | Deed::Panic => self.forward(step, out)?,
        }
        let is_source = step.inputs.is_empty();
        Ok(if is_source && number == self.value(0) { Flow::Done } else { Flow::Again })
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        match self.deed {
            Deed::Sum => {
                let head = Head::empty(HeadSize::ONE);
                let text = self.all.to_string();
                out.reserve(Port(0), text.len())?.copy_from_slice(text.as_bytes());
                out.commit(Some(head))?;
            }
            Deed::Report => {
                out.report(Report::Ready);
                out.report(Report::Progress { fraction: 0.5, message: Some("half \"way\"".to_owned()) });
                out.report(Report::Status(serde_json::json!({ "at": [1, 2] })));
                out.report(Report::Metrics(BTreeMap::from([("blocks".to_owned(), self.all as f64)])));
                out.report(Report::Result(serde_json::json!({ "blocks": self.all })));
            }
            Deed::Verify => {
                self.kept.iter().try_for_each(|(number, kept)| check_pattern(*number, kept))?;
                let shared = std::env::var("PIPELOOM_PIPES").is_ok_and(|pipes| pipes.contains("\"ring\""));
                out.report(Report::Result(serde_json::json!({ "blocks": self.all, "shared": shared })));
            }
            _ => {}
        }
        Ok(())
    }
}
