//! What goes onto a pipe comes off it again, however the bytes are cut on the way.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use pipeloom_job::codec::{Around, Body, Frame, FrameError, Framer, Torn};
use pipeloom_job::ring::{Descriptor, Places, RingError, Ticket};
use pipeloom_job::{Codec, Head, HeadSize, Payload, Pool};
use proptest::prelude::*;

const MAX: usize = 1 << 20;

type Framed = (Option<Head>, Vec<u8>);

fn owned(head: Option<Head>, body: Body<'_>) -> Framed {
    match body {
        Body::Small(bytes) => (head, bytes.to_vec()),
        Body::Large(payload) => (head, payload.to_vec()),
    }
}

fn wire(codec: Codec, blocks: &[Framed]) -> Vec<u8> {
    let (mut bytes, mut around) = (Vec::new(), Around::default());
    for (head, payload) in blocks {
        let frame = Frame::around(codec, *head, payload, MAX, &mut around).unwrap();
        bytes.extend_from_slice(frame.before());
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(frame.after());
    }
    bytes
}

/// Reads `bytes` in pieces of at most `piece` bytes, as a pipe would give them.
fn read(framer: &mut Framer, mut bytes: &[u8], piece: usize, blocks: &mut Vec<Framed>) -> Result<(), FrameError> {
    while !bytes.is_empty() {
        let space = framer.space();
        let count = space.len().min(piece).min(bytes.len());
        space[..count].copy_from_slice(&bytes[..count]);
        framer.filled(count, |head, body| blocks.push(owned(head, body)))?;
        bytes = &bytes[count..];
    }
    Ok(())
}

fn read_all(codec: Codec, head: Option<HeadSize>, bytes: &[u8], piece: usize) -> (Vec<Framed>, Option<Torn>) {
    let mut framer = Framer::new(codec, head, MAX, Pool::new());
    let mut blocks = Vec::new();
    read(&mut framer, bytes, piece, &mut blocks).unwrap();
    let torn = framer.end(|head, body| blocks.push(owned(head, body))).unwrap();
    (blocks, torn)
}

fn codec_and_payloads() -> impl Strategy<Value = (Codec, Vec<Vec<u8>>)> {
    let sizes = prop_oneof![0..20usize, Just(4095), Just(8192), Just(100_000)];
    let any = prop::collection::vec(sizes.prop_map(|size| (0..size).map(|at| at as u8).collect::<Vec<_>>()), 0..12);
    let line = |payload: Vec<u8>| payload.into_iter().map(|byte| if byte == b'\n' { b' ' } else { byte }).collect();
    prop_oneof![
        any.clone().prop_map(|payloads| (Codec::Framed, payloads)),
        any.prop_map(move |payloads| (Codec::Lines, payloads.into_iter().map(line).collect())),
        (1..100_000usize, 0..6usize).prop_map(|(size, count)| {
            (Codec::Bytes { block_size: size }, (0..count).map(|n| vec![n as u8; size]).collect())
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn blocks_come_off_the_wire_as_they_went_on(
        (codec, payloads) in codec_and_payloads(),
        head_bytes in 0..=4u8,
        piece in prop_oneof![Just(1usize), 2..9usize, Just(4096), Just(usize::MAX)],
    ) {
        let head = HeadSize::new(head_bytes);
        let blocks: Vec<Framed> = payloads
            .into_iter()
            .enumerate()
            .map(|(n, payload)| (head.map(|size| Head::empty(size).with(n % 8, true)), payload))
            .collect();
        let (read, torn) = read_all(codec, head, &wire(codec, &blocks), piece);
        prop_assert_eq!(read, blocks);
        prop_assert_eq!(torn, None);
    }

    #[test]
    fn a_stream_cut_anywhere_gives_whole_blocks_and_counts_the_rest(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let blocks: Vec<Framed> = payloads.into_iter().map(|payload| (Head::from_wire(&[0]), payload)).collect();
        let all = wire(Codec::Framed, &blocks);
        let cut = cut.index(all.len() + 1);
        let (read, torn) = read_all(Codec::Framed, Some(HeadSize::ONE), &all[..cut], usize::MAX);
        prop_assert_eq!(&read[..], &blocks[..read.len()]);
        let whole: usize = read.iter().map(|(_, payload)| payload.len() + 5).sum();
        prop_assert_eq!(torn, (cut > whole).then_some(Torn { bytes: cut - whole }));
    }

    #[test]
    fn random_bytes_never_panic_and_never_allocate_what_they_claim(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        piece in 1..500usize,
    ) {
        for codec in [Codec::Framed, Codec::Bincode, Codec::Json, Codec::Lines, Codec::Stream, Codec::Bytes { block_size: 7 }] {
            let mut framer = Framer::new(codec, Some(HeadSize::ONE), 100_000, Pool::new());
            if read(&mut framer, &bytes, piece, &mut Vec::new()).is_ok() {
                framer.end(|_, _| {}).unwrap();
            }
        }
    }
}

#[test]
fn a_length_over_the_maximum_is_refused_before_anything_is_allocated() {
    for length in [1 << 31, u32::MAX, MAX as u32 + 1] {
        let mut framer = Framer::new(Codec::Framed, None, MAX, Pool::new());
        let wrong = read(&mut framer, &length.to_le_bytes(), usize::MAX, &mut Vec::new());
        assert_eq!(wrong, Err(FrameError::TooLong { max: MAX, got: length as usize }));
    }
}

#[test]
fn a_block_of_exactly_the_maximum_passes_and_one_byte_more_does_not() {
    let exact = [(None, vec![1; MAX])];
    assert_eq!(read_all(Codec::Framed, None, &wire(Codec::Framed, &exact), 4096).0, exact);
    assert!(Frame::around(Codec::Framed, None, &vec![1; MAX + 1], MAX, &mut Around::default()).is_err());
}

#[test]
fn an_endless_line_is_refused_at_the_maximum() {
    let mut framer = Framer::new(Codec::Lines, None, 1000, Pool::new());
    let wrong = read(&mut framer, &[b'a'; 5000], 100, &mut Vec::new());
    assert!(matches!(wrong, Err(FrameError::TooLong { max: 1000, .. })), "{wrong:?}");
}

#[test]
fn a_last_line_without_its_line_break_is_a_block() {
    let (blocks, torn) = read_all(Codec::Lines, None, b"one\ntwo", usize::MAX);
    assert_eq!(blocks, [(None, b"one".to_vec()), (None, b"two".to_vec())]);
    assert_eq!(torn, None);
}

#[test]
fn a_payload_that_does_not_fit_its_codec_is_refused() {
    assert!(Frame::around(Codec::Lines, None, b"a\nb", MAX, &mut Around::default()).is_err());
    assert!(Frame::around(Codec::Bytes { block_size: 4 }, None, b"abc", MAX, &mut Around::default()).is_err());
}

#[test]
fn a_stream_is_handed_on_as_it_comes_without_heads() {
    let (blocks, torn) = read_all(Codec::Stream, Some(HeadSize::ONE), b"abcdef", 4);
    assert_eq!(blocks, [(None, b"abcd".to_vec()), (None, b"ef".to_vec())]);
    assert_eq!(torn, None);
}

/// A ring in which each payload is its own length over and over. Under `bytes` so many blocks come before the first with a length.
struct Lengths(u64);

impl Places for Lengths {
    fn payload(&mut self, came: Descriptor) -> Result<Payload, RingError> {
        if came.ticket == Ticket::new(0) {
            return Err(RingError::Ticket { ticket: 0, last: 0 });
        }
        Ok(Payload::copy_of(&vec![came.len as u8; came.len]))
    }

    fn lengths_from(&self) -> Option<u64> {
        Some(self.0)
    }
}

fn with_ring(codec: Codec, head: Option<HeadSize>) -> Framer {
    with_ring_from(0, codec, head)
}

fn with_ring_from(first: u64, codec: Codec, head: Option<HeadSize>) -> Framer {
    Framer::new(codec, head, MAX, Pool::new()).with_ring(Some(Box::new(Lengths(first))))
}

/// A payload that lies in the ring, as it stands on the pipe.
fn placed(len: usize, ticket: u32) -> [u8; Descriptor::WIRE_BYTES] {
    Descriptor { offset: 0, len, ticket: Ticket::new(ticket) }.to_wire()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn beside_a_ring_blocks_come_from_the_pipe_and_from_the_ring_in_order(
        sizes in prop::collection::vec((prop_oneof![0..20usize, Just(100_000)], any::<bool>()), 0..12),
        head in any::<bool>(),
        piece in prop_oneof![1..20usize, Just(1000), Just(1 << 20)],
    ) {
        let size = head.then_some(HeadSize::ONE);
        let (mut wire, mut expected) = (Vec::new(), Vec::new());
        for (len, in_ring) in sizes {
            wire.extend(head.then_some(1));
            let payload = vec![len as u8; len];
            if in_ring {
                wire.extend(placed(len, 1));
            } else {
                wire.extend((len as u32).to_le_bytes());
                wire.extend(&payload);
            }
            expected.push((head.then(|| Head::from_wire(&[1]).unwrap()), payload));
        }
        let (mut framer, mut came) = (with_ring(Codec::Framed, size), Vec::new());
        read(&mut framer, &wire, piece, &mut came).unwrap();
        prop_assert_eq!(came, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn beside_a_ring_blocks_of_one_size_have_lengths_from_the_block_on_that_the_writer_says(
        plain in 0..5_u64,
        behind in prop::collection::vec(any::<bool>(), 0..8),
        block_size in prop_oneof![Just(3_usize), Just(100_000)],
        head in any::<bool>(),
        piece in prop_oneof![1..20usize, Just(1000), Just(1 << 20)],
    ) {
        let size = head.then_some(HeadSize::ONE);
        let (mut wire, payload) = (Vec::new(), vec![block_size as u8; block_size]);
        let count = plain as usize + behind.len();
        for place in (0..plain).map(|_| None).chain(behind.into_iter().map(Some)) {
            wire.extend(head.then_some(1));
            wire.extend((place == Some(false)).then_some((block_size as u32).to_le_bytes()).into_iter().flatten());
            match place {
                Some(true) => wire.extend(placed(block_size, 1)),
                _ => wire.extend(&payload),
            }
        }
        let (mut framer, mut came) = (with_ring_from(plain, Codec::Bytes { block_size }, size), Vec::new());
        read(&mut framer, &wire, piece, &mut came).unwrap();
        prop_assert_eq!(came.len(), count);
        prop_assert!(came.iter().all(|(_, bytes)| *bytes == payload));
        prop_assert_eq!(framer.end(|_, _| panic!("no block")).unwrap(), None);
    }
}

#[test]
fn beside_a_ring_a_block_of_another_size_than_the_pipe_has_is_refused() {
    let codec = Codec::Bytes { block_size: 3 };
    let refused = |wire: &[u8]| read(&mut with_ring(codec, None), wire, 100, &mut Vec::new()).unwrap_err();
    assert_eq!(refused(&placed(4, 1)), FrameError::WrongSize { expected: 3, got: 4 });
    assert_eq!(refused(&2_u32.to_le_bytes()), FrameError::WrongSize { expected: 3, got: 2 });
    assert_eq!(refused(&placed(3, 0)).to_string(), "damaged ring: ticket 0 behind ticket 0; its writer is at fault");
}

#[test]
fn beside_a_ring_a_place_that_is_cut_off_is_torn() {
    let mut framer = with_ring(Codec::Framed, None);
    read(&mut framer, &placed(100, 1)[..11], 100, &mut Vec::new()).unwrap();
    assert_eq!(framer.end(|_, _| panic!("no block")).unwrap(), Some(Torn { bytes: 11 }));
}
