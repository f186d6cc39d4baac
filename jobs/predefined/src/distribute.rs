//! `distribute`: sends each block of one input to all outputs, as it is.
//!
//! ```toml
//! [jobs.share]
//! use = "distribute"
//! inputs = ["samples"]
//! outputs = ["left", "right"]
//! ```
//!
//! A pipe may have several readers, each of which gets all its blocks; `distribute` is for where the ways on need pipes of
//! their own, with other settings. Heads go along, and large payloads are not copied. Codecs may change as for
//! [`crate::forward`]. The input must have a `block_count` of 1.

use pipeloom_job::{
    Emit, Flow, Job, JobError, JobKind, NoArgs, Port, PortList, PortSetup, PortType, Ports, Setup, Step,
};

use crate::passing;

/// `distribute` by name.
pub const KIND: JobKind = JobKind {
    name: "distribute",
    about: "sends each block of one input to all outputs",
    args: &|| schemars::schema_for!(NoArgs),
    ports: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Ports::new(PortList::one(PortType::any().one_block()), PortList::some(PortType::any())))
    },
    new: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Box::new(Distribute { inputs: Vec::new(), outputs: Vec::new() }))
    },
};

struct Distribute {
    inputs: Vec<PortSetup>,
    outputs: Vec<PortSetup>,
}

impl Job for Distribute {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        passing::check_all(setup)?;
        self.inputs = setup.inputs.clone();
        self.outputs = setup.outputs.clone();
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for (place, input) in self.inputs.iter().enumerate() {
            let block = passing::only(step, place, input)?;
            for (to, output) in (0..).map(Port).zip(&self.outputs) {
                passing::pass(step.number, block, to, output, out)?;
            }
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

    fn distribute() -> JobTest {
        JobTest::of_kind(&KIND, json!({})).unwrap()
    }

    #[test]
    fn all_outputs_get_all_blocks_with_their_heads() {
        let outcome = distribute()
            .reads("a", Codec::Json, [Sent::new("1").with(5), Sent::new("2")])
            .writes("b", Codec::Json)
            .writes("c", Codec::Lines)
            .writes("d", Codec::Framed)
            .run();
        let expected = [Sent::new("1").with(RESET).with(5), Sent::new("2").with(FINISHED)];
        assert!(outcome.outputs.iter().all(|output| *output == expected), "{outcome:?}");
    }

    #[test]
    fn an_output_that_cannot_have_the_blocks_is_named() {
        let outcome =
            distribute().reads("a", Codec::Lines, ["1"]).writes("b", Codec::Lines).writes("c", Codec::Json).run();
        assert_eq!(outcome.failure(), "a block of codec lines (pipe a) is none of codec json (pipe c)");
        let outcome =
            distribute().reads("a", Codec::Framed, ["12", "3"]).writes("b", Codec::Bytes { block_size: 2 }).run();
        assert_eq!(outcome.failure(), "block 2 for pipe b: a block of 1 bytes on a pipe with block_size 2");
    }
}
