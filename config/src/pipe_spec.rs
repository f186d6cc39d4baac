//! A pipe of a checked network.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use pipeloom_job::Codec;
use pipeloom_job::control::{Direction, PipeEntry};

use crate::delivery::Delivery;
use crate::ids::{JobId, Name};
use crate::span::Span;

/// One pipe.
#[derive(Clone, Debug)]
pub struct PipeSpec {
    /// The name in the file.
    pub name: Name,
    /// Where the file speaks of it.
    pub span: Span,
    /// The job that writes it; `None` if a program outside the network does.
    pub writer: Option<End>,
    /// The jobs that read it, in the file's order; at least one, unless a program outside the network reads.
    pub readers: Vec<End>,
    /// How its blocks stand on the wire.
    pub codec: Codec,
    /// The class by which jobs in Python make values of its payloads, or of its bytes where it is a stream.
    pub class: Option<CodecClass>,
    /// How many of its blocks make one compute block of a reader.
    pub block_count: NonZeroUsize,
    /// How its readers take its blocks.
    pub taking: Taking,
    /// What stands for a block that is missing.
    pub dummy: Dummy,
    /// How much may wait in the runtime.
    pub queue: QueueLimits,
    /// What becomes of a block for which there is no room.
    pub when_full: WhenFull,
    /// What is promised of its blocks when a reader is started again.
    pub delivery: Delivery,
    /// Whether it leads back, to a job whose blocks its writer needs.
    pub cycle: bool,
    /// The size wanted for its FIFOs, in bytes.
    pub capacity: Option<NonZeroUsize>,
    /// The longest payload allowed, in bytes.
    pub max_block_bytes: usize,
    /// The way to realise it that the file asks for.
    pub forced: Option<Forced>,
    /// The end that a program outside the network has, and where its FIFO is made.
    pub external: Option<External>,
}

/// A way to realise a pipe, instead of the one that would be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forced {
    /// A FIFO even between native jobs.
    Fifo,
    /// The runtime in between.
    Relay,
    /// Memory that two programs share.
    Shared,
}

impl PipeSpec {
    /// The codec's name, as the file has it.
    pub fn codec_name(&self) -> &str {
        match &self.class {
            Some(class) => &class.name,
            None => self.codec.name().as_str(),
        }
    }

    /// What a program is told of the pipe, of which it has this end, but for its place.
    pub fn entry(&self, direction: Direction, sees_heads: bool) -> PipeEntry {
        PipeEntry {
            name: self.name.to_string(),
            direction,
            codec: self.codec.to_string(),
            class: self.class.as_ref().map(|class| class.spec.clone()),
            block_size: self.codec.block_size(),
            block_count: match direction {
                Direction::Input => self.block_count.get(),
                Direction::Output => 1,
            },
            max_block_bytes: Some(self.max_block_bytes),
            head: sees_heads && self.codec.has_blocks(),
            between_kits: false,
            path: None,
            fd: None,
            ring: None,
        }
    }
}

/// A class in a Python file that is a pipe's codec.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodecClass {
    /// The name in the file.
    pub name: String,
    /// `FILE.py:CLASS`, with an absolute path.
    pub spec: String,
}

/// A job at an end of a pipe, and which of its ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The job.
    pub job: JobId,
    /// The place among its inputs or outputs.
    pub port: usize,
}

/// How a pipe's readers take its blocks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Taking {
    /// By number, in step with the other inputs.
    #[default]
    InStep,
    /// In the order in which they come, whatever their numbers.
    Async,
    /// The same, and never waited for.
    Optional(Optional),
}

/// What an optional pipe gives while no block comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Optional {
    /// The payload until the first block has come.
    pub default: Vec<u8>,
    /// Whether the last payload is given again; else the default is.
    pub store: bool,
    /// How many blocks may wait, and which of them make room for more; without it they wait as on any other pipe.
    pub buffer: Option<Buffer>,
}

/// A short queue of blocks that nobody waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffer {
    /// How many.
    pub blocks: NonZeroUsize,
    /// Which one is dropped for one more.
    pub drop: DropSide,
}

/// An end of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DropSide {
    /// What has waited longest.
    #[default]
    Oldest,
    /// What has just come.
    Newest,
}

/// What stands for a block that is missing. It always carries the corrupted bit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dummy {
    /// As many zeros as a block has bytes.
    Zero,
    /// The payload before it; before any, this empty value.
    Previous {
        /// A payload that the codec can read.
        empty: Vec<u8>,
    },
    /// This payload.
    Value(Vec<u8>),
}

impl Dummy {
    /// What a pipe of this codec has unless the file says otherwise.
    pub fn of(codec: Codec) -> Dummy {
        match codec {
            Codec::Bytes { .. } => Dummy::Zero,
            Codec::Json => Dummy::Previous { empty: b"null".to_vec() },
            Codec::Bincode | Codec::Lines | Codec::Framed | Codec::Stream => Dummy::Previous { empty: Vec::new() },
            Codec::Custom(codec) => Dummy::Previous { empty: codec.empty() },
        }
    }
}

/// What becomes of a block for which a queue has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WhenFull {
    /// Its writer waits.
    #[default]
    Block,
    /// A block of the queue is dropped for it.
    Drop(DropSide),
    /// The run fails.
    Fail,
    /// It is put on disk.
    Spool(SpoolSpec),
}

/// How blocks that wait are kept on disk, for each reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpoolSpec {
    /// How many bytes may be kept.
    pub max_bytes: u64,
    /// When they are brought to the disk itself.
    pub sync: SpoolSync,
}

/// When what was written is brought to the disk itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SpoolSync {
    /// When the system likes to.
    #[default]
    Never,
    /// Every second.
    Interval,
    /// Before it counts as taken.
    Each,
}

/// How much may wait in a queue of the runtime: whichever comes first, but always at least 2 blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueLimits {
    /// Blocks.
    pub blocks: usize,
    /// Payload bytes.
    pub bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> QueueLimits {
        QueueLimits { blocks: 1024, bytes: 4 << 20 }
    }
}

/// An end of a pipe that is outside the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct External {
    /// Which end.
    pub side: Side,
    /// Where the FIFO is made.
    pub path: PathBuf,
}

/// An end of a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The end that is written.
    Writer,
    /// The end that is read.
    Reader,
}
