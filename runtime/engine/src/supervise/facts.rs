//! What the supervisor is told and what it asks for.

use std::time::Duration;

use pipeloom_config::{JobId, PipeId};
use pipeloom_events::{Cause, JobEnd, Outcome, StopReason};
use pipeloom_os::process::Exit;

use super::at::At;

/// What the supervisor is told.
#[derive(Debug)]
pub(crate) enum Event {
    /// The run begins.
    Begin,
    /// Somebody outside wants something.
    Command(Command),
    /// The executable runs.
    Spawned(At),
    /// It cannot be started.
    SpawnFailed(At, String),
    /// These executables' main processes have ended, as seen in one look: a reader's end is never told after that of a
    /// writer that it explains.
    Exited(Vec<(At, Exit)>),
    /// Whether an executable has opened one of its FIFOs, as far as anybody can say. That it has is told unasked.
    Opened(At, bool),
    /// An executable has said that it is ready for blocks.
    Ready(At),
    /// An executable that must not be silent has said something on its control channel.
    Spoke(At),
    /// How many bytes an executable has read so far, if more wait on all its inputs and nobody holds it up.
    Intake(At, Option<u64>),
    /// So many processes of an executable are left after its main process.
    Leftovers(At, usize),
    /// A native job is over. If it may be started again, it keeps its pipes until it is told.
    Returned(At, NativeEnd),
    /// Nothing is left in which a native job could be started again after this life. Told before its end.
    NoOtherLife(At),
    /// All that an executable which may be started again has written to this pipe is forwarded; whether its last block
    /// carried the finished bit.
    Drained(At, PipeId, bool),
    /// What waited for a job's next life on inputs from others that are started again with it is lost, in this round.
    Lost(At, u32),
    /// An executable that may be started again has been given all blocks of all its inputs.
    InputsOver(At),
    /// A native job has seen the end of what an executable wrote to this pipe. Told before the job's own end.
    EndSeen(PipeId),
    /// The writer of a pipe between two kits has told what it wrote: it has come to its end by itself, and all of it is
    /// written. Told before the end of either.
    WrittenTold(PipeId),
    /// For the reader of such a pipe its stream ended inside a block, so many bytes in. Told before the end of the reader.
    ReadTorn(PipeId, u64),
    /// The runtime forwards a pipe no more because nobody reads it, though its writer has not ended it.
    ReadersGone(PipeId),
    /// Everything on a relayed pipe is forwarded, or nobody wants it.
    RelayOver(PipeId),
    /// A relayed pipe cannot be forwarded any more.
    RelayFailed(PipeId, String),
    /// This job cannot be given any more of what is forwarded to it, and only it.
    InputFailed(JobId, String),
    /// Jobs wait for each other at a pipe whose queue is full, and will do so for ever; who for whom.
    StandsStill(PipeId, String),
    /// The warden is gone, and all that it kept has been killed.
    WardenLost,
    /// A timer that was armed.
    Due(Timer),
}

impl Event {
    /// The life of a job that it is about. Ends that are told together are looked at one by one.
    pub(super) fn at(&self) -> Option<At> {
        match self {
            Event::Spawned(at)
            | Event::SpawnFailed(at, _)
            | Event::Opened(at, _)
            | Event::Ready(at)
            | Event::Spoke(at)
            | Event::Intake(at, _)
            | Event::Leftovers(at, _)
            | Event::Returned(at, _)
            | Event::NoOtherLife(at)
            | Event::Drained(at, ..)
            | Event::InputsOver(at)
            | Event::Lost(at, _)
            | Event::Due(
                Timer::Begin(at)
                | Timer::Word(at)
                | Timer::Intake(at)
                | Timer::Linger(at)
                | Timer::Grace(at)
                | Timer::Backoff(at),
            ) => Some(*at),
            _ => None,
        }
    }
}

/// What somebody outside wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    /// End: let the streams run down.
    Stop,
    /// End at once.
    Kill,
}

/// How a native job ended.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum NativeEnd {
    /// By itself or because it was asked.
    Ended(JobEnd),
    /// The stream it read was cut off inside a block, so many bytes in.
    Torn(usize),
    /// It failed.
    Failed(Cause),
}

/// How a job's life ended.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Over {
    /// Well; what else is to be known.
    Ended(JobEnd, Option<String>),
    /// It failed.
    Failed(Cause),
}

/// What the supervisor asks for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Action {
    /// Start this job, and make what this life of it needs.
    Start(At),
    /// This life of a job is over, and after this time the next one begins, unless something comes between.
    StartAgain(At, Over, Duration),
    /// This life of a job is over, and the next one begins together with that of another job.
    StartTogether(At, Over, JobId),
    /// End the life of a native job after the step at hand. Its thread waits for the next one.
    EndLife(JobId),
    /// What waits in this pipe, and what comes, is lost: its writer and its readers are started again together.
    Lose(PipeId),
    /// Take what the last life of this pipe's writer wrote, however much may wait: its readers are started again, too.
    TakeAll(PipeId),
    /// Nobody writes any more who is started again with this job: what has come for it on these inputs is lost; answered by
    /// [`Event::Lost`] with the number of the round.
    LoseInputs {
        /// The job.
        at: At,
        /// The inputs.
        pipes: Vec<PipeId>,
        /// The epoch that all its inputs will show which are waited for, if they will.
        awaited: Option<u32>,
        /// The round.
        round: u32,
    },
    /// What the next life of this job makes begins an epoch, in which numbers begin again. Said before its start.
    NewEpoch(JobId, u32),
    /// This job, which might have been started again, will not be: its outputs are at their end, and nobody takes its inputs.
    /// Whether its last life ended well, by itself.
    LastLife(JobId, bool),
    /// Say how many processes are left of this executable; answered by [`Event::Leftovers`].
    CountLeftovers(At),
    /// The ends of FIFOs that this executable had are closed for good.
    Release(JobId),
    /// Send a signal to an executable's group, or to all it has left.
    Signal(At, StopSignal),
    /// Ask a native source to make no more blocks.
    Drain(JobId),
    /// Ask a native job to end at its next block.
    StopNative(JobId),
    /// Nobody will forward this pipe's blocks: let go of it.
    Abandon(PipeId),
    /// Tell [`Event::Due`] after this time.
    Arm(Timer, Duration),
    /// A job ended well; what else is to be known.
    Ended(JobId, JobEnd, Option<String>),
    /// A job failed.
    Failed(JobId, Cause),
    /// People should know this of a job.
    Warn(JobId, String),
    /// The run is being stopped.
    Stopping(StopReason),
    /// The run is being stopped, and these are still there.
    StillRunning(Vec<JobId>),
    /// Look whether this executable has opened one of its FIFOs; answered by [`Event::Opened`].
    LookWhetherOpened(At),
    /// Look what this executable has read; answered by [`Event::Intake`].
    LookAtIntake(At),
    /// Look which executables have opened none of their FIFOs.
    CheckOpened,
    /// The run is over.
    Finish(Outcome),
}

/// A signal on the ladder of stopping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StopSignal {
    /// The one that the file names for the job, to its group.
    Ask,
    /// SIGKILL, to all that the job has left.
    Kill,
}

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Timer {
    /// An executable should have opened one of its FIFOs by now, or have said that it is ready.
    Begin(At),
    /// An executable should have said something by now.
    Word(At),
    /// It is time to look what an executable has read.
    Intake(At),
    /// The time for what a gone executable left is over.
    Linger(At),
    /// The time for an executable to end after it was asked is over.
    Grace(At),
    /// The time before a job is started again is over; this is the life that was.
    Backoff(At),
    /// The next stage of stopping.
    Ladder,
    /// Say again who is still there.
    StillRunning,
    /// The run's time is over.
    TimeLimit,
    /// Executables should have opened their FIFOs by now.
    Opened,
}
