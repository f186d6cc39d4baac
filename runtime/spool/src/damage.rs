//! What can be wrong with a spool's files.

use std::path::PathBuf;

/// What is wrong with the bytes of a spool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Damage {
    /// A segment ends before its header does, or its header never reached the disk.
    #[error("its header is not whole")]
    TornHeader,
    /// A segment's header is not as it was written.
    #[error("its header does not fit its checksum")]
    Header,
    /// A segment ends before its last record does: a write was cut off, or the file.
    #[error("the file ends inside a record")]
    Torn,
    /// A record is longer than it may be.
    #[error("a record claims {length} bytes, more than a block may have")]
    TooLong {
        /// How many bytes it claims.
        length: usize,
    },
    /// A record is not as it was written, or not where.
    #[error("a record does not fit its checksum")]
    Checksum,
    /// A record fits its checksum but is none that a spool writes.
    #[error("a record has a head or a number that no block has")]
    Nonsense,
    /// Segments are gone, or a file has another one's name.
    #[error("block {found} comes where block {expected} should")]
    Order {
        /// The block that should come.
        expected: u64,
        /// The one that does.
        found: u64,
    },
    /// One of the two slots of the position is damaged; the other one may be older.
    #[error("one of its two slots is damaged, so blocks that were done may come again")]
    Slot,
    /// The position is lost.
    #[error("what was done is not known any more, so blocks that were done may come again")]
    Position,
}

/// Damage, and where it was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}, at byte {offset}: {damage}", path.display())]
pub struct Damaged {
    /// The file.
    pub path: PathBuf,
    /// Where in it, in bytes.
    pub offset: u64,
    /// What is wrong.
    pub damage: Damage,
}
