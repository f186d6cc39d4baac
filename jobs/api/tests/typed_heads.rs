//! Heads as typed jobs see and set them, and how they end their streams.

use std::cell::Cell;

use pipeloom_job::head::{CORRUPTED, FINISHED, HeadSize, RESET};
use pipeloom_job::testing::{JobTest, Outcome, Sent};
use pipeloom_job::typed::{Connector, ConnectorJob, Every, InHeads, Output, Sink, SinkJob, Source, SourceJob};
use pipeloom_job::{Codec, Flow, Head, JobError, Port, Report};
use serde::{Serialize, Serializer};

/// What a test does in a step, to be told by closures.
struct Steps<R, S> {
    reduce: R,
    step: S,
}

impl<R, S> Connector for Steps<R, S>
where
    R: Fn(InHeads<'_>) -> Head + Send,
    S: FnMut(u8, &mut Output<'_, u8>) -> Result<Flow, JobError> + Send,
{
    type In = Every<u8>;
    type Out = u8;

    fn reduce(&self, heads: InHeads<'_>) -> Head {
        (self.reduce)(heads)
    }

    fn step(&mut self, Every(values): Every<u8>, out: &mut Output<'_, u8>) -> Result<Flow, JobError> {
        (self.step)(values[0], out)
    }

    fn end(&mut self, out: &mut Output<'_, u8>) -> Result<(), JobError> {
        if out.outputs() > 2 { out.send(&99) } else { Ok(()) }
    }
}

fn or(heads: InHeads<'_>) -> Head {
    heads.or()
}

fn job<S>(step: S) -> JobTest
where
    S: FnMut(u8, &mut Output<'_, u8>) -> Result<Flow, JobError> + Send + 'static,
{
    JobTest::of(ConnectorJob::boxed(Steps { reduce: or, step }))
}

/// The set bits of all heads on an output.
fn bits(outcome: &Outcome, output: usize) -> Vec<Vec<usize>> {
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let set = |sent: &Sent| (0..sent.head.bit_count()).filter(|bit| sent.head.bit(*bit)).collect();
    outcome.outputs[output].iter().map(set).collect()
}

#[test]
fn blocks_carry_the_reduced_head_as_the_step_changed_it() {
    let outcome = job(|value, out| {
        out.send(&value)?;
        if value == 2 {
            out.set_head(out.head() << 1 | 0x01);
        }
        out.send_to(Port(1), &value)?;
        Ok(Flow::Again)
    })
    .reads("a", Codec::Json, [Sent::new("1"), Sent::new("2").with(6), Sent::new("3")])
    .writes("b", Codec::Json)
    .writes("c", Codec::Json)
    .run();
    assert_eq!(bits(&outcome, 0), [vec![RESET], vec![6], vec![FINISHED]]);
    assert_eq!(bits(&outcome, 1), [vec![RESET], vec![5, 7], vec![FINISHED]]);
}

#[test]
fn a_block_may_have_a_head_of_its_own() {
    let outcome = job(|value, out| {
        let head = out.head();
        out.send_with(head.with(3, true), &value)?;
        out.send_to_with(Port(1), head.with(4, true), &value.to_string())?;
        out.send_to(Port(2), &value)?;
        Ok(Flow::Again)
    })
    .reads("a", Codec::Json, ["1", "2"])
    .writes("b", Codec::Bytes { block_size: 1 })
    .writes("c", Codec::Json)
    .writes("d", Codec::Json)
    .run();
    assert_eq!(bits(&outcome, 0), [vec![RESET, 3], vec![3], vec![FINISHED]]);
    assert_eq!(bits(&outcome, 1), [vec![RESET, 4], vec![FINISHED, 4]]);
    assert_eq!(bits(&outcome, 2), [vec![RESET], vec![FINISHED]]);
}

#[test]
fn a_job_may_reduce_heads_in_its_own_way() {
    let all = |heads: InHeads<'_>| heads.iter().fold(!Head::empty(heads.or().size()), |all, head| all & head);
    let step = |value, out: &mut Output<'_, u8>| out.send(&value).map(|()| Flow::Again);
    let outcome = JobTest::of(ConnectorJob::boxed(Steps { reduce: all, step }))
        .reads(
            "a",
            Codec::Json,
            [Sent::new("1").with(5).with(6), Sent::new("2").with(7), Sent::new("3").with(CORRUPTED)],
        )
        .reads("b", Codec::Json, [Sent::new("1").with(5), Sent::new("2").with(6), Sent::new("3")])
        .writes("c", Codec::Json)
        .run();
    assert_eq!(bits(&outcome, 0), [vec![RESET, 5], vec![], vec![CORRUPTED, FINISHED]]);
}

#[test]
fn a_sink_sees_all_heads() {
    struct Heads(Vec<String>);

    impl Sink for Heads {
        type In = Every<pipeloom_job::typed::Blocks<u8>>;

        fn reduce(&self, heads: InHeads<'_>) -> Head {
            heads.on(1).next().unwrap()
        }

        fn step(&mut self, _: Self::In, out: &mut Output<'_, ()>) -> Result<Flow, JobError> {
            let heads = out.in_heads();
            let of = |input| heads.on(input).map(Head::to_number).collect::<Vec<_>>();
            self.0.push(format!("{:x?} {:x?} {:x?} {:x}", of(0), of(1), of(2), out.head().to_number()));
            Ok(Flow::Again)
        }

        fn end(&mut self, out: &mut Output<'_, ()>) -> Result<(), JobError> {
            assert_eq!((out.in_heads().inputs(), out.head().to_number()), (0, 0));
            out.report(Report::Result(self.0.clone().into()));
            Ok(())
        }
    }

    let outcome = JobTest::of(SinkJob::boxed(Heads(Vec::new())))
        .reads("a", Codec::Json, [Sent::new("1"), Sent::new("2").with(7), Sent::new("3"), Sent::new("4")])
        .block_count(2)
        .reads("b", Codec::Json, [Sent::new("1").with(6), Sent::new("2")])
        .run();
    assert_eq!(outcome.result(), Some(&["[40, 1] [42] [] 42", "[0, 20] [20] [] 20"][..].into()), "{:?}", outcome.error);
}

#[test]
fn heads_have_the_size_of_the_network() {
    let two = HeadSize::new(2).unwrap();
    let outcome = job(|value, out| {
        assert_eq!(out.head().size().bytes(), 2);
        out.set_head(out.head() | 0x01);
        out.send(&value)?;
        out.send_to_with(Port(1), Head::empty(HeadSize::ONE).with(3, true), &value)?;
        Ok(Flow::Again)
    })
    .head_size(two)
    .reads("a", Codec::Json, ["1"])
    .writes("b", Codec::Json)
    .writes("c", Codec::Json)
    .run();
    assert_eq!(bits(&outcome, 0), [[RESET, FINISHED, 15]]);
    assert_eq!(outcome.outputs[1][0].head.to_string(), "HEAD: 01110000 00000000");
}

#[test]
fn one_value_goes_to_all_outputs_each_in_its_codec() {
    let outcome = job(|value, out| {
        out.set_head(out.head().with(3, true));
        out.send_all(&u32::from(value))?;
        Ok(Flow::Again)
    })
    .reads("a", Codec::Json, ["1", "200"])
    .writes("b", Codec::Json)
    .writes("c", Codec::Bytes { block_size: 4 })
    .writes("d", Codec::Json)
    .run();
    assert_eq!(outcome.texts(2), ["1", "200"]);
    assert_eq!(outcome.payloads(1), [1u32, 200].map(u32::to_le_bytes));
    // What was sent after the last step has an empty head again.
    assert_eq!(outcome.texts(0), ["1", "200", "99"]);
    assert_eq!(bits(&outcome, 0), [vec![RESET, 3], vec![3], vec![FINISHED]]);
}

/// A number that counts how often it is written.
struct Counted<'a>(&'a Cell<u32>);

impl Serialize for Counted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.set(self.0.get() + 1);
        self.0.get().serialize(serializer)
    }
}

#[test]
fn one_value_for_all_outputs_is_encoded_once_for_each_codec() {
    let step = |_, out: &mut Output<'_, u8>| out.send_all(&Counted(&Cell::new(0))).map(|()| Flow::Again);
    let outcome = job(step)
        .reads("a", Codec::Lines, ["1"])
        .writes("b", Codec::Json)
        .writes("c", Codec::Lines)
        .writes("d", Codec::Json)
        .writes("e", Codec::Lines)
        .run();
    assert_eq!([0, 1, 2, 3].map(|output| outcome.texts(output)[0]), ["1", "2", "1", "2"]);
}

#[test]
fn a_value_that_fits_no_output_names_the_first_such() {
    let step = |_, out: &mut Output<'_, u8>| out.send_all(&[1, 2]).map(|()| Flow::Again);
    let outcome = job(step).reads("a", Codec::Json, ["1"]).writes("b", Codec::Json).writes("c", Codec::Lines).run();
    assert_eq!(outcome.failure(), "a value for output 1 (pipe c): codec lines cannot hold a tuple");
}

/// Counts to three, and says before or after the last number that it is the last.
struct ToThree(u8, &'static str);

impl Source for ToThree {
    type Out = u8;

    fn step(&mut self, out: &mut Output<'_, u8>) -> Result<Flow, JobError> {
        self.0 += 1;
        match (self.0, self.1) {
            (3, "before") => out.finish(),
            (4, "nothing") => return Ok(Flow::Done),
            _ => {}
        }
        out.send(&self.0)?;
        match (self.0, self.1) {
            (3, "after") => out.finish(),
            (3, "done") => return Ok(Flow::Done),
            _ => {}
        }
        Ok(Flow::Again)
    }
}

#[test]
fn a_source_says_in_its_last_step_that_it_finishes() {
    for way in ["before", "after", "done"] {
        let outcome = JobTest::of(SourceJob::boxed(ToThree(0, way))).writes("numbers", Codec::Json).run();
        assert_eq!(outcome.texts(0), ["1", "2", "3"], "{way}");
        assert_eq!(bits(&outcome, 0), [vec![RESET], vec![], vec![FINISHED]], "{way}");
        assert_eq!(outcome.flows, [Flow::Again, Flow::Again, Flow::Done], "{way}");
    }
}

#[test]
fn a_source_that_returns_nothing_ends_without_finishing() {
    let outcome = JobTest::of(SourceJob::boxed(ToThree(0, "nothing"))).writes("numbers", Codec::Json).run();
    assert_eq!(bits(&outcome, 0), [vec![RESET], vec![], vec![]]);
}

#[test]
fn a_stream_of_one_block_has_both_marks() {
    let outcome = JobTest::of(SourceJob::boxed(ToThree(2, "done"))).writes("numbers", Codec::Json).run();
    assert_eq!(outcome.outputs[0][0].head.to_wire()[..1], [0x60]);
}

#[test]
fn a_connector_finishes_before_its_inputs_do() {
    let outcome = job(|value, out| {
        if value == 2 {
            out.finish();
        }
        out.send(&value)?;
        Ok(Flow::Again)
    })
    .reads("a", Codec::Json, ["1", "2", "3"])
    .writes("b", Codec::Json)
    .run();
    assert_eq!((outcome.texts(0), outcome.is_finished()), (vec!["1", "2"], true));
}

#[test]
fn a_connector_that_returns_nothing_ends_without_finishing() {
    let outcome = job(|value, out| if value == 2 { Ok(Flow::Done) } else { out.send(&value).map(|()| Flow::Again) })
        .reads("a", Codec::Json, ["1", "2", "3"])
        .writes("b", Codec::Json)
        .run();
    assert_eq!(bits(&outcome, 0), [[RESET]]);
}
