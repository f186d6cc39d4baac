//! What a job may use at most.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::file::Whole;
use crate::span::At;

/// Sizes up to 1 PiB.
type Bytes<const MIN: u64> = Whole<MIN, 0x4_0000_0000_0000>;

/// What an executable may use at most; setrlimit(2) has the details.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Limits")]
pub struct LimitsTable {
    /// Address space of a process in bytes: its program and libraries, its stacks, and all that it maps or allocates.
    /// More is refused to it.
    pub memory_bytes: Option<At<Bytes<0x10_0000>>>,
    /// Processor time of a process. SIGXCPU ends it then; if it does not let itself be ended, SIGKILL does a second later.
    pub cpu_seconds: Option<At<Whole<1, 1_000_000_000>>>,
    /// Descriptors that a process may have open, its standard streams, control channel and pipes among them. More are
    /// refused to it.
    pub open_files: Option<At<Whole<1, 0x4000_0000>>>,
    /// The size in bytes to which a process may make a file grow. SIGXFSZ ends it then, or where that is ignored, as it is
    /// in Python, the write fails.
    pub file_bytes: Option<At<Bytes<1>>>,
    /// Processes and threads that the user (the real user id) may have, those of the job and all others together, for the
    /// job to start one more. It does not hold for root.
    pub processes: Option<At<Whole<1, 4_194_304>>>,
}
