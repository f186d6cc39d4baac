//! The rules of the stepper, one by one, and all of them against an oracle.
//!
//! Blocks are written as `2.7!`: epoch 2 (0 if there is none), number 7, and marks: `~` corrupted, `^` reset,
//! `!` finished, `+` the user's first bit. Unless said otherwise a block's payload is that text without its marks.
//! A compute block is written as `1.3[~]: 5 6 | 5~`: epoch, number, marks of the reduced head, and the payload
//! and marks of each lane's blocks; `_` is an empty payload.

mod aligned;
mod cases;
mod endings;
mod epochs;
mod in_step;
mod oracle;
mod random;
mod table;
mod unnumbered;

use std::fmt;
use std::num::NonZeroUsize;

use pipeloom_config::{Buffer, DropSide, Dummy, Optional, Taking};
use pipeloom_job::{Batch, Block, Head, HeadSize, Seq, Step};

use super::{LaneSpec, Stepper};

const CORRUPTED: u8 = 0x80;
const RESET: u8 = 0x40;
const FINISHED: u8 = 0x20;
const USER: u8 = 0x10;
const MARKS: [(char, u8); 4] = [('~', CORRUPTED), ('^', RESET), ('!', FINISHED), ('+', USER)];

/// A block as it is given to a lane.
#[derive(Clone, PartialEq, Eq)]
struct Came {
    epoch: u32,
    number: u64,
    head: u8,
    payload: Vec<u8>,
}

/// A compute block as a job sees it.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    epoch: u32,
    number: u64,
    head: u8,
    /// The head and the payload of each lane's blocks.
    inputs: Vec<Vec<(u8, Vec<u8>)>>,
}

fn byte(head: Head) -> u8 {
    head.to_wire()[0]
}

impl Came {
    /// Reads the notation.
    fn of(text: &str) -> Came {
        let payload = text.trim_end_matches(|c| MARKS.iter().any(|(mark, _)| *mark == c));
        let head = MARKS.iter().filter(|(mark, _)| text[payload.len()..].contains(*mark)).map(|(_, bit)| bit).sum();
        let (epoch, number) = payload.split_once('.').unwrap_or(("0", payload));
        let (epoch, number) = (epoch.parse().unwrap(), number.parse().unwrap());
        Came { epoch, number, head, payload: payload.as_bytes().to_vec() }
    }
}

/// Gives blocks in batches of one epoch and at most `most` blocks.
fn give(stepper: &mut Stepper, lane: usize, blocks: &[Came], most: usize) {
    for run in blocks.chunk_by(|a, b| a.epoch == b.epoch) {
        for few in run.chunks(most.max(1)) {
            let mut batch = Batch::new();
            batch.set_epoch(few[0].epoch);
            for came in few {
                let head = Head::from_wire(&[came.head]).unwrap();
                batch.push(Seq::new(came.number).unwrap(), &Block::new(head, &came.payload));
            }
            stepper.give(lane, &mut batch);
            assert!(batch.is_empty(), "what was given is gone");
        }
    }
}

impl Seen {
    fn of(step: &Step<'_>) -> Seen {
        let blocks = |lane: &[Block<'_>]| lane.iter().map(|block| (byte(block.head), block.bytes.to_vec())).collect();
        Seen {
            epoch: step.epoch,
            number: step.number.get(),
            head: byte(step.head),
            inputs: step.inputs.iter().map(|lane| blocks(lane)).collect(),
        }
    }
}

fn marks(head: u8) -> String {
    MARKS.iter().filter(|(_, bit)| head & bit != 0).map(|(mark, _)| *mark).collect()
}

impl fmt::Debug for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{}", self.epoch, self.number, marks(self.head))
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch > 0 {
            write!(f, "{}.", self.epoch)?;
        }
        write!(f, "{}", self.number)?;
        if self.head != 0 {
            write!(f, "[{}]", marks(self.head))?;
        }
        for (place, lane) in self.inputs.iter().enumerate() {
            f.write_str(if place == 0 { ":" } else { " |" })?;
            for (head, payload) in lane {
                let text = String::from_utf8_lossy(payload).replace('\0', "0");
                write!(f, " {}{}", if text.is_empty() { "_" } else { &text }, marks(*head))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A lane taken in step, whose dummies repeat the payload before them.
fn lane() -> LaneSpec {
    LaneSpec {
        block_count: NonZeroUsize::MIN,
        taking: Taking::InStep,
        dummy: Dummy::Previous { empty: Vec::new() },
        feedback: false,
        block_size: None,
    }
}

/// A lane taken in the order of arrival.
fn async_lane() -> LaneSpec {
    LaneSpec { taking: Taking::Async, ..lane() }
}

/// A lane that is not waited for, and gives `default` meanwhile.
fn optional(default: &str) -> LaneSpec {
    let default = default.as_bytes().to_vec();
    LaneSpec { taking: Taking::Optional(Optional { default, store: false, buffer: None }), ..lane() }
}

impl LaneSpec {
    fn count(self, blocks: usize) -> LaneSpec {
        LaneSpec { block_count: NonZeroUsize::new(blocks).unwrap(), ..self }
    }

    fn dummy(self, dummy: Dummy) -> LaneSpec {
        LaneSpec { dummy, ..self }
    }

    fn feedback(self) -> LaneSpec {
        LaneSpec { feedback: true, ..self }
    }

    fn optional_with(mut self, change: impl FnOnce(&mut Optional)) -> LaneSpec {
        if let Taking::Optional(optional) = &mut self.taking {
            change(optional);
        }
        self
    }

    fn store(self) -> LaneSpec {
        self.optional_with(|optional| optional.store = true)
    }

    fn buffer(self, blocks: usize, drop: DropSide) -> LaneSpec {
        let blocks = NonZeroUsize::new(blocks).unwrap();
        self.optional_with(|optional| optional.buffer = Some(Buffer { blocks, drop }))
    }
}

/// A stepper with heads of one byte.
fn stepper(lanes: &[LaneSpec]) -> Stepper {
    Stepper::new(lanes.to_vec(), HeadSize::ONE)
}
