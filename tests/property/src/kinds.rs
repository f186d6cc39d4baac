//! The native jobs of a random network.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pipeloom_job::{
    Args, ArgsError, Block, Codec, Emit, Flow, Head, Job, JobError, JobKind, Port, PortList, PortType, Ports, Setup,
    Step,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::Origin;
use crate::seen::{Seen, SeenBlock};

/// All native jobs by name.
pub const KINDS: &[JobKind] = &[SOURCE, FORWARD, RECORD];

/// What comes after a step of a job that goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// [`Flow::Again`].
    #[default]
    Again,
    /// [`Flow::MayBlock`].
    MayBlock,
    /// [`Flow::Until`] a time that is over already.
    Until,
}

impl Pace {
    pub(crate) const fn flow(self) -> Flow {
        match self {
            Pace::Again => Flow::Again,
            Pace::MayBlock => Flow::MayBlock,
            Pace::Until => Flow::Until(Duration::ZERO),
        }
    }
}

/// How a job hands over a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// [`Emit::emit`], with the block's own head.
    #[default]
    Emit,
    /// [`Emit::reserve`] and [`Emit::commit`], with the step's reduced head where it has one.
    Commit,
}

/// The head of a source's block: bits of the user's, which must travel with the block.
pub const fn mark(empty: Head, number: u64) -> Head {
    let marked = number.is_multiple_of(3);
    empty.with(FIRST_USER_BIT, marked).with(empty.bit_count() - 1, marked)
}

/// The first bit of a head that is the user's.
const FIRST_USER_BIT: usize = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SourceArgs {
    count: u64,
    origins: Vec<String>,
    #[serde(default)]
    pace: Pace,
    #[serde(default)]
    manner: Manner,
}

const SOURCE: JobKind = JobKind {
    name: "numbered",
    about: "sends numbered blocks to each of its outputs",
    args: &|| schemars::schema_for!(SourceArgs),
    ports: &|args| {
        let _: SourceArgs = args.parse()?;
        Ok(Ports::new(PortList::none(), PortList::some(PortType::any())))
    },
    new: &|args| {
        let SourceArgs { count, origins, pace, manner } = args.parse()?;
        let origins: Result<_, ArgsError> = origins
            .iter()
            .map(|origin| {
                origin.parse().map_err(|error: crate::content::NoOrigin| ArgsError::at("origins", error.to_string()))
            })
            .collect();
        Ok(Box::new(Source { count, origins: origins?, pace, manner, empty: None }))
    },
};

struct Source {
    count: u64,
    origins: Vec<Origin>,
    pace: Pace,
    manner: Manner,
    empty: Option<Head>,
}

impl Job for Source {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.empty = Some(Head::empty(setup.head_size));
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let number = step.number.get();
        if number > self.count {
            return Ok(Flow::Done);
        }
        let head = mark(self.empty.unwrap_or(step.head), number);
        for (port, origin) in (0..).zip(&self.origins) {
            hand_over(out, Port(port), &Block::new(head, &origin.payload(number)), self.manner, Some(head))?;
        }
        Ok(if number == self.count { Flow::Done } else { self.pace.flow() })
    }
}

fn hand_over(
    out: &mut dyn Emit,
    to: Port,
    block: &Block<'_>,
    manner: Manner,
    committed: Option<Head>,
) -> Result<(), JobError> {
    match manner {
        Manner::Emit => out.emit(to, block)?,
        Manner::Commit => {
            out.reserve(to, block.bytes.len())?.copy_from_slice(block.bytes);
            out.commit(committed)?;
        }
    }
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ForwardArgs {
    #[serde(default)]
    pace: Pace,
    #[serde(default)]
    manner: Manner,
}

const FORWARD: JobKind = JobKind {
    name: "pass",
    about: "sends each block of its inputs to the output in the same place",
    args: &|| schemars::schema_for!(ForwardArgs),
    ports: &|args| {
        let _: ForwardArgs = args.parse()?;
        let any = || PortList::some(PortType::any());
        Ok(Ports { paired: true, ..Ports::new(any(), any()) })
    },
    new: &|args| {
        let ForwardArgs { pace, manner } = args.parse()?;
        Ok(Box::new(Forward { pace, manner }))
    },
};

struct Forward {
    pace: Pace,
    manner: Manner,
}

impl Job for Forward {
    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for (port, blocks) in (0..).zip(step.inputs) {
            blocks.iter().try_for_each(|block| hand_over(out, Port(port), block, self.manner, None))?;
        }
        Ok(self.pace.flow())
    }
}

/// What the `record` jobs of this process have seen, by their keys.
static RECORDS: Mutex<Option<HashMap<String, Shelf>>> = Mutex::new(None);

type Shelf = Arc<Mutex<Vec<Seen>>>;

/// What the `record` job with this key has seen, once.
pub fn take_record(key: &str) -> Option<Vec<Seen>> {
    let shelf = RECORDS.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.remove(key)?;
    let seen = std::mem::take(&mut *shelf.lock().unwrap_or_else(PoisonError::into_inner));
    Some(seen)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordArgs {
    key: String,
}

const RECORD: JobKind = JobKind {
    name: "record",
    about: "keeps what it has seen of its inputs",
    args: &|| schemars::schema_for!(RecordArgs),
    ports: &|args| {
        let _: RecordArgs = args.parse()?;
        Ok(Ports::new(PortList::some(PortType::any()), PortList::none()))
    },
    new: &|args: &Args| {
        let RecordArgs { key } = args.parse()?;
        let shelf = Shelf::default();
        let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
        records.get_or_insert_default().insert(key, shelf.clone());
        Ok(Box::new(Record { shelf }))
    },
};

struct Record {
    shelf: Shelf,
}

impl Job for Record {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let empty = |codec: Codec| match codec.has_blocks() {
            true => Seen::Blocks(Vec::new()),
            false => Seen::Stream(Vec::new()),
        };
        let inputs = setup.inputs.iter().map(|input| empty(input.codec)).collect();
        *self.shelf.lock().unwrap_or_else(PoisonError::into_inner) = inputs;
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        for (seen, blocks) in shelf.iter_mut().zip(step.inputs) {
            for block in *blocks {
                match seen {
                    Seen::Stream(bytes) => bytes.extend_from_slice(block.bytes),
                    Seen::Blocks(blocks) => {
                        let head = block.head.to_wire()[..block.head.size().bytes()].to_vec();
                        blocks.push(SeenBlock::of(block.bytes, Some(head)));
                    }
                }
            }
        }
        Ok(Flow::Again)
    }
}
