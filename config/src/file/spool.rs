//! How blocks that wait are kept on disk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::Whole;
use crate::span::At;

/// How blocks that wait are kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Spool")]
pub struct SpoolTable {
    /// How many bytes may be kept for each reader. When so much waits, the writer waits, too.
    #[schemars(extend("default" = 1_073_741_824))]
    pub max_bytes: Option<At<Whole<0x1_0000, 0x4_0000_0000_0000>>>,
    /// When what was written is brought to the disk itself, so that it survives a power cut.
    #[schemars(extend("default" = "never"))]
    pub sync: Option<At<SpoolSyncName>>,
}

/// When what was written is brought to the disk itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SpoolSyncName {
    /// When the system likes to.
    Never,
    /// Every second.
    Interval,
    /// Before it counts as taken.
    Each,
}
