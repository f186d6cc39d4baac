//! Making an ordinary process a warden.

use std::{
    env, fmt,
    fs::File,
    io::{self, Write as _},
    os::fd::{AsFd, OwnedFd},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use nix::{
    poll::{PollFd, PollFlags, ppoll},
    sys::{
        prctl::set_child_subreaper,
        signal::{SigSet, SigmaskHow, Signal, pthread_sigmask},
        signalfd::{SfdFlags, SignalFd},
        socket::{getsockopt, sockopt::SockType},
        time::TimeSpec,
    },
    unistd::{dup2_stdin, dup2_stdout, setsid},
};

use super::serve;
use crate::{
    OsError, Result,
    call::{call, call_std, raw},
    sys,
    warden::ARGUMENT,
};

/// Signals that others send to whole groups or sessions, or that ask a program to end.
const IGNORED: [Signal; 5] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP];

/// Whether [`enter`] was called.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Whether this process has called [`enter`], so that its program can be started as a warden. One that does not would do once
/// more what it was doing when it wanted a warden, and so on without an end.
pub fn has_entered() -> bool {
    ENTERED.load(Ordering::Relaxed)
}

/// Serves if this process was started as a warden, and then returns the exit code that `main` is to return.
///
/// To be called first in `main`: before anything is printed, opened or started in another thread.
pub fn enter() -> Option<ExitCode> {
    ENTERED.store(true, Ordering::Relaxed);
    let is_warden = env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT);
    #[cfg(feature = "fault-injection")]
    crate::faults::from_environment(if is_warden { crate::faults::VARIABLE } else { crate::faults::RUNTIME_VARIABLE });
    if !is_warden {
        return None;
    }
    match take_life_line() {
        Ok(socket) => Some(serve(socket)),
        Err(error) => {
            say(format_args!("{ARGUMENT} is for pipeloom itself: {error}"));
            Some(ExitCode::from(2))
        }
    }
}

/// Serves as the copy of a process that has forked.
pub(in crate::warden) fn serve_as_copy(socket: OwnedFd) -> u8 {
    #[cfg(feature = "fault-injection")]
    crate::faults::of_copy();
    // The copy looks like the process that it was forked from until it says something else, and serves all the same.
    let _ = raw(|| sys::say_argument(ARGUMENT));
    match let_go_of_streams() {
        Ok(()) => super::serve_with_code(socket),
        Err(error) => {
            say(format_args!("warden failed: {error}"));
            super::FAILED
        }
    }
}

/// Nothing comes in, and what goes out is thrown away. Standard error stays what it is.
fn let_go_of_streams() -> Result<()> {
    let null = call_std("open", "/dev/null", || File::options().read(true).write(true).open("/dev/null"))?;
    call("dup2", "stdin", || dup2_stdin(&null))?;
    call("dup2", "stdout", || dup2_stdout(&null))
}

/// The last words of a process that has nobody else to tell. Not by `eprintln`, which panics where the terminal is gone.
pub(super) fn say(words: fmt::Arguments<'_>) {
    let _ = io::stderr().write_all(format!("pipeloom: {words}\n").as_bytes());
}

/// The socket comes as stdin, as that is the one place where std hands on a descriptor. It is moved away from there and
/// /dev/null takes its place, so that no child gets it.
fn take_life_line() -> Result<OwnedFd> {
    let stdin = io::stdin();
    call("getsockopt", "stdin", || getsockopt(&stdin, SockType))?;
    let socket = call("fcntl(F_DUPFD_CLOEXEC)", "stdin", || sys::duplicate(stdin.as_fd(), 3))?;
    let null = call_std("open", "/dev/null", || File::open("/dev/null"))?;
    call("dup2", "stdin", || dup2_stdin(&null))?;
    Ok(socket)
}

/// Everything about the process that a warden needs; returns what tells of ended children.
pub(super) fn prepare_process() -> Result<SignalFd> {
    for signal in IGNORED {
        call("sigaction", signal, || sys::ignore(signal))?;
    }
    // A host that ignores SIGCHLD hands that on, and then the kernel would reap our children before we do.
    call("sigaction", Signal::SIGCHLD, || sys::restore(Signal::SIGCHLD))?;
    // It fails only for the leader of a group, which is what we want to be; std's child is not one.
    let _ = raw(setsid);
    call("prctl(PR_SET_CHILD_SUBREAPER)", "", || set_child_subreaper(true))?;
    // What the runtime had left inheritable is nobody's business here, least of all our children's.
    call("close_range", "", || sys::close_on_exec_from(3))?;
    let mut set = SigSet::empty();
    set.add(Signal::SIGCHLD);
    call("pthread_sigmask", "", || pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&set), None))?;
    call("signalfd", "", || SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK))
}

/// Waits until a child has ended, or the time is over.
pub(super) fn wait_for_child(children: &SignalFd, timeout: Duration) -> Result<()> {
    let mut fds = [PollFd::new(children.as_fd(), PollFlags::POLLIN)];
    let timeout = TimeSpec::from_duration(timeout);
    match raw(|| ppoll(&mut fds, Some(timeout), None)) {
        Ok(_) => Ok(()),
        Err(errno) => Err(OsError::new("ppoll", "signalfd", errno)),
    }
}
