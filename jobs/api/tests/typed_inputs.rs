//! What typed jobs take: several inputs, several blocks of each, with heads.

use std::fmt::Debug;

use pipeloom_job::head::{FINISHED, RESET};
use pipeloom_job::testing::{JobTest, Outcome, Sent};
use pipeloom_job::typed::{Blocks, Every, First, Headed, Inputs, Output, Sink, SinkJob, Zip};
use pipeloom_job::{Codec, Flow, Head, JobError, Report};

/// Reports what it takes, as the text of a debugger, through `show`.
struct Show<I>(fn(I) -> String, Vec<String>);

impl<I: Inputs> Sink for Show<I> {
    type In = I;

    fn step(&mut self, value: I, _out: &mut Output<'_, ()>) -> Result<Flow, JobError> {
        self.1.push(self.0(value));
        Ok(Flow::Again)
    }

    fn end(&mut self, out: &mut Output<'_, ()>) -> Result<(), JobError> {
        out.report(Report::Result(self.1.clone().into()));
        Ok(())
    }
}

fn taken<I: Inputs + 'static>(show: fn(I) -> String) -> JobTest {
    JobTest::of(SinkJob::boxed(Show(show, Vec::new())))
}

fn text(value: impl Debug) -> String {
    format!("{value:?}")
}

/// The set bits of a head.
fn bits(head: Head) -> Vec<usize> {
    (0..head.bit_count()).filter(|bit| head.bit(*bit)).collect()
}

#[track_caller]
fn shows(outcome: &Outcome, expected: &[&str]) {
    assert_eq!(outcome.result(), Some(&expected.into()), "{:?}", outcome.error);
}

#[test]
fn a_first_input_and_any_number_after_it() {
    let test = || taken(|First(a, rest): First<String, u8>| text((a, rest))).reads("a", Codec::Lines, ["x", "y"]);
    shows(&test().run(), &[r#"("x", [])"#, r#"("y", [])"#]);
    let more = test().reads("b", Codec::Json, ["1", "2"]).reads("c", Codec::Lines, ["3", "4"]);
    shows(&more.run(), &[r#"("x", [1, 3])"#, r#"("y", [2, 4])"#]);
}

#[test]
fn several_blocks_come_as_a_list_in_order() {
    let test = taken(|Blocks(values): Blocks<u8>| text(values));
    let outcome = test.reads("a", Codec::Json, ["1", "2", "3", "4", "5", "6", "7"]).block_count(3).run();
    shows(&outcome, &["[1, 2, 3]", "[4, 5, 6]"]);
}

#[test]
fn inputs_may_differ_in_their_block_counts() {
    let test = taken(|Zip((a, Blocks(b), Blocks(c))): Zip<(u8, Blocks<u8>, Blocks<String>)>| text((a, b, c)))
        .reads("a", Codec::Json, ["1", "2"])
        .reads("b", Codec::Json, ["1", "2", "3", "4"])
        .block_count(2)
        .reads("c", Codec::Lines, ["r", "s"]);
    shows(&test.run(), &[r#"(1, [1, 2], ["r"])"#, r#"(2, [3, 4], ["s"])"#]);
}

#[test]
fn every_input_and_all_after_the_first_may_bring_lists() {
    let add = |test: JobTest| {
        test.reads("a", Codec::Json, ["1", "2"]).block_count(2).reads("b", Codec::Json, ["3", "4"]).block_count(2)
    };
    shows(&add(taken(|Every(all): Every<Blocks<u8>>| text(all))).run(), &["[Blocks([1, 2]), Blocks([3, 4])]"]);
    let outcome = add(taken(|First(a, rest): First<Blocks<u8>, Blocks<u8>>| text((a, rest)))).run();
    shows(&outcome, &["(Blocks([1, 2]), [Blocks([3, 4])])"]);
}

#[test]
fn a_value_may_come_with_its_head() {
    let outcome = taken(|Headed { head, value }: Headed<u8>| text((bits(head), value)))
        .reads("a", Codec::Json, [Sent::new("1"), Sent::new("2").with(5), Sent::new("3")])
        .run();
    shows(&outcome, &["([1], 1)", "([5], 2)", "([2], 3)"]);
}

#[test]
fn a_list_of_values_comes_with_a_list_of_heads() {
    let heads = |Blocks(list): Blocks<Headed<u8>>| text(list.iter().map(|item| bits(item.head)).collect::<Vec<_>>());
    let outcome = taken(heads)
        .reads("a", Codec::Json, [Sent::new("1"), Sent::new("2").with(5), Sent::new("3").with(6), Sent::new("4")])
        .block_count(2)
        .run();
    shows(&outcome, &[&text([vec![RESET], vec![5]]), &text([vec![6], vec![FINISHED]])]);
}

#[test]
fn several_blocks_where_one_is_taken_are_refused() {
    let outcome = taken(|value: u8| text(value)).reads("a", Codec::Json, ["1", "2"]).block_count(2).run();
    assert_eq!(
        outcome.failure(),
        "compute block 1 has 2 blocks on input 0 (pipe a), where the job takes one: it needs block_count = 1"
    );
}

#[test]
fn a_wrong_value_in_a_list_is_named() {
    let test = taken(|Every(all): Every<Blocks<u8>>| text(all)).reads("a", Codec::Json, ["1", "2"]).block_count(2);
    let outcome = test.reads("b", Codec::Lines, ["1", "-1"]).block_count(2).run();
    let failure = outcome.failure();
    assert!(failure.starts_with("block 1 of input 1 (pipe b): \"-1\" is not"), "{failure}");
}
