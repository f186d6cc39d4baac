//! Blocks from one pipe to several, with nobody to look at their payloads.

use std::sync::Arc;

use pipeloom_events::PipeEnding;
use pipeloom_job::head::FINISHED;
use pipeloom_job::{Codec, HeadSize};
use pipeloom_os::doorbell::Doorbell;
use pipeloom_os::pipe::{Io, ReadEnd, WriteEnd, unnamed};
use proptest::collection::vec;
use proptest::prelude::*;

use super::PLAIN;
use super::cut_through::{HEADS, Manner, PAGE, blocks_of, format, manner, small_pipe, through_whole_blocks, wire};
use crate::flow::{CutLeg, CutThrough, Fate, Forwarder, HeadRule, Scratch, Tally, Wants, WayIn, WayOut, fate};

/// A reader of a fan-out.
#[derive(Clone, Copy, Debug)]
struct Reads {
    heads: bool,
    /// How many pages its pipe holds, and the one before it.
    pages: usize,
    scratch: usize,
}

const READS: Reads = Reads { heads: true, pages: 4, scratch: 4 };

/// A relay with all its pipes.
struct Fan {
    relay: CutThrough,
    writer: Option<WriteEnd>,
    readers: Vec<Reader>,
}

struct Reader {
    /// `None` once it has left.
    end: Option<ReadEnd>,
    got: Vec<u8>,
    tally: Arc<Tally>,
}

fn pipe_of(pages: usize) -> (ReadEnd, WriteEnd) {
    let (reader, mut writer) = unnamed().unwrap();
    writer.set_capacity(pages * PAGE).unwrap();
    (reader, writer)
}

impl Fan {
    fn to(readers: usize) -> Fan {
        Fan::of(HEADS, &vec![READS; readers], None)
    }

    fn of(manner: Manner, reads: &[Reads], fate: Option<Fate>) -> Fan {
        let (from, writer) = small_pipe();
        let source =
            WayIn::new(&format(manner, manner.writer_has_heads), HeadSize::ONE, from, None, manner.spliced_from);
        let (mut legs, mut readers) = (Vec::new(), Vec::new());
        for reads in reads {
            let ((reader, to), (out, into)) = (pipe_of(reads.pages), pipe_of(reads.scratch));
            let tally = Arc::<Tally>::default();
            let way = WayOut::new(&format(manner, reads.heads), to, None, Vec::new());
            legs.push(CutLeg::new(way.holding(Some(Scratch::new(out, into))), tally.clone()));
            readers.push(Reader { end: Some(reader), got: Vec::new(), tally });
        }
        let rule = HeadRule::Program { job: "job".into(), lines: Vec::new() };
        let relay = CutThrough::new("p", source, legs, rule, HeadSize::ONE).heeding(fate);
        Fan { relay, writer: Some(writer), readers }
    }

    /// Says how much was written.
    fn write(&mut self, bytes: &[u8]) -> usize {
        match self.writer.as_mut().unwrap().write(bytes).unwrap() {
            Io::Some(count) => count,
            Io::WouldBlock | Io::End => 0,
        }
    }

    fn ends(&mut self) {
        self.writer = None;
    }

    /// The relay does what it can.
    fn advance(&mut self) -> Wants {
        loop {
            match self.relay.advance().unwrap() {
                Wants::Turn => {}
                wants => return wants,
            }
        }
    }

    /// All goes on between the writer and these readers until nothing moves any more. Says how much was written.
    fn run(&mut self, bytes: &[u8], readers: &[usize]) -> usize {
        let mut done = 0;
        loop {
            let mut moved = 0;
            if done < bytes.len() {
                moved += self.write(&bytes[done..]);
                done += moved;
            }
            self.advance();
            moved += readers.iter().map(|&place| self.readers[place].read(64 * PAGE)).sum::<usize>();
            if moved == 0 {
                return done;
            }
        }
    }
}

impl Reader {
    /// Says how much it has read.
    fn read(&mut self, most: usize) -> usize {
        let mut buffer = vec![0; most];
        match self.end.as_mut().map(|end| end.read(&mut buffer).unwrap()) {
            Some(Io::Some(count)) => {
                self.got.extend(&buffer[..count]);
                count
            }
            _ => 0,
        }
    }

    fn is_at_its_end(&mut self) -> bool {
        self.end.as_mut().is_some_and(|end| end.read(&mut [0]).unwrap() == Io::End)
    }

    fn counts(&self) -> (u64, u64, u64) {
        let tally = self.tally.snapshot("", "");
        (tally.written, tally.delivered, tally.bytes)
    }
}

/// Three blocks, of which each fills the relay's pipes; the last one says so.
fn three() -> Vec<u8> {
    let payload = |byte| vec![byte; 8 * PAGE];
    wire(Codec::Framed, true, &[(PLAIN, payload(1)), (PLAIN, payload(2)), (PLAIN.with(FINISHED, true), payload(3))])
}

#[test]
fn all_readers_get_all_blocks() {
    let mut fan = Fan::to(3);
    let written = three();
    assert_eq!(fan.run(&written, &[0, 1, 2]), written.len());
    fan.ends();
    assert_eq!(fan.advance(), Wants::Nothing);
    for reader in &mut fan.readers {
        // The first head gets its reset bit.
        assert_eq!(reader.got[1..], written[1..]);
        assert!(reader.is_at_its_end());
        assert_eq!(reader.counts(), (3, 3, 24 * PAGE as u64));
        assert_eq!(reader.tally.snapshot("", "").ending, Some(PipeEnding::Finished));
    }
}

#[test]
fn a_slow_reader_holds_up_others_only_when_no_more_can_be_held_for_it() {
    let mut fan = Fan::to(3);
    let written = three();
    let taken = fan.run(&written, &[0, 2]);
    // Four pages each: the slow reader's pipe, the one before it, and the writer's own.
    assert!((8 * PAGE..=12 * PAGE).contains(&taken), "{taken}");
    for fast in [0, 2] {
        assert!(fan.readers[fast].got.len() >= 6 * PAGE, "{fast}: {}", fan.readers[fast].got.len());
    }
    assert!(fan.relay.is_held_up() && !fan.relay.wants_blocks());
    let waits: Vec<bool> = fan.relay.targets().iter().map(|(_, waits)| *waits).collect();
    assert_eq!(waits, [false, true, false]);
    let states: Vec<bool> = fan.relay.states().iter().map(|state| state.unwrap().full).collect();
    assert_eq!(states, [false, true, false]);
    assert_eq!(fan.run(&written[taken..], &[0, 1, 2]), written.len() - taken);
    assert!(fan.readers.iter().all(|reader| reader.got[1..] == written[1..]));
}

#[test]
fn a_reader_that_has_all_comes_to_its_end_whatever_others_have_to_read() {
    let mut fan = Fan::to(2);
    let written = wire(Codec::Framed, true, &[(PLAIN, vec![1; 5 * PAGE])]);
    assert_eq!(fan.run(&written, &[1]), written.len());
    fan.ends();
    assert_eq!(fan.advance(), Wants::Wake);
    assert!(fan.readers[1].is_at_its_end());
    fan.run(&[], &[0]);
    assert!(fan.readers[0].is_at_its_end());
    assert_eq!(fan.advance(), Wants::Nothing);
}

#[test]
fn readers_that_leave_inside_a_block_are_left_out_whoever_is_ahead() {
    for readers in 2..=5 {
        for leaves in 0..readers {
            let mut fan = Fan::to(readers);
            let written = three();
            // Whoever leaves has kept all others up, in the first block or the second.
            let others: Vec<usize> = (0..readers).filter(|&place| place != leaves).collect();
            let taken = fan.run(&written, &others);
            fan.readers[leaves].end = None;
            fan.relay.target_gone(leaves);
            let taken = taken + fan.run(&written[taken..], &others);
            assert_eq!(taken, written.len(), "{leaves} of {readers} left");
            fan.ends();
            assert_eq!(fan.advance(), Wants::Nothing);
            for &place in &others {
                assert_eq!(fan.readers[place].got[1..], written[1..], "{leaves} of {readers} left");
                assert_eq!(fan.readers[place].counts(), (3, 3, 24 * PAGE as u64));
            }
            assert!(fan.readers[leaves].counts().1 < 3);
        }
    }
}

#[test]
fn when_all_readers_have_left_its_writer_is_told() {
    let mut fan = Fan::to(2);
    let written = three();
    fan.run(&written, &[0]);
    fan.readers.iter_mut().for_each(|reader| reader.end = None);
    fan.relay.target_gone(1);
    assert_eq!(fan.advance(), Wants::Nothing, "nobody had to say that the first one has gone, too");
    assert!(fan.relay.has_more());
    fan.relay.abandon();
    assert_eq!(fan.writer.as_mut().unwrap().write(b"x").unwrap(), Io::End);
}

#[test]
fn of_a_block_that_is_cut_off_all_get_the_same_part_and_then_the_end() {
    let (teller, fate) = fate(Doorbell::new().unwrap());
    let mut fan = Fan::of(HEADS, &[READS; 4], Some(fate));
    let written = &three()[..12 * PAGE];
    assert_eq!(fan.run(written, &[0, 1, 2, 3]), written.len());
    fan.ends();
    assert_eq!(fan.advance(), Wants::Wake);
    assert!(fan.readers.iter_mut().all(|reader| reader.read(1) == 0 && !reader.is_at_its_end()));
    teller.tell(false);
    assert_eq!(fan.advance(), Wants::Nothing);
    for reader in &mut fan.readers {
        assert_eq!(reader.got[1..], written[1..]);
        assert!(reader.is_at_its_end());
        assert_eq!(reader.counts(), (1, 1, 8 * PAGE as u64));
        let torn = 4 * PAGE - 5;
        assert_eq!(reader.tally.snapshot("", "").ending, Some(PipeEnding::Torn { bytes: torn as u64 }));
    }
}

#[test]
fn what_should_not_be_there_is_told_once_all_readers_have_what_was_before_it() {
    let before = wire(Codec::Framed, true, &[(PLAIN, vec![1; 6 * PAGE])]);
    let mut fan = Fan::to(2);
    let written = [before.clone(), vec![0, 0, 0, 0, 0x7f]].concat();
    assert_eq!(fan.run(&written, &[1]), written.len());
    assert_eq!(fan.advance(), Wants::Wake, "one has not read all");
    while fan.readers[0].read(PAGE) > 0 {
        if let Err(failed) = fan.relay.advance() {
            assert!(failed.error.to_string().starts_with("pipe p: a block of 2130706432 bytes"), "{}", failed.error);
            fan.relay.abandon();
        }
    }
    assert_eq!(fan.readers[0].got[1..], before[1..]);
    assert_eq!(fan.readers[1].got[1..], before[1..]);
}

#[test]
fn no_more_is_asked_of_the_kernel_than_it_gives() {
    assert!(Scratch::of(PAGE).unwrap().is_some());
    assert!(Scratch::of(usize::MAX).unwrap().is_some(), "one of the usual size does too");
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// The writer writes so many bytes, as far as there is room.
    Write(usize),
    /// The reader at this place reads so many.
    Read(usize, usize),
    /// It leaves, if others stay.
    Leave(usize),
    Advance,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        20 => (1_usize..5 * PAGE).prop_map(Choice::Write),
        40 => (0_usize..5, 1_usize..5 * PAGE).prop_map(|(place, most)| Choice::Read(place, most)),
        20 => Just(Choice::Advance),
        1 => (0_usize..5).prop_map(Choice::Leave),
    ]
}

fn reads() -> impl Strategy<Value = Reads> {
    (any::<bool>(), 0_u32..4, 0_u32..4).prop_map(|(heads, pages, scratch)| Reads {
        heads,
        pages: 1 << pages,
        scratch: 1 << scratch,
    })
}

proptest! {
    #[test]
    fn every_reader_gets_the_same_as_of_whole_blocks_whoever_does_something_when(
        manner in manner(),
        reads in vec(reads(), 2..=5),
        blocks in vec((any::<u8>(), prop_oneof![0_usize..20, 0..6 * PAGE]), 0..20),
        choices in vec(choice(), 0..200),
    ) {
        let written = wire(manner.codec, manner.writer_has_heads, &blocks_of(manner, &blocks));
        let mut fan = Fan::of(manner, &reads, None);
        let mut done = 0;
        for choice in choices {
            match choice {
                Choice::Write(most) if done < written.len() => {
                    done += fan.write(&written[done..written.len().min(done + most)]);
                }
                Choice::Write(_) => {}
                Choice::Read(place, most) => {
                    fan.readers.get_mut(place).map(|reader| reader.read(most));
                }
                Choice::Leave(place) => {
                    let others = fan.readers.iter().filter(|reader| reader.end.is_some()).count();
                    if let Some(reader) = fan.readers.get_mut(place).filter(|_| others > 1) {
                        reader.end = None;
                    }
                }
                Choice::Advance => {
                    fan.relay.advance().unwrap();
                }
            }
        }
        // From now on everybody goes on.
        let all: Vec<usize> = (0..reads.len()).collect();
        done += fan.run(&written[done..], &all);
        prop_assert_eq!(done, written.len());
        fan.ends();
        fan.run(&[], &all);
        prop_assert_eq!(fan.advance(), Wants::Nothing);
        for (place, (reader, reads)) in fan.readers.iter_mut().zip(&reads).enumerate() {
            let (expected, tally) = through_whole_blocks(Manner { reader_has_heads: reads.heads, ..manner }, &written);
            prop_assert!(expected.starts_with(&reader.got), "reader {} got something else", place);
            if reader.end.is_none() {
                continue;
            }
            prop_assert_eq!(reader.got.len(), expected.len(), "reader {}", place);
            prop_assert!(reader.is_at_its_end());
            let (mut ours, theirs) = (reader.tally.snapshot("", ""), tally.snapshot("", ""));
            // What the writer does is counted once, however many read it.
            ours.false_resets = if place == 0 { ours.false_resets } else { theirs.false_resets };
            prop_assert_eq!(ours, theirs);
        }
    }
}
