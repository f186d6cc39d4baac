//! The list of all predefined codecs.

use pipeloom_job::CustomCodec;

use crate::nul;

/// The codecs that every network can use beside the built-in ones.
pub const CODECS: &[&dyn CustomCodec] = &[&nul::Nul];
