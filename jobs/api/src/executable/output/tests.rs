//! Small blocks put on an output at once, and in the way for blocks of all kinds.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;

use proptest::prelude::*;

use super::*;
use crate::head::{CORRUPTED, FINISHED, HeadSize};

const BLOCK_SIZE: usize = 5;

fn output(heads: Option<HeadSize>) -> (Output, PipeReader) {
    let (reader, writer) = io::pipe().unwrap();
    let format = Format { codec: Codec::Bytes { block_size: BLOCK_SIZE }, heads, max: 1000, has_lengths: false };
    (Output::new("p".into(), format, File::from(OwnedFd::from(writer)), false), reader)
}

/// A head with one of its bits, or with none.
fn head() -> impl Strategy<Value = Head> {
    prop::option::of(prop::sample::select(vec![CORRUPTED, RESET, FINISHED, 4])).prop_map(|bit| {
        let empty = Head::empty(HeadSize::ONE);
        bit.map_or(empty, |bit| empty.with(bit, true))
    })
}

/// All that can be seen of these steps' blocks, which end at the first that does not belong on the pipe.
fn seen(
    heads: Option<HeadSize>,
    steps: &[(Head, Vec<(Head, usize)>)],
    at_once: bool,
) -> (Vec<u8>, [u64; 3], Vec<String>) {
    let (mut output, mut reader) = output(heads);
    let mut errors = Vec::new();
    for (number, (step, blocks)) in (0_u8..).zip(steps) {
        output.begin(step.is_reset());
        for (head, size) in blocks {
            let bytes = vec![number; *size];
            let block = Block::new(*head, &bytes);
            if !(at_once && output.push_plain(&block, step.unmarked())) {
                errors.extend(output.push(&block, step.unmarked()).err().map(|error| error.to_string()));
            }
        }
    }
    output.finish();
    output.write(false).unwrap();
    let counts = [output.emitted, output.of_this_step(), output.false_resets];
    drop(output);
    let mut wire = Vec::new();
    reader.read_to_end(&mut wire).unwrap();
    (wire, counts, errors)
}

proptest! {
    #[test]
    fn small_blocks_stand_on_the_pipe_alike_whichever_way_they_come(
        heads in prop::option::of((1..=4_u8).prop_map(|bytes| HeadSize::new(bytes).unwrap())),
        steps in prop::collection::vec((head(), prop::collection::vec((head(), BLOCK_SIZE - 1..BLOCK_SIZE + 2), 0..4)), 1..20),
    ) {
        prop_assert_eq!(seen(heads, &steps, true), seen(heads, &steps, false));
    }
}

#[test]
fn a_block_is_put_there_at_once_only_where_it_has_its_size_a_reader_and_room() {
    let step = Head::empty(HeadSize::ONE);
    let (mut output, _reader) = output(None);
    assert!(output.push_plain(&Block::new(step, b"5byte"), step));
    assert!(!output.push_plain(&Block::new(step, b"6bytes"), step));
    while !output.is_full() {
        assert!(output.push_plain(&Block::new(step, b"5byte"), step));
    }
    assert!(!output.push_plain(&Block::new(step, b"5byte"), step));
    output.lose_reader();
    assert!(!output.push_plain(&Block::new(step, b"5byte"), step));
}
