//! Files and standard streams, as jobs read and write them.
//!
//! A [`Feed`] never waits: a job asks to be called when there is something to read, so that it can be stopped at any
//! time. A [`Drain`] gathers what is written and writes it in large pieces, but keeps nothing back for long.

mod drain;
mod error;
mod feed;
mod place;

pub(crate) use drain::Drain;
pub(crate) use feed::{Came, Feed};
pub(crate) use place::{Place, is_standard};
