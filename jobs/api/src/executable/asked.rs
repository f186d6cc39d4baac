//! Being asked to end, by SIGTERM.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

/// A step that waits for something outside gets so long to return before the program ends without it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the program was asked to end.
///
/// A source ends its stream after the step at hand. A thread of its own waits for the signal, so that looking whether it has
/// come costs no system call; at the signal it closes its end of a pipe, which wakes whoever waits.
pub(super) struct Asked {
    flags: Arc<Flags>,
    wakes: PipeReader,
    /// Gone when the program is at its end.
    _over: Sender<()>,
}

#[derive(Default)]
struct Flags {
    asked: AtomicBool,
    /// The job is in a step that may wait for something outside.
    may_wait: AtomicBool,
}

/// Keeps SIGTERM from ending the program, on this thread and on those that it starts. A connector or sink ends with its
/// inputs, so that all that is under way arrives.
pub(super) fn ignore() -> io::Result<()> {
    Ok(terminate().thread_block()?)
}

fn terminate() -> SigSet {
    SigSet::from(Signal::SIGTERM)
}

impl Asked {
    /// Listens from now on. `say` tells people why the program ends while its job waits.
    pub(super) fn listen(say: impl FnOnce() + Send + 'static) -> io::Result<Asked> {
        ignore()?;
        let (wakes, bell) = io::pipe()?;
        let flags = Arc::<Flags>::default();
        let (over, is_over) = mpsc::channel();
        let theirs = flags.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if terminate().wait().is_ok() {
                theirs.ring(bell);
                if is_over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) && theirs.may_wait() {
                    say();
                    end_here();
                }
            }
        })?;
        Ok(Asked { flags, wakes, _over: over })
    }

    pub(super) fn is_asked(&self) -> bool {
        self.flags.asked.load(Ordering::Acquire)
    }

    /// Says whether the job is in a step that may wait for something outside.
    pub(super) fn set_may_wait(&self, may_wait: bool) {
        self.flags.may_wait.store(may_wait, Ordering::Release);
    }

    /// Can be read once somebody has asked.
    pub(super) fn wakes(&self) -> BorrowedFd<'_> {
        self.wakes.as_fd()
    }
}

impl Flags {
    fn ring(&self, bell: PipeWriter) {
        self.asked.store(true, Ordering::Release);
        drop(bell);
    }

    fn may_wait(&self) -> bool {
        self.may_wait.load(Ordering::Acquire)
    }
}

#[expect(clippy::disallowed_methods, reason = "the main thread is in a call that nothing ends")]
fn end_here() -> ! {
    std::process::exit(0)
}
