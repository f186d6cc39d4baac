//! The records of jobs that log their times, and those of a native job, written by the thread that works it.

use std::time::Instant;

use pipeloom_job::codec::EncodeValueError;
use pipeloom_job::log_times::LogRecord;
use pipeloom_job::{Codec, JobError};
use pipeloom_os::load::{Load, Meter};

use super::clock::Clock;
use super::outbox::Outbox;

/// Makes the records of one job.
pub(super) struct Recorder {
    clock: Clock,
    /// The last one, whose name and process are those of the next.
    record: LogRecord,
    payload: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(job: &str, pid: u32, clock: Clock) -> Recorder {
        let record = LogRecord {
            name: job.to_owned(),
            pid,
            block: 0,
            cpu_percent: None,
            memory_percent: None,
            time_in_ns: 0,
            time_out_ns: 0,
        };
        Recorder { clock, record, payload: Vec::new() }
    }

    /// The record of one compute block, as it stands on a pipe.
    pub(super) fn record(
        &mut self,
        block: u64,
        taken: Instant,
        done: Instant,
        load: Load,
    ) -> Result<&[u8], EncodeValueError> {
        self.record.block = block;
        self.record.cpu_percent = load.cpu_percent;
        self.record.memory_percent = load.memory_percent;
        self.record.time_in_ns = self.clock.nanos_since_1970(taken);
        self.record.time_out_ns = self.clock.nanos_since_1970(done);
        self.payload.clear();
        Codec::Json.encode(&self.record, &mut self.payload)?;
        Ok(&self.payload)
    }
}

/// Makes a record for each compute block of one native job.
pub(crate) struct Times {
    recorder: Recorder,
    meter: Meter,
    taken: Instant,
}

impl Times {
    pub(crate) fn new(job: &str, clock: Clock) -> Times {
        let recorder = Recorder::new(job, std::process::id(), clock);
        Times { recorder, meter: Meter::default(), taken: Instant::now() }
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
        let payload = self.recorder.record(block, self.taken, now, load).map_err(JobError::failed)?;
        Ok(outbox.log(payload)?)
    }
}
