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

use pipeloom_job::codec::EncodeError;
use pipeloom_job::{
    Codec, CodecName, Emit, Flow, Job, JobError, JobKind, Port, PortList, PortSetup, PortType, Ports, Seq, Setup, Step,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// The arguments of `forward`: none.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardArgs {}

/// `forward` by name.
pub const KIND: JobKind = JobKind {
    name: "forward",
    about: "passes blocks on, the k-th input to the k-th output",
    args: || schemars::schema_for!(ForwardArgs),
    ports: |args| {
        args.parse::<ForwardArgs>()?;
        let any = || PortList::some(PortType::any());
        Ok(Ports { paired: true, ..Ports::new(any(), any()) })
    },
    new: |args| {
        args.parse::<ForwardArgs>()?;
        Ok(Box::new(Forward { outputs: Vec::new() }))
    },
};

/// Why blocks cannot be passed on.
#[derive(Debug, thiserror::Error)]
enum ForwardError {
    #[error("there are {inputs} inputs and {outputs} outputs, which go in pairs")]
    Unpaired { inputs: usize, outputs: usize },
    #[error("a block of codec {from} (pipe {input}) is none of codec {to} (pipe {output})")]
    Codec { from: CodecName, input: String, to: CodecName, output: String },
    #[error("block {block} for pipe {output}: {source}")]
    Size { block: Seq, output: String, source: EncodeError },
}

struct Forward {
    outputs: Vec<PortSetup>,
}

fn keeps_meaning(from: CodecName, to: CodecName) -> bool {
    from == to
        || (from == CodecName::Json && to == CodecName::Lines)
        || matches!(to, CodecName::Bytes | CodecName::Framed | CodecName::Stream)
}

impl Job for Forward {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        let (inputs, outputs) = (setup.inputs.len(), setup.outputs.len());
        if inputs != outputs {
            return Err(JobError::failed(ForwardError::Unpaired { inputs, outputs }));
        }
        for (input, output) in setup.inputs.iter().zip(&setup.outputs) {
            let (from, to) = (input.codec.name(), output.codec.name());
            if !keeps_meaning(from, to) {
                let (input, output) = (input.pipe.clone(), output.pipe.clone());
                return Err(JobError::failed(ForwardError::Codec { from, input, to, output }));
            }
        }
        self.outputs = setup.outputs.clone();
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for (place, (blocks, output)) in (0..).zip(step.inputs.iter().zip(&self.outputs)) {
            for block in *blocks {
                let got = block.bytes.len();
                if let Codec::Bytes { block_size: expected } = output.codec
                    && expected != got
                {
                    let source = EncodeError::WrongSize { expected, got };
                    let output = output.pipe.clone();
                    return Err(JobError::failed(ForwardError::Size { block: step.number, output, source }));
                }
                out.emit(Port(place), block)?;
            }
        }
        Ok(Flow::Again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::head::{FINISHED, RESET};
    use pipeloom_job::testing::{Sent, Trial};
    use serde_json::json;

    fn forward() -> Trial {
        Trial::of(&KIND, json!({})).unwrap()
    }

    #[test]
    fn each_input_goes_to_its_output_with_its_heads() {
        let outcome = forward()
            .input("a", Codec::Lines, [Sent::new("1").with(5), Sent::new("2")])
            .input("b", Codec::Framed, [Sent::new(""), Sent::new("y").with(6)])
            .output("a-on", Codec::Lines)
            .output("b-on", Codec::Stream)
            .run();
        assert_eq!(outcome.outputs[0], [Sent::new("1").with(RESET).with(5), Sent::new("2").with(FINISHED)]);
        assert_eq!(outcome.outputs[1], [Sent::new("").with(RESET), Sent::new("y").with(6).with(FINISHED)]);
    }

    #[test]
    fn a_block_that_does_not_fit_its_output_is_named() {
        let outcome =
            forward().input("a", Codec::Framed, ["four", "five5"]).output("b", Codec::Bytes { block_size: 4 }).run();
        assert_eq!(outcome.failure(), "block 2 for pipe b: a block of 5 bytes on a pipe with block_size 4");
        assert_eq!(outcome.outputs[0].len(), 1);
    }

    #[test]
    fn a_codec_that_would_change_the_meaning_is_refused() {
        let outcome = forward().input("a", Codec::Lines, ["1"]).output("b", Codec::Json).run();
        assert_eq!(outcome.failure(), "a block of codec lines (pipe a) is none of codec json (pipe b)");
    }

    #[test]
    fn inputs_and_outputs_go_in_pairs() {
        let outcome =
            forward().input("a", Codec::Lines, ["1"]).input("b", Codec::Lines, ["2"]).output("c", Codec::Lines).run();
        assert_eq!(outcome.failure(), "there are 2 inputs and 1 outputs, which go in pairs");
    }
}
