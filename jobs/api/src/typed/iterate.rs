//! Iterators as sources.
//!
//! A source must know its last value when it sends it, because that one carries the finished mark. An iterator only
//! tells afterwards, so one value is held back until the next one is there.

use serde::Serialize;

use super::output::Output;
use super::source::Source;
use crate::job::JobError;
use crate::step::Flow;

/// A source of an iterator's values. Nobody knows whether an iterator waits, so each value is flushed
/// ([`Flow::MayBlock`]); it goes out when the one after it is there.
pub fn iterate<I>(values: I) -> impl Source<Out = I::Item>
where
    I: IntoIterator,
    I::IntoIter: Send,
    I::Item: Serialize + Send,
{
    Iterate { values: values.into_iter().map(Ok::<_, JobError>), held: None }
}

/// As [`iterate`], for values that may fail to come. The first error fails the job; values before it are sent.
pub fn try_iterate<I, T, E>(values: I) -> impl Source<Out = T>
where
    I: IntoIterator<Item = Result<T, E>>,
    I::IntoIter: Send,
    T: Serialize + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    Iterate { values: values.into_iter().map(|value| value.map_err(JobError::failed)), held: None }
}

struct Iterate<I, T> {
    values: I,
    held: Option<T>,
}

impl<I, T> Source for Iterate<I, T>
where
    I: Iterator<Item = Result<T, JobError>> + Send,
    T: Serialize + Send,
{
    type Out = T;

    fn step(&mut self, out: &mut Output<'_, T>) -> Result<Flow, JobError> {
        let held = match self.held.take() {
            Some(held) => held,
            None => match self.values.next() {
                Some(first) => first?,
                None => return Ok(Flow::Done),
            },
        };
        let next = self.values.next();
        out.send(&held)?;
        self.held = next.transpose()?;
        Ok(if self.held.is_some() { Flow::MayBlock } else { Flow::Done })
    }
}
