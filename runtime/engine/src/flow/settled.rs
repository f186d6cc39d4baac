//! How far the reader of a spool has done what it was given.
//!
//! Where blocks are to outlive the runtime, they stay on disk until their reader has done them, not only until they are on
//! their way to it. The reader's side says how many it has used or passed over, in their order; the spool's side looks at that
//! whenever it has its turn, and has its bell rung while it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use pipeloom_os::doorbell::Doorbell;

struct Shared {
    /// All blocks before this place in the spool are done.
    place: AtomicU64,
    /// Whether the spool's side waits for more.
    awaited: AtomicBool,
    /// Whether the reader's side is gone.
    left: AtomicBool,
    bell: Doorbell,
}

/// The reader's side.
pub(crate) struct Settler {
    shared: Arc<Shared>,
    /// The place of the first block that the reader is given.
    first: u64,
}

/// The spool's side.
pub(crate) struct Settled(Arc<Shared>);

/// Both sides, for a spool whose blocks before the place `first` are done; its owner hears `bell`.
pub(crate) fn settling(first: u64, bell: &Doorbell) -> (Settler, Settled) {
    let shared = Arc::new(Shared {
        place: AtomicU64::new(first),
        awaited: AtomicBool::new(false),
        left: AtomicBool::new(false),
        bell: bell.clone(),
    });
    (Settler { shared: shared.clone(), first }, Settled(shared))
}

impl Settler {
    /// The place behind so many blocks of those that the reader was ever given.
    pub(super) const fn place_after(&self, blocks: u64) -> u64 {
        self.first.saturating_add(blocks)
    }

    /// The reader has done all before this place, or passed over it.
    pub(super) fn settle(&self, place: u64) {
        if self.shared.place.fetch_max(place, SeqCst) < place {
            self.shared.ring();
        }
    }

    /// The reader has done all that it wants: nothing of the rest is for it.
    pub(super) fn settle_all(&self) {
        self.settle(u64::MAX);
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        self.shared.left.store(true, SeqCst);
        self.shared.ring();
    }
}

impl Shared {
    fn ring(&self) {
        if self.awaited.swap(false, SeqCst) {
            self.bell.ring();
        }
    }
}

impl Settled {
    /// All before this place are done.
    pub(super) fn place(&self) -> u64 {
        self.0.place.load(SeqCst)
    }

    /// Whether the reader has done all that it wants.
    pub(super) fn is_all(&self) -> bool {
        self.place() == u64::MAX
    }

    /// Whether the reader is gone, so that no more is done.
    pub(super) fn is_left(&self) -> bool {
        self.0.left.load(SeqCst)
    }

    /// The bell is to be rung when more is done.
    pub(super) fn wait(&self) {
        self.0.awaited.store(true, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_is_rung_once_for_each_wait_and_only_for_news() {
        let bell = Doorbell::new().unwrap();
        let (settler, settled) = settling(10, &bell);
        settler.settle(settler.place_after(2));
        assert_eq!((settled.place(), settled.is_left()), (12, false));
        settled.wait();
        settler.settle(11);
        assert!(settled.0.awaited.load(SeqCst), "that was known");
        settler.settle(13);
        assert!(!settled.0.awaited.load(SeqCst));
        settled.wait();
        drop(settler);
        assert!(!settled.0.awaited.load(SeqCst) && settled.is_left() && !settled.is_all());
    }
}
