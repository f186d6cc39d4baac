//! Typed jobs, called as the runtime calls them.

use pipeloom_job::head::{FINISHED, RESET};
use pipeloom_job::testing::{JobTest, Sent};
use pipeloom_job::typed::{
    Connector, ConnectorJob, Every, Output, Sink, SinkJob, SourceJob, Zip, iterate, try_iterate,
};
use pipeloom_job::{Codec, Flow, JobError, Port, Report};

struct Difference;

impl Connector for Difference {
    type In = Zip<(f64, i64)>;
    type Out = f64;

    fn step(&mut self, Zip((a, b)): Zip<(f64, i64)>, out: &mut Output<'_, f64>) -> Result<Flow, JobError> {
        out.send(&(a - b as f64))?;
        Ok(Flow::Again)
    }
}

/// Counts on output 1 and passes on output 0.
struct Numbered(u32);

impl Connector for Numbered {
    type In = String;
    type Out = String;

    fn step(&mut self, text: String, out: &mut Output<'_, String>) -> Result<Flow, JobError> {
        self.0 += 1;
        out.send(&text)?;
        out.send_to(Port(1), &self.0)?;
        Ok(if text == "stop" { Flow::Done } else { Flow::Again })
    }

    fn end(&mut self, out: &mut Output<'_, String>) -> Result<(), JobError> {
        out.send(&"the end".to_owned())
    }
}

struct Sum(i64);

impl Sink for Sum {
    type In = Every<i64>;

    fn step(&mut self, Every(values): Every<i64>, _out: &mut Output<'_, ()>) -> Result<Flow, JobError> {
        self.0 += values.iter().sum::<i64>();
        Ok(Flow::Again)
    }

    fn end(&mut self, out: &mut Output<'_, ()>) -> Result<(), JobError> {
        out.report(Report::Result(self.0.into()));
        Ok(())
    }
}

#[test]
fn an_iterator_marks_its_last_value() {
    let outcome = JobTest::of(SourceJob::boxed(iterate(1..=3))).writes("numbers", Codec::Json).run();
    assert_eq!(outcome.texts(0), ["1", "2", "3"]);
    assert_eq!(outcome.flows, [Flow::MayBlock, Flow::MayBlock, Flow::Done]);
    assert!(outcome.is_finished());
}

#[test]
fn an_empty_iterator_ends_without_a_block() {
    let outcome = JobTest::of(SourceJob::boxed(iterate(Vec::<u8>::new()))).writes("none", Codec::Json).run();
    assert_eq!((outcome.texts(0).len(), outcome.flows), (0, vec![Flow::Done]));
}

#[test]
fn an_iterator_that_fails_sends_what_came_before() {
    let values = ["1", "2", "x", "4"].map(str::parse::<u8>);
    let outcome = JobTest::of(SourceJob::boxed(try_iterate(values))).writes("numbers", Codec::Json).run();
    assert_eq!(outcome.failure(), "invalid digit found in string");
    assert_eq!(outcome.outputs[0].len(), 2);
    assert!(!outcome.is_finished());
}

#[test]
fn a_source_ends_when_nobody_wants_its_blocks() {
    let outcome = JobTest::of(SourceJob::boxed(iterate(1..))).writes("numbers", Codec::Json).wanting(5).run();
    assert_eq!(outcome.outputs[0].len(), 5);
    assert!(matches!(outcome.error, Some(JobError::Stopped(_))));
}

#[test]
fn several_inputs_are_read_each_in_its_own_codec() {
    let outcome = JobTest::of(ConnectorJob::boxed(Difference))
        .reads("a", Codec::Lines, ["1.5", "2.5"])
        .reads("b", Codec::Bytes { block_size: 8 }, [1i64, 2].map(i64::to_le_bytes))
        .writes("differences", Codec::Bytes { block_size: 8 })
        .run();
    assert_eq!(outcome.values::<f64>(0), [0.5, 0.5]);
    assert!(outcome.is_finished());
}

#[test]
fn several_outputs_may_have_several_types() {
    let outcome = JobTest::of(ConnectorJob::boxed(Numbered(0)))
        .reads("texts", Codec::Lines, ["a", "b"])
        .writes("texts", Codec::Json)
        .writes("numbers", Codec::Lines)
        .run();
    assert_eq!(outcome.texts(0), [r#""a""#, r#""b""#, r#""the end""#]);
    assert_eq!(outcome.texts(1), ["1", "2"]);
}

#[test]
fn a_connector_that_is_done_takes_no_more_blocks() {
    let outcome = JobTest::of(ConnectorJob::boxed(Numbered(0)))
        .reads("texts", Codec::Lines, ["a", "stop", "b"])
        .writes("texts", Codec::Lines)
        .writes("numbers", Codec::Lines)
        .run();
    assert_eq!(outcome.texts(0), ["a", "stop", "the end"]);
    assert!(outcome.is_finished());
}

#[test]
fn values_carry_the_head_of_their_compute_block() {
    let outcome = JobTest::of(ConnectorJob::boxed(Difference))
        .reads("a", Codec::Lines, [Sent::new("1"), Sent::new("2").with(7), Sent::new("3")])
        .reads("b", Codec::Lines, [Sent::new("1"), Sent::new("2").with(6), Sent::new("3")])
        .writes("differences", Codec::Json)
        .run();
    let bits = |sent: &Sent| (0..8).filter(|bit| sent.head.bit(*bit)).collect::<Vec<_>>();
    assert_eq!(outcome.outputs[0].iter().map(bits).collect::<Vec<_>>(), [vec![RESET], vec![6, 7], vec![FINISHED]]);
}

#[test]
fn a_sink_reports_at_its_end() {
    let outcome = JobTest::of(SinkJob::boxed(Sum(0)))
        .reads("a", Codec::Lines, ["1", "2", "3"])
        .reads("b", Codec::Json, ["10", "20"])
        .run();
    assert_eq!(outcome.result(), Some(&33.into()));
}

#[test]
fn a_block_that_is_no_such_value_is_named() {
    let outcome = JobTest::of(ConnectorJob::boxed(Difference))
        .reads("left", Codec::Lines, ["1", "2"])
        .reads("right", Codec::Json, ["1", "two"])
        .writes("differences", Codec::Json)
        .run();
    assert_eq!(
        outcome.failure(),
        "block 2 of input 1 (pipe right): not the JSON that is wanted: expected ident at line 1 column 2"
    );
}

#[test]
fn a_value_that_does_not_fit_its_pipe_is_named() {
    let outcome =
        JobTest::of(SourceJob::boxed(iterate([1u16, 2]))).writes("wide", Codec::Bytes { block_size: 8 }).run();
    assert_eq!(outcome.failure(), "a value for output 0 (pipe wide): a block of 2 bytes on a pipe with block_size 8");
}

#[test]
fn a_pipe_that_is_not_there_is_named() {
    let outcome = JobTest::of(ConnectorJob::boxed(Difference)).reads("a", Codec::Lines, ["1"]).run();
    assert_eq!(outcome.failure(), "there is no input 1");
}
