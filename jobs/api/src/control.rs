//! What a job tells the run beside its blocks: the messages of the control channel.
//!
//! An executable finds a socket on descriptor [`CONTROL_FD`] and writes one JSON object per line; a native job calls
//! [`crate::Emit::report`]. Nobody must: a program that knows nothing of it runs just as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

mod error;
mod lines;

pub use error::ControlError;
pub use lines::ControlLines;

/// The descriptor of the control channel in every executable. It has one digit because `dash` takes no more.
pub const CONTROL_FD: i32 = 3;

/// The longest line taken from an executable, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Something a job tells the run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// How far the job is.
    Progress {
        /// From 0 to 1.
        fraction: f64,
        /// What it is doing.
        message: Option<String>,
    },
    /// A status of any shape.
    Status(serde_json::Value),
    /// Named figures, the newest of each counts.
    Metrics(BTreeMap<String, f64>),
    /// The job's result, of any shape; the last one counts.
    Result(serde_json::Value),
    /// The job is ready for blocks.
    Ready,
    /// So many compute blocks has this life of the job done, all before them too: they need not be given again, and what was
    /// made of them is written. A kit says it where [`PipeTable::acknowledge`] asks for it; of what a job itself says, only
    /// that of one with [`crate::Ports::acknowledges`] counts, once the step in which it was said has returned.
    Done(u64),
    /// The job does not hang, and has nothing else to say. The kit says it as often as [`PipeTable::heartbeat_seconds`] asks for.
    Alive,
    /// What went through a pipe of which the runtime sees nothing. The kit says it, once, at the program's end.
    Pipe(PipeReport),
}

/// What one end of a pipe has seen: the writer what it wrote, the reader what it read.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PipeReport {
    /// The pipe's name in the file.
    pub name: String,
    /// How many blocks there were.
    pub blocks: u64,
    /// How many bytes of payload the reader was given.
    #[serde(default)]
    pub bytes: u64,
    /// How many reset bits the writer's job set without cause; they were cleared.
    #[serde(default)]
    pub false_resets: u64,
    /// How the stream ended, if its reader came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<PipeEnd>,
}

/// How a stream of blocks ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PipeEnd {
    /// The last block carried the finished bit.
    Finished,
    /// It just ended.
    Ended,
    /// Its writer ended inside a block.
    Torn {
        /// How much of the block had come.
        bytes: u64,
    },
}

impl Report {
    /// As JSON, as which it goes from a plugin to the runtime. All are JSON but for figures that are no numbers, of which nothing can be
    /// told.
    pub(crate) fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// What a program writes to the control channel to say it: one line, with its line break. [`parse_line`] reads it.
    pub fn to_line(&self) -> String {
        let line = match self {
            Report::Progress { fraction, message: None } => json!({ "progress": fraction }),
            Report::Progress { fraction, message: Some(message) } => {
                json!({ "progress": fraction, "message": message })
            }
            Report::Status(status) => json!({ "status": status }),
            Report::Metrics(metrics) => json!({ "metrics": metrics }),
            Report::Result(result) => json!({ "result": result }),
            Report::Ready => json!({ "ready": true }),
            Report::Done(compute_blocks) => json!({ "done": compute_blocks }),
            Report::Alive => json!({ "alive": true }),
            Report::Pipe(pipe) => json!({ "pipe": pipe }),
        };
        format!("{line}\n")
    }
}

/// One line of the control channel, as written: any of the keys together.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    progress: Option<f64>,
    message: Option<String>,
    status: Option<serde_json::Value>,
    metrics: Option<BTreeMap<String, f64>>,
    result: Option<serde_json::Value>,
    ready: Option<bool>,
    done: Option<u64>,
    alive: Option<bool>,
    pipe: Option<PipeReport>,
}

/// Reads one line of the control channel, for example `{"progress": 0.5, "message": "half"}`.
pub fn parse_line(line: &[u8]) -> Result<Vec<Report>, ControlError> {
    let line: Line = serde_json::from_slice(line).map_err(|error| ControlError::of(&error, line))?;
    let mut reports = Vec::new();
    if let Some(fraction) = line.progress {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(ControlError::Progress(fraction));
        }
        reports.push(Report::Progress { fraction, message: line.message });
    } else if let Some(message) = line.message {
        reports.push(Report::Status(message.into()));
    }
    reports.extend(line.status.map(Report::Status));
    reports.extend(line.metrics.map(Report::Metrics));
    reports.extend(line.result.map(Report::Result));
    reports.extend((line.ready == Some(true)).then_some(Report::Ready));
    reports.extend(line.done.map(Report::Done));
    reports.extend((line.alive == Some(true)).then_some(Report::Alive));
    reports.extend(line.pipe.map(Report::Pipe));
    if reports.is_empty() { Err(ControlError::Empty) } else { Ok(reports) }
}

/// The variable in which an executable finds its arguments: the `args` of its job in the network file, as a JSON object
/// (`{}` if there are none).
pub const ARGS_VARIABLE: &str = "PIPELOOM_ARGS";

/// The version of a [`PipeTable`]. Whoever reads it passes over keys that it does not know.
pub const TABLE_VERSION: u32 = 1;

/// What an executable is told about its pipes, as JSON in `PIPELOOM_PIPES`. Beside it there are [`ARGS_VARIABLE`], `PIPELOOM_JOB` (its
/// name), `PIPELOOM_RUN` (the run's id), `PIPELOOM_RUN_DIR`, `PIPELOOM_NETWORK_DIR` (where relative paths start),
/// `PIPELOOM_INCARNATION` (which of the job's lives it is, from 1) and `PIPELOOM_CONTROL` (the control channel's descriptor).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PipeTable {
    /// The version of this format: [`TABLE_VERSION`].
    pub v: u32,
    /// The size of the network's heads, in bytes.
    pub head_size: u8,
    /// Whether a job with inputs has at most one block on each output for each compute block: `steps = "each"`.
    #[serde(default)]
    pub each: bool,
    /// Whether the runtime wants to know which compute blocks are done, by [`Report::Done`]. What is not done when the program
    /// is killed, its next life is given again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledge: bool,
    /// After so many seconds of silence on the control channel the program is taken to hang: it says at least twice as often
    /// that it is alive ([`Report::Alive`]), also while it waits, but not while its job is at work on one block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_seconds: Option<f64>,
    /// The pipes, inputs first, each in the file's order.
    pub pipes: Vec<PipeEntry>,
}

/// One pipe of an executable.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PipeEntry {
    /// The pipe's name in the file.
    pub name: String,
    /// Which end the program has.
    pub direction: Direction,
    /// The codec's name.
    pub codec: String,
    /// The class by which programs in Python make values of the pipe's payloads or, if it is a stream, of its bytes:
    /// `FILE.py:CLASS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The payload's size in bytes, where it is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_size: Option<usize>,
    /// How many blocks a compute block takes from this pipe.
    pub block_count: usize,
    /// The longest payload that the pipe allows, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_block_bytes: Option<usize>,
    /// Whether a head stands before each payload on the wire.
    pub head: bool,
    /// Whether a program with a kit has the other end too, and nobody stands in between. Then each of them says at its end what
    /// went through, by [`Report::Pipe`], and a stream that ends inside a block has just ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub between_kits: bool,
    /// Where to open it, when it is passed as a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The open descriptor, when it is passed as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fd: Option<i32>,
    /// The memory that the program may share with the one at the other end: once both have said that they know it, large payloads
    /// lie there, as [`crate::ring`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingEntry>,
}

/// The memory beside a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RingEntry {
    /// The open descriptor of the memory.
    pub fd: i32,
    /// The open descriptor of the eventfd by which the reader tells the writer that there may be room.
    pub room: i32,
    /// How many bytes there are for payloads.
    pub bytes: usize,
}

/// Which end of a pipe a job has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The job reads it.
    Input,
    /// The job writes it.
    Output,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_may_say_several_things() {
        let line = br#"{"progress": 0.5, "message": "half", "metrics": {"snr": 3}, "ready": true}"#;
        let reports = parse_line(line).unwrap();
        assert_eq!(
            reports,
            [
                Report::Progress { fraction: 0.5, message: Some("half".into()) },
                Report::Metrics(BTreeMap::from([("snr".into(), 3.0)])),
                Report::Ready,
            ]
        );
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let reports = [
            Report::Progress { fraction: 0.25, message: None },
            Report::Progress { fraction: 1.0, message: Some("a \"line\"\nand another".into()) },
            Report::Status(serde_json::json!({ "at": [1, 2] })),
            Report::Metrics(BTreeMap::from([("snr".into(), 3.5)])),
            Report::Result("done".into()),
            Report::Ready,
            Report::Done(12),
            Report::Alive,
            Report::Pipe(PipeReport {
                name: "p".into(),
                blocks: 3,
                ending: Some(PipeEnd::Torn { bytes: 2 }),
                ..PipeReport::default()
            }),
        ];
        for report in reports {
            let line = report.to_line();
            assert_eq!(line.find('\n'), Some(line.len() - 1));
            assert_eq!(parse_line(line.as_bytes()).unwrap(), [report]);
        }
    }

    #[test]
    fn what_is_no_message_says_why() {
        assert!(matches!(parse_line(b"{}"), Err(ControlError::Empty)));
        assert!(matches!(parse_line(b"{\"progress\": 2}"), Err(ControlError::Progress(_))));
        assert!(matches!(parse_line(b"hello"), Err(ControlError::Syntax { .. })));
        assert!(matches!(parse_line(b"{\"progess\": 1}"), Err(ControlError::Syntax { .. })));
    }
}
