//! How the kernel schedules a thread of this process.

use crate::{Result, call::call, sys};

/// Has this thread wait for its turn when it is woken, instead of taking the processor from whoever has woken it.
///
/// A thread that works on what others write would otherwise run for each of their writes, where the processor is scarce: a
/// change of process for one small block. It runs at once all the same where a processor is free, or when the others wait.
/// Its share of the processor does not change. (`SCHED_BATCH`, sched(7).)
///
/// A thread that somebody has given another policy keeps it. What this thread starts inherits it: see [`as_by_default`].
pub fn wait_for_a_turn() -> Result<()> {
    change(libc::SCHED_OTHER, libc::SCHED_BATCH)
}

/// Has a thread that was started by one that waits for its turn be scheduled as any other.
pub fn as_by_default() -> Result<()> {
    change(libc::SCHED_BATCH, libc::SCHED_OTHER)
}

fn change(from: i32, to: i32) -> Result<()> {
    if call("sched_getscheduler", "this thread", sys::scheduling_policy)? != from {
        return Ok(());
    }
    call("sched_setscheduler", format_args!("policy {to}"), || sys::set_scheduling_policy(to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// The policy of a new thread after `done`.
    fn policy_after(done: impl FnOnce() + Send + 'static) -> i32 {
        let thread = thread::spawn(move || {
            done();
            sys::scheduling_policy().unwrap()
        });
        thread.join().unwrap()
    }

    #[test]
    fn the_policy_is_that_of_one_thread_and_what_it_starts() {
        let policy = policy_after(|| {
            wait_for_a_turn().unwrap();
            assert_eq!(policy_after(|| ()), libc::SCHED_BATCH);
            assert_eq!(policy_after(|| as_by_default().unwrap()), libc::SCHED_OTHER);
        });
        assert_eq!((policy, policy_after(|| ())), (libc::SCHED_BATCH, libc::SCHED_OTHER));
    }

    #[test]
    fn a_policy_that_somebody_has_chosen_stays() {
        let policy = policy_after(|| {
            sys::set_scheduling_policy(libc::SCHED_IDLE).unwrap();
            wait_for_a_turn().unwrap();
            as_by_default().unwrap();
        });
        assert_eq!(policy, libc::SCHED_IDLE);
    }
}
