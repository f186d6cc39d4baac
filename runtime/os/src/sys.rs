//! The system calls that nix does not wrap, or not safely for us, each behind a safe function.
#![expect(unsafe_code, reason = "the calls have no safe wrapper")]

mod copy;
mod fork;

use std::{
    ffi::{CStr, c_char, c_int, c_short},
    mem::{MaybeUninit, size_of},
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    ptr,
};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

pub(crate) use copy::{fork_into, say_argument};
pub(crate) use fork::{SoftAndHard, fork_and_exec};

use crate::{Errno, Result, limits::SoftDescriptors};

/// The most descriptors that one message carries (`SCM_MAX_FD` of the kernel).
pub(crate) const MAX_FDS: usize = 253;

fn check(result: c_int) -> Result<c_int, Errno> {
    Errno::result(result)
}

/// A second descriptor for the same thing, close-on-exec, numbered `least` or above.
pub(crate) fn duplicate(fd: BorrowedFd<'_>, least: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: fcntl with F_DUPFD_CLOEXEC touches no memory of ours; the new descriptor belongs to nobody else.
    unsafe {
        let new = check(libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least))?;
        Ok(OwnedFd::from_raw_fd(new))
    }
}

/// The same for a descriptor that somebody has only told the number of.
pub(crate) fn duplicate_number(fd: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: as above; a number that is not open is refused with EBADF, and -1 with it.
    unsafe {
        let new = check(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3))?;
        Ok(OwnedFd::from_raw_fd(new))
    }
}

/// Marks every descriptor from `first` up as close-on-exec.
pub(crate) fn close_on_exec_from(first: u32) -> Result<(), Errno> {
    // SAFETY: with CLOSE_RANGE_CLOEXEC no descriptor is closed, so nobody's ownership is violated. The raw call, as musl
    // has no wrapper.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    Errno::result(result).map(drop)
}

/// How the kernel schedules this thread.
pub(crate) fn scheduling_policy() -> Result<c_int, Errno> {
    // SAFETY: sched_getscheduler touches no memory of ours.
    check(unsafe { libc::sched_getscheduler(0) })
}

/// The same, from now on, for a policy without priorities.
pub(crate) fn set_scheduling_policy(policy: c_int) -> Result<(), Errno> {
    let priority = libc::sched_param { sched_priority: 0 };
    // SAFETY: sched_setscheduler only reads the structure.
    check(unsafe { libc::sched_setscheduler(0, policy, &raw const priority) }).map(drop)
}

/// flock(2), exclusive and without waiting. Unlike nix's, it is not taken back by hand: it ends with the last copy of the
/// descriptor.
pub(crate) fn try_lock(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: flock touches no memory of ours.
    check(unsafe { libc::flock(fd.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }).map(drop)
}

/// The next connection to a listening socket: close-on-exec and non-blocking.
pub(crate) fn accept(listener: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: with null pointers no address is written; the new descriptor belongs to nobody else.
    unsafe {
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        let new = check(libc::accept4(listener.as_raw_fd(), ptr::null_mut(), ptr::null_mut(), flags))?;
        Ok(OwnedFd::from_raw_fd(new))
    }
}

/// Bytes that a pipe holds.
pub(crate) fn queued(fd: BorrowedFd<'_>) -> Result<usize, Errno> {
    let mut bytes: c_int = 0;
    // SAFETY: FIONREAD writes one int through the pointer, which is valid for the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut bytes) })?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

/// A descriptor that stands for a process.
pub(crate) fn pidfd_open(pid: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: pidfd_open touches no memory; the descriptor (close-on-exec by definition) belongs to nobody else.
    unsafe {
        let fd = Errno::result(libc::syscall(libc::SYS_pidfd_open, pid, 0))?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// Sends a signal to the process behind a pidfd; 0 only asks whether it could be sent.
pub(crate) fn pidfd_send_signal(fd: BorrowedFd<'_>, signal: i32) -> Result<(), Errno> {
    // SAFETY: a null siginfo is allowed and means "as kill(2) would"; no other memory is involved.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, fd.as_raw_fd(), signal, ptr::null::<libc::siginfo_t>(), 0)
    };
    Errno::result(result).map(drop)
}

/// kill(2): to a process, or with a negative number to a group. Takes real-time signals, which nix does not.
pub(crate) fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    // SAFETY: kill touches no memory of ours.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Lets this process ignore a signal.
pub(crate) fn ignore(signal: Signal) -> Result<(), Errno> {
    dispose(signal, SigHandler::SigIgn)
}

/// Gives a signal its default action back.
pub(crate) fn restore(signal: Signal) -> Result<(), Errno> {
    dispose(signal, SigHandler::SigDfl)
}

/// Whether this process ignores a signal.
pub(crate) fn is_ignored(signal: Signal) -> Result<bool, Errno> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with a null pointer for the new action nothing changes; the old one is written whole if the call succeeds.
    unsafe {
        check(libc::sigaction(signal as c_int, ptr::null(), action.as_mut_ptr()))?;
        Ok(action.assume_init().sa_sigaction == libc::SIG_IGN)
    }
}

fn dispose(signal: Signal, handler: SigHandler) -> Result<(), Errno> {
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: neither of the two handlers asked for is a function that would have to be async-signal-safe.
    unsafe { sigaction(signal, &action) }.map(drop)
}

/// Reaps one dead child, if there is one: its pid and wait status. `ECHILD`: there are no children at all.
pub(crate) fn reap() -> Result<Option<(i32, c_int)>, Errno> {
    let mut status: c_int = 0;
    // SAFETY: waitpid writes one int through the pointer, which is valid for the call. Not nix's, which loses the status
    // of a child that a real-time signal has killed.
    let pid = check(unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) })?;
    Ok((pid > 0).then_some((pid, status)))
}

/// What one message brought.
pub(crate) struct Received {
    /// Bytes put into the buffer; 0 at the end of the stream.
    pub(crate) bytes: usize,
    /// The descriptors that came with them, close-on-exec.
    pub(crate) fds: Vec<OwnedFd>,
}

/// Receives bytes and descriptors from a Unix socket, without waiting.
///
/// When this process can open no more descriptors the kernel drops some without an error; the caller must know how
/// many it expects. (nix refuses to show those that did arrive in that case, and so leaks them.)
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<Received, Errno> {
    const SPACE: usize = (MAX_FDS * size_of::<c_int>()).next_multiple_of(16) + 64;
    #[repr(align(16))]
    struct Control([MaybeUninit<u8>; SPACE]);
    let mut control = Control([MaybeUninit::uninit(); SPACE]);
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: msghdr is plain data, for which all zeros is a valid value (padding included, on every libc).
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = SPACE as _;
    let flags = libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT;
    // SAFETY: all pointers in `message` are valid for the call and of the lengths given.
    let bytes = Errno::result(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) })?;
    let mut fds = Vec::new();
    // SAFETY: the kernel has filled `msg_controllen` bytes of the aligned control buffer with whole headers, and the
    // CMSG functions stay inside them. The descriptors in a SCM_RIGHTS header are new in this process and ours.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(&raw const message);
        while !header.is_null() {
            if (*header).cmsg_level == libc::SOL_SOCKET && (*header).cmsg_type == libc::SCM_RIGHTS {
                let length = (*header).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                let data = libc::CMSG_DATA(header).cast::<c_int>();
                for index in 0..length / size_of::<c_int>() {
                    fds.push(OwnedFd::from_raw_fd(data.add(index).read_unaligned()));
                }
            }
            header = libc::CMSG_NXTHDR(&raw const message, header);
        }
    }
    Ok(Received { bytes: bytes as usize, fds })
}

/// What [`posix_spawn`] or [`fork_and_exec`] starts. Pointers are made from these only for the call.
pub(crate) struct Image<'a> {
    pub(crate) program: &'a CStr,
    pub(crate) argv: &'a [&'a CStr],
    pub(crate) env: &'a [&'a CStr],
    pub(crate) cwd: Option<&'a CStr>,
    /// Source and target; no source may be a target.
    pub(crate) fds: &'a [(BorrowedFd<'a>, RawFd)],
}

/// Starts a child in a process group of its own with default signal dispositions and an empty signal mask, and with
/// `descriptors` as its soft limit of them, if that is given. No other thread of this process may open any meanwhile.
pub(crate) fn posix_spawn(image: &Image<'_>, descriptors: Option<u64>) -> Result<i32, Errno> {
    let actions = FileActions::new()?;
    if let Some(cwd) = image.cwd {
        actions.chdir(cwd)?;
    }
    for (source, target) in image.fds {
        actions.dup2(*source, *target)?;
    }
    let attributes = Attributes::new()?;
    let argv = pointers(image.argv);
    let env = pointers(image.env);
    let mut pid = 0;
    // Not sooner: what is added to the actions is held against the limit.
    let _lowered = descriptors.map(SoftDescriptors::lower).transpose()?;
    // SAFETY: the actions and attributes are initialised and live until after the call; argv and env are arrays of
    // valid C strings that end with a null pointer. posix_spawn reads all of them and writes only `pid`.
    let error = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            image.program.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            argv.as_ptr(),
            env.as_ptr(),
        )
    };
    returned(error)?;
    Ok(pid)
}

fn pointers(strings: &[&CStr]) -> Vec<*mut c_char> {
    strings.iter().map(|string| string.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

/// The posix_spawn family returns its error instead of setting errno.
fn returned(error: c_int) -> Result<(), Errno> {
    if error == 0 { Ok(()) } else { Err(Errno::from_raw(error)) }
}

/// Boxed, because the C type may not be moved once initialised.
struct FileActions(Box<MaybeUninit<libc::posix_spawn_file_actions_t>>);

impl FileActions {
    fn new() -> Result<Self, Errno> {
        let mut actions = Box::new(MaybeUninit::uninit());
        // SAFETY: init writes to the memory it is given, which is of the right size.
        returned(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        Ok(Self(actions))
    }

    fn chdir(&self, path: &CStr) -> Result<(), Errno> {
        // SAFETY: the actions are initialised, and the path is copied by the call.
        returned(unsafe { libc::posix_spawn_file_actions_addchdir_np(self.0.as_ptr().cast_mut(), path.as_ptr()) })
    }

    fn dup2(&self, source: BorrowedFd<'_>, target: RawFd) -> Result<(), Errno> {
        // SAFETY: the actions are initialised; the numbers are only stored here and used in the child.
        returned(unsafe {
            libc::posix_spawn_file_actions_adddup2(self.0.as_ptr().cast_mut(), source.as_raw_fd(), target)
        })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

struct Attributes(Box<MaybeUninit<libc::posix_spawnattr_t>>);

impl Attributes {
    fn new() -> Result<Self, Errno> {
        let mut inner = Box::new(MaybeUninit::uninit());
        // SAFETY: init writes to the memory it is given, which is of the right size.
        returned(unsafe { libc::posix_spawnattr_init(inner.as_mut_ptr()) })?;
        let mut this = Self(inner);
        let at = this.0.as_mut_ptr();
        let mut signals = MaybeUninit::uninit();
        let flags = libc::POSIX_SPAWN_SETPGROUP | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        // SAFETY: `at` is initialised, and sigemptyset or sigfillset initialises the set before it is read.
        unsafe {
            libc::sigemptyset(signals.as_mut_ptr());
            returned(libc::posix_spawnattr_setsigmask(at, signals.as_ptr()))?;
            libc::sigfillset(signals.as_mut_ptr());
            returned(libc::posix_spawnattr_setsigdefault(at, signals.as_ptr()))?;
            returned(libc::posix_spawnattr_setpgroup(at, 0))?;
            returned(libc::posix_spawnattr_setflags(at, flags as c_short))?;
        }
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}
