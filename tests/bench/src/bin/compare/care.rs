//! What a network may ask for so that nothing is lost, whatever its programs do.

use crate::network::{Job, Pipe, Restart};

/// What is asked for, for each pipe of a chain and the programs in the middle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Care {
    /// The runtime stands in between.
    Relay,
    /// The programs in the middle may be started again.
    Restart,
    /// And what they had not done, they are given again.
    AtLeastOnce,
    /// What waits lies on disk.
    Spool,
    /// And is brought to the disk itself before it counts.
    Synced,
}

impl Care {
    /// Asks for it on a pipe.
    pub(crate) fn of_pipe(self, mut pipe: Pipe, leads_to_the_end: bool) -> Pipe {
        match self {
            Care::Relay => pipe.conduit = Some("relay"),
            // Nobody starts the last one again.
            Care::AtLeastOnce if !leads_to_the_end => pipe.delivery = Some("at-least-once"),
            Care::Restart | Care::AtLeastOnce => {}
            Care::Spool => pipe.when_full = Some("spool"),
            Care::Synced => {
                pipe.when_full = Some("spool");
                pipe.spool.insert("sync", "each");
            }
        }
        pipe
    }

    /// Asks for it at a program in the middle.
    pub(crate) fn of_connector(self, job: Job) -> Job {
        match self {
            Care::Restart | Care::AtLeastOnce => Job { restart: Some(Restart::on_failure()), ..job },
            Care::Relay | Care::Spool | Care::Synced => job,
        }
    }
}
