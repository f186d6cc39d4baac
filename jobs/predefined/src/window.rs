//! `window`: lists of the last blocks.
//!
//! ```toml
//! [jobs.window]
//! use = "window"
//! args = { size = 4, hop = 2 }
//! inputs = ["levels"]
//! outputs = ["recent"]
//!
//! [pipes.recent]
//! codec = "json"
//! ```
//!
//! Every `hop` blocks it sends a list of the last `size` ones, the oldest first; the first list once there are so many. What
//! a list looks like depends on the codecs, as for [`crate::gather`]. Blocks at the end that no list has had yet are left out, or
//! with `partial = true` sent in a last list that is shorter. The stream ends with the finished mark if its last list has the
//! last block.
//!
//! A list carries the bits of all its blocks' heads. There are fewer lists than blocks, so they are numbered by themselves. A
//! reset bit in the input drops what was left of a window.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use pipeloom_job::{
    Block, Emit, Flow, Head, Job, JobError, JobKind, Port, PortList, PortSetup, Ports, Seq, Setup, Step, Steps,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::list::{self, ListForm};
use crate::passing;

/// The arguments of `window`.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowArgs {
    /// The blocks in a list.
    pub size: NonZeroUsize,
    /// The blocks from one list to the next; `size` unless given. Above `size`, blocks are left out between.
    pub hop: Option<NonZeroUsize>,
    /// Whether what is left at the end is sent in a shorter list.
    #[serde(default)]
    pub partial: bool,
}

/// `window` by name.
pub const KIND: JobKind = JobKind {
    name: "window",
    about: "sends lists of the last blocks",
    args: &|| schemars::schema_for!(WindowArgs),
    ports: &|args| {
        args.parse::<WindowArgs>()?;
        let (items, lists) = (PortList::one(list::item_port()), PortList::one(list::list_port()));
        Ok(Ports { steps: Steps::Free, ..Ports::new(items, lists) })
    },
    new: &|args| {
        let WindowArgs { size, hop, partial } = args.parse()?;
        Ok(Box::new(Window { size: size.get(), hop: hop.unwrap_or(size).get(), partial, open: None }))
    },
};

struct Window {
    size: usize,
    hop: usize,
    partial: bool,
    open: Option<Open>,
}

/// What there is once the job is set up.
struct Open {
    input: PortSetup,
    output: PortSetup,
    form: ListForm,
    /// The blocks of the next list that have come, as they stand in it.
    waiting: VecDeque<(Head, Vec<u8>)>,
    /// How many blocks have been in no list.
    fresh: usize,
    /// How many blocks to come are left out, where windows are apart.
    skipped: usize,
    /// The compute block that came last.
    number: Seq,
}

impl Open {
    fn take(&mut self, block: &Block<'_>) -> Result<(), JobError> {
        if block.head.is_reset() {
            self.waiting.clear();
            (self.fresh, self.skipped) = (0, 0);
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        let mut item = Vec::with_capacity(block.bytes.len());
        list::write_item((0, &self.input), self.number, block.bytes, &mut item)?;
        self.waiting.push_back((block.head.unmarked(), item));
        self.fresh += 1;
        Ok(())
    }

    /// Sends all blocks that wait; those of the next list wait on.
    fn send(&mut self, hop: usize, out: &mut dyn Emit) -> Result<(), JobError> {
        let Some((first, _)) = self.waiting.front() else { return Ok(()) };
        let head = self.waiting.iter().fold(*first, |all, (head, _)| all | *head);
        let mut list = Vec::new();
        self.form.write(self.waiting.iter(), &mut list, |(_, item), list| {
            list.extend_from_slice(item);
            Ok(())
        })?;
        passing::check_size(self.number, list.len(), &self.output)?;
        out.reserve(Port(0), list.len())?.copy_from_slice(&list);
        out.commit(Some(head))?;
        self.skipped = hop.saturating_sub(self.waiting.len());
        self.waiting.drain(..hop.min(self.waiting.len()));
        self.fresh = 0;
        Ok(())
    }
}

impl Job for Window {
    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        if let (Some(input), Some(output)) = (setup.inputs.first(), setup.outputs.first()) {
            self.open = Some(Open {
                form: ListForm::new(&setup.inputs, output).map_err(JobError::failed)?,
                input: input.clone(),
                output: output.clone(),
                waiting: VecDeque::new(),
                fresh: 0,
                skipped: 0,
                number: Seq::FIRST,
            });
        }
        Ok(())
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let Some(open) = &mut self.open else { return Ok(Flow::Done) };
        open.number = step.number;
        for block in step.inputs.iter().copied().flatten() {
            open.take(block)?;
            if open.waiting.len() == self.size {
                open.send(self.hop, out)?;
            }
        }
        Ok(Flow::Again)
    }

    fn end(&mut self, out: &mut dyn Emit) -> Result<(), JobError> {
        match &mut self.open {
            Some(open) if self.partial && open.fresh > 0 => open.send(self.hop, out),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::head::{CORRUPTED, FINISHED, RESET};
    use pipeloom_job::testing::{JobTest, Outcome, Sent};
    use pipeloom_job::{Args, Codec};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn window(args: Value, blocks: impl IntoIterator<Item = Sent>) -> Outcome {
        JobTest::of_kind(&KIND, args).unwrap().reads("a", Codec::Json, blocks).writes("b", Codec::Json).run()
    }

    fn numbers(count: usize) -> impl Iterator<Item = Sent> {
        (1..=count).map(|number| Sent::new(number.to_string()))
    }

    #[test]
    fn lists_follow_each_other_unless_there_is_a_hop() {
        assert_eq!(window(json!({"size": 3}), numbers(7)).texts(0), ["[1,2,3]", "[4,5,6]"]);
        assert_eq!(window(json!({"size": 3, "hop": 1}), numbers(5)).texts(0), ["[1,2,3]", "[2,3,4]", "[3,4,5]"]);
        assert_eq!(window(json!({"size": 2, "hop": 3}), numbers(6)).texts(0), ["[1,2]", "[4,5]"]);
    }

    #[test]
    fn what_is_left_may_be_sent_in_a_shorter_list() {
        let outcome = window(json!({"size": 3, "partial": true}), numbers(7));
        assert_eq!(outcome.texts(0), ["[1,2,3]", "[4,5,6]", "[7]"]);
        assert!(outcome.is_finished());
        let outcome = window(json!({"size": 4, "hop": 2, "partial": true}), numbers(7));
        assert_eq!(outcome.texts(0), ["[1,2,3,4]", "[3,4,5,6]", "[5,6,7]"]);
        assert_eq!(window(json!({"size": 3, "hop": 1, "partial": true}), numbers(4)).texts(0), ["[1,2,3]", "[2,3,4]"]);
    }

    #[test]
    fn a_list_carries_the_flags_of_all_its_blocks() {
        let blocks = [Sent::new("1").with(CORRUPTED), Sent::new("2").with(5), Sent::new("3"), Sent::new("4").with(6)];
        let outcome = window(json!({"size": 2}), blocks);
        let sent = |payload: &str| Sent::new(payload);
        let expected = [sent("[1,2]").with(RESET).with(CORRUPTED).with(5), sent("[3,4]").with(6).with(FINISHED)];
        assert_eq!(outcome.outputs[0], expected);
    }

    #[test]
    fn a_reset_drops_what_was_left() {
        let blocks = [Sent::new("1"), Sent::new("2").with(RESET), Sent::new("3")];
        assert_eq!(window(json!({"size": 2}), blocks).texts(0), ["[2,3]"]);
    }

    #[test]
    fn other_codecs_have_their_own_lists() {
        let test = JobTest::of_kind(&KIND, json!({"size": 2})).unwrap();
        let outcome = test.reads("a", Codec::Framed, ["ab", "c"]).writes("b", Codec::Bytes { block_size: 3 }).run();
        assert_eq!(outcome.texts(0), ["abc"]);
        let test = JobTest::of_kind(&KIND, json!({"size": 2})).unwrap();
        let outcome = test.reads("a", Codec::Lines, ["x", "y"]).writes("b", Codec::Json).run();
        assert_eq!(outcome.texts(0), [r#"["x","y"]"#]);
    }

    #[test]
    fn wrong_arguments_are_named() {
        let wrong = |args: Value| (KIND.ports)(&Args::new(args.as_object().unwrap().clone())).unwrap_err().path;
        assert_eq!(wrong(json!({"size": 0})), ["size"]);
        assert_eq!(wrong(json!({"size": 2, "hop": 0})), ["hop"]);
    }

    proptest! {
        #[test]
        fn lists_are_those_of_a_slice(size in 1usize..6, hop in 1usize..8, count in 0usize..30) {
            let outcome = window(json!({"size": size, "hop": hop}), numbers(count));
            let all: Vec<usize> = (1..=count).collect();
            let expected: Vec<Vec<usize>> = all.windows(size).step_by(hop).map(<[usize]>::to_vec).collect();
            prop_assert_eq!(outcome.values::<Vec<usize>>(0), expected);
        }
    }
}
