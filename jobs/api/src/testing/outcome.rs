//! What came of a trial.

use serde::de::DeserializeOwned;

use super::recorder::Sent;
use crate::codec::Codec;
use crate::control::Report;
use crate::job::JobError;
use crate::step::Flow;

/// What a job did with the blocks it was given.
#[derive(Debug)]
pub struct Outcome {
    /// For each output, the blocks in order.
    pub outputs: Vec<Vec<Sent>>,
    /// The reports in order.
    pub reports: Vec<Report>,
    /// What each step returned.
    pub flows: Vec<Flow>,
    /// Why it failed, or that its blocks were not wanted any more; `None` if it came to its end.
    pub error: Option<JobError>,
    pub(super) codecs: Vec<Codec>,
}

impl Outcome {
    /// The payloads of output `port`.
    ///
    /// # Panics
    /// If the job failed.
    #[track_caller]
    pub fn payloads(&self, port: usize) -> Vec<&[u8]> {
        self.expect_well();
        self.outputs[port].iter().map(|sent| sent.payload.as_slice()).collect()
    }

    /// The payloads of output `port` as texts.
    ///
    /// # Panics
    /// If the job failed, or a payload is no UTF-8.
    #[track_caller]
    pub fn texts(&self, port: usize) -> Vec<&str> {
        let text = |payload| match std::str::from_utf8(payload) {
            Ok(text) => text,
            Err(error) => panic!("output {port}: {error}"),
        };
        self.payloads(port).into_iter().map(text).collect()
    }

    /// The payloads of output `port` as values, read by the pipe's codec.
    ///
    /// # Panics
    /// If the job failed, or a payload holds another value.
    #[track_caller]
    pub fn values<T: DeserializeOwned>(&self, port: usize) -> Vec<T> {
        let value = |payload| match self.codecs[port].decode(payload) {
            Ok(value) => value,
            Err(error) => panic!("output {port}: {error}"),
        };
        self.payloads(port).into_iter().map(value).collect()
    }

    /// Whether the last block of each output carries the finished mark, and no other does.
    pub fn is_finished(&self) -> bool {
        self.outputs.iter().all(|blocks| {
            let marked = |sent: &Sent| sent.head.is_finished();
            blocks.iter().position(marked).is_some_and(|first| first + 1 == blocks.len())
        })
    }

    /// The result the job reported last.
    pub fn result(&self) -> Option<&serde_json::Value> {
        self.reports.iter().rev().find_map(|report| match report {
            Report::Result(result) => Some(result),
            _ => None,
        })
    }

    /// The text of the error that the job failed with.
    ///
    /// # Panics
    /// If it did not fail.
    #[track_caller]
    pub fn failure(&self) -> String {
        match &self.error {
            Some(error @ JobError::Failed(_)) => error.to_string(),
            other => panic!("the job should have failed, not ended with {other:?}"),
        }
    }

    #[track_caller]
    fn expect_well(&self) {
        if let Some(error @ JobError::Failed(_)) = &self.error {
            panic!("the job failed: {error}");
        }
    }
}
