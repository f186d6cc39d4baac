//! Blocks stand on a pipe as the file of wire vectors says.

use std::fs;

use pipeloom_job::codec::{Around, Body, Frame, Framer};
use pipeloom_job::{Codec, Head, HeadSize, Pool};
use pipeloom_kits::vectors::{self, Vector, all, bytes, hex};
use pipeloom_kits::{Kit, Program};

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
            let mut framer = Framer::new(codec(&vector), HeadSize::new(vector.head_size), MAX, Pool::new(1));
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

/// A program that passes blocks on reads them and writes them, however they are cut into writes.
fn pass_on(kit: Kit) {
    for vector in all() {
        for at_once in [MAX, 3] {
            let program = Program::new(kit, "forward", &[]).dripping(at_once);
            let program = if vector.head_size > 0 { program.heads(vector.head_size) } else { program };
            let program = program.input(&vector.codec(), bytes(&vector.wire)).block_count(vector.block_count);
            let ended = program.output(&vector.codec()).run().ok();
            assert_eq!(hex(ended.output()), vector.wire, "{kit:?}, {at_once} bytes at once: {vector:?}");
        }
    }
}

#[test]
fn the_rust_kit_reads_and_writes_these_bytes() {
    pass_on(Kit::Rust);
}

#[test]
fn the_c_kit_reads_and_writes_these_bytes() {
    pass_on(Kit::C);
}
