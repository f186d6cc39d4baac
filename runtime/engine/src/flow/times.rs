//! The records of a native job that logs its times, written by the thread that works it.

use std::time::Instant;

use pipeloom_job::log_times::LogRecord;
use pipeloom_job::{Codec, JobError};
use pipeloom_os::load::Meter;

use super::outbox::Outbox;
use super::runner::Clock;

/// Makes a record for each compute block of one job.
pub(crate) struct Times {
    clock: Clock,
    meter: Meter,
    taken: Instant,
    /// The last one, whose name and process are those of the next.
    record: LogRecord,
    payload: Vec<u8>,
}

impl Times {
    pub(crate) fn new(job: &str, clock: Clock) -> Times {
        let record = LogRecord {
            name: job.to_owned(),
            pid: std::process::id(),
            block: 0,
            cpu_percent: None,
            memory_percent: None,
            time_in_ns: 0,
            time_out_ns: 0,
        };
        Times { clock, meter: Meter::default(), taken: Instant::now(), record, payload: Vec::new() }
    }

    /// The job takes a compute block now.
    pub(super) fn take(&mut self) {
        self.taken = Instant::now();
    }

    /// The job has done the compute block that it took last. Cold, to be out of the way of jobs that do not log.
    #[cold]
    pub(super) fn done(&mut self, block: u64, outbox: &mut Outbox) -> Result<(), JobError> {
        let now = Instant::now();
        let load = self.meter.load(now);
        self.record.block = block;
        self.record.cpu_percent = load.cpu_percent;
        self.record.memory_percent = load.memory_percent;
        self.record.time_in_ns = self.clock.nanos_since_1970(self.taken);
        self.record.time_out_ns = self.clock.nanos_since_1970(now);
        self.payload.clear();
        Codec::Json.encode(&self.record, &mut self.payload).map_err(JobError::failed)?;
        Ok(outbox.log(&self.payload)?)
    }
}
