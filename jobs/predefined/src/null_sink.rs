//! `null-sink`: takes everything and counts it.
//!
//! ```toml
//! [jobs.end]
//! use = "null-sink"
//! inputs = ["noise"]
//! ```
//!
//! At its end it reports as its result how many blocks and payload bytes came over all inputs:
//! `{"blocks": 1000, "bytes": 64000}`.

use pipeloom_job::{Block, Emit, Flow, Job, JobError, JobKind, NoArgs, PortList, PortType, Ports, Report, Step};
use serde_json::json;

/// `null-sink` by name.
pub const KIND: JobKind = JobKind {
    name: "null-sink",
    about: "takes any blocks and reports how many came",
    args: &|| schemars::schema_for!(NoArgs),
    ports: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Ports::new(PortList::some(PortType::any()), PortList::none()))
    },
    new: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Box::new(NullSink { blocks: 0, bytes: 0 }))
    },
};

struct NullSink {
    blocks: u64,
    bytes: u64,
}

impl NullSink {
    #[inline]
    fn count(&mut self, block: &Block<'_>) {
        self.blocks += 1;
        self.bytes += block.bytes.len() as u64;
    }
}

impl Job for NullSink {
    #[inline(always)]
    fn step(&mut self, step: &Step<'_>, _out: &mut dyn Emit) -> Result<Flow, JobError> {
        match step.inputs {
            // The common case, without a loop.
            [[only]] => self.count(only),
            all => all.iter().copied().flatten().for_each(|block| self.count(block)),
        }
        Ok(Flow::Again)
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        out.report(Report::Result(json!({"blocks": self.blocks, "bytes": self.bytes})));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::JobTest;

    #[test]
    fn it_reports_what_came_over_all_inputs() {
        let outcome = JobTest::of_kind(&KIND, json!({}))
            .unwrap()
            .reads("a", Codec::Lines, ["one", "two", "three"])
            .reads("b", Codec::Framed, ["", "12"])
            .run();
        assert_eq!(outcome.result(), Some(&json!({"blocks": 4, "bytes": 8})));
    }
}
