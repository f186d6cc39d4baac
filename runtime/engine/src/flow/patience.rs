//! Looking again for a moment before going to sleep.
//!
//! Between two busy threads the other side is mostly just about to do what is waited for, and to sleep and be woken costs
//! several microseconds. The moment is spent giving the processor to whoever wants it: there are often more threads
//! than processors, and the one that is waited for may need just this one.

/// So often.
const TIMES: u32 = 8;

/// How much of the moment is left.
#[derive(Debug)]
pub(crate) struct Patience {
    left: u32,
}

impl Patience {
    pub(crate) fn new() -> Patience {
        Patience { left: TIMES }
    }

    /// Whether it is time to sleep.
    pub(crate) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Lets others run.
    pub(crate) fn wait(&mut self) {
        self.left = self.left.saturating_sub(1);
        std::thread::yield_now();
    }
}
