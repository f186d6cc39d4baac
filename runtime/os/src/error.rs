//! One error for all system calls: which call, on what, and the kernel's answer.

use std::{fmt, io};

pub use nix::errno::Errno;

/// What the functions of this crate return.
pub type Result<T, E = OsError> = std::result::Result<T, E>;

/// A system call that failed, what it was called on, and why.
///
/// ```
/// use pipeloom_os::{Errno, OsError};
///
/// let error = OsError::new("mkfifo", "/x/y", Errno::EACCES);
/// assert_eq!(error.to_string(), "mkfifo /x/y: permission denied (EACCES)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsError {
    call: &'static str,
    what: String,
    errno: Errno,
}

impl OsError {
    /// An error of `call` on `what` (a path, a pid, or the name of a thing; may be empty).
    pub fn new(call: &'static str, what: impl fmt::Display, errno: Errno) -> Self {
        Self { call, what: what.to_string(), errno }
    }

    /// The system call's name.
    pub fn call(&self) -> &'static str {
        self.call
    }

    /// What it was called on.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The kernel's reason.
    pub fn errno(&self) -> Errno {
        self.errno
    }

    /// Whether something is there already that was to be made.
    pub fn is_taken(&self) -> bool {
        self.errno == Errno::EEXIST
    }

    /// Whether the machine or the user's quota has run out of descriptors, processes or memory, so that the same call
    /// may succeed later.
    pub fn is_exhausted(&self) -> bool {
        matches!(self.errno, Errno::EMFILE | Errno::ENFILE | Errno::EAGAIN | Errno::ENOMEM)
    }
}

impl fmt::Display for OsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.call)?;
        if !self.what.is_empty() {
            write!(f, " {}", self.what)?;
        }
        write!(f, ": {}", Reason(self.errno))
    }
}

impl std::error::Error for OsError {}

impl From<OsError> for io::Error {
    fn from(error: OsError) -> Self {
        Self::new(io::Error::from(error.errno).kind(), error)
    }
}

/// An errno as a lower-case fragment: `permission denied (EACCES)`.
pub(crate) struct Reason(pub(crate) Errno);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.desc();
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(first), Some(second)) if second.is_lowercase() => {
                write!(f, "{}{}", first.to_ascii_lowercase(), &text[first.len_utf8()..])?;
            }
            _ => f.write_str(text)?,
        }
        write!(f, " ({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_call_thing_and_reason() {
        assert_eq!(OsError::new("epoll_wait", "", Errno::EBADF).to_string(), "epoll_wait: bad file number (EBADF)");
        assert_eq!(Reason(Errno::EIO).to_string(), "I/O error (EIO)");
    }

    #[test]
    fn knows_exhaustion_from_other_trouble() {
        assert!(OsError::new("open", "x", Errno::EMFILE).is_exhausted());
        assert!(!OsError::new("open", "x", Errno::EACCES).is_exhausted());
    }
}
