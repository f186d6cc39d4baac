//! A burst, beside its steps one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;

use super::*;
use crate::batch::LARGE_BYTES;
use crate::head::{CORRUPTED, FINISHED};
use crate::payload::Payload;

const HEAD: Head = Head::empty(HeadSize::ONE);

/// What a job does in a step.
#[derive(Clone, Debug)]
enum Act {
    /// Sends the block that it was given.
    Forward(u16),
    /// Sends so many bytes of its own, perhaps with a head of its own.
    Write(u16, usize, Option<u32>),
    /// The same, and tells something before it is sent.
    WriteTelling(usize),
    /// Has room made, and sends nothing.
    Reserve(usize),
    Report,
    Fail,
    Panic,
    Done,
    Wait,
}

/// In each step it does what is next in its script.
struct Scripted {
    script: std::vec::IntoIter<Vec<Act>>,
    /// Whether it is on the other side of the border to plugins.
    is_abroad: bool,
}

impl Scripted {
    fn new(script: Vec<Vec<Act>>, is_abroad: bool) -> Scripted {
        Scripted { script: script.into_iter(), is_abroad }
    }
}

impl Job for Scripted {
    fn burst_of_steps(&mut self, burst: &mut Burst<'_>) -> Result<Flow, JobError> {
        if self.is_abroad {
            burst.go_abroad();
        }
        burst.make(self)
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        for act in self.script.next().unwrap_or_default() {
            match act {
                Act::Forward(to) => out.emit(Port(to), step.block().unwrap_or(&Block::new(HEAD, b"made")))?,
                Act::Write(to, len, head) => {
                    out.reserve(Port(to), len)?.fill(step.number.get() as u8);
                    out.commit(head.map(|bits| Head::from_number(bits, HeadSize::ONE)))?;
                }
                Act::WriteTelling(len) => {
                    out.reserve(Port(0), len)?.fill(step.number.get() as u8);
                    out.report(Report::Ready);
                    out.commit(None)?;
                }
                Act::Reserve(len) => out.reserve(Port(0), len)?.fill(0xEE),
                Act::Report => out.report(Report::Status(format!("at {}", step.number).into())),
                Act::Fail => return Err(JobError::failed("as it was told")),
                Act::Panic => resume_unwind(Box::new("as it was told")),
                Act::Done => return Ok(Flow::Done),
                Act::Wait => return Ok(Flow::MayBlock),
            }
        }
        Ok(Flow::Again)
    }
}

/// What a reserved block is written into.
enum Open {
    /// The batch.
    Batch,
    /// A buffer, for this output.
    Buffer(u16, Vec<u8>),
}

/// Two outputs; the first one's batch is lent.
struct Outputs {
    most_blocks: usize,
    most_bytes: usize,
    batch: Batch,
    numbering: Numbering,
    step: Stamp,
    open: Option<Open>,
    /// What is on its way, or was told.
    sent: Vec<String>,
    handed_over: usize,
    /// Once so many blocks are on their way nobody wants more.
    wanted: usize,
}

impl Outputs {
    fn new(most_blocks: usize, most_bytes: usize, wanted: usize) -> Outputs {
        Outputs {
            most_blocks,
            most_bytes,
            batch: Batch::new(),
            numbering: Numbering::default(),
            step: Stamp { head: HEAD, number: None },
            open: None,
            sent: Vec::new(),
            handed_over: 0,
            wanted,
        }
    }

    fn hand_over(&mut self) {
        let blocks = self.batch.iter().map(|(seq, block)| format!("{seq} {:?} {:?}", block.head, block.bytes));
        self.sent.extend(blocks);
        self.handed_over += self.batch.len();
        self.batch.clear();
    }

    /// Has room for one more block.
    fn make_room(&mut self, to: u16) -> Result<(), Stopped> {
        assert!(to < 2, "there is no output {to}");
        if to == 0 && (self.batch.len() >= self.most_blocks || self.batch.bytes() >= self.most_bytes) {
            self.hand_over();
        }
        if to == 0 && self.handed_over >= self.wanted { Err(Stopped) } else { Ok(()) }
    }

    fn push(&mut self, to: u16, head: Option<Head>, block: &Block<'_>) {
        if to == 1 {
            self.sent.push(format!("apart {:?} {:?}", self.step.head, block.bytes));
        } else {
            let (seq, head) = self.numbering.stamp(head, &self.step);
            self.batch.push_as(seq, head, block);
        }
    }
}

impl Emit for Outputs {
    fn reserve(&mut self, to: Port, len: usize) -> Result<&mut [u8], Stopped> {
        self.make_room(to.0)?;
        if to == Port(0) && len < LARGE_BYTES {
            self.open = Some(Open::Batch);
            return Ok(self.batch.open(len));
        }
        let Open::Buffer(_, buffer) = self.open.insert(Open::Buffer(to.0, vec![0; len])) else { unreachable!() };
        Ok(buffer)
    }

    fn commit(&mut self, head: Option<Head>) -> Result<(), Stopped> {
        match self.open.take().expect("something is reserved") {
            Open::Batch => {
                let (seq, head) = self.numbering.stamp(head, &self.step);
                self.batch.seal(seq, head);
            }
            Open::Buffer(to, bytes) => self.push(to, head, &Block::of(HEAD, &Payload::copy_of(&bytes))),
        }
        Ok(())
    }

    fn emit(&mut self, to: Port, block: &Block<'_>) -> Result<(), Stopped> {
        self.open = None;
        self.make_room(to.0)?;
        self.push(to.0, Some(block.head), block);
        Ok(())
    }

    fn report(&mut self, what: Report) {
        self.sent.push(format!("{what:?}"));
    }
}

impl Lender for Outputs {
    fn set_step(&mut self, step: Stamp) {
        self.step = step;
    }

    fn lend(&mut self) -> Option<Lent<'_>> {
        let Outputs { batch, numbering, most_blocks, most_bytes, .. } = self;
        Some(Lent { batch, numbering: *numbering, most_blocks: *most_blocks, most_bytes: *most_bytes })
    }

    fn take_back(&mut self, filled: Filled, numbering: Numbering) {
        self.batch.fill(filled);
        self.numbering = numbering;
    }

    fn report_text(&mut self, report: &str) {
        self.report(serde_json::from_str(report).unwrap());
    }
}

/// What is asked of a job that is to stop.
const STOP: u8 = 4;

/// For steps that are numbered by their blocks.
fn terms<'a>(most: u32, asked: &'a AtomicU8, is_halted: &'a AtomicBool) -> Terms<'a> {
    Terms {
        epoch: 0,
        most,
        head_size: HeadSize::ONE,
        numbered_by_step: true,
        stop: Asked::any_of(STOP, asked),
        is_halted,
    }
}

/// How a job ended: its last flow or its error, and how many of its blocks are done.
type Over = (Result<Flow, String>, usize);

fn told(worked: std::thread::Result<Result<Flow, JobError>>) -> Result<Flow, String> {
    match worked {
        Ok(worked) => worked.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("panic: {}", crate::panic_message(&*panic).unwrap_or_default())),
    }
}

/// The blocks that a job is given: `None` for a source.
fn given_of(script: &[Vec<Act>], sizes: Option<&[(usize, u32)]>) -> Batch {
    let mut batch = Batch::new();
    let blocks = script.iter().zip(sizes.into_iter().flatten());
    for (number, (_, (size, bits))) in (1..).zip(blocks) {
        let bytes = vec![number as u8; *size];
        batch.push(Seq::new(number).unwrap(), &Block::new(Head::from_number(*bits, HeadSize::ONE), &bytes));
    }
    batch
}

fn one_by_one(script: &[Vec<Act>], is_source: bool, batch: &Batch, out: &mut Outputs) -> Over {
    let mut job = Scripted::new(script.to_vec(), false);
    let (mut cursor, mut done) = (Cursor::default(), 0);
    let mut last = Ok(Flow::Again);
    while done < script.len() {
        let number = Seq::new(done as u64 + 1).unwrap();
        let given = if is_source {
            (number, Block::new(HEAD.with(RESET, done == 0), &[]))
        } else {
            let Some(given) = batch.pass(&mut cursor) else { break };
            given
        };
        let (number, block) = given;
        out.set_step(Stamp { head: block.head, number: None });
        out.numbering.begin(block.head);
        let only = [slice::from_ref(&block)];
        let inputs: &[&[Block<'_>]] = if is_source { &[] } else { &only };
        let step = Step { epoch: 0, number, head: block.head, inputs };
        last = told(catch_unwind(AssertUnwindSafe(|| job.step(&step, out))));
        done += usize::from(last.is_ok() || (is_source && !last.clone().is_err_and(|why| why.starts_with("panic"))));
        if last != Ok(Flow::Again) || block.head.is_finished() {
            break;
        }
    }
    (last, done)
}

fn in_bursts(mut job: Scripted, is_source: bool, batch: &Batch, most: u32, out: &mut Outputs) -> Over {
    let (asked, is_halted) = (AtomicU8::new(0), AtomicBool::new(false));
    let (mut cursor, mut passed, mut next, mut left) = (Cursor::default(), 0, Seq::FIRST, job.script.len() as u32);
    let mut last = Ok(Flow::Again);
    while left > 0 {
        let terms = Terms { numbered_by_step: false, ..terms(most.min(left), &asked, &is_halted) };
        let given = if is_source {
            Given::Nothing { next: &mut next, first: Seq::FIRST }
        } else {
            Given::Blocks { batch, cursor: &mut cursor, passed: &mut passed }
        };
        let worked = catch_unwind(AssertUnwindSafe(|| work(&mut job, out, given, terms)));
        let Ok(Ok(Worked { flow, steps, finished, .. })) = worked else {
            last = told(worked.map(|worked| worked.map(|worked| worked.flow)));
            break;
        };
        left -= steps;
        last = Ok(flow);
        if steps == 0 || flow != Flow::Again || finished {
            break;
        }
    }
    (last, if is_source { next.get() as usize - 1 } else { passed as usize })
}

fn acts() -> impl Strategy<Value = Act> {
    let len = || prop_oneof![4 => 0_usize..20, 1 => LARGE_BYTES - 1..LARGE_BYTES + 2];
    prop_oneof![
        12 => (0_u16..2).prop_map(|to| Act::Forward(to / 2 * 2 + u16::from(to == 1))),
        12 => (0_u16..8, len(), prop::option::of(0_u32..256)).prop_map(|(to, len, head)| Act::Write(to / 7, len, head)),
        3 => len().prop_map(Act::Reserve),
        3 => len().prop_map(Act::WriteTelling),
        2 => Just(Act::Report),
        1 => Just(Act::Wait),
        1 => prop_oneof![Just(Act::Fail), Just(Act::Panic), Just(Act::Done)],
    ]
}

proptest! {
    #[test]
    fn a_burst_does_what_its_steps_do_one_by_one(
        script in prop::collection::vec(prop::collection::vec(acts(), 0..4), 1..40),
        sizes in prop::option::of(prop::collection::vec((0_usize..20, prop_oneof![8 => Just(0_u32), 1 => 0_u32..256]), 40)),
        (most, most_blocks, most_bytes) in (1_u32..20, 1_usize..12, 1_usize..200),
        wanted in 0_usize..200,
    ) {
        let batch = given_of(&script, sizes.as_deref());
        let is_source = sizes.is_none();
        let mut alone = Outputs::new(most_blocks, most_bytes, wanted);
        let by_one = one_by_one(&script, is_source, &batch, &mut alone);
        alone.hand_over();
        for is_abroad in [false, true] {
            let mut together = Outputs::new(most_blocks, most_bytes, wanted);
            let job = Scripted::new(script.clone(), is_abroad);
            let by_bursts = in_bursts(job, is_source, &batch, most, &mut together);
            together.hand_over();
            prop_assert_eq!(&together.sent, &alone.sent, "abroad: {}", is_abroad);
            prop_assert_eq!(&by_bursts, &by_one, "abroad: {}", is_abroad);
        }
    }
}

/// Sends each block on as it is, if it has the right size.
struct PassOn {
    size: Option<usize>,
    many_at_once: bool,
}

impl Job for PassOn {
    fn burst_of_steps(&mut self, burst: &mut Burst<'_>) -> Result<Flow, JobError> {
        if self.many_at_once { burst.pass_on(self, self.size) } else { burst.make(self) }
    }

    fn step(&mut self, step: &Step<'_>, out: &mut dyn Emit) -> Result<Flow, JobError> {
        let [block] = step.inputs[0] else { return Err(JobError::failed("one block is expected")) };
        if self.size.is_some_and(|size| size != block.bytes.len()) {
            return Err(JobError::failed(format!("block {} has a wrong size", step.number)));
        }
        out.emit(Port(0), block)?;
        Ok(Flow::Again)
    }
}

/// What a batch is passed on as, in bursts of at most so many steps, until nothing happens any more.
fn passed_on(job: &mut PassOn, batch: &Batch, most: u32, mut out: Outputs) -> (Vec<String>, Over, Cursor) {
    let (asked, is_halted) = (AtomicU8::new(0), AtomicBool::new(false));
    let (mut cursor, mut passed) = (Cursor::default(), 0);
    let over = loop {
        let terms = terms(most, &asked, &is_halted);
        let given = Given::Blocks { batch, cursor: &mut cursor, passed: &mut passed };
        match work(job, &mut out, given, terms) {
            Ok(Worked { flow: Flow::Again, steps, finished: false, uneven: false }) if steps > 0 => {}
            over => break over,
        }
    };
    out.hand_over();
    (out.sent, (told(Ok(over.map(|over| over.flow))), passed as usize), cursor)
}

proptest! {
    #[test]
    fn blocks_that_are_passed_on_at_once_are_as_if_passed_on_one_by_one(
        blocks in prop::collection::vec(
            (
                prop_oneof![8 => Just(8_usize), 1 => 0_usize..20, 1 => LARGE_BYTES - 1..LARGE_BYTES + 2],
                prop_oneof![8 => Just(0_u32), 1 => 0_u32..256],
                prop_oneof![20 => Just(1_u64), 1 => 0_u64..3],
            ),
            0..60,
        ),
        size in prop::option::of(Just(8)),
        (most, most_blocks, most_bytes, wanted) in (1_u32..80, 1_usize..40, 1_usize..400, 0_usize..100),
    ) {
        let (mut batch, mut number) = (Batch::new(), 1);
        for (len, bits, more) in blocks {
            number += more;
            let (seq, head) = (Seq::new(number).unwrap(), Head::from_number(bits, HeadSize::ONE));
            batch.push(seq, &Block::new(head, &vec![number as u8; len]));
        }
        let outputs = || Outputs::new(most_blocks, most_bytes, wanted);
        let one_by_one = passed_on(&mut PassOn { size, many_at_once: false }, &batch, most, outputs());
        let at_once = passed_on(&mut PassOn { size, many_at_once: true }, &batch, most, outputs());
        prop_assert_eq!(at_once, one_by_one);
    }
}

fn forwarded(batch: &Batch, asked: u8, halted: bool) -> (Worked, Vec<String>, u64) {
    let (asked, is_halted) = (AtomicU8::new(asked), AtomicBool::new(halted));
    let (mut cursor, mut passed) = (Cursor::default(), 0);
    let mut out = Outputs::new(64, usize::MAX, usize::MAX);
    let terms = terms(100, &asked, &is_halted);
    let given = Given::Blocks { batch, cursor: &mut cursor, passed: &mut passed };
    let worked = work(&mut PassOn { size: None, many_at_once: false }, &mut out, given, terms).unwrap();
    out.hand_over();
    (worked, out.sent, passed)
}

fn three_blocks(marks: [usize; 3]) -> Batch {
    let mut batch = Batch::new();
    for (number, mark) in (1..).zip(marks) {
        batch.push(Seq::new(number).unwrap(), &Block::new(HEAD.with(mark, true), b"x"));
    }
    batch
}

#[test]
fn it_ends_with_the_last_block_of_its_stream() {
    let (worked, sent, passed) = forwarded(&three_blocks([5, FINISHED, 5]), 0, false);
    assert_eq!((worked.finished, worked.steps, sent.len(), passed), (true, 2, 2, 2));
}

#[test]
fn no_step_begins_once_something_is_asked_for() {
    for (asked, halted, steps) in [(STOP, false, 0), (STOP - 1, false, 3), (0, true, 0)] {
        let (worked, sent, passed) = forwarded(&three_blocks([5; 3]), asked, halted);
        assert_eq!((worked.flow, worked.steps), (Flow::Again, steps));
        assert_eq!((sent.len(), passed), (steps as usize, u64::from(steps)));
    }
}

#[test]
fn what_comes_of_a_corrupted_block_is_corrupted() {
    let (_, sent, _) = forwarded(&three_blocks([CORRUPTED, 5, CORRUPTED]), 0, false);
    let corrupted: Vec<bool> = sent.iter().map(|sent| sent.contains("HEAD: 1") || sent.contains("10000000")).collect();
    assert_eq!(corrupted, [true, false, true], "{sent:?}");
}

#[test]
fn a_step_that_sends_nothing_where_it_should_does_not_count_as_done() {
    let (asked, is_halted) = (AtomicU8::new(0), AtomicBool::new(false));
    let batch = three_blocks([5; 3]);
    let (mut cursor, mut passed) = (Cursor::default(), 0);
    let mut out = Outputs::new(64, usize::MAX, usize::MAX);
    let terms = terms(100, &asked, &is_halted);
    let script = vec![vec![Act::Forward(0)], vec![]];
    let given = Given::Blocks { batch: &batch, cursor: &mut cursor, passed: &mut passed };
    let worked = work(&mut Scripted::new(script, false), &mut out, given, terms).unwrap();
    assert_eq!((worked.uneven, worked.steps, passed), (true, 2, 1));
}
