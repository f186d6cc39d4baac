//! Signals to this process as a descriptor. For binaries: a library must not touch the signals of its host.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::{
    signal::{self, SigSet},
    signalfd::{SfdFlags, SignalFd},
};

use crate::{Errno, OsError, Result, call::call, process::Signal, sys};

/// Blocks some signals and reads them through a signalfd.
///
/// A signal that this process was started to ignore stays ignored, as it would without a watch: `nohup` ignores SIGHUP for
/// the program that it starts, and a shell without job control SIGINT for what it starts in the background. (Once blocked,
/// an ignored signal would come all the same.)
///
/// Make it first in `main`, before any thread is started: threads inherit the mask, and a signal that one thread does
/// not block would still end the process. The signals stay blocked when this is dropped, as one that comes during the
/// program's last steps must not cut them short. Children are not affected, whether spawned by std or by the warden.
#[derive(Debug)]
pub struct SignalWatch {
    fd: SignalFd,
}

impl SignalWatch {
    /// Watches `signals`, but for those that this process ignores. Fails with `EINVAL` for real-time signals.
    pub fn new(signals: &[Signal]) -> Result<Self> {
        let mut set = SigSet::empty();
        for signal in signals {
            let standard = signal.standard().ok_or_else(|| OsError::new("signalfd", signal, Errno::EINVAL))?;
            if !call("sigaction", signal, || sys::is_ignored(standard))? {
                set.add(standard);
            }
        }
        call("pthread_sigmask", "", || set.thread_block())?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let fd = call("signalfd", "", || SignalFd::with_flags(&set, flags))?;
        Ok(Self { fd })
    }

    /// The next signal that has come, if any. Several of one kind may have become one.
    pub fn next_signal(&mut self) -> Result<Option<Signal>> {
        let info = call("read", "signalfd", || self.fd.read_signal())?;
        Ok(info.and_then(|info| Signal::from_raw(info.ssi_signo.cast_signed())))
    }
}

impl AsFd for SignalWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Has a write to a file that may grow no more (RLIMIT_FSIZE) fail with `EFBIG`, where this process would be killed. What it
/// starts through a warden is killed as ever.
pub fn outlive_file_size_limit() -> Result<()> {
    call("sigaction", Signal::XFSZ, || sys::ignore(signal::SIGXFSZ))
}

/// Halts this process as SIGTSTP would if it were not watched, and returns once somebody has let it go on.
///
/// It returns at once where nobody could: the kernel does not halt a process by this signal if no parent of its group is
/// there to see it, such as a shell with job control. To be called by a thread that the signal is blocked for.
pub fn halt_this_process() -> Result<()> {
    let mut set = SigSet::empty();
    set.add(signal::SIGTSTP);
    // Raised before it is let through: what lets the process go on then takes all others away that have come meanwhile.
    call("raise", Signal::TSTP, || signal::raise(signal::SIGTSTP))?;
    call("pthread_sigmask", Signal::TSTP, || set.thread_unblock())?;
    call("pthread_sigmask", Signal::TSTP, || set.thread_block())
}
