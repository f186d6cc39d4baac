//! Who decides: when a job has ended or failed, what follows from it, and when the run is over.
//!
//! The [`Supervisor`] is a [`Machine`]: it is told what happened and answers what is to be done. It has no descriptor,
//! process id or clock inside, so a test can give it any history. The reactor does what it says.
//!
//! ```text
//! machine     what a machine is
//! at          one life of a job
//! facts       what it is told (Event) and what it asks for (Action)
//! job         one job's life, and how an exit is judged
//! ladder      the stages of stopping
//! leavings    what a job leaves behind
//! open        which jobs are to be looked at again
//! belief      what can be true
//! backoff     how long it is waited before a restart, and how often that may be
//! restart     jobs that are started again
//! together    jobs that are started again together
//! health      executables that are to show that they do not hang
//! supervisor  the machine
//! verdict     what the end of a program means, with all that is known of its pipes
//! ```

mod at;
mod backoff;
mod belief;
mod facts;
mod health;
mod job;
mod ladder;
mod leavings;
mod machine;
mod open;
mod restart;
mod supervisor;
#[cfg(test)]
mod tests;
mod together;
mod verdict;

pub(crate) use at::{At, Incarnation};
pub(crate) use facts::{Action, Command, Event, NativeEnd, Over, StopSignal, Timer};
pub(crate) use job::Life;
#[cfg(test)]
pub(crate) use ladder::LAST_WORD;
pub(crate) use machine::{Machine, Tick};
pub(crate) use supervisor::Supervisor;
