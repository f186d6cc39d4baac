//! Starting a program with limits, or into a control group: neither can be asked of posix_spawn(3).
//!
//! Where this is possible the child shares this process's memory until its exec, as with posix_spawn(3): a fork would copy what
//! describes the memory, and both sides each page that they touch.
#![expect(unsafe_code, reason = "between fork and exec there is nothing but bare calls")]

#[cfg(target_arch = "x86_64")]
mod shared;

use std::{
    ffi::{c_char, c_int},
    fs::File,
    io::Read as _,
    mem::MaybeUninit,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    ptr,
    sync::atomic::{AtomicI32, Ordering},
};

use nix::{
    fcntl::OFlag,
    sys::resource::{Resource, setrlimit},
    unistd::pipe2,
};

use super::{Image, duplicate, pointers};
use crate::{Errno, Result, call::raw};

/// Soft and hard limit of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SoftAndHard {
    pub(crate) resource: Resource,
    pub(crate) soft: u64,
    pub(crate) hard: u64,
}

/// Starts a child as [`super::posix_spawn`] does, with these limits and in this control group.
///
/// Where the kernel does not let it begin in the group, it begins in this process's.
///
/// On processors for which nobody has written the other way, and on old kernels, the child is forked. This takes the longer the
/// more memory this process has: for the warden, which has little.
pub(crate) fn fork_and_exec(
    image: &Image<'_>,
    limits: &[SoftAndHard],
    group: Option<BorrowedFd<'_>>,
) -> Result<i32, Errno> {
    let (argv, env) = (pointers(image.argv), pointers(image.env));
    let failure = AtomicI32::new(0);
    let start = Start { image, argv: &argv, env: &env, limits, failure: &failure, failed: None };
    match clone_sharing(group, &start) {
        Err(errno) if !matches!(errno, Errno::EAGAIN | Errno::ENOMEM) => fork_apart(group, start),
        Err(errno) => Err(errno),
        // It is another program by now, or has said in our memory why not, and ended.
        Ok(child) => match failure.load(Ordering::Relaxed) {
            0 => Ok(child),
            errno => Err(reaped(child, errno)),
        },
    }
}

/// Starts the child with a copy of our memory, out of which it can say nothing but by a pipe.
fn fork_apart(group: Option<BorrowedFd<'_>>, start: Start<'_>) -> Result<c_int, Errno> {
    let (reader, anywhere) = raw(|| pipe2(OFlag::O_CLOEXEC))?;
    // Out of the way of the numbers that the child gives its descriptors.
    let above = start.image.fds.iter().map(|(_, target)| *target).max().unwrap_or(2).max(2) + 1;
    let writer = raw(|| duplicate(anywhere.as_fd(), above))?;
    drop(anywhere);
    let start = Start { failed: Some(writer.as_raw_fd()), ..start };
    let child = match clone_apart(group, &start) {
        Err(errno) if !matches!(errno, Errno::EAGAIN | Errno::ENOMEM) => fork(&start)?,
        cloned => cloned?,
    };
    drop(writer);
    let mut errno = [0; size_of::<c_int>()];
    // Nothing comes if exec has closed the other end.
    match File::from(reader).read_exact(&mut errno) {
        Err(_) => Ok(child),
        Ok(()) => Err(reaped(child, c_int::from_ne_bytes(errno))),
    }
}

/// Why a child could not become the program. It has ended, and is nobody's job.
fn reaped(child: c_int, errno: c_int) -> Errno {
    // SAFETY: a null pointer for the status is allowed.
    while unsafe { libc::waitpid(child, ptr::null_mut(), 0) } < 0 && Errno::last() == Errno::EINTR {}
    Errno::from_raw(errno)
}

/// What a child needs to become the program.
struct Start<'a> {
    image: &'a Image<'a>,
    argv: &'a [*mut c_char],
    env: &'a [*mut c_char],
    limits: &'a [SoftAndHard],
    /// Where the child says why it could not: in the memory that it shares.
    failure: &'a AtomicI32,
    /// And where it shares none.
    failed: Option<RawFd>,
}

fn fork(start: &Start<'_>) -> Result<c_int, Errno> {
    // SAFETY: until it is another program the child makes system calls only. It allocates nothing and takes no lock, so
    // that it does not matter what other threads were doing.
    match Errno::result(unsafe { libc::fork() })? {
        0 => become_program(start),
        child => Ok(child),
    }
}

/// Starts the child in our memory, in a control group from its first moment if one is given, and waits until it has left that.
fn clone_sharing(group: Option<BorrowedFd<'_>>, start: &Start<'_>) -> Result<c_int, Errno> {
    #[cfg(target_arch = "x86_64")]
    return shared::clone(CloneArgs::new(group), start);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (group, start);
        Err(Errno::ENOSYS)
    }
}

/// The same with a copy of our memory.
fn clone_apart(group: Option<BorrowedFd<'_>>, start: &Start<'_>) -> Result<c_int, Errno> {
    let args = CloneArgs::new(group);
    // SAFETY: without CLONE_VM this is a fork, and what is said there holds here too. libc does not know of it, but the
    // child calls nothing of libc that would have to.
    match Errno::result(unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) })? {
        0 => become_program(start),
        child => Ok(child as c_int),
    }
}

/// Of the kernel's include/uapi/linux/sched.h, as of 5.7.
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

impl CloneArgs {
    /// Those of a fork.
    fn new(group: Option<BorrowedFd<'_>>) -> Self {
        const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
        let flags = group.map_or(0, |_| CLONE_INTO_CGROUP);
        let cgroup = group.map_or(0, |group| group.as_raw_fd() as u64);
        Self { flags, cgroup, exit_signal: libc::SIGCHLD as u64, ..Self::default() }
    }
}

/// In the child.
fn become_program(start: &Start<'_>) -> ! {
    let errno = try_to_become_program(start) as c_int;
    start.failure.store(errno, Ordering::Relaxed);
    // SAFETY: the bytes are valid for the call, and `_exit` runs no code of this process.
    unsafe {
        if let Some(failed) = start.failed {
            libc::write(failed, (&raw const errno).cast(), size_of::<c_int>());
        }
        libc::_exit(127)
    }
}

/// Returns only if that fails, with the reason.
fn try_to_become_program(&Start { image, argv, env, limits, .. }: &Start<'_>) -> Errno {
    if let Err(errno) = prepare(image, limits) {
        return errno;
    }
    // SAFETY: argv and env are arrays of valid C strings that end with a null pointer.
    unsafe { libc::execve(image.program.as_ptr(), argv.as_ptr().cast(), env.as_ptr().cast()) };
    Errno::last()
}

fn prepare(image: &Image<'_>, limits: &[SoftAndHard]) -> Result<(), Errno> {
    // SAFETY: these calls touch no memory but what is given to them, which is valid. For signals that cannot be given
    // their default action, sigaction does nothing.
    unsafe {
        Errno::result(libc::setpgid(0, 0))?;
        let mut default: libc::sigaction = MaybeUninit::zeroed().assume_init();
        default.sa_sigaction = libc::SIG_DFL;
        for signal in 1..=libc::SIGRTMAX() {
            libc::sigaction(signal, &raw const default, ptr::null_mut());
        }
        let mut none = MaybeUninit::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        Errno::result(libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()))?;
        if let Some(cwd) = image.cwd {
            Errno::result(libc::chdir(cwd.as_ptr()))?;
        }
        for (source, target) in image.fds {
            Errno::result(libc::dup2(source.as_raw_fd(), *target))?;
        }
    }
    // Last, as the number of a descriptor above may be higher than is allowed now.
    limits.iter().try_for_each(|limit| setrlimit(limit.resource, limit.soft, limit.hard))
}
