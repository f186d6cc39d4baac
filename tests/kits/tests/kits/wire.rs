//! Blocks stand on a pipe as the file of wire vectors says.

use std::collections::BTreeMap;
use std::fs;

use pipeloom_job::codec::{Around, Body, Frame, Framer};
use pipeloom_job::{Codec, Head, HeadSize, Pool};
use pipeloom_kits::vectors::{self, Vector, all, bytes, hex};
use pipeloom_kits::{Kit, Program, by_hand};

const MAX: usize = 1 << 20;

#[test]
fn the_file_holds_what_it_is_made_of() {
    let made = serde_json::to_string(&vectors::made()).unwrap().replace("},{", "},\n{") + "\n";
    if std::env::var_os("PIPELOOM_REGENERATE").is_some() {
        fs::write(vectors::file(), &made).unwrap();
    }
    assert!(fs::read_to_string(vectors::file()).unwrap() == made, "PIPELOOM_REGENERATE=1 writes it anew");
}

fn codec(vector: &Vector) -> Codec {
    match vector.codec.as_str() {
        "bincode" => Codec::Bincode,
        "framed" => Codec::Framed,
        "json" => Codec::Json,
        "lines" => Codec::Lines,
        "bytes" => Codec::Bytes { block_size: vector.block_size.expect("bytes have a size") },
        "stream" => Codec::Stream,
        other => panic!("{other} is no codec"),
    }
}

#[test]
fn the_runtime_writes_these_bytes() {
    for vector in all() {
        let size = HeadSize::new(vector.head_size);
        let (mut wire, mut around) = (Vec::new(), Around::default());
        for (head, payload) in &vector.blocks {
            let payload = bytes(payload);
            let head = size.map(|size| Head::from_number(*head, size));
            let frame = Frame::around(codec(&vector), head, &payload, MAX, &mut around).unwrap();
            wire.extend([frame.before(), &payload, frame.after()].concat());
        }
        assert_eq!(hex(&wire), vector.wire, "{vector:?}");
    }
}

#[test]
fn the_runtime_reads_these_blocks_however_they_are_cut_into_reads() {
    for vector in all() {
        let wire = bytes(&vector.wire);
        // The pieces of a stream are whatever a read brings.
        let reads = if vector.codec == "stream" { vec![MAX] } else { vec![1, 2, 3, 7, MAX] };
        for at_once in reads {
            let mut framer = Framer::new(codec(&vector), HeadSize::new(vector.head_size), MAX, Pool::new());
            let mut blocks = Vec::new();
            let mut add = |head: Option<Head>, body: Body<'_>| {
                let payload = match &body {
                    Body::Small(bytes) => hex(bytes),
                    Body::Large(payload) => hex(payload),
                };
                blocks.push((head.map_or(0, Head::to_number), payload));
            };
            for mut piece in wire.chunks(at_once) {
                while !piece.is_empty() {
                    let space = framer.space();
                    let count = piece.len().min(space.len());
                    space[..count].copy_from_slice(&piece[..count]);
                    framer.filled(count, &mut add).unwrap();
                    piece = &piece[count..];
                }
            }
            assert!(framer.end(&mut add).unwrap().is_none(), "{vector:?}");
            assert_eq!(blocks, vector.blocks, "{at_once} bytes at once");
        }
    }
}

/// A program that passes blocks on reads them and writes them, however they are cut into writes; each of these on an input and
/// an output of its own.
fn pass_on(kit: Kit, vectors: &[Vector]) {
    for at_once in [MAX, 3] {
        let mut program = Program::new(kit, "forward", &[]).dripping(at_once);
        if vectors[0].head_size > 0 {
            program = program.heads(vectors[0].head_size);
        }
        for vector in vectors {
            program = program.input(&vector.codec(), bytes(&vector.wire)).block_count(vector.block_count);
        }
        let ended = vectors.iter().fold(program, |program, vector| program.output(&vector.codec())).run().ok();
        for (output, vector) in ended.outputs.iter().zip(vectors) {
            assert_eq!(hex(output), vector.wire, "{kit:?}, {at_once} bytes at once: {vector:?}");
        }
    }
}

#[test]
fn the_rust_kit_reads_and_writes_these_bytes() {
    all().into_iter().for_each(|vector| pass_on(Kit::Rust, &[vector]));
}

#[test]
fn the_c_kit_reads_and_writes_these_bytes() {
    all().into_iter().for_each(|vector| pass_on(Kit::C, &[vector]));
}

#[test]
fn the_python_kit_reads_and_writes_these_bytes() {
    // What bincode holds can be read in Rust alone: the kit for C passes its bytes on, but in Python a block is a value.
    let (streams, blocks): (Vec<_>, Vec<_>) =
        all().into_iter().filter(|vector| vector.codec != "bincode").partition(|vector| vector.codec == "stream");
    streams.into_iter().for_each(|vector| pass_on(Kit::Python, &[vector]));
    // An interpreter takes its time to start, so one takes all codecs. Where as many blocks come, their heads are the same.
    let mut alike: BTreeMap<_, Vec<Vector>> = BTreeMap::new();
    for vector in blocks {
        alike.entry((vector.head_size, vector.block_count, vector.blocks.len())).or_default().push(vector);
    }
    alike.values().for_each(|vectors| pass_on(Kit::Python, vectors));
}

#[test]
fn texts_that_end_with_a_nul_byte_may_have_line_breaks() {
    for kit in [Kit::C, Kit::Python] {
        // The last one has no end of its own.
        let forward = Program::new(kit, "forward", &[]).heads(1).input("nul", b"\x40a\nb\0\0\0\x20c\n").output("nul");
        assert_eq!(forward.run().ok().output(), b"\x40a\nb\0\0\0\x20c\n\0", "{kit:?}");
        let ended = Program::new(kit, "forward", &[]).input("bytes:3", b"a\0b").output("nul").run();
        ended.failed("it: pipe o0: a NUL byte inside a block");
    }
}

#[test]
fn the_c_kit_says_once_that_it_does_not_know_a_codec() {
    let ended = by_hand(&Kit::C.command("forward", &[]), &["--codec", "pickle", "-i", "-", "-o", "-"], "");
    let ended = ended.failed("pipe -: codec pickle is none that this program knows");
    assert!(!ended.stderr.contains("block size"), "{}", ended.stderr);
}

#[test]
fn the_python_kit_says_what_to_take_instead_of_bincode() {
    let ended = Program::new(Kit::Python, "forward", &[]).open_input("bincode").output("json");
    let ended = ended.start().end();
    ended.failed("it: pipe i0: the codec bincode is for Rust jobs only; give the pipe another one");
}
