//! What goes onto a pipe comes off it again, however the bytes are cut on the way.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use pipeloom_job::codec::{Around, Body, Frame, FrameError, Framer, Torn};
use pipeloom_job::{Codec, Head, HeadSize, Pool};
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
    let mut framer = Framer::new(codec, head, MAX, Pool::new(4));
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
            let mut framer = Framer::new(codec, Some(HeadSize::ONE), 100_000, Pool::new(2));
            if read(&mut framer, &bytes, piece, &mut Vec::new()).is_ok() {
                framer.end(|_, _| {}).unwrap();
            }
        }
    }
}

#[test]
fn a_length_over_the_maximum_is_refused_before_anything_is_allocated() {
    for length in [1 << 31, u32::MAX, MAX as u32 + 1] {
        let mut framer = Framer::new(Codec::Framed, None, MAX, Pool::new(1));
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
    let mut framer = Framer::new(Codec::Lines, None, 1000, Pool::new(1));
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
