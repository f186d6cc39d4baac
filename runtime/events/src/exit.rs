//! The exit codes of the command.

/// How the command ends. A job's own exit status is never the command's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitStatus {
    /// The run ended well, or the question was answered.
    Success,
    /// A job failed.
    JobFailed,
    /// The usage, the file or the environment is wrong; nothing was started.
    Usage,
    /// The run reached its time limit.
    TimeLimit,
    /// The run was interrupted.
    Interrupted,
    /// Our own fault.
    Internal,
}

impl ExitStatus {
    /// All of them, in the manual's order.
    pub const ALL: [ExitStatus; 6] = [
        ExitStatus::Success,
        ExitStatus::JobFailed,
        ExitStatus::Usage,
        ExitStatus::TimeLimit,
        ExitStatus::Interrupted,
        ExitStatus::Internal,
    ];

    /// The number the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::JobFailed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::TimeLimit => 124,
            ExitStatus::Interrupted => 130,
            ExitStatus::Internal => 70,
        }
    }

    /// What the manual says.
    pub const fn meaning(self) -> &'static str {
        match self {
            ExitStatus::Success => "ended well",
            ExitStatus::JobFailed => "a job failed",
            ExitStatus::Usage => "the usage, the file or the environment is wrong; nothing was started",
            ExitStatus::TimeLimit => "the time limit was reached",
            ExitStatus::Interrupted => "interrupted",
            ExitStatus::Internal => "a fault of Pipeloom itself",
        }
    }
}
