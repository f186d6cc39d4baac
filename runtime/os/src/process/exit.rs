//! How a process ended.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It returned this exit status, 0 to 255.
    Code(i32),
    /// A signal ended it.
    Signal {
        /// Which one.
        signal: Signal,
        /// Whether it left a core dump.
        core: bool,
    },
}

impl Exit {
    /// Exit status 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// Reads the status that waitpid(2) gives for a process that has ended.
    pub(crate) fn from_wait_status(status: i32) -> Self {
        match Signal::from_raw(libc::WTERMSIG(status)) {
            Some(signal) if libc::WIFSIGNALED(status) => Self::Signal { signal, core: libc::WCOREDUMP(status) },
            _ => Self::Code(libc::WEXITSTATUS(status)),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal { signal, core: false } => write!(f, "killed by {signal}"),
            Self::Signal { signal, core: true } => write!(f, "killed by {signal} (core dumped)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_statuses_are_read_and_told() {
        assert_eq!(Exit::from_wait_status(3 << 8).to_string(), "exit status 3");
        assert_eq!(Exit::from_wait_status(9).to_string(), "killed by SIGKILL");
        assert_eq!(Exit::from_wait_status(6 | 0x80).to_string(), "killed by SIGABRT (core dumped)");
        assert_eq!(Exit::from_wait_status(35).to_string(), "killed by signal 35");
        assert!(Exit::from_wait_status(0).is_success());
    }
}
