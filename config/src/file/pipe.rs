//! A pipe's table.

use pipeloom_job::CodecName;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::file::Whole;
use crate::span::At;

/// What is said about one pipe.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Pipe")]
pub struct PipeTable {
    /// How blocks stand on the pipe. Between native jobs `bincode` unless given; `stream` where every executable at
    /// its ends has it as standard input or output; else it must be given.
    pub codec: Option<At<CodecName>>,
    /// The size of every payload in bytes, for the codec `bytes` and only there.
    pub block_size: Option<At<Whole<1, 0xffff_ffff>>>,
    /// How many blocks may wait for each reader in the runtime, however long they are. Without it, 1,024 blocks or
    /// 4 MiB, whichever comes first, but at least 2 blocks.
    pub max_queue: Option<At<Whole<2, 0xffff_ffff>>>,
    /// The longest payload allowed, in bytes.
    #[schemars(extend("default" = 268_435_456))]
    pub max_block_bytes: Option<At<Whole<1, 0xffff_ffff>>>,
    /// The size wanted for the pipe's FIFOs, in bytes. The kernel rounds it up, and may refuse it to users who have
    /// many; without it, the kernel's default (64 KiB).
    pub capacity_bytes: Option<At<Whole<1, 0x4000_0000>>>,
    /// A way to realise the pipe instead of the one that is chosen without it.
    pub conduit: Option<At<ConduitName>>,
    /// Where the FIFO for a program outside the network is made, for `external` and only there. Relative to the file.
    pub path: Option<At<String>>,
    /// The end of the pipe that a program outside the network has.
    pub external: Option<At<ExternalName>>,
    /// What happens when a reader's queue is full.
    #[schemars(extend("default" = "block"))]
    pub when_full: Option<At<WhenFull>>,
    /// How many blocks a reader needs for one step.
    #[schemars(extend("const" = 1, "default" = 1))]
    pub block_count: Option<At<Whole<1, 0xffff_ffff>>>,
    /// Whether the pipe's blocks are read without being lined up with those of the other inputs.
    #[schemars(extend("const" = false, "default" = false))]
    pub r#async: Option<At<bool>>,
}

/// Ways to realise a pipe that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ConduitName {
    /// A real FIFO with head and payload, also between native jobs.
    Fifo,
    /// Kept for later.
    #[schemars(skip)]
    Shared,
}

/// An end of a pipe that is outside the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ExternalName {
    /// The program writes the pipe.
    Writer,
    /// The program reads the pipe.
    Reader,
}

/// What happens when a queue is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum WhenFull {
    /// The writer waits.
    Block,
    /// Kept for later.
    #[schemars(skip)]
    DropOldest,
    /// Kept for later.
    #[schemars(skip)]
    DropNewest,
}
