//! Jobs that wait for each other in a circle.
//!
//! # Theory of operation
//!
//! Where branches meet again, a job may read one of them while another one is full: then its writer waits, and so does all
//! that could give what is being waited for. No queue of a fixed length is long enough for every network, and nobody would
//! be told. So the jobs of each such group ([`crate::plan::Plan`]) are watched, but only while one of them is held back by a full
//! queue: a group that just has nothing to do wakes nobody.
//!
//! What a [`Watch`] sees of its group at such a time is a [`Picture`]: which pipes are full and which are empty, and what each
//! job stands in. If nothing has moved since it looked last, it looks for jobs that wait for each other, and has the queue
//! grow that stands against it: first in memory, then on disk. Only if that is used up the circle is named, and the run fails.
//!
//! ```text
//! pace     when to look
//! picture  what is seen of a group
//! stuck    which jobs wait for each other, and for what
//! machine  what to do about it: the watch itself, without clock or I/O
//! words    what is said of a circle
//! ```

mod machine;
mod pace;
mod picture;
mod stuck;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use machine::{Act, Watch};
pub(crate) use pace::USUAL as HELD_BACK;
#[cfg(test)]
pub(crate) use picture::Picture;
pub(crate) use picture::{Stance, Way, look};
pub(crate) use words::{circle, grown};
