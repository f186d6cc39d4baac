//! `switch`: passes each block on to one of two outputs, by a bit of its head.
//!
//! ```toml
//! [jobs.sort]
//! use = "switch"
//! args = { bit = 3 }
//! inputs = ["frames"]
//! outputs = ["quiet", "loud"]
//! ```
//!
//! A block whose head has the bit goes to the second output, any other to the first one, both as they are. Codecs may
//! change as for [`crate::forward`]. The outputs are numbered by themselves. Only one of them gets the stream's last block
//! with its finished mark; the other one just ends.

use pipeloom_job::head::CORRUPTED;
use pipeloom_job::{
    Args, ArgsError, Emit, Flow, HeadSize, Job, JobError, JobKind, Port, PortList, PortSetup, PortType, Ports, Setup,
    Step, Steps,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::passing;

/// The first bit of a head that belongs to the user.
const FIRST_USER_BIT: usize = 3;

/// The last bit of the longest head.
const LAST_BIT: usize = 31;

/// The arguments of `switch`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({"bit": 3}))]
pub struct SwitchArgs {
    /// The bit: a user bit from 3 to 7, or further if `head_size` is more than 1; or 0 for blocks that are corrupted.
    pub bit: usize,
}

/// `switch` by name.
pub const KIND: JobKind = JobKind {
    name: "switch",
    about: "passes blocks on to one of two outputs, by a bit of their heads",
    args: &|| schemars::schema_for!(SwitchArgs),
    ports: &|args| {
        checked(args)?;
        let two = PortList { fixed: vec![PortType::any(); 2], rest: None };
        Ok(Ports { steps: Steps::Free, ..Ports::new(PortList::one(PortType::any()), two) })
    },
    new: &|args| Ok(Box::new(Switch { bit: checked(args)?.bit, outputs: Vec::new() })),
};

fn checked(args: &Args) -> Result<SwitchArgs, ArgsError> {
    let args: SwitchArgs = args.parse()?;
    match args.bit {
        CORRUPTED | FIRST_USER_BIT..=LAST_BIT => Ok(args),
        bit => Err(ArgsError::at("bit", format!("bit {bit}, where 0 and {FIRST_USER_BIT} to {LAST_BIT} can be used"))),
    }
}

/// Heads do not have the bit.
#[derive(Debug, thiserror::Error)]
#[error("heads have no bit {bit}: with head_size = {} the last one is {}", .size.bytes(), 8 * .size.bytes() - 1)]
struct NoSuchBit {
    bit: usize,
    size: HeadSize,
}

struct Switch {
    bit: usize,
    outputs: Vec<PortSetup>,
}

impl Job for Switch {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let (bit, size) = (self.bit, setup.head_size);
        if bit >= 8 * size.bytes() {
            return Err(JobError::failed(NoSuchBit { bit, size }));
        }
        passing::check_all(setup)?;
        self.outputs = setup.outputs.clone();
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for block in step.inputs.iter().copied().flatten() {
            let to = Port(block.head.bit(self.bit).into());
            if let Some(output) = self.outputs.get(to.index()) {
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
    use pipeloom_job::testing::{JobTest, Sent};

    fn switch(bit: usize) -> JobTest {
        JobTest::of_kind(&KIND, json!({"bit": bit})).unwrap()
    }

    #[test]
    fn the_bit_says_which_output_a_block_goes_to() {
        let outcome = switch(4)
            .reads(
                "a",
                Codec::Json,
                [Sent::new("1"), Sent::new("2").with(4), Sent::new("3").with(5), Sent::new("4").with(4)],
            )
            .writes("without", Codec::Json)
            .writes("with", Codec::Lines)
            .run();
        assert_eq!(outcome.texts(0), ["1", "3"]);
        assert_eq!(outcome.texts(1), ["2", "4"]);
        assert!(outcome.outputs[0][1].head.bit(5) && outcome.outputs[1][0].head.bit(4));
        assert!(outcome.outputs[1][1].head.is_finished());
    }

    #[test]
    fn corrupted_blocks_can_be_sorted_out() {
        let outcome = switch(CORRUPTED)
            .reads("a", Codec::Framed, [Sent::new("1").with(CORRUPTED), Sent::new("2")])
            .writes("good", Codec::Framed)
            .writes("bad", Codec::Framed)
            .run();
        assert_eq!([outcome.texts(0), outcome.texts(1)], [["2"], ["1"]]);
    }

    #[test]
    fn bits_that_cannot_be_used_are_named() {
        for bit in [1, 2, 32] {
            assert_eq!(JobTest::of_kind(&KIND, json!({"bit": bit})).unwrap_err().path, ["bit"]);
        }
        let test = || switch(9).reads("a", Codec::Json, ["1"]).writes("b", Codec::Json).writes("c", Codec::Json);
        assert_eq!(test().run().failure(), "heads have no bit 9: with head_size = 1 the last one is 7");
        assert_eq!(test().head_size(HeadSize::new(2).unwrap()).run().texts(0), ["1"]);
    }
}
