//! Blocks of a built-in codec on a pipe.

use pipeloom_job::codec::{Around, Body, Frame, FrameError, Framer, Torn};
use pipeloom_job::{Codec, Head, HeadSize, Pool};

use crate::choices::{one_of, pieces};

/// Lengths and ends of blocks.
pub const WORDS: &[&str] =
    &["\0\0\0\0", "\u{1}\0\0\0", "\u{7f}\u{7f}\0\0", "\0\0\0\u{40}", "\0\u{10}\0\0", "\n", "\r\n", "{}\n", "\u{1}"];

/// How many bytes of choices stand before the stream.
const CHOICES: usize = 5;

/// The longest payloads that are tried.
const MAX_BLOCK_BYTES: [usize; 7] = [100, 0, 1, 7, 4096, 40_000, 1 << 20];

/// The sizes under `bytes` that are tried, if they are not more than that.
const BLOCK_SIZES: [usize; 8] = [1, 2, 5, 64, 8191, 8192, 33_000, 70_000];

/// A stream is not repeated further: less far if it comes in short pieces, which takes longer.
const MAX_STREAM_BYTES: [usize; 2] = [10_000, 300_000];

/// What a framer has for free: it reads so much at once, and doubles what it has when that is full.
const READ_BYTES: usize = 64 * 1024;

/// All that a stream was cut into, and how it ended.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    pub(crate) blocks: Vec<(Option<Head>, Vec<u8>)>,
    pub(crate) end: Result<Option<Torn>, FrameError>,
}

/// Five bytes say the codec, the heads, the longest payload, how the stream comes in pieces, and how often it is repeated; the
/// rest is the stream.
///
/// However it comes, the same blocks come out, none is longer than allowed, the buffer is bounded by what is allowed, and
/// the blocks written again are the stream that was read.
pub fn frames(data: &[u8]) {
    let Some((&[codec, head, max, seed, times], once)) = data.split_first_chunk::<CHOICES>() else { return };
    let max = one_of(&MAX_BLOCK_BYTES, max);
    let head = HeadSize::new(head % 5);
    let codec = match codec % 6 {
        0 => Codec::Bincode,
        1 => Codec::Json,
        2 => Codec::Lines,
        3 => Codec::Framed,
        4 => Codec::Stream,
        _ => Codec::Bytes { block_size: one_of(&BLOCK_SIZES, codec / 6).min(max.max(1)) },
    };
    let longest = MAX_STREAM_BYTES[usize::from(seed >= 128)];
    let times = (usize::from(times) + 1).min(longest / once.len().max(1)).max(1);
    let stream = once.repeat(times);

    let at_once = cut(codec, head, max, std::iter::once(&stream[..]));
    let in_pieces = cut(codec, head, max, pieces(&stream, seed));
    if codec == Codec::Stream {
        // It has no blocks, so only the bytes are the same.
        assert_eq!(bytes(&at_once), stream);
        assert_eq!(bytes(&in_pieces), stream);
        return;
    }
    assert_same(&at_once, &in_pieces);
    assert_bounded(codec, max, &at_once);
    if let Ok(torn) = at_once.end {
        let whole = &stream[..stream.len() - torn.map_or(0, |torn| torn.bytes)];
        assert_written_again(codec, max, &at_once, whole);
    }
}

/// The input that begins with these choices. `codec` counts as in [`frames`].
pub(crate) fn input(codec: u8, head_size: u8, seed: u8, wire: &[u8]) -> Vec<u8> {
    [&[codec, head_size, 6, seed, 0], wire].concat()
}

/// The byte that chooses a codec, if one of the sizes is its.
pub(crate) fn choice(codec: &str, block_size: Option<usize>) -> Option<u8> {
    let size = || BLOCK_SIZES.iter().position(|size| Some(*size) == block_size);
    Some(match codec {
        "bincode" => 0,
        "json" => 1,
        "lines" => 2,
        "framed" => 3,
        "stream" => 4,
        "bytes" => u8::try_from(size()? * 6 + 5).ok()?,
        _ => return None,
    })
}

pub(crate) fn cut<'a>(codec: Codec, head: Option<HeadSize>, max: usize, pieces: impl Iterator<Item = &'a [u8]>) -> Cut {
    let mut framer = Framer::new(codec, head, max, Pool::new());
    let mut blocks = Vec::new();
    let mut keep = |head: Option<Head>, body: Body<'_>| match body {
        Body::Small(bytes) => blocks.push((head, bytes.to_vec())),
        Body::Large(payload) => blocks.push((head, payload.to_vec())),
    };
    for mut piece in pieces {
        while !piece.is_empty() {
            let space = framer.space();
            assert!(space.len() <= 2 * (max + 2 * READ_BYTES), "room for {} bytes with {max} allowed", space.len());
            let count = space.len().min(piece.len());
            assert_ne!(count, 0, "no room, so nobody could go on");
            space[..count].copy_from_slice(&piece[..count]);
            if let Err(error) = framer.filled(count, &mut keep) {
                return Cut { blocks, end: Err(error) };
            }
            piece = &piece[count..];
        }
    }
    let end = framer.end(&mut keep);
    Cut { blocks, end }
}

/// The same blocks and the same end. How much of a line that is too long had come may differ.
pub(crate) fn assert_same(at_once: &Cut, in_pieces: &Cut) {
    assert_eq!(at_once.blocks, in_pieces.blocks);
    match (&at_once.end, &in_pieces.end) {
        (Err(one), Err(other)) => assert_eq!(std::mem::discriminant(one), std::mem::discriminant(other)),
        (one, other) => assert_eq!(one, other),
    }
}

fn assert_bounded(codec: Codec, max: usize, cut: &Cut) {
    // Of `bytes` the file says the size of each block, and the check that it is not too long.
    let max = codec.block_size().unwrap_or(max);
    let longest = cut.blocks.iter().map(|(_, payload)| payload.len()).max().unwrap_or(0);
    assert!(longest <= max, "a block of {longest} bytes with {max} allowed");
}

fn assert_written_again(codec: Codec, max: usize, cut: &Cut, stream: &[u8]) {
    let (mut written, mut around) = (Vec::new(), Around::default());
    for (head, payload) in &cut.blocks {
        let frame = Frame::around(codec, *head, payload, max.max(payload.len()), &mut around);
        let frame = frame.expect("what was read can be written");
        written.extend_from_slice(frame.before());
        written.extend_from_slice(payload);
        written.extend_from_slice(frame.after());
    }
    let is_last_line = matches!(codec, Codec::Json | Codec::Lines) && written.len() == stream.len() + 1;
    assert_eq!(&written[..written.len() - usize::from(is_last_line)], stream);
}

fn bytes(cut: &Cut) -> Vec<u8> {
    assert_eq!(cut.end, Ok(None));
    cut.blocks.iter().flat_map(|(_, payload)| payload.iter().copied()).collect()
}
