//! Blocks from pipe to pipe, with nobody to look at their payloads.

use std::num::NonZeroUsize;
use std::sync::Arc;

use pipeloom_job::head::{FINISHED, RESET};
use pipeloom_job::{Codec, Head, HeadSize};
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd, unnamed};
use proptest::collection::vec;
use proptest::prelude::*;

use super::PLAIN;
use crate::flow::{
    CutLeg, CutThrough, Fate, Forwarder, HeadReceiver, HeadRule, HeadSender, LegQueue, Place, Relay, RelayLeg, Tally,
    Wants, WayIn, WayOut, WireFormat, fate, head_line,
};

/// What the kernel gives a pipe at a time: a piece that was written or spliced has one for itself.
pub(super) const PAGE: usize = 4096;

/// How a pipe is written and read, and what is spliced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) codec: Codec,
    pub(super) writer_has_heads: bool,
    pub(super) reader_has_heads: bool,
    pub(super) spliced_from: usize,
}

pub(super) const HEADS: Manner =
    Manner { codec: Codec::Framed, writer_has_heads: true, reader_has_heads: true, spliced_from: 8 };

/// A relay with both its pipes, each of a few pages.
struct Scene {
    relay: CutThrough,
    writer: Option<WriteEnd>,
    reader: ReadEnd,
    tally: Arc<Tally>,
}

pub(super) fn format(manner: Manner, heads: bool) -> WireFormat {
    WireFormat { pipe: "p".into(), codec: manner.codec, heads, max_block_bytes: 1 << 20 }
}

pub(super) fn small_pipe() -> (ReadEnd, WriteEnd) {
    let (reader, mut writer) = unnamed().unwrap();
    writer.set_capacity(4 * PAGE).unwrap();
    (reader, writer)
}

impl Scene {
    fn new(manner: Manner) -> Scene {
        Scene::around(manner, Vec::new(), Vec::new(), None)
    }

    fn around(manner: Manner, before: Vec<HeadReceiver>, behind: Vec<HeadSender>, fate: Option<Fate>) -> Scene {
        let ((from, writer), (reader, to)) = (small_pipe(), small_pipe());
        let tally = Arc::<Tally>::default();
        let incoming = format(manner, manner.writer_has_heads);
        let source = WayIn::new(&incoming, HeadSize::ONE, from, None, manner.spliced_from);
        let target = WayOut::new(&format(manner, manner.reader_has_heads), to, None, behind);
        let rule = HeadRule::Program { job: "job".into(), lines: before };
        let legs = vec![CutLeg::new(target, tally.clone())];
        let relay = CutThrough::new("p", source, legs, rule, HeadSize::ONE).heeding(fate);
        Scene { relay, writer: Some(writer), reader, tally }
    }

    fn write(&mut self, bytes: &[u8]) -> usize {
        match self.writer.as_mut().unwrap().write(bytes).unwrap() {
            Io::Some(count) => count,
            Io::WouldBlock | Io::End => 0,
        }
    }

    fn writes_all(&mut self, bytes: &[u8]) {
        assert_eq!(self.write(bytes), bytes.len());
    }

    fn ends(&mut self) {
        self.writer = None;
    }

    /// What is in the reader's pipe.
    fn read(&mut self) -> Vec<u8> {
        let mut buffer = vec![0; PAGE];
        match self.reader.read(&mut buffer).unwrap() {
            Io::Some(count) => buffer[..count].to_vec(),
            Io::WouldBlock | Io::End => Vec::new(),
        }
    }

    /// All that comes until the end.
    fn read_to_the_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while self.relay.advance().unwrap() != Wants::Nothing {
            all.extend(self.read());
        }
        loop {
            let more = self.read();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    fn ending(&self) -> Option<pipeloom_events::PipeEnding> {
        self.tally.snapshot("", "").ending
    }
}

/// Blocks as they stand on a pipe.
pub(super) fn wire(codec: Codec, heads: bool, blocks: &[(Head, Vec<u8>)]) -> Vec<u8> {
    let mut wire = Vec::new();
    for (head, payload) in blocks {
        wire.extend(heads.then_some(head.to_wire()[0]));
        if codec == Codec::Framed {
            wire.extend((payload.len() as u32).to_le_bytes());
        }
        wire.extend(payload);
    }
    wire
}

#[test]
fn heads_are_put_right_taken_off_and_put_on() {
    let (first, last) = (PLAIN.with(RESET, true), PLAIN.with(FINISHED, true));
    let payloads = [b"a block".to_vec(), b"a second one".to_vec(), vec![7; 3000]];
    let of = |heads: [Head; 3]| heads.into_iter().zip(payloads.clone()).collect::<Vec<_>>();
    // The first one lacks its reset bit, the second has one without cause.
    let written = of([PLAIN, PLAIN.with(RESET, true).with(5, true), last]);
    let table = [
        (true, true, of([first, PLAIN.with(5, true), last]), 1),
        (true, false, written.clone(), 1),
        (false, true, of([first, PLAIN, PLAIN]), 0),
        (false, false, written.clone(), 0),
    ];
    for (writer_has_heads, reader_has_heads, expected, false_resets) in table {
        for spliced_from in [0, 8, 5000] {
            let mut scene = Scene::new(Manner { writer_has_heads, reader_has_heads, spliced_from, ..HEADS });
            scene.writes_all(&wire(Codec::Framed, writer_has_heads, &written));
            scene.ends();
            let got = scene.read_to_the_end();
            assert_eq!(got, wire(Codec::Framed, reader_has_heads, &expected), "{writer_has_heads} {spliced_from}");
            let tally = scene.tally.snapshot("", "");
            assert_eq!((tally.written, tally.delivered, tally.false_resets), (3, 3, false_resets));
            assert_eq!(tally.bytes, payloads.iter().map(Vec::len).sum::<usize>() as u64);
        }
    }
}

#[test]
fn without_a_head_and_a_length_a_block_begins_with_its_first_byte() {
    let codec = Codec::Bytes { block_size: 3000 };
    for reader_has_heads in [true, false] {
        let mut scene = Scene::new(Manner { codec, writer_has_heads: false, reader_has_heads, spliced_from: 8 });
        scene.relay.advance().unwrap();
        assert_eq!(scene.read(), [0; 0], "no head without a block");
        scene.writes_all(&[7; 3000]);
        scene.relay.advance().unwrap();
        assert_eq!(scene.read().len(), 3000 + usize::from(reader_has_heads));
        scene.ends();
        assert_eq!(scene.read_to_the_end(), [0; 0]);
        assert_eq!(scene.ending(), Some(pipeloom_events::PipeEnding::Ended));
    }
}

#[test]
fn a_block_goes_on_before_all_of_it_is_there() {
    let mut scene = Scene::new(HEADS);
    scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![7; 3000])])[..1000]);
    assert_eq!(scene.relay.advance().unwrap(), Wants::Wake);
    assert_eq!(scene.read().len(), 1000);
    assert_eq!(scene.tally.snapshot("", "").written, 0);
}

#[test]
fn numbers_and_heads_are_left_beside_the_pipe_before_the_block_is_there() {
    let (sender, mut receiver) = head_line(NonZeroUsize::MIN);
    let mut scene = Scene::around(HEADS, Vec::new(), vec![sender], None);
    scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![7; 20]), (PLAIN.with(FINISHED, true), vec![7; 20])]));
    scene.relay.advance().unwrap();
    let marks: Vec<_> = std::iter::from_fn(|| receiver.pop()).map(|mark| (mark.number.get(), mark.head)).collect();
    assert_eq!(marks, [(1, PLAIN.with(RESET, true)), (2, PLAIN.with(FINISHED, true))]);
}

#[test]
fn the_reader_of_a_block_that_is_cut_off_comes_to_its_end_once_the_writers_own_is_known() {
    let (teller, fate) = fate(Doorbell::new().unwrap());
    let mut scene = Scene::around(HEADS, Vec::new(), Vec::new(), Some(fate));
    scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![1; 50]), (PLAIN, vec![2; 50])])[..100]);
    scene.ends();
    assert_eq!(scene.relay.advance().unwrap(), Wants::Wake);
    assert!(!scene.relay.has_more());
    assert_eq!(scene.read().len(), 100);
    assert_eq!(scene.reader.read(&mut [0]).unwrap(), Io::WouldBlock);
    teller.tell(false);
    assert_eq!(scene.relay.advance().unwrap(), Wants::Nothing);
    assert_eq!(scene.reader.read(&mut [0]).unwrap(), Io::End);
    let tally = scene.tally.snapshot("", "");
    assert_eq!((tally.written, tally.delivered, tally.bytes), (1, 1, 50));
    assert_eq!(tally.ending, Some(pipeloom_events::PipeEnding::Torn { bytes: 45 }));
}

#[test]
fn of_a_block_that_ends_before_its_payload_nothing_goes_on() {
    let mut scene = Scene::new(HEADS);
    scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![1; 50])])[..4]);
    scene.ends();
    assert_eq!(scene.read_to_the_end(), [0; 0]);
    assert_eq!(scene.ending(), Some(pipeloom_events::PipeEnding::Torn { bytes: 4 }));
}

#[test]
fn when_its_reader_has_gone_it_wants_nothing_and_its_writer_is_told() {
    for gone_is_told in [true, false] {
        let mut scene = Scene::new(HEADS);
        scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![1; 2000])])[..1000]);
        scene.relay.advance().unwrap();
        scene.relay.target_gone(0);
        assert_eq!(scene.relay.advance().unwrap(), Wants::Wake, "it is still there");
        scene.reader = small_pipe().0;
        scene.writes_all(&[1; 100]);
        if gone_is_told {
            scene.relay.target_gone(0);
        }
        assert_eq!(scene.relay.advance().unwrap(), Wants::Nothing);
        assert!(scene.relay.has_more());
        scene.relay.abandon();
        assert_eq!(scene.writer.as_mut().unwrap().write(b"x").unwrap(), Io::End);
    }
}

#[test]
fn what_should_not_be_there_is_told_once_all_before_it_is_written() {
    let too_long = [wire(Codec::Framed, true, &[(PLAIN, vec![1; 3])]), vec![0, 0, 0, 0, 0x7f]].concat();
    let mut scene = Scene::new(HEADS);
    scene.writes_all(&too_long);
    let failed = scene.relay.advance().unwrap_err();
    assert_eq!(failed.place, Place::Input(0));
    assert!(failed.error.to_string().starts_with("pipe p: a block of 2130706432 bytes"), "{}", failed.error);
    assert_eq!(scene.read().len(), 8);

    let (mut sender, receiver) = head_line(NonZeroUsize::MIN);
    let mut scene = Scene::around(HEADS, vec![receiver], Vec::new(), None);
    sender.push(3, pipeloom_job::Seq::new(7).unwrap(), PLAIN);
    sender.flush();
    scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![1; 30]), (PLAIN, vec![2; 30])]));
    let error = scene.relay.advance().unwrap_err().error.to_string();
    assert!(error.contains("job job wrote a block for which it was given no compute block"), "{error}");
    assert_eq!(scene.read().len(), 35);
    assert_eq!(scene.tally.snapshot("", "").written, 1);
}

#[test]
fn a_block_that_is_cut_off_is_none_for_which_nobody_has_asked() {
    let mut scene = Scene::around(HEADS, vec![head_line(NonZeroUsize::MIN).1], Vec::new(), None);
    scene.writes_all(&wire(Codec::Framed, true, &[(PLAIN, vec![1; 30])])[..20]);
    scene.ends();
    assert_eq!(scene.read_to_the_end(), [0; 0]);
    assert_eq!(scene.ending(), Some(pipeloom_events::PipeEnding::Torn { bytes: 20 }));
}

/// The same blocks through a relay that holds whole ones.
pub(super) fn through_whole_blocks(manner: Manner, written: &[u8]) -> (Vec<u8>, Arc<Tally>) {
    use crate::flow::{FifoInlet, FifoOutlet};
    use pipeloom_config::{QueueLimits, WhenFull};

    let ((from, mut writer), (mut reader, to)) = (unnamed().unwrap(), unnamed().unwrap());
    let tally = Arc::<Tally>::default();
    let rule = HeadRule::Program { job: "job".into(), lines: Vec::new() };
    let inlet = FifoInlet::new(format(manner, manner.writer_has_heads), HeadSize::ONE, from, rule);
    let outlet = FifoOutlet::new(format(manner, manner.reader_has_heads), to).for_program(tally.clone(), Vec::new());
    let queue = LegQueue::new(QueueLimits { blocks: 9, bytes: 9999 }, WhenFull::Block);
    let leg = RelayLeg::new(Box::new(outlet), queue, tally.clone());
    let mut relay = Relay::new("p", Box::new(inlet.counting_false_resets(tally.clone())), vec![leg]);
    let (mut left, mut all, mut buffer) = (written, Vec::new(), vec![0; 1 << 16]);
    loop {
        if let Io::Some(count) = writer.write(left).unwrap_or(Io::WouldBlock) {
            left = &left[count..];
        }
        if left.is_empty() {
            break;
        }
        relay.advance().unwrap();
        while let Io::Some(count) = reader.read(&mut buffer).unwrap() {
            all.extend(&buffer[..count]);
        }
    }
    drop(writer);
    let mut over = false;
    loop {
        over = over || relay.advance().unwrap() == Wants::Nothing;
        match reader.read(&mut buffer).unwrap() {
            Io::Some(count) => all.extend(&buffer[..count]),
            Io::End => return (all, tally),
            Io::WouldBlock => assert!(!over, "it is over and the reader waits"),
        }
    }
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// The writer writes so many bytes, as far as there is room.
    Write(usize),
    /// The reader reads so many.
    Read(usize),
    Advance,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        (1_usize..3 * PAGE).prop_map(Choice::Write),
        (1_usize..3 * PAGE).prop_map(Choice::Read),
        Just(Choice::Advance)
    ]
}

pub(super) fn manner() -> impl Strategy<Value = Manner> {
    let codec =
        prop_oneof![Just(Codec::Framed), (1_usize..2 * PAGE).prop_map(|block_size| Codec::Bytes { block_size })];
    let spliced_from = prop_oneof![Just(0), 1_usize..2 * PAGE, Just(usize::MAX)];
    (codec, any::<bool>(), any::<bool>(), spliced_from).prop_map(
        |(codec, writer_has_heads, reader_has_heads, spliced_from)| Manner {
            codec,
            writer_has_heads,
            reader_has_heads,
            spliced_from,
        },
    )
}

/// Blocks of these sizes, unless the codec has its own, with heads that say nothing of the stream's end.
pub(super) fn blocks_of(manner: Manner, drawn: &[(u8, usize)]) -> Vec<(Head, Vec<u8>)> {
    let block = |(place, (bits, len)): (usize, &(u8, usize))| {
        let len = if let Codec::Bytes { block_size } = manner.codec { block_size } else { *len };
        let head = Head::from_wire(&[bits & 0xdf]).unwrap_or(PLAIN);
        (head, (0..len).map(|at| (at * 7 + place) as u8).collect())
    };
    drawn.iter().enumerate().map(block).collect()
}

proptest! {
    #[test]
    fn the_same_comes_out_as_of_whole_blocks_whoever_does_something_when(
        manner in manner(),
        blocks in vec((any::<u8>(), prop_oneof![0_usize..20, 0..3 * PAGE]), 0..20),
        choices in vec(choice(), 0..200),
    ) {
        let blocks = blocks_of(manner, &blocks);
        let written = wire(manner.codec, manner.writer_has_heads, &blocks);
        let (expected, tally) = through_whole_blocks(manner, &written);
        let mut scene = Scene::new(manner);
        let (mut left, mut got) = (&written[..], Vec::new());
        for choice in choices {
            match choice {
                Choice::Write(most) if !left.is_empty() => {
                    let count = scene.write(&left[..most.min(left.len())]);
                    left = &left[count..];
                }
                Choice::Write(_) => {}
                Choice::Read(most) => {
                    let mut buffer = vec![0; most];
                    if let Io::Some(count) = scene.reader.read(&mut buffer).unwrap() {
                        got.extend(&buffer[..count]);
                    }
                }
                Choice::Advance => {
                    scene.relay.advance().unwrap();
                }
            }
        }
        // From now on everybody goes on.
        while !left.is_empty() {
            let count = scene.write(left);
            left = &left[count..];
            scene.relay.advance().unwrap();
            got.extend(scene.read());
        }
        scene.ends();
        got.extend(scene.read_to_the_end());
        prop_assert!(got == expected, "{} bytes came, {} were expected", got.len(), expected.len());
        prop_assert_eq!(scene.tally.snapshot("", ""), tally.snapshot("", ""));
    }
}
