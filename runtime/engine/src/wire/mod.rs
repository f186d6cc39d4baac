//! Making what the plan says: channels, FIFOs, pipes, relays, and who holds which end.
//!
//! Everything is made before any job starts. What comes out is sorted by who needs it: a [`Runner`](crate::flow::Runner) for
//! each native job, the ends that each executable is given, the relays, and the keepers of all FIFOs.

mod awaited;
mod bells;
mod capacity;
mod ends;
mod head_lines;
mod kernel;
mod lives;
mod making;
mod pipe_leg;
mod time_lines;
mod wiring;

pub(crate) use bells::{Bells, RungFor};
pub(crate) use ends::{ChildEnd, ChildEnds, FifoId, Fifos, RingEnd, Side, TellWhat, Tellers, Told};
#[cfg(test)]
pub(crate) use head_lines::{HeadLines, outputs_with_lines};
pub(crate) use lives::{Life, Lives};
pub(crate) use pipe_leg::PipeLeg;
pub(crate) use wiring::{Forwarded, Found, Site, Wired, tidy, wire};
pub use wiring::{FoundError, PipeError, WireError};
#[cfg(test)]
pub(crate) use wiring::{kept, lineup};
