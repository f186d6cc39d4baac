//! `clock`: ticks at an interval, for sources that shall go together.
//!
//! ```toml
//! [jobs.clock]
//! use = "clock"
//! args = { interval_seconds = 0.1 }
//! outputs = ["ticks"]
//!
//! [pipes.ticks]
//! codec = "json"
//! ```
//!
//! Each tick is its number, from 0, as an integer of 64 bits without sign. Under `bytes` a block is the number's 8 bytes,
//! little-endian, so that `block_size` is 8. Several jobs may read the pipe: jobs that measure at each tick of one clock
//! measure at the same time, and their blocks have the same numbers.
//!
//! Tick n is due n intervals after the run's start, so delays do not add up: the number times the interval is the time. A
//! tick that is late, because its readers are, comes as soon as they take it; none is left out.

use std::num::NonZeroU64;

use pipeloom_job::typed::{Output, Source, SourceJob};
use pipeloom_job::{Args, ArgsError, Flow, JobError, JobKind, PortList, Ports};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::numbers;
use crate::schedule::Schedule;

/// The arguments of `clock`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockArgs {
    /// Seconds from one tick to the next, more than 0.
    pub interval_seconds: f64,
    /// How many ticks there are; without it the clock goes until the run is stopped.
    pub count: Option<NonZeroU64>,
}

/// `clock` by name.
pub const KIND: JobKind = JobKind {
    name: "clock",
    about: "sends the numbers of ticks at an interval",
    args: &|| schemars::schema_for!(ClockArgs),
    ports: &|args| {
        Clock::new(args)?;
        Ok(Ports { blocks: true, ..Ports::new(PortList::none(), PortList::one(numbers::port())) })
    },
    new: &|args| Ok(SourceJob::boxed(Clock::new(args)?)),
};

struct Clock {
    tick: u64,
    count: Option<NonZeroU64>,
    schedule: Schedule,
}

impl Clock {
    fn new(args: &Args) -> Result<Clock, ArgsError> {
        let ClockArgs { interval_seconds, count } = args.parse()?;
        let schedule = Schedule::new(interval_seconds)?;
        if !schedule.is_timed() {
            return Err(ArgsError::at("interval_seconds", "a clock needs an interval of more than 0"));
        }
        Ok(Clock { tick: 0, count, schedule })
    }
}

impl Source for Clock {
    type Out = u64;

    fn step(&mut self, out: &mut Output<'_, u64>) -> Result<Flow, JobError> {
        out.send(&self.tick)?;
        self.tick += 1;
        Ok(if self.count.is_some_and(|count| self.tick >= count.get()) { Flow::Done } else { self.schedule.sent() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::JobTest;
    use serde_json::json;

    #[test]
    fn ticks_come_at_multiples_of_the_interval() {
        let clock = JobTest::of_kind(&KIND, json!({"interval_seconds": 0.25, "count": 3})).unwrap();
        let outcome = clock.writes("ticks", Codec::Lines).run();
        assert_eq!(outcome.texts(0), ["0", "1", "2"]);
        let until = |millis| Flow::Until(Duration::from_millis(millis));
        assert_eq!(outcome.flows, [until(250), until(500), Flow::Done]);
        assert!(outcome.is_finished());
    }

    #[test]
    fn without_a_count_it_goes_on() {
        let clock = JobTest::of_kind(&KIND, json!({"interval_seconds": 1e-9})).unwrap();
        let outcome = clock.writes("ticks", Codec::Bytes { block_size: 8 }).wanting(100).run();
        assert_eq!(outcome.values::<u64>(0), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn wrong_arguments_are_named() {
        let wrong = |args| JobTest::of_kind(&KIND, args).unwrap_err().path.join(".");
        assert_eq!(wrong(json!({"interval_seconds": 0})), "interval_seconds");
        assert_eq!(wrong(json!({"interval_seconds": -1})), "interval_seconds");
        assert_eq!(wrong(json!({"interval_seconds": 1, "count": 0})), "count");
    }
}
