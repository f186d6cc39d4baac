//! What an executable may use at most.

use std::fmt;

/// A thing that can be limited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Address space of a process, in bytes.
    MemoryBytes,
    /// Processor time of a process, in seconds.
    CpuSeconds,
    /// Descriptors that a process has open.
    OpenFiles,
    /// The size of a file that a process writes.
    FileBytes,
    /// Processes and threads of the user.
    Processes,
}

impl Limit {
    /// The key in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Limit::MemoryBytes => "memory_bytes",
            Limit::CpuSeconds => "cpu_seconds",
            Limit::OpenFiles => "open_files",
            Limit::FileBytes => "file_bytes",
            Limit::Processes => "processes",
        }
    }
}

/// The limits that the file gives an executable, shown as they stand there: `cpu_seconds = 60, open_files = 64`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    pub(crate) given: Vec<(Limit, u64)>,
}

impl Limits {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// All of them, with what is allowed.
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> {
        self.given.iter().copied()
    }

    /// What is allowed of `limit`, if that is limited.
    pub fn get(&self, limit: Limit) -> Option<u64> {
        self.iter().find(|(given, _)| *given == limit).map(|(_, most)| most)
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (limit, most)) in self.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{} = {most}", limit.as_str())?;
        }
        Ok(())
    }
}
