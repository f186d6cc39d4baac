//! `logging-sink`: writes the times that jobs log to a CSV file.
//!
//! ```toml
//! [jobs.times]
//! use = "logging-sink"
//! args = { path = "${run}/times.csv" }
//! inputs = ["volume-times"]
//!
//! [jobs.volume]
//! use = "level"
//! inputs = ["samples"]
//! outputs = ["levels", "volume-times"]     # the last one is for the times
//! log_times = true
//! ```
//!
//! A block is a JSON object, as a job with `log_times` sends it for each of its compute blocks, and becomes a row:
//!
//! | key | what it is |
//! |---|---|
//! | `name` | the job's name |
//! | `pid` | its process |
//! | `block` | the number of the compute block |
//! | `cpu_percent` | the processor time of its thread, or of an executable's process, over the last 0.1 seconds or more, 100 for one processor; empty until it is known |
//! | `memory_percent` | the part of the machine's memory that its process holds, of 100; empty where it is not known |
//! | `time_in_ns` | when the compute block was taken, in nanoseconds since 1970 |
//! | `time_out_ns` | when it was done |
//!
//! The file has a header row with these names; rows end with `\r\n` (RFC 4180). With several inputs a compute block gives a
//! row for each, and the shortest decides the end: jobs with different numbers of compute blocks need tables of their own. What comes is
//! written as soon as no more has come, or within half a second. If the job is started again,
//! each life goes on behind what is in the file.

use std::path::PathBuf;

use pipeloom_job::log_times::LogRecord;
use pipeloom_job::typed::{Blocks, Every, Output, Sink, SinkJob};
use pipeloom_job::{CodecName, Flow, JobError, JobKind, PortList, PortType, Ports, Setup};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::files::{self, Drain};
use crate::rows;

/// The arguments of `logging-sink`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoggingSinkArgs {
    /// The file; `-` for standard output. If the job is started again, further rows are added to it.
    pub path: PathBuf,
}

/// `logging-sink` by name.
pub const KIND: JobKind = JobKind {
    name: "logging-sink",
    about: "writes the times that jobs log to a CSV file",
    args: &|| schemars::schema_for!(LoggingSinkArgs),
    ports: &|args| {
        let blocks = files::is_standard(&args.parse::<LoggingSinkArgs>()?.path);
        let records = PortList::some(PortType::codecs(&[CodecName::Json]));
        Ok(Ports { blocks, ..Ports::new(records, PortList::none()) })
    },
    new: &|args| Ok(SinkJob::boxed(LoggingSink { args: args.parse()?, drain: None })),
};

/// The keys of a [`LogRecord`], in order.
const COLUMNS: [&str; 7] = ["name", "pid", "block", "cpu_percent", "memory_percent", "time_in_ns", "time_out_ns"];

struct LoggingSink {
    args: LoggingSinkArgs,
    drain: Option<Drain>,
}

impl Sink for LoggingSink {
    type In = Every<Blocks<LogRecord>>;

    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let mut drain = Drain::create_lines(&self.args.path, setup)?;
        if !drain.continues() {
            drain.put(&rows::text(|csv| csv.write_record(COLUMNS))?)?;
        }
        self.drain = Some(drain);
        Ok(())
    }

    fn step(&mut self, Every(inputs): Self::In, _out: &mut Output<'_, ()>) -> Result<Flow, JobError> {
        let Some(drain) = &mut self.drain else { return Ok(Flow::Done) };
        let records = inputs.iter().flat_map(|Blocks(records)| records);
        let text = rows::text(|csv| records.into_iter().try_for_each(|record| csv.serialize(record)))?;
        drain.step(|drain| drain.put(&text))
    }

    fn idle(&mut self) -> Result<(), JobError> {
        self.drain.as_mut().map_or(Ok(()), Drain::idle)
    }

    fn end(&mut self, _out: &mut Output<'_, ()>) -> Result<(), JobError> {
        self.drain.take().map_or(Ok(()), Drain::end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::{JobTest, Outcome};
    use serde_json::{Value, json};

    fn record(name: &str, block: u64) -> LogRecord {
        LogRecord {
            name: name.to_owned(),
            pid: 7,
            block,
            cpu_percent: (block > 1).then_some(12.5),
            memory_percent: Some(0.5),
            time_in_ns: 1_700_000_000_000_000_001,
            time_out_ns: 1_700_000_000_000_000_002,
        }
    }

    fn log(inputs: &[Vec<Value>]) -> (Outcome, String) {
        let dir = tempfile::tempdir().unwrap();
        let mut test = JobTest::of_kind(&KIND, json!({"path": "out/times.csv"})).unwrap().dir(dir.path());
        for (place, records) in inputs.iter().enumerate() {
            test = test.reads(&format!("times-{place}"), Codec::Json, records.iter().map(Value::to_string));
        }
        let outcome = test.run();
        (outcome, std::fs::read_to_string(dir.path().join("out/times.csv")).unwrap())
    }

    #[test]
    fn each_record_becomes_a_row() {
        let value = |name, block| serde_json::to_value(record(name, block)).unwrap();
        let inputs = [vec![value("a", 1), value("a", 2)], vec![value("b, c", 1), value("b, c", 2)]];
        let (outcome, text) = log(&inputs);
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        let times = "0.5,1700000000000000001,1700000000000000002";
        let expected = [
            COLUMNS.join(","),
            format!("a,7,1,,{times}"),
            format!("\"b, c\",7,1,,{times}"),
            format!("a,7,2,12.5,{times}"),
            format!("\"b, c\",7,2,12.5,{times}"),
        ];
        assert_eq!(text, expected.map(|row| row + "\r\n").concat());
    }

    #[test]
    fn a_block_that_is_no_record_is_named() {
        let (outcome, text) = log(&[vec![json!({"name": "a"})]]);
        let failure = outcome.failure();
        assert!(failure.starts_with("block 1 of input 0 (pipe times-0): ") && failure.contains("`pid`"), "{failure}");
        assert_eq!(text, COLUMNS.join(",") + "\r\n");
    }
}
