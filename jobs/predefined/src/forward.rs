//! `forward`: passes blocks on as they are, the k-th input to the k-th output.
//!
//! ```toml
//! [jobs.pass]
//! use = "forward"
//! inputs = ["left", "right"]
//! outputs = ["left-on", "right-on"]
//! ```
//!
//! Heads go along, and large payloads are not copied. The payload stays as it is while the codec may change where that
//! keeps its meaning: the same codec, from `json` to `lines`, and from anything to `bytes` (if the size fits), `framed`
//! and `stream`.
//!
//! An input must have a `block_count` of 1. There are as many outputs as inputs. [`crate::gather`] makes one of several inputs, [`crate::distribute`] sends one
//! input to several outputs.

use pipeloom_job::burst::Burst;
use pipeloom_job::{
    Emit, Flow, Job, JobError, JobKind, NoArgs, Port, PortList, PortSetup, PortType, Ports, Setup, Step,
};

use crate::passing;

/// `forward` by name.
pub const KIND: JobKind = JobKind {
    name: "forward",
    about: "passes blocks on, the k-th input to the k-th output",
    args: &|| schemars::schema_for!(NoArgs),
    ports: &|args| {
        args.parse::<NoArgs>()?;
        let inputs = PortList::some(PortType::any().one_block());
        Ok(Ports { paired: true, ..Ports::new(inputs, PortList::some(PortType::any())) })
    },
    new: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Box::new(Forward { pairs: Vec::new() }))
    },
};

/// There is not one output for each input.
#[derive(Debug, thiserror::Error)]
#[error(
    "there are {inputs} inputs and {outputs} outputs, which go in pairs: \
     `gather` makes one of several inputs, `distribute` sends one input to several outputs"
)]
struct Unpaired {
    inputs: usize,
    outputs: usize,
}

struct Forward {
    /// Each input, with its output.
    pairs: Vec<(PortSetup, PortSetup)>,
}

impl Job for Forward {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let (inputs, outputs) = (setup.inputs.len(), setup.outputs.len());
        if inputs != outputs {
            return Err(JobError::failed(Unpaired { inputs, outputs }));
        }
        for (input, output) in setup.inputs.iter().zip(&setup.outputs) {
            passing::check(input, output)?;
        }
        self.pairs = setup.inputs.iter().cloned().zip(setup.outputs.iter().cloned()).collect();
        Ok(())
    }

    fn burst_of_steps(&mut self, burst: &mut Burst<'_>) -> Result<Flow, JobError> {
        match self.pairs.as_slice() {
            [(_, output)] => burst.pass_on(self, output.codec.block_size()),
            _ => burst.make(self),
        }
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for (place, (input, output)) in (0..).zip(&self.pairs) {
            let (to, block) = (Port(place), passing::only(step, place.into(), input)?);
            passing::pass(step.number, block, to, output, out)?;
        }
        Ok(Flow::Again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::head::{FINISHED, RESET};
    use pipeloom_job::testing::{JobTest, Sent};
    use serde_json::json;

    const UNPAIRED: &str = "there are 2 inputs and 1 outputs, which go in pairs: `gather` makes one of several inputs, \
                            `distribute` sends one input to several outputs";

    fn forward() -> JobTest {
        JobTest::of_kind(&KIND, json!({})).unwrap()
    }

    #[test]
    fn each_input_goes_to_its_output_with_its_heads() {
        let outcome = forward()
            .reads("a", Codec::Lines, [Sent::new("1").with(5), Sent::new("2")])
            .reads("b", Codec::Framed, [Sent::new(""), Sent::new("y").with(6)])
            .writes("a-on", Codec::Lines)
            .writes("b-on", Codec::Stream)
            .run();
        assert_eq!(outcome.outputs[0], [Sent::new("1").with(RESET).with(5), Sent::new("2").with(FINISHED)]);
        assert_eq!(outcome.outputs[1], [Sent::new("").with(RESET), Sent::new("y").with(6).with(FINISHED)]);
    }

    #[test]
    fn a_block_that_does_not_fit_its_output_is_named() {
        let outcome =
            forward().reads("a", Codec::Framed, ["four", "five5"]).writes("b", Codec::Bytes { block_size: 4 }).run();
        assert_eq!(outcome.failure(), "block 2 for pipe b: a block of 5 bytes on a pipe with block_size 4");
        assert_eq!(outcome.outputs[0].len(), 1);
    }

    #[test]
    fn a_codec_that_would_change_the_meaning_is_refused() {
        let outcome = forward().reads("a", Codec::Lines, ["1"]).writes("b", Codec::Json).run();
        assert_eq!(outcome.failure(), "a block of codec lines (pipe a) is none of codec json (pipe b)");
    }

    #[test]
    fn several_blocks_for_one_are_refused() {
        let outcome = forward().reads("a", Codec::Lines, ["1", "2"]).block_count(2).writes("b", Codec::Lines).run();
        let expected =
            "compute block 1 has 2 blocks on input 0 (pipe a), where the job takes one: it needs block_count = 1";
        assert_eq!(outcome.failure(), expected);
    }

    #[test]
    fn inputs_and_outputs_go_in_pairs() {
        let outcome =
            forward().reads("a", Codec::Lines, ["1"]).reads("b", Codec::Lines, ["2"]).writes("c", Codec::Lines).run();
        assert_eq!(outcome.failure(), UNPAIRED);
    }
}
