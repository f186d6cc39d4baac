//! A child that shares this process's memory until its exec, on a stack of its own.
//!
//! It is what vfork(2) and posix_spawn(3) do, with clone3(2) for the control group. libc has no function for it, and none of its
//! functions could be used: the child returns from the system call on another stack.

use std::{
    arch::asm,
    ffi::c_int,
    mem::{MaybeUninit, size_of},
};

use nix::sys::signal::{SigSet, SigmaskHow};

use super::{CloneArgs, Start, become_program};
use crate::Errno;

/// What the child's few frames have room in, in bytes. Below it is memory of ours, but nothing that it calls has frames of any size.
const STACK: usize = 64 * 1024;

/// Aligned as calls need it.
#[repr(align(16))]
struct Stack {
    _bytes: [MaybeUninit<u8>; STACK],
}

/// Starts the child and waits until it is another program, or has ended.
pub(super) fn clone(mut args: CloneArgs, start: &Start<'_>) -> Result<c_int, Errno> {
    let mut stack = Box::<Stack>::new_uninit();
    args.flags |= (libc::CLONE_VM | libc::CLONE_VFORK) as u64;
    (args.stack, args.stack_size) = (stack.as_mut_ptr() as u64, size_of::<Stack>() as u64);
    // No handler of ours may run in the child, as it would see this process's memory. The child has an empty mask in the end, and
    // before that gives all signals their default action.
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let result: i64;
    // SAFETY: the kernel reads `args`, which is of the size given. In this thread the call returns once the child has left this
    // memory, with the registers as they were but for rax, rcx and r11. In the child it returns 0 on the other stack, whose
    // upper end is aligned as a call needs it; there `run` is called with `start`, which outlives the call here, and never
    // returns. It makes system calls only, and writes to no memory of this process but its stack, errno, of which nothing is
    // expected over this call, and an atomic that is there for that.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, {start}",
            "call {run}",
            "ud2",
            "2:",
            start = in(reg) start,
            run = in(reg) run as unsafe extern "C" fn(*const Start<'_>) -> !,
            inlateout("rax") libc::SYS_clone3 => result,
            in("rdi") &raw const args,
            in("rsi") size_of::<CloneArgs>(),
            out("rcx") _,
            out("r11") _,
        );
    }
    before.thread_set_mask()?;
    match c_int::try_from(result) {
        Ok(child) if child > 0 => Ok(child),
        Ok(error) => Err(Errno::from_raw(-error)),
        Err(_) => Err(Errno::EINVAL),
    }
}

/// # Safety
/// For a child on a stack of its own, with a pointer that is valid until its exec.
unsafe extern "C" fn run(start: *const Start<'_>) -> ! {
    // SAFETY: as above.
    become_program(unsafe { &*start })
}
