//! One thread plays both sides; what they may do at the same time is tried in `tests/ring_orders.rs`.

use std::collections::VecDeque;
use std::ops::Range;

use proptest::prelude::*;

use super::*;

const BYTES: usize = 16 * ALIGN;

fn ring(state: &Local) -> (Writer<&Local>, Reader) {
    (Writer::new(state, BYTES).unwrap(), Reader::new(BYTES).unwrap())
}

/// What is done to a ring, one after the other.
#[derive(Clone, Copy, Debug)]
enum Act {
    Send(usize),
    GiveUp(usize),
    /// The reader releases one of those that it has.
    Release(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..BYTES + 10).prop_map(Act::Send),
        3 => (0..200_usize).prop_map(Act::Send),
        1 => (0..500_usize).prop_map(Act::GiveUp),
        6 => any::<usize>().prop_map(Act::Release),
    ]
}

/// What the reader has, and those who see that all is right.
struct Play<'a> {
    state: &'a Local,
    writer: Writer<&'a Local>,
    reader: Reader,
    held: Vec<(Ticket, Range<usize>)>,
}

impl Play<'_> {
    fn act(&mut self, act: Act) {
        match act {
            Act::Send(len) => {
                if let Some(place) = self.writer.take(len) {
                    self.sent(place);
                }
            }
            Act::GiveUp(len) => {
                if let Some(place) = self.writer.take(len) {
                    self.writer.give_up(place);
                }
            }
            Act::Release(which) => {
                if !self.held.is_empty() {
                    let (ticket, _) = self.held.swap_remove(which % self.held.len());
                    assert!(!release(self.state, ticket), "nobody waits");
                }
            }
        }
    }

    fn sent(&mut self, place: Descriptor) {
        let came = self.reader.check(Descriptor::from_wire(&place.to_wire())).unwrap();
        assert_eq!((came.start % ALIGN, came.len()), (0, place.len));
        let overlaps = |(_, other): &&(Ticket, Range<usize>)| came.start < other.end && other.start < came.end;
        assert_eq!(self.held.iter().find(overlaps), None, "two payloads at one place");
        self.held.push((place.ticket, came));
    }
}

proptest! {
    #[test]
    fn no_place_is_given_twice_and_all_room_comes_back(
        first in prop_oneof![Just(0), u32::MAX - 600..u32::MAX - 1],
        acts in prop::collection::vec(act(), 1..300),
    ) {
        let state = Local::new();
        let (writer, reader) = ring(&state);
        let (writer, reader) = (writer.after(Ticket::new(first)), reader.after(Ticket::new(first)));
        let mut play = Play { state: &state, writer, reader, held: Vec::new() };
        acts.into_iter().for_each(|act| play.act(act));
        std::mem::take(&mut play.held).iter().for_each(|(ticket, _)| assert!(!release(&state, *ticket)));
        prop_assert_eq!(play.writer.take(BYTES).map(|place| place.offset), Some(0));
    }

    #[test]
    fn whatever_comes_on_the_pipe_the_reader_stays_inside(
        wires in prop::collection::vec(any::<[u8; Descriptor::WIRE_BYTES]>(), 1..50),
        small in prop::collection::vec((0..20_u32, 0..2000_u32, 0..5_u32), 1..50),
    ) {
        let mut reader = Reader::new(BYTES).unwrap();
        let small = small.into_iter().map(|(offset, len, ticket)| {
            Descriptor { offset: offset as usize * ALIGN, len: len as usize, ticket: Ticket::new(ticket) }
        });
        for came in wires.iter().map(Descriptor::from_wire).chain(small) {
            match reader.check(came) {
                Ok(range) => prop_assert!(range.end <= BYTES && range.len() == came.len),
                Err(error) => prop_assert!(error.to_string().starts_with("damaged ring: ")),
            }
        }
    }

    #[test]
    fn a_reader_that_releases_anything_leads_the_writer_nowhere(
        tickets in prop::collection::vec(any::<u32>(), 0..2000),
        words in any::<(u32, u32)>(),
    ) {
        let state = Local::new();
        let (mut writer, _) = ring(&state);
        state.wanted().set(words.0);
        state.hungry().set(words.1);
        for ticket in tickets {
            // Whether it is told to ring does not matter here.
            let _ = release(&state, Ticket::new(ticket));
            let place = writer.take(ticket as usize % BYTES);
            prop_assert!(place.is_none_or(|place| place.offset + place.len <= BYTES));
            if let Room::Here(place) = writer.ask(ticket as usize % 700) {
                prop_assert!(place.offset + place.len <= BYTES);
            }
        }
    }
}

#[test]
fn a_writer_without_room_is_woken_when_half_of_the_ring_is_free() {
    let state = Local::new();
    let (mut writer, _) = ring(&state);
    let mut sent: VecDeque<Descriptor> = (0..16).map(|_| writer.take(ALIGN).unwrap()).collect();
    assert_eq!(writer.ask(ALIGN), Room::Later);
    for place in sent.drain(..7) {
        assert!(!release(&state, place.ticket));
    }
    assert!(release(&state, sent[0].ticket));
    assert!(!release(&state, sent[1].ticket), "one ring is enough");
    assert!(matches!(writer.ask(ALIGN), Room::Here(_)));
}

#[test]
fn a_reader_rings_before_it_waits_for_anything() {
    let state = Local::new();
    let (mut writer, _) = ring(&state);
    let whole = writer.take(BYTES).unwrap();
    assert_eq!(writer.ask(1), Room::Later);
    assert!(before_waiting(&state, false));
    assert!(!before_waiting(&state, false), "it is told already");
    assert_eq!(writer.ask(1), Room::Later);
    assert!(release(&state, whole.ticket));
    assert!(matches!(writer.ask(1), Room::Here(Descriptor { offset: 0, .. })));
    writer.stop_asking();
    assert!(!before_waiting(&state, false));
}

#[test]
fn a_writer_hears_that_the_reader_keeps_all_and_waits() {
    let state = Local::new();
    let (mut writer, _) = ring(&state);
    writer.take(BYTES).unwrap();
    assert!(!before_waiting(&state, true));
    assert_eq!(writer.ask(1), Room::ReaderWaits);
    after_waiting(&state);
    assert_eq!(writer.ask(1), Room::Later);
}

#[test]
fn a_writer_that_cannot_look_again_is_always_rung_for() {
    let state = Local::new();
    let (mut writer, _) = ring(&state);
    state.wanted().set(ALWAYS);
    for _ in 0..3 {
        assert!(release(&state, writer.take(10).unwrap().ticket));
        assert!(before_waiting(&state, false));
    }
}

#[test]
fn more_small_payloads_than_there_are_words_have_to_wait() {
    let state = Local::new();
    let mut writer = Writer::new(&state, 2 * SLOTS * ALIGN).unwrap();
    let sent: Vec<Descriptor> = std::iter::from_fn(|| writer.take(1)).collect();
    assert_eq!(sent.len(), SLOTS - 2);
    assert!(!release(&state, sent[0].ticket));
    assert!(writer.take(1).is_some() && writer.take(1).is_none());
}

#[test]
fn what_is_no_ring_is_named() {
    for bytes in [0, 1, ALIGN + 1, MOST_BYTES + ALIGN] {
        assert_eq!(Reader::new(bytes).unwrap_err(), RingError::Size { bytes });
        assert!(Writer::new(&Local::new(), bytes).is_err());
    }
    let mut reader = Reader::new(BYTES).unwrap();
    let at = |offset, len, ticket| Descriptor { offset, len, ticket: Ticket::new(ticket) };
    assert!(matches!(reader.check(at(0, BYTES + 1, 1)), Err(RingError::Outside { .. })));
    assert!(matches!(reader.check(at(BYTES, 1, 1)), Err(RingError::Outside { .. })));
    assert_eq!(reader.check(at(0, 1, 7)), Ok(0..1));
    for ticket in [0, 6, 7, u32::MAX, (1 << 31) + 7] {
        assert_eq!(reader.check(at(0, 1, ticket)), Err(RingError::Ticket { ticket, last: 7 }));
    }
}

/// A writer with a ring for several payloads that are worth a place.
fn roomy(state: &Local) -> Writer<&Local> {
    Writer::new(state, 64 * WORTH_BYTES).unwrap()
}

#[test]
fn nothing_is_put_into_a_ring_before_its_reader_knows_it() {
    let state = Local::new();
    let mut writer = roomy(&state);
    assert!(!writer.wants(WORTH_BYTES, 0) && !writer.wants(WORTH_BYTES, 1));
    assert_eq!((lengths_from(&state), writer.has_begun()), (None, false));
    announce(&state, 1);
    assert!(writer.wants(WORTH_BYTES, 2) && writer.wants(WORTH_BYTES, 3));
    assert_eq!((lengths_from(&state), writer.has_begun()), (Some(2), true), "the first time counts");
}

#[test]
fn what_is_too_short_for_either_side_or_too_long_is_not_put_into_a_ring() {
    let state = Local::new();
    let mut writer = roomy(&state);
    announce(&state, 2 * WORTH_BYTES as u32);
    assert!(!writer.wants(WORTH_BYTES - 1, 0) && !writer.wants(2 * WORTH_BYTES - 1, 0));
    assert!(!writer.wants(64 * WORTH_BYTES + 1, 0));
    assert_eq!(lengths_from(&state), None, "nothing has begun by that");
    assert!(writer.wants(2 * WORTH_BYTES, 7) && writer.wants(64 * WORTH_BYTES, 8));
    assert!(!writer.wants(2 * WORTH_BYTES - 1, 9));
}

#[test]
fn behind_more_blocks_than_can_be_said_nothing_is_put_into_a_ring() {
    let state = Local::new();
    let mut writer = roomy(&state);
    announce(&state, 1);
    assert!(!writer.wants(WORTH_BYTES, u64::from(u32::MAX)));
    assert_eq!(lengths_from(&state), None);
    assert!(writer.wants(WORTH_BYTES, u64::from(u32::MAX) - 1));
}

#[test]
fn any_number_of_places_may_be_given_up_before_one_is_sent() {
    let state = Local::new();
    announce(&state, 1);
    let (mut writer, mut reader) = (Writer::new(&state, 1 << 20).unwrap(), Reader::new(1 << 20).unwrap());
    for _ in 0..70_000 {
        let place = writer.take(5000).unwrap();
        writer.give_up(place);
    }
    let sent = writer.take(5000).unwrap();
    assert!(reader.check(sent).is_ok(), "{sent:?}");
}

#[test]
fn a_writer_behind_another_one_puts_nothing_there_and_goes_on_with_lengths() {
    let state = Local::new();
    announce(&state, 1);
    let mut first = Writer::new(&state, 1 << 20).unwrap();
    let mut behind_plain_blocks = Writer::new(&state, 1 << 20).unwrap();
    assert!(!behind_plain_blocks.wants(5000, 0) && !behind_plain_blocks.has_begun());
    assert!(first.wants(5000, 3));
    let mut behind = Writer::new(&state, 1 << 20).unwrap();
    assert!(!behind.wants(5000, 0) && behind.has_begun());
    assert_eq!(lengths_from(&state), Some(3));
}
