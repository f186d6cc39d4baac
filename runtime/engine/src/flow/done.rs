//! How many compute blocks a life of a program has done, as one of its outputs shows, or as it says itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use pipeloom_os::doorbell::Doorbell;

/// How many compute blocks a life of a program has done. Clones are about the same.
#[derive(Clone, Debug)]
pub(crate) struct Done(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    done: AtomicU64,
    given: AtomicU64,
    /// Whether somebody waits for more.
    awaited: AtomicBool,
    bell: Doorbell,
}

/// What a program has said of its compute blocks cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum WrongCount {
    /// It has said more before.
    #[error("says that {said} compute blocks are done, and has said {before} before")]
    Backwards {
        /// What it says.
        said: u64,
        /// What it has said.
        before: u64,
    },
    /// It was given less.
    #[error("says that {said} compute blocks are done, and was given {given}")]
    NeverGiven {
        /// What it says.
        said: u64,
        /// What it was given.
        given: u64,
    },
}

impl Done {
    /// None yet; whoever waits for more hears `bell`.
    pub(crate) fn new(bell: Doorbell) -> Done {
        let (done, given, awaited) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Done(Arc::new(Counts { done, given, awaited, bell }))
    }

    /// So many are done at least.
    pub(crate) fn at_least(&self, compute_blocks: u64) {
        let before = self.0.done.fetch_max(compute_blocks, SeqCst);
        if before < compute_blocks && self.0.awaited.load(SeqCst) {
            self.0.bell.ring();
        }
    }

    /// The program says that so many are done.
    pub(crate) fn say(&self, compute_blocks: u64) -> Result<(), WrongCount> {
        let (before, given) = (self.count(), self.0.given.load(SeqCst));
        if compute_blocks < before {
            return Err(WrongCount::Backwards { said: compute_blocks, before });
        }
        if compute_blocks > given {
            return Err(WrongCount::NeverGiven { said: compute_blocks, given });
        }
        self.at_least(compute_blocks);
        Ok(())
    }

    /// Nobody wants what would show it: so nothing is left undone for that.
    pub(crate) fn forget(&self) {
        self.at_least(u64::MAX);
    }

    /// So many more were given to the program.
    pub(super) fn add_given(&self, compute_blocks: u64) {
        self.0.given.fetch_add(compute_blocks, SeqCst);
    }

    /// Somebody waits for more.
    pub(super) fn wait(&self) {
        self.0.awaited.store(true, SeqCst);
    }

    /// How many are done.
    pub(super) fn count(&self) -> u64 {
        self.0.done.load(SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_held_against_what_it_was_given_and_what_it_said() {
        // Fault 45.
        let done = Done::new(Doorbell::new().unwrap());
        assert_eq!(done.say(1), Err(WrongCount::NeverGiven { said: 1, given: 0 }));
        done.add_given(5);
        assert_eq!(done.say(3), Ok(()));
        assert_eq!(done.say(3), Ok(()), "to say it twice does no harm");
        assert_eq!(done.say(2), Err(WrongCount::Backwards { said: 2, before: 3 }));
        assert_eq!(done.say(6), Err(WrongCount::NeverGiven { said: 6, given: 5 }));
        assert_eq!(done.count(), 3);
    }
}
