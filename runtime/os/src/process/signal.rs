//! Signals by number and by name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A signal, real-time ones included.
///
/// ```
/// use pipeloom_os::process::Signal;
///
/// assert_eq!("TERM".parse(), Ok(Signal::TERM));
/// assert_eq!("SIGKILL".parse::<Signal>().unwrap().to_string(), "SIGKILL");
/// assert!("SIGNAL".parse::<Signal>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct Signal(i32);

/// A name or number that no signal has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a signal")]
pub struct UnknownSignal(String);

impl Signal {
    /// The terminal was closed.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// An error that the program itself could not handle.
    pub const ABRT: Self = Self(libc::SIGABRT);
    /// The end that cannot be refused.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// A write to a pipe without readers.
    pub const PIPE: Self = Self(libc::SIGPIPE);
    /// Please end.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// The halt that cannot be refused.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// Go on after a halt.
    pub const CONT: Self = Self(libc::SIGCONT);
    /// For the user.
    pub const USR1: Self = Self(libc::SIGUSR1);
    /// For the user.
    pub const USR2: Self = Self(libc::SIGUSR2);
    /// The processor time that was allowed is used up.
    pub const XCPU: Self = Self(libc::SIGXCPU);
    /// A file would become larger than was allowed.
    pub const XFSZ: Self = Self(libc::SIGXFSZ);

    /// The signal with this number, if there is one (1 to 64).
    pub fn from_raw(number: i32) -> Option<Self> {
        (1..=64).contains(&number).then_some(Self(number))
    }

    /// Its number.
    pub fn as_raw(self) -> i32 {
        self.0
    }

    pub(crate) fn standard(self) -> Option<nix::sys::signal::Signal> {
        nix::sys::signal::Signal::try_from(self.0).ok()
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.standard() {
            Some(signal) => f.write_str(signal.as_str()),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Takes `TERM`, `SIGTERM` and `15`.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let unknown = || UnknownSignal(text.to_owned());
        if let Ok(number) = text.parse() {
            return Self::from_raw(number).ok_or_else(unknown);
        }
        let name = if text.starts_with("SIG") { text.to_owned() } else { format!("SIG{text}") };
        nix::sys::signal::Signal::from_str(&name).map(|signal| Self(signal as i32)).map_err(|_| unknown())
    }
}

impl TryFrom<i32> for Signal {
    type Error = UnknownSignal;

    fn try_from(number: i32) -> Result<Self, UnknownSignal> {
        Self::from_raw(number).ok_or_else(|| UnknownSignal(number.to_string()))
    }
}

impl From<Signal> for i32 {
    fn from(signal: Signal) -> Self {
        signal.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_time_signals_have_numbers_for_names() {
        assert_eq!("34".parse::<Signal>().unwrap().to_string(), "signal 34");
        assert!("0".parse::<Signal>().is_err());
        assert!("65".parse::<Signal>().is_err());
        assert!("".parse::<Signal>().is_err());
    }
}
