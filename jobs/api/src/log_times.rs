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
    /// The number of the compute block.
    pub block: u64,
    /// The processor time since the block before, 100 for one processor; `None` where it is not known.
    pub cpu_percent: Option<f64>,
    /// The part of the machine's memory it holds; `None` where it is not known.
    pub memory_percent: Option<f64>,
    /// When the compute block was taken, in nanoseconds since 1970.
    pub time_in_ns: u64,
    /// When it was done, in nanoseconds since 1970.
    pub time_out_ns: u64,
}
