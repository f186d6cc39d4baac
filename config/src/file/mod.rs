//! The network file as it is written, with the place of everything.
//!
//! The comments on the keys are the descriptions in the schema and in `docs/network-file.md`. Only what works is a
//! key here; names that are kept for later stand in `read::later`.

mod delivery;
mod entries;
mod job;
mod limits;
mod missing;
mod number;
mod param;
mod pipe;
mod restart;
mod spool;
mod value;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::span::At;

pub use delivery::{AckName, DeliveryName};
pub use entries::Entries;
pub use job::{IsolationName, JobTable, OnFailureName, PassName, SignalName, StepsName, StopTable};
pub use limits::LimitsTable;
pub use missing::{DropName, Dummy, DummyTable, OptionalTable};
pub use number::{Linger, Seconds, Whole};
pub use param::{DeclaredParam, Param, ParamType};
pub use pipe::{ConduitName, ExternalName, PipeTable, WhenFull};
pub use restart::{RestartName, RestartScopeName, RestartTable};
pub use spool::{SpoolSyncName, SpoolTable};
pub use value::Value;

/// A network: jobs, and the pipes between them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Pipeloom network")]
pub struct NetworkFile {
    /// What holds for the whole network.
    pub network: Option<NetworkTable>,
    /// Parameters: names with a plain default value or a table that declares more. `${name}` puts a parameter's value
    /// into any text of the file; `--param name=value` sets it. A parameter that nothing uses is an error.
    #[serde(default)]
    pub params: Entries<At<Param>>,
    /// The jobs, by name. A name has letters, digits, `-`, `_` and `.`, at most 64, and starts with none of `-` and
    /// `.`.
    #[serde(default)]
    #[schemars(extend("propertyNames" = name_schema()))]
    pub jobs: Entries<JobTable>,
    /// The pipes, by name. A pipe needs a table of its own only for what differs from the default.
    #[serde(default)]
    #[schemars(extend("propertyNames" = name_schema()))]
    pub pipes: Entries<PipeTable>,
}

/// What a name of a job or pipe looks like.
fn name_schema() -> serde_json::Value {
    json!({ "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$" })
}

/// What holds for the whole network.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Network")]
pub struct NetworkTable {
    /// The network's name; without one, the file's name.
    pub name: Option<At<String>>,
    /// What the network is for.
    pub description: Option<At<String>>,
    /// The size of every head, in bytes.
    #[schemars(extend("default" = 1))]
    pub head_size: Option<At<Whole<1, 4>>>,
}
