//! A copy of this process that goes another way.
#![expect(unsafe_code, reason = "a fork that does not exec")]

use std::{
    fs,
    os::{
        fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
        unix::fs::MetadataExt as _,
    },
    panic::catch_unwind,
    ptr,
};

use nix::sys::signal::{SigSet, SigmaskHow};

use super::check;
use crate::Errno;

/// The links of the folder with a process's threads: two, and one for each thread.
const LINKS_OF_ONE_THREAD: u64 = 3;

/// Where the arguments begin and end in /proc/PID/stat, counted from the field behind the name.
const ARGUMENTS_BEGIN: usize = 45;

/// What a copy that has panicked ends with.
const PANICKED: u8 = 70;

/// Forks this process. The copy has no descriptors but the standard ones and a duplicate of `keeps`, which `run` is called with;
/// what that returns is its exit code. All signals are blocked in it, so that none ends it before it has said what is to become of them.
/// Gives the copy's number.
///
/// `EBUSY` if this process has more than one thread: what another one holds, as the allocator's lock, would be held for ever
/// in the copy.
pub(crate) fn fork_into(keeps: BorrowedFd<'_>, run: fn(OwnedFd) -> u8) -> Result<i32, Errno> {
    let threads = fs::metadata("/proc/self/task").map_err(|_| Errno::EBUSY)?;
    if threads.nlink() != LINKS_OF_ONE_THREAD {
        return Err(Errno::EBUSY);
    }
    let kept = keeps.as_raw_fd();
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    // SAFETY: this thread is the only one, so that the copy finds all as it would be without the fork. It never returns from
    // here: nothing is used any more that belongs to whoever called, and its descriptors can be closed.
    let forked = check(unsafe { libc::fork() });
    match forked {
        Ok(0) => {
            let code = catch_unwind(|| close_all_but(kept).map_or(PANICKED, run)).unwrap_or(PANICKED);
            // SAFETY: `_exit` runs no code of this process.
            unsafe { libc::_exit(code.into()) }
        }
        forked => {
            before.thread_set_mask()?;
            forked
        }
    }
}

/// Closes all but the standard descriptors and this one, which is the caller's from now on.
fn close_all_but(kept: RawFd) -> Result<OwnedFd, Errno> {
    let close = |first: RawFd, last: RawFd| {
        // SAFETY: only the copy calls this, in which nobody uses a descriptor any more but the one that is kept. The raw call, as
        // musl has no wrapper.
        let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        Errno::result(result).map(drop)
    };
    if kept > 3 {
        close(3, kept - 1)?;
    }
    close(kept + 1, RawFd::MAX)?;
    // SAFETY: it is open, and in the copy nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(kept) })
}

/// Has `argument` stand behind this program's name where others look up its arguments, in place of all that were given. Where
/// there is no room for it behind the name, it stands alone, and where there is no room at all, nothing changes.
///
/// For a copy of a process, which would look as the original does, and be killed where somebody looks for that.
pub(crate) fn say_argument(argument: &str) -> Result<(), Errno> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|_| Errno::ENOENT)?;
    let fields =
        stat.rsplit_once(") ").map(|(_, fields)| fields.split(' ').skip(ARGUMENTS_BEGIN)).ok_or(Errno::EINVAL)?;
    let mut places = fields.map_while(|field| field.parse::<usize>().ok());
    let (Some(begin), Some(end)) = (places.next(), places.next()) else { return Err(Errno::EINVAL) };
    let Some(room) = end.checked_sub(begin).filter(|_| begin > 0) else { return Err(Errno::EINVAL) };
    let name = std::env::args_os().next().unwrap_or_default().into_encoded_bytes();
    let told = [&*name, argument.as_bytes()].join(&0);
    let told = if told.len() < room { &*told } else { argument.as_bytes() };
    if told.len() >= room {
        return Ok(());
    }
    // SAFETY: the kernel says that the strings of the arguments fill this part of the stack. They are bytes that end with a zero,
    // before and after this, and whoever reads them later reads other ones. No other thread reads them meanwhile, as the only
    // caller has just been forked.
    unsafe {
        let to = ptr::with_exposed_provenance_mut::<u8>(begin);
        ptr::copy_nonoverlapping(told.as_ptr(), to, told.len());
        ptr::write_bytes(to.add(told.len()), 0, room - told.len());
    }
    Ok(())
}
