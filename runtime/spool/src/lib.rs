//! Blocks on disk, for one reader of one pipe.
//!
//! A [`Spool`] takes blocks at one end and gives them to a reader at the other. They stay until the reader has said that it
//! has done with them, so they can be given again: to a reader that was restarted, or by a runtime that was. It is
//! made to be found in any state. Whatever a kill, a power cut, a full disk or a bad one leaves, [`Spool::recover`] gives back what
//! is whole and says what is not.
//!
//! This crate has no threads and no clock, and knows nothing of pipes and jobs. A spool holds at most four descriptors.
//!
//! ```text
//! spool     what can be asked of a spool
//! chain     its segments, and how blocks are put behind the last one; tail is where that one is written
//! reader    the reader's way through them; window reads a file a piece at a time
//! position  how far the blocks are done
//! recover   what is left after a crash
//! segment   the header of a segment, and its bytes cut into records
//! record    one block as it stands there
//! damage    what can be wrong with a file; error has all else that can go wrong
//! files     what a spool asks of the system; folder is the system's answer
//! limits    how much a spool may hold, and when it is synced
//! ```
//!
//! # On disk
//!
//! A spool is a directory of its own, mode 0700, locked by `flock` while it is in use. Blocks are numbered by their *place*, from
//! 0 on. Segments hold them one after another, and the name of each is the place of its first block:
//!
//! ```text
//! frames/
//!   position                      blocks before place 7 are done
//!   00000000000000000005.blocks   5 6 7 8 9
//!   00000000000000000010.blocks   10 11 12
//!                                          ^ here it goes on
//! ```
//!
//! Here a reader gets block 7 next. When 9 is done too, the first of the two files is deleted. There is nothing else in the
//! directory. All numbers are little-endian, and all checksums are the CRC-32 of zlib and PNG.
//!
//! A segment has a header of 28 bytes:
//!
//! ```text
//!  0   8   "PLSPOOL\n"
//!  8   4   version of the format: 1
//! 12   4   the longest payload that was allowed when it was made
//! 16   8   place of the first block, below 2^63
//! 24   4   checksum over the bytes 8 to 23
//! ```
//!
//! Then come records without anything between them. Each is 25 bytes and a payload:
//!
//! ```text
//!  0   4   checksum over the block's place (8 bytes, which are not written) and all of the record from byte 4 on
//!  4   4   length of the payload
//!  8   4   epoch
//! 12   8   number in this epoch, from 1
//! 20   1   size of the head: 1 to 4
//! 21   4   the head as it stands on the wire, then zeros
//! 25  ..   payload
//! ```
//!
//! The file `position` has two slots of 32 bytes, at byte 0 and at byte 512. They are written by turns, so that one is always
//! whole; the whole one with the higher generation counts:
//!
//! ```text
//!  0   8   "PLSPOSN\n"
//!  8   4   version of the format: 1
//! 12   8   generation: one more with every write; even ones are in the first slot
//! 20   8   the place before which all blocks are done, below 2^63
//! 28   4   checksum over the bytes 8 to 27
//! ```
//!
//! # What is there after a crash
//!
//! Segments must follow one another without a gap. The valid part of a spool ends where the first record does not fit its
//! checksum, is longer than its file, or comes at another place than it should. Records that are done only lead on to the next one
//! by their lengths; their checksums do not matter any more. What is behind the valid part is cut off, and its bytes are
//! counted with the reason ([`Recovered`]). If the position is lost or older than the first segment, the blocks of that segment
//! come again from its first on.
//!
//! A file that a spool cannot have written, or that has a newer version, is not damage: recovery refuses and changes nothing.
//! Magic and checksum of a header tell the two apart, as no single fault changes both.
//!
//! | what happens | what may be lost |
//! |---|---|
//! | the process is killed | blocks that were not flushed |
//! | the power is cut | blocks that were not synced ([`SpoolSync`]) |
//! | a bit flips, a file gets shorter | the block there and those behind it, counted |
//! | the disk is full | nothing; what waits is written by the next flush that can |

mod chain;
mod damage;
mod error;
mod files;
mod folder;
mod limits;
mod position;
mod reader;
mod record;
mod recover;
mod segment;
mod spool;
mod tail;
mod window;

#[cfg(test)]
mod tests;

pub use damage::{Damage, Damaged};
pub use error::SpoolError;
pub use limits::{SpoolLimits, SpoolSync};
pub use record::Record;
pub use recover::Recovered;
pub use segment::{Cut, HeaderError, recover_bytes};
pub use spool::{Appended, Spool};
