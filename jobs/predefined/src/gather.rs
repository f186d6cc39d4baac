//! `gather`: makes one list of what all inputs bring.
//!
//! ```toml
//! [jobs.collect]
//! use = "gather"
//! inputs = ["left", "right"]
//! outputs = ["both"]
//!
//! [pipes.both]
//! codec = "json"
//! ```
//!
//! | inputs | output | a block |
//! |---|---|---|
//! | `json`, `lines`, custom ones | `json` | an array of the values, as they are written; a line is a text |
//! | `bincode` | `bincode` | a list of the values, which must all be of one type |
//! | `bytes`, `framed` | `bytes`, `framed` | the payloads one after another |
//!
//! The values stand in the order of the inputs. An input with a `block_count` of more than 1 brings a list of its own
//! (without borders under `bytes` and `framed`). The list carries the reduced head.

use pipeloom_job::{Block, Emit, Flow, Job, JobError, JobKind, NoArgs, Port, PortList, PortSetup, Ports, Setup, Step};

use crate::list::{self, ListForm};
use crate::passing;

/// `gather` by name.
pub const KIND: JobKind = JobKind {
    name: "gather",
    about: "makes one list of what all inputs bring",
    args: &|| schemars::schema_for!(NoArgs),
    ports: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Ports::new(PortList::some(list::item_port()), PortList::one(list::list_port())))
    },
    new: &|args| {
        args.parse::<NoArgs>()?;
        Ok(Box::new(Gather { open: None, list: Vec::new() }))
    },
};

struct Gather {
    open: Option<Pipes>,
    /// What is sent; its memory is used again.
    list: Vec<u8>,
}

/// What is known once the job is set up.
struct Pipes {
    inputs: Vec<PortSetup>,
    output: PortSetup,
    form: ListForm,
}

impl Pipes {
    /// Adds what one input brings.
    fn write(&self, input: usize, step: &Step<'_>, list: &mut Vec<u8>) -> Result<(), JobError> {
        let port = &self.inputs[input];
        let item =
            |block: &Block<'_>, list: &mut Vec<u8>| list::write_item((input, port), step.number, block.bytes, list);
        match step.inputs[input] {
            [only] => item(only, list),
            several => self.form.write(several.iter(), list, item),
        }
    }
}

impl Job for Gather {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        if let Some(output) = setup.outputs.first() {
            let form = ListForm::new(&setup.inputs, output).map_err(JobError::failed)?;
            self.open = Some(Pipes { inputs: setup.inputs.clone(), output: output.clone(), form });
        }
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some(pipes) = &self.open else { return Ok(Flow::Done) };
        self.list.clear();
        pipes.form.write(0..pipes.inputs.len(), &mut self.list, |input, list| pipes.write(input, step, list))?;
        passing::check_size(step.number, self.list.len(), &pipes.output)?;
        out.reserve(Port(0), self.list.len())?.copy_from_slice(&self.list);
        out.commit(None)?;
        Ok(Flow::Again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::{JobTest, Sent};
    use serde_json::json;

    fn gather() -> JobTest {
        JobTest::of_kind(&KIND, json!({})).unwrap()
    }

    fn bincode(values: &[i64]) -> Vec<Vec<u8>> {
        let payload = |value| {
            let mut payload = Vec::new();
            Codec::Bincode.encode(value, &mut payload).unwrap();
            payload
        };
        values.iter().map(payload).collect()
    }

    #[test]
    fn json_values_and_lines_make_an_array() {
        let outcome = gather()
            .reads("a", Codec::Json, [r#"{"x": 1.50}"#, "null"])
            .reads("b", Codec::Lines, ["say \"yes\"", "2"])
            .writes("c", Codec::Json)
            .run();
        assert_eq!(outcome.texts(0), [r#"[{"x": 1.50},"say \"yes\""]"#, r#"[null,"2"]"#]);
        assert!(outcome.is_finished());
    }

    #[test]
    fn an_input_with_several_blocks_brings_a_list() {
        let outcome = gather()
            .reads("a", Codec::Json, ["1", "2", "3", "4"])
            .block_count(2)
            .reads("b", Codec::Json, ["5", "6"])
            .writes("c", Codec::Json)
            .run();
        assert_eq!(outcome.texts(0), ["[[1,2],5]", "[[3,4],6]"]);
    }

    #[test]
    fn bincode_values_of_one_type_make_a_list() {
        let outcome = gather()
            .reads("a", Codec::Bincode, bincode(&[1, -300]))
            .reads("b", Codec::Bincode, bincode(&[2, 1 << 40]))
            .writes("c", Codec::Bincode)
            .run();
        assert_eq!(outcome.values::<Vec<i64>>(0), [[1, 2], [-300, 1 << 40]]);
    }

    #[test]
    fn raw_payloads_are_joined() {
        let test = || gather().reads("a", Codec::Bytes { block_size: 2 }, ["ab"]).reads("b", Codec::Framed, ["cde"]);
        assert_eq!(test().writes("c", Codec::Framed).run().texts(0), ["abcde"]);
        let outcome = test().writes("c", Codec::Bytes { block_size: 6 }).run();
        assert_eq!(outcome.failure(), "block 1 for pipe c: a block of 5 bytes on a pipe with block_size 6");
    }

    #[test]
    fn the_list_carries_all_flags() {
        let outcome = gather()
            .reads("a", Codec::Json, [Sent::new("1").with(3)])
            .reads("b", Codec::Json, [Sent::new("2").with(4)])
            .writes("c", Codec::Json)
            .run();
        assert!(outcome.outputs[0][0].head.bit(3) && outcome.outputs[0][0].head.bit(4));
    }

    #[test]
    fn values_that_do_not_fit_are_named() {
        let outcome = gather().reads("a", Codec::Lines, ["1"]).writes("b", Codec::Bincode).run();
        let expected = "values of codec lines (pipe a) cannot stand in a list of codec bincode (pipe b)";
        assert_eq!(outcome.failure(), expected);
        let outcome =
            gather().reads("a", Codec::Json, ["1"]).reads("b", Codec::Json, ["{"]).writes("c", Codec::Json).run();
        assert!(outcome.failure().starts_with("block 1 of input 1 (pipe b): not the JSON"), "{}", outcome.failure());
    }
}
