//! A pipe's table.

use pipeloom_job::CodecName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{AckName, DeliveryName, Dummy, OptionalTable, SpoolTable, Whole};
use crate::span::At;

/// What is said about one pipe.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Pipe")]
pub struct PipeTable {
    /// How blocks stand on the pipe. Between native jobs `bincode` unless given; `stream` where every executable at
    /// its ends has it as standard input or output; else it must be given. Beside those that are built in there may be
    /// others (`pipeloom codecs` lists all), and for jobs in Python classes, as `FILE.py:CLASS`, relative to the file.
    #[schemars(with = "Option<AnyCodec>")]
    pub codec: Option<At<String>>,
    /// The size of every payload in bytes, for the codec `bytes` and only there.
    pub block_size: Option<At<Whole<1, 0xffff_ffff>>>,
    /// How many blocks may wait for each reader in the runtime, however long they are. Without it, 1,024 blocks or
    /// 4 MiB, whichever comes first, but at least 2 blocks.
    pub max_queue: Option<At<Whole<2, 0xffff_ffff>>>,
    /// The longest payload allowed, in bytes.
    #[schemars(extend("default" = 268_435_456))]
    pub max_block_bytes: Option<At<Whole<1, 0xffff_ffff>>>,
    /// The size wanted for the pipe's FIFOs, in bytes. The kernel rounds it up, and may refuse it to users who have
    /// many; without it, four blocks if their size is known, from the kernel's default (64 KiB) up to 1 MiB.
    pub capacity_bytes: Option<At<Whole<1, 0x4000_0000>>>,
    /// A way to realise the pipe instead of the one that is chosen without it.
    pub conduit: Option<At<ConduitName>>,
    /// Where the FIFO for a program outside the network is made, for `external` and only there. Relative to the file.
    pub path: Option<At<String>>,
    /// The end of the pipe that a program outside the network has.
    pub external: Option<At<ExternalName>>,
    /// How many blocks make one compute block of a reader: it gets so many at once.
    #[schemars(extend("default" = 1))]
    pub block_count: Option<At<Whole<1, 0xffff_ffff>>>,
    /// Whether blocks are taken in the order in which they come, and not lined up with those of the other inputs by
    /// their numbers.
    #[schemars(extend("default" = false))]
    pub r#async: Option<At<bool>>,
    /// Makes the pipe one that readers never wait for: its blocks are taken as with `async`, and where none has come
    /// they get the last one again, or a default. `{}` leaves all of it at its defaults.
    pub optional: Option<At<OptionalTable>>,
    /// What stands for a block that is missing; it carries the corrupted bit. `"zero"`: as many zeros as a block has
    /// bytes, for the codec `bytes` alone and its default. `"previous"`: the block before it, or an empty one, the
    /// default of the other codecs. `{ value = ... }`: this value.
    pub dummy: Option<At<Dummy>>,
    /// What happens to a block that comes when a reader's queue is full. Blocks that reset or finish are never dropped.
    /// Without it, what the readers' jobs say.
    #[schemars(extend("default" = "block"))]
    pub when_full: Option<At<WhenFull>>,
    /// How blocks are kept on disk: those that wait with `when_full = "spool"`, those that are not done with
    /// `delivery = "at-least-once"`; only there.
    pub spool: Option<At<SpoolTable>>,
    /// What is promised of the pipe's blocks when a reader is started again (see `restart`).
    #[schemars(extend("default" = "at-most-once"))]
    pub delivery: Option<At<DeliveryName>>,
    /// When a block that was given to an executable is done, with `delivery = "at-least-once"`: when the executable has said so
    /// with a kit, or has written what it makes of it; or only when it has ended with success.
    #[schemars(extend("default" = "block"))]
    pub ack: Option<At<AckName>>,
    /// How many bytes of blocks that are not done may be kept in memory for each reader, with `delivery = "at-least-once"`. A
    /// block counts with its payload and 64 bytes, and those that were given at once with 512 more. What is more is kept on
    /// disk, up to `spool.max_bytes`; with more than that the promise cannot be kept, and the reader has failed.
    #[schemars(extend("default" = 4_194_304))]
    pub window_bytes: Option<At<Whole<1, 0x4_0000_0000_0000>>>,
    /// Whether the pipe leads back, to a job whose blocks its writer needs. Such a pipe needs `optional` or `async`, and
    /// a `when_full` other than `block`.
    #[schemars(extend("default" = false))]
    pub cycle: Option<At<bool>>,
    /// The jobs that may write the pipe; another one is an error. Without it, any job may.
    pub writers: Option<At<Vec<At<String>>>>,
    /// The jobs that may read the pipe; another one is an error. Without it, any job may.
    pub readers: Option<At<Vec<At<String>>>>,
}

/// A codec's name for the schema, so that editors complete those that are always there.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only the schema is of interest")]
enum AnyCodec {
    BuiltIn(CodecName),
    Custom(String),
}

/// Ways to realise a pipe that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ConduitName {
    /// A real FIFO with head and payload, also between native jobs.
    Fifo,
    /// The runtime stands in between: it checks heads, counts blocks, has a queue, and hands on whole blocks alone.
    Relay,
    /// Large payloads lie in memory that its two ends share, also where they are not large by the pipe's `block_size`. Programs have
    /// `kit = true`, and one end is a program. The codec is `bytes`, `framed` or `bincode`.
    Shared,
}

/// An end of a pipe that is outside the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ExternalName {
    /// The program writes the pipe.
    Writer,
    /// The program reads the pipe.
    Reader,
}

/// What happens when a queue is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum WhenFull {
    /// The writer waits.
    Block,
    /// The block that has waited longest is dropped.
    DropOldest,
    /// The block that has just come is dropped.
    DropNewest,
    /// The run fails.
    Fail,
    /// It is put on disk.
    Spool,
}

impl WhenFull {
    /// The name in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            WhenFull::Block => "block",
            WhenFull::DropOldest => "drop-oldest",
            WhenFull::DropNewest => "drop-newest",
            WhenFull::Fail => "fail",
            WhenFull::Spool => "spool",
        }
    }
}
