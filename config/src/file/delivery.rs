//! What is promised of a pipe's blocks when a reader is started again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is promised of a pipe's blocks when a reader is started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum DeliveryName {
    /// No block is given twice; some may be lost.
    AtMostOnce,
    /// No block is lost; some may be given twice.
    AtLeastOnce,
}

/// When a block that a program was given is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum AckName {
    /// When the program has said so, with a kit, or has written what it makes of the block.
    Block,
    /// When the program has ended well.
    End,
}
