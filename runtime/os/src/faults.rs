//! Failing the n-th system call, for tests (feature `fault-injection`).
//!
//! One counter stands over all calls of the process. A test asks for the n-th call from now on to fail, runs its case,
//! and goes on with n + 1 until [`fired`] says that the case made fewer calls than that:
//!
//! ```
//! use pipeloom_os::{Errno, faults, pipe};
//!
//! for n in 1.. {
//!     faults::fail_at(n, Errno::EMFILE);
//!     let made = pipe::unnamed();
//!     if !faults::fired() {
//!         assert!(made.is_ok());
//!         break;
//!     }
//!     assert_eq!(made.unwrap_err().errno(), Errno::EMFILE);
//! }
//! faults::clear();
//! ```
//!
//! A warden takes its fault from the environment variable `PIPELOOM_FAIL_AT=n:ERRNO` (`7:EMFILE` or `7:24`), any other program
//! that calls [`crate::warden::enter`] from `PIPELOOM_FAIL_RUNTIME_AT`. With `7+:EMFILE` all later calls fail too, and with
//! `posix_spawn:EAGAIN` all of that name. Where the call stands that has failed first, is written to the file that
//! `PIPELOOM_FAIL_TOLD` names.

use std::{
    env, fs,
    panic::Location,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::SeqCst},
    },
};

use crate::Errno;

/// Which call of a warden fails.
pub const VARIABLE: &str = "PIPELOOM_FAIL_AT";

/// Which call of a program fails that is no warden.
pub const RUNTIME_VARIABLE: &str = "PIPELOOM_FAIL_RUNTIME_AT";

/// Where the place of the call that has failed is written.
pub const TOLD_VARIABLE: &str = "PIPELOOM_FAIL_TOLD";

/// Calls to let pass before the one that fails; 0: none fails.
static LEFT: AtomicU64 = AtomicU64::new(0);
static ERRNO: AtomicI32 = AtomicI32::new(0);
static FIRED: AtomicU64 = AtomicU64::new(0);
/// Whether the calls after that fail too.
static STAYS: AtomicBool = AtomicBool::new(false);
/// All calls of this name fail.
static NAME: Mutex<Option<String>> = Mutex::new(None);

/// Makes the `n`-th call from now (1 is the next one), in whatever thread, fail with `errno`. Later ones pass.
pub fn fail_at(n: u64, errno: Errno) {
    FIRED.store(0, SeqCst);
    STAYS.store(false, SeqCst);
    ERRNO.store(errno as i32, SeqCst);
    LEFT.store(n, SeqCst);
}

/// Whether the call chosen by [`fail_at`] has come and failed.
pub fn fired() -> bool {
    FIRED.load(SeqCst) > 0
}

/// Lets all calls pass again.
pub fn clear() {
    STAYS.store(false, SeqCst);
    LEFT.store(0, SeqCst);
}

/// Sets what one of the variables asks for; nothing if it is absent or makes no sense.
pub fn from_environment(variable: &str) {
    let Ok(text) = env::var(variable) else { return };
    let Some((which, errno)) = text.split_once(':') else { return };
    let Some(errno) = parse_errno(errno) else { return };
    match which.trim_end_matches('+').parse() {
        Ok(n) => {
            fail_at(n, errno);
            STAYS.store(which.ends_with('+'), SeqCst);
        }
        Err(_) => {
            ERRNO.store(errno as i32, SeqCst);
            *NAME.lock().unwrap_or_else(PoisonError::into_inner) = Some(which.to_owned());
        }
    }
}

/// What a warden begins with that is a copy of another program.
pub(crate) fn of_copy() {
    clear();
    *NAME.lock().unwrap_or_else(PoisonError::into_inner) = None;
    from_environment(VARIABLE);
}

fn parse_errno(text: &str) -> Option<Errno> {
    // Linux numbers its errors up to 133 (EHWPOISON).
    let known = (1..=133).map(Errno::from_raw).filter(|errno| *errno != Errno::UnknownErrno);
    match text.parse::<i32>() {
        Ok(number) => Some(Errno::from_raw(number)).filter(|errno| *errno != Errno::UnknownErrno),
        Err(_) => known.into_iter().find(|errno| format!("{errno:?}") == text),
    }
}

/// Counts one call, which may have a name; the error if it is one to fail.
#[track_caller]
pub(crate) fn pass(name: &str) -> Result<(), Errno> {
    let is_chosen = LEFT.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) == Ok(1);
    let is_later = STAYS.load(SeqCst) && LEFT.load(SeqCst) == 0;
    let is_named = || NAME.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(name);
    if !is_chosen && !is_later && !is_named() {
        return Ok(());
    }
    if FIRED.fetch_add(1, SeqCst) == 0
        && let Some(file) = env::var_os(TOLD_VARIABLE)
    {
        // Without it the test does not know that it has come to a call, and fails.
        let _ = fs::write(file, Location::caller().to_string());
    }
    Err(Errno::from_raw(ERRNO.load(SeqCst)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_is_read_by_name_and_by_number() {
        assert_eq!(parse_errno("EMFILE"), Some(Errno::EMFILE));
        assert_eq!(parse_errno("24"), Some(Errno::EMFILE));
        assert_eq!(parse_errno("ENOSUCHTHING"), None);
    }
}
