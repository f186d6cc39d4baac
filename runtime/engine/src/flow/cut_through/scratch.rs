//! A pipe of our own before a reader's pipe.
//!
//! What is to go to several readers stays in the writer's pipe until all have it, and nobody can be given it from its middle. So
//! each of them has room of ours for what its own pipe does not take at once.

use pipeloom_os::OsError;
use pipeloom_os::pipe::{ReadEnd, WriteEnd, unnamed};

use crate::flow::USUAL_CAPACITY;

/// Both ends of it.
pub(crate) struct Scratch<F = ReadEnd, N = WriteEnd> {
    pub(super) out: F,
    pub(super) into: N,
    /// How many bytes it holds.
    pub(super) held: usize,
}

impl<F, N> Scratch<F, N> {
    /// Of a pipe with these ends.
    pub(crate) const fn new(out: F, into: N) -> Scratch<F, N> {
        Scratch { out, into, held: 0 }
    }
}

impl Scratch {
    /// A pipe of the kernel, of so many bytes if it gives them; `None` if it gives not even what is usual.
    pub(crate) fn of(bytes: usize) -> Result<Option<Scratch>, OsError> {
        let (out, mut into) = unnamed()?;
        let mut given = into.capacity()?;
        if given < bytes {
            given = into.set_capacity(bytes).unwrap_or(given);
        }
        // Who has used up his quota is refused more, and begins with less.
        Ok((given >= bytes.min(USUAL_CAPACITY)).then(|| Scratch::new(out, into)))
    }
}
