//! The one thread that does what the supervisor says and tells it what happens.
//!
//! # Theory of operation
//!
//! The reactor waits in one place, on an epoll instance. In it are the warden's socket, the watch over FIFOs, each
//! executable's standard output, standard error and control socket, the pipes of the relays, the run's socket, and a
//! doorbell that native jobs' threads ring when they have put a [`Fact`] into its queue. Whatever it learns it turns into an event for the
//! supervisor, and then does what that asks for, until nothing is left to be done.
//!
//! ```text
//! fact       what native jobs' threads and handles say
//! token      what is waited for, as a number
//! timers     what is due when
//! program    one executable: its descriptors, logs and control channel
//! relays     the pipes that the runtime forwards
//! requests   whoever asks the run for something through its socket
//! connection one of them
//! hearing    what threads, the warden and executables say
//! perform    doing what the supervisor asks for
//! opens      which executables have opened their FIFOs
//! pausing    all stands still, and goes on
//! watchdog   jobs that wait for each other in a circle
//! turn       one turn of the loop
//! ```

mod complaints;
mod connection;
mod fact;
mod hearing;
mod opens;
mod pausing;
mod perform;
mod program;
mod relays;
mod requests;
mod timers;
mod token;
mod turn;
mod watchdog;

pub(crate) use fact::{Fact, FactSender, facts};
pub(crate) use relays::Relays;
pub(crate) use requests::Requests;
pub(crate) use turn::{Parts, Reactor};
pub(crate) use watchdog::{Meters, Watchdog};
