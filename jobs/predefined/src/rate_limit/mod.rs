//! `rate-limit`: passes no more blocks on than so many a second.
//!
//! ```toml
//! [jobs.slow]
//! use = "rate-limit"
//! args = { blocks_per_second = 10, policy = "drop" }
//! inputs = ["frames"]
//! outputs = ["some-frames"]
//! ```
//!
//! Blocks go on as they are, with their heads; codecs may change as for [`crate::forward`]. After a pause, `burst` blocks
//! may follow each other at once. The input must have a `block_count` of 1.
//!
//! With `policy = "wait"` a block that is too fast waits for its time, and so do those behind it, up to the source.
//! With `policy = "drop"` a block that is too fast is left out, so that the blocks that go on are
//! numbered by themselves; a block with reset or finished in its head is never left out. At the end the job reports how many
//! were, as its result: `{"passed": 90, "dropped": 10}`.

mod bucket;

use std::time::{Duration, Instant};

use pipeloom_job::{
    Args, ArgsError, Emit, Flow, Job, JobError, JobKind, Port, PortList, PortSetup, PortType, Ports, Report, Setup,
    Step, Steps,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::passing;
use bucket::Bucket;

/// The arguments of `rate-limit`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitArgs {
    /// The blocks that pass in a second in the long run, more than 0.
    pub blocks_per_second: f64,
    /// The blocks that may follow each other at once after a pause, at least 1.
    #[serde(default = "one")]
    pub burst: u32,
    /// What becomes of a block that is too fast.
    #[serde(default)]
    pub policy: RatePolicy,
}

const fn one() -> u32 {
    1
}

/// What becomes of a block that is too fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RatePolicy {
    /// It waits for its time.
    #[default]
    Wait,
    /// It is left out.
    Drop,
}

/// `rate-limit` by name.
pub const KIND: JobKind = JobKind {
    name: "rate-limit",
    about: "passes no more blocks on than so many a second",
    args: &|| schemars::schema_for!(RateLimitArgs),
    ports: &|args| {
        let ports = Ports::new(PortList::one(PortType::any().one_block()), PortList::one(PortType::any()));
        Ok(match checked(args)?.policy {
            RatePolicy::Wait => ports,
            RatePolicy::Drop => Ports { steps: Steps::Free, ..ports },
        })
    },
    new: &|args| {
        let RateLimitArgs { blocks_per_second, burst, policy } = checked(args)?;
        let bucket = Bucket::new(blocks_per_second, burst.into());
        Ok(Box::new(RateLimit { policy, bucket, started: Instant::now(), pipes: None, passed: 0, dropped: 0 }))
    },
};

fn checked(args: &Args) -> Result<RateLimitArgs, ArgsError> {
    let args: RateLimitArgs = args.parse()?;
    if !(args.blocks_per_second > 0.0 && Duration::try_from_secs_f64(1.0 / args.blocks_per_second).is_ok()) {
        return Err(ArgsError::at("blocks_per_second", "no block would ever pass"));
    }
    if args.burst == 0 {
        return Err(ArgsError::at("burst", "no block would ever pass"));
    }
    Ok(args)
}

struct RateLimit {
    policy: RatePolicy,
    bucket: Bucket,
    started: Instant,
    /// The input and the output, once the job is set up.
    pipes: Option<(PortSetup, PortSetup)>,
    passed: u64,
    dropped: u64,
}

impl Job for RateLimit {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        passing::check_all(setup)?;
        self.pipes = setup.inputs.first().cloned().zip(setup.outputs.first().cloned());
        self.started = Instant::now();
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some((input, output)) = &self.pipes else { return Ok(Flow::Done) };
        let block = passing::only(step, 0, input)?;
        let now = self.started.elapsed();
        let (passes, flow) = match self.policy {
            RatePolicy::Wait => (true, Flow::After(self.bucket.pass(now))),
            RatePolicy::Drop => {
                (self.bucket.take(now) || block.head.is_reset() || block.head.is_finished(), Flow::Again)
            }
        };
        if passes {
            passing::pass(step.number, block, Port(0), output, out)?;
            self.passed += 1;
        } else {
            self.dropped += 1;
        }
        Ok(flow)
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        out.report(Report::Result(json!({"passed": self.passed, "dropped": self.dropped})));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::{JobTest, Outcome, Sent};
    use serde_json::Value;

    fn limit(args: Value, blocks: impl IntoIterator<Item = Sent>) -> Outcome {
        JobTest::of_kind(&KIND, args).unwrap().reads("a", Codec::Json, blocks).writes("b", Codec::Lines).run()
    }

    fn numbers(count: usize) -> impl Iterator<Item = Sent> {
        (1..=count).map(|number| Sent::new(number.to_string()))
    }

    #[test]
    fn all_blocks_pass_that_wait_for_their_time() {
        // A rate of one block in more than a day: the test is over long before the next one is due.
        let outcome = limit(json!({"blocks_per_second": 1e-5}), numbers(20).map(|sent| sent.with(5)));
        assert_eq!(outcome.outputs[0].len(), 20);
        assert!(outcome.outputs[0].iter().all(|sent| sent.head.bit(5)));
        assert_eq!(outcome.result(), Some(&json!({"passed": 20, "dropped": 0})));
        assert!(outcome.is_finished());
        let waits = outcome.flows.iter().map(|flow| if let Flow::After(wait) = flow { wait.as_secs() } else { 0 });
        assert!(waits.zip(1..).all(|(seconds, blocks)| seconds > 99_000 * blocks), "{:?}", outcome.flows);
    }

    #[test]
    fn what_is_too_fast_is_left_out_but_not_the_last_block() {
        let args = json!({"blocks_per_second": 1e-6, "burst": 2, "policy": "drop"});
        let outcome = limit(args, numbers(5));
        assert_eq!(outcome.texts(0), ["1", "2", "5"]);
        assert_eq!(outcome.result(), Some(&json!({"passed": 3, "dropped": 2})));
        assert!(outcome.is_finished());
    }

    #[test]
    fn wrong_arguments_are_named() {
        let wrong = |args| JobTest::of_kind(&KIND, args).unwrap_err().path.join(".");
        for rate in [0.0, -1.0, 1e-300] {
            assert_eq!(wrong(json!({"blocks_per_second": rate})), "blocks_per_second");
        }
        assert_eq!(wrong(json!({"blocks_per_second": 1, "burst": 0})), "burst");
        assert_eq!(wrong(json!({"blocks_per_second": 1, "policy": "fail"})), "policy");
    }
}
