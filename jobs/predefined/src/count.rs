//! `count`: a source of numbers.
//!
//! ```toml
//! [jobs.ticks]
//! use = "count"
//! args = { from = 1, to = 10, interval_seconds = 0.5 }
//! outputs = ["numbers"]
//!
//! [pipes.numbers]
//! codec = "json"
//! ```
//!
//! The numbers are integers of 64 bits with sign. Under `bytes` a block is the number's 8 bytes, little-endian, so that
//! `block_size` is 8.
//!
//! With an interval, the n-th number (from 0) is due n intervals after the run's start, so delays do not add up: a
//! number that is late does not make the next ones late.
//!
//! If the job is started again, each life counts from the beginning.

use pipeloom_job::typed::{Output, Source, SourceJob};
use pipeloom_job::{Args, ArgsError, Flow, JobError, JobKind, PortList, Ports};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::numbers;
use crate::schedule::Schedule;

/// The arguments of `count`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CountArgs {
    /// The first number. If the job is started again, each life begins with it.
    pub from: i64,
    /// The last number, if the step meets it; else the last one before it. Without it the job counts as long as
    /// numbers have 64 bits.
    pub to: Option<i64>,
    /// From one number to the next; below 0 to count down.
    pub step: i64,
    /// Seconds from one number to the next; 0 for as fast as they are taken.
    pub interval_seconds: f64,
}

impl Default for CountArgs {
    fn default() -> CountArgs {
        CountArgs { from: 0, to: None, step: 1, interval_seconds: 0.0 }
    }
}

/// `count` by name.
pub const KIND: JobKind = JobKind {
    name: "count",
    about: "sends numbers, as fast as they are taken or at an interval",
    args: &|| schemars::schema_for!(CountArgs),
    ports: &|args| {
        let count = Count::new(args)?;
        let mut ports = Ports::new(PortList::none(), PortList::one(numbers::port()));
        ports.blocks = count.schedule.is_timed();
        Ok(ports)
    },
    new: &|args| Ok(SourceJob::boxed(Count::new(args)?)),
};

struct Count {
    next: Option<i64>,
    to: Option<i64>,
    step: i64,
    schedule: Schedule,
}

impl Count {
    fn new(args: &Args) -> Result<Count, ArgsError> {
        let CountArgs { from, to, step, interval_seconds } = args.parse()?;
        if step == 0 {
            return Err(ArgsError::at("step", "a step of 0 never ends"));
        }
        let mut count = Count { next: None, to, step, schedule: Schedule::new(interval_seconds)? };
        count.next = Some(from).filter(|first| count.reaches(*first));
        Ok(count)
    }

    #[inline]
    fn reaches(&self, number: i64) -> bool {
        self.to.is_none_or(|to| if self.step > 0 { number <= to } else { number >= to })
    }
}

impl Source for Count {
    type Out = i64;

    #[inline(always)]
    fn step(&mut self, out: &mut Output<'_, i64>) -> Result<Flow, JobError> {
        let Some(number) = self.next else { return Ok(Flow::Done) };
        out.send(&number)?;
        self.next = number.checked_add(self.step).filter(|next| self.reaches(*next));
        Ok(if self.next.is_some() { self.schedule.sent() } else { Flow::Done })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::{JobTest, Outcome};
    use serde_json::json;

    fn count(args: serde_json::Value, codec: Codec) -> Outcome {
        JobTest::of_kind(&KIND, args).unwrap().writes("numbers", codec).run()
    }

    #[test]
    fn both_ends_are_included_and_the_last_one_is_marked() {
        let outcome = count(json!({"from": 1, "to": 3}), Codec::Lines);
        assert_eq!(outcome.texts(0), ["1", "2", "3"]);
        assert!(outcome.is_finished());
    }

    #[test]
    fn a_step_may_pass_over_the_end_and_may_be_negative() {
        assert_eq!(count(json!({"to": 10, "step": 4}), Codec::Json).values::<i64>(0), [0, 4, 8]);
        assert_eq!(count(json!({"from": 2, "to": -3, "step": -2}), Codec::Bincode).values::<i64>(0), [2, 0, -2]);
    }

    #[test]
    fn an_empty_range_ends_without_a_block() {
        assert_eq!(count(json!({"from": 1, "to": 0}), Codec::Json).flows, [Flow::Done]);
    }

    #[test]
    fn without_an_end_it_counts_until_nobody_wants_more() {
        let outcome = JobTest::of_kind(&KIND, json!({})).unwrap().writes("numbers", Codec::Framed).wanting(1000).run();
        assert_eq!(outcome.values::<i64>(0), (0..1000).collect::<Vec<_>>());
        assert!(matches!(outcome.error, Some(JobError::Stopped(_))));
    }

    #[test]
    fn it_ends_with_the_numbers_of_64_bits() {
        let outcome = count(json!({"from": i64::MAX - 1}), Codec::Bytes { block_size: 8 });
        assert_eq!(outcome.values::<i64>(0), [i64::MAX - 1, i64::MAX]);
        assert!(outcome.is_finished());
    }

    #[test]
    fn times_are_counted_from_the_start_so_that_delays_do_not_add_up() {
        let outcome = count(json!({"to": 3, "interval_seconds": 0.1}), Codec::Json);
        let until = |millis| Flow::Until(Duration::from_millis(millis));
        assert_eq!(outcome.flows, [until(100), until(200), until(300), Flow::Done]);
    }

    #[test]
    fn wrong_arguments_are_named() {
        let wrong = |args| JobTest::of_kind(&KIND, args).unwrap_err().path.join(".");
        assert_eq!(wrong(json!({"step": 0})), "step");
        assert_eq!(wrong(json!({"interval_seconds": -1})), "interval_seconds");
        assert_eq!(wrong(json!({"form": 1})), "form");
        assert_eq!(wrong(json!({"to": "ten"})), "to");
    }
}
