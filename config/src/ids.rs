//! Places and names of jobs and pipes in a checked network.

use std::fmt;

/// A job's place in its network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub(crate) u32);

/// A pipe's place in its network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PipeId(pub(crate) u32);

impl JobId {
    /// The place as an index into [`crate::Network::jobs`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl PipeId {
    /// The place as an index into [`crate::Network::pipes`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A job's name: letters, digits, `-`, `_` and `.`, at most 64 characters, no leading `-` or `.`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub(crate) String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
