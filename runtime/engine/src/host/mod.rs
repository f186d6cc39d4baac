//! Ends of pipes that the program has which runs the network.
//!
//! Each is a native job of the runtime's own and, in the program's hands, a [`Sender`] or [`Receiver`]; between the two lies
//! an *exchange*, a batch with room for a few hundred blocks. The job's side never waits inside: it asks the runner to be
//! called again when its doorbell rings, so that it is stopped like any other job. The program's side waits on a condition.
//! Whoever goes, in whatever way, says so when it is dropped: a job that is over ends the calls of the program, and a
//! sender or receiver that is dropped ends its job.

mod ends;
mod error;
mod exchange;
mod receiver;
mod sender;

pub use error::{EndError, ReceiveError, SendError};
pub use receiver::{Headed, Headeds, Receiver};
pub use sender::Sender;

pub(crate) use ends::HostEnds;
