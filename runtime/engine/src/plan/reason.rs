//! Why a pipe is realised the way it is.

use std::fmt;

use pipeloom_config::{DropSide, Side, WhenFull};
use pipeloom_job::ring::WORTH_BYTES;

use super::fused::Apart;
use super::sharing::Unshared;

/// Why a pipe is realised the way it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Both ends are native.
    NativeEnds,
    /// One native writer and one native reader, neither of which needs a thread of its own.
    OneThread,
    /// Both ends are native, but not worked by one thread.
    Apart(Apart),
    /// The file asks for a FIFO.
    FifoAsked,
    /// The file asks for a relay.
    RelayAsked,
    /// The file asks for memory that both ends share.
    SharedAsked,
    /// Both ends know how to share memory, and blocks may be large.
    Shared,
    /// Both ends know how to share memory, and it would not help.
    Unshared(Unshared),
    /// One writer and one reader, at least one of them an executable.
    OneToOne,
    /// One writer and one reader, both with a kit.
    BetweenKits,
    /// A native writer has a conduit of its own to each of so many readers.
    NativeWriter(usize),
    /// An executable's blocks go to so many readers.
    FanOut(usize),
    /// Between two executables of which at least one has heads on the wire, and at least one has no kit.
    HeadsBetweenExecutables,
    /// Between two executables with kits, where blocks may be missing, whose numbers the runtime keeps.
    Gaps,
    /// Ways that part at one job meet again at another; a queue of the runtime takes up their difference.
    BranchesMeet,
    /// The same between native jobs, whose channel is such a queue.
    ChannelGrows,
    /// The runtime puts a reader's inputs in step.
    Lineup,
    /// What comes when a queue is full does not wait.
    Policy(WhenFull),
    /// A program outside the network has this end.
    External(Side),
    /// The times of this executable are logged.
    Times(String),
    /// It is watched whether this executable, at one of its ends, reads what waits for it.
    Stall(String),
    /// This executable, at one of its ends, may be started again.
    Restart(String),
    /// The first, at one of its ends, is started again whenever the second is.
    RestartWith(String, String),
    /// What this executable, which reads the pipe, has not done is to outlive the runtime.
    Outlives(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NativeEnds => f.write_str("both ends are native"),
            Reason::OneThread => {
                f.write_str("two native jobs in a row, one to one, neither of which needs a thread of its own")
            }
            Reason::Apart(why) => write!(f, "they do not share a thread: {why}"),
            Reason::FifoAsked => f.write_str("the file asks for a FIFO"),
            Reason::SharedAsked => f.write_str("the file asks for memory that both share"),
            Reason::Shared => {
                let kib = WORTH_BYTES / 1024;
                write!(f, "payloads of {kib} KiB and more go through memory, unless a program does not know how")
            }
            Reason::Unshared(why) => write!(f, "no memory is shared: {why}"),
            Reason::RelayAsked => f.write_str("the file asks for a relay"),
            Reason::BetweenKits => {
                f.write_str("two executables with a kit, which keep to the rules of heads by themselves")
            }
            Reason::OneToOne => f.write_str("one reader, an executable at one end, and nothing asks for more"),
            Reason::NativeWriter(readers) => write!(f, "the native writer serves each of {readers} readers itself"),
            Reason::FanOut(readers) => write!(f, "an executable's blocks go to {readers} readers"),
            Reason::HeadsBetweenExecutables => f.write_str(
                "two executables of which at least one has heads, which the runtime checks unless both have a kit",
            ),
            Reason::Gaps => f.write_str("blocks may be missing on it, and the runtime keeps the numbers of the others"),
            Reason::BranchesMeet => f.write_str(
                "branches meet again, so the runtime holds a queue for each, which grows, also on disk, if jobs would wait \
                 for each other for ever",
            ),
            Reason::ChannelGrows => f.write_str(
                "branches meet again, so its queue grows in memory if jobs would wait for each other for ever",
            ),
            Reason::Lineup => f.write_str(
                "an executable with an input that may lack blocks has its inputs put in step by the runtime",
            ),
            Reason::Policy(WhenFull::Block) => f.write_str("its writer waits while a queue is full"),
            Reason::Policy(WhenFull::Drop(DropSide::Oldest)) => {
                f.write_str("the oldest block is dropped while a queue is full")
            }
            Reason::Policy(WhenFull::Drop(DropSide::Newest)) => {
                f.write_str("the newest block is dropped while a queue is full")
            }
            Reason::Policy(WhenFull::Spool(_)) => f.write_str("what waits for a reader is kept on disk"),
            Reason::Policy(WhenFull::Fail) => f.write_str("the run fails if a queue is full"),
            Reason::External(Side::Writer) => f.write_str("a program outside the network writes it"),
            Reason::External(Side::Reader) => f.write_str("a program outside the network reads it"),
            Reason::Stall(job) => write!(f, "it is watched whether job {job} reads what waits for it"),
            Reason::Outlives(job) => write!(f, "what job {job} has not done is to outlive the runtime"),
            Reason::Restart(job) => write!(f, "job {job} may be started again, and the others do not notice"),
            Reason::RestartWith(job, first) => write!(f, "job {job} is started again whenever job {first} is"),
            Reason::Times(job) => write!(f, "the times of job {job} are logged"),
        }
    }
}
