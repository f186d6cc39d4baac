//! Lines that people send to native jobs: from whoever is asked through the run's socket to the job that takes them.

mod post;
mod takers;

pub(crate) use post::Post;
pub(crate) use takers::{Sent, Takers};
