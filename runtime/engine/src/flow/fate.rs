//! How a program ended, for whoever reads what it wrote: the end of its last line may be missing because it was killed inside
//! it, or because it never writes one.

use std::sync::{Arc, OnceLock};

use pipeloom_os::doorbell::Doorbell;

/// How the program that writes a pipe ended, once that is known.
#[derive(Clone, Debug)]
pub(crate) struct Fate(Arc<OnceLock<bool>>);

/// Where that is told. A program of which it is never told counts as one that was cut off.
#[derive(Debug)]
pub(crate) struct FateTeller {
    fate: Fate,
    /// Whoever waits for it hears this.
    bell: Doorbell,
}

/// A fate, and where it is told; who waits for it hears `bell`.
pub(crate) fn fate(bell: Doorbell) -> (FateTeller, Fate) {
    let fate = Fate(Arc::default());
    (FateTeller { fate: fate.clone(), bell }, fate)
}

impl Fate {
    /// Whether the program ended well; `None` if that is not known yet.
    pub(super) fn ended_well(&self) -> Option<bool> {
        self.0.get().copied()
    }
}

impl FateTeller {
    /// The program has ended, well or not.
    pub(crate) fn tell(self, well: bool) {
        // A program ends once.
        let _ = self.fate.0.set(well);
    }
}

impl Drop for FateTeller {
    fn drop(&mut self) {
        let _ = self.fate.0.set(false);
        self.bell.ring();
    }
}
