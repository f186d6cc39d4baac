//! What a job with `log_times = true` tells of each of its compute blocks.

use serde::{Deserialize, Serialize};

/// One compute block of one job: a JSON object with these keys on the wire.
///
/// ```
/// use pipeloom_job::log_times::LogRecord;
///
/// let line = r#"{"name":"mix","pid":7,"block":1,"cpu_percent":null,"memory_percent":0.5,"time_in_ns":10,"time_out_ns":25}"#;
/// let record: LogRecord = serde_json::from_str(line)?;
/// assert_eq!(record.time_out_ns - record.time_in_ns, 15);
/// assert_eq!(serde_json::to_string(&record)?, line);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRecord {
    /// The job's name.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// The number of the compute block; for a source, of the block that it sent last.
    pub block: u64,
    /// The processor time of its thread, or of an executable's process, over the last 0.1 seconds or more, 100 for one
    /// processor; `None` until it is known.
    pub cpu_percent: Option<f64>,
    /// The part of the machine's memory that its process holds, of 100; `None` where it is not known.
    pub memory_percent: Option<f64>,
    /// When the compute block was taken, in nanoseconds since 1970; for a source, when the step that sent it began. For an
    /// executable, when the last of it was in its pipes; for one without inputs, when the one before was done or the program
    /// began; for one without outputs, when it was there and all before it were in its pipes.
    pub time_in_ns: u64,
    /// When it was done, in nanoseconds since 1970, and never before `time_in_ns`. For an executable, when the last of what it
    /// wrote for it was read; for one without outputs, when the last of it was in its pipes.
    pub time_out_ns: u64,
}
