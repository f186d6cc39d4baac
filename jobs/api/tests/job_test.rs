//! The test kit: what it gives a job where the test says nothing, and what it refuses.

use pipeloom_job::testing::JobTest;
use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{ArgsError, Codec, CodecName, Flow, Job, JobError, Kind, PortList, PortType, Ports};
use serde_json::json;

/// Multiplies numbers.
struct Gain(f32);

/// What a gain is given.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct GainArgs {
    factor: f32,
    #[serde(default)]
    raw: bool,
}

impl Kind for Gain {
    const NAME: &'static str = "gain";
    const ABOUT: &'static str = "multiplies numbers";
    type Args = GainArgs;

    fn ports(args: &GainArgs) -> Result<Ports, ArgsError> {
        if args.factor == 0.0 {
            return Err(ArgsError::at("factor", "zero leaves nothing"));
        }
        let codecs: &[CodecName] = if args.raw { &[CodecName::Bytes] } else { &[CodecName::Lines, CodecName::Json] };
        let port = || PortList::one(PortType::codecs(codecs));
        Ok(Ports::new(port(), port()))
    }

    fn make(args: GainArgs) -> Result<Box<dyn Job>, ArgsError> {
        Ok(ConnectorJob::boxed(Gain(args.factor)))
    }
}

impl Connector for Gain {
    type In = f32;
    type Out = f32;

    fn step(&mut self, value: f32, out: &mut Output<'_, f32>) -> Result<Flow, JobError> {
        out.send(&(value * self.0))?;
        Ok(Flow::Again)
    }
}

fn gain(args: serde_json::Value) -> JobTest {
    JobTest::new::<Gain>().args(args)
}

#[test]
fn values_stand_in_json_where_the_port_takes_it() {
    let done = gain(json!({"factor": 2})).input(0, [1.5f32, 2.0]).run();
    assert_eq!(done.texts(0), ["3.0", "4.0"]);
    assert!(done.is_finished());
}

#[test]
fn bytes_have_the_size_of_the_first_value() {
    let done = gain(json!({"factor": 2, "raw": true}))
        .input(0, [1.5f32, 2.0])
        .writes("louder", Codec::Bytes { block_size: 4 })
        .run();
    assert_eq!(done.values::<f32>(0), [3.0, 4.0]);
}

#[test]
#[should_panic(expected = r#"output 0 needs a codec: use writes("output-0", CODEC)"#)]
fn an_output_of_bytes_needs_its_size() {
    gain(json!({"factor": 2, "raw": true})).input(0, [1.5f32]).run();
}

#[test]
#[should_panic(expected = "the job takes 1 pipe on its input side, not 0")]
fn an_input_without_values_is_named() {
    gain(json!({"factor": 2})).run();
}

#[test]
#[should_panic(expected = "the job takes 1 pipe on its input side")]
fn an_input_too_many_is_named() {
    let _ = gain(json!({"factor": 2})).input(0, [1]).input(1, [1]);
}

#[test]
#[should_panic(expected = "the place of the next input")]
fn inputs_are_given_in_order() {
    let _ = gain(json!({"factor": 2})).input(1, [1]);
}

#[test]
#[should_panic(expected = "the job's arguments: missing field `factor`")]
fn missing_arguments_are_named() {
    let _ = JobTest::new::<Gain>().input(0, [1]);
}

#[test]
#[should_panic(expected = "the job's argument `factor`: zero leaves nothing")]
fn a_wrong_argument_is_named_with_its_place() {
    let _ = gain(json!({"factor": 0})).input(0, [1]);
}

#[test]
#[should_panic(expected = "a job that is there takes no arguments")]
fn a_job_that_is_there_takes_no_arguments() {
    let _ = JobTest::of(ConnectorJob::boxed(Gain(2.0))).args(json!({"factor": 1}));
}

#[test]
#[should_panic(expected = r#"input 0 names no codec for values: use reads("input-0", CODEC, BLOCKS)"#)]
fn a_port_of_bytes_without_values_has_no_size() {
    let _ = gain(json!({"factor": 2, "raw": true})).input(0, Vec::<f32>::new());
}
