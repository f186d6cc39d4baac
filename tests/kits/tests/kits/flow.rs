//! Several pipes at once, large blocks, reading and writing in any order.

use std::io::{Read, Write};

use pipeloom_kits::{Kit, Program};

/// More than any pipe holds.
const LARGE: usize = 3 << 20;

#[test]
fn a_reader_may_want_the_second_output_first() {
    for kit in Kit::ALL {
        for heads in [false, true] {
            let burst = Program::new(kit, "burst", &[3, LARGE as u64]);
            let burst = if heads { burst.heads(1) } else { burst };
            let running = burst.output("framed").output("framed").start();
            let (mut first, mut second) = (running.read("o0"), running.read("o1"));
            let mut block = vec![0; LARGE + 4 + usize::from(heads)];
            for number in 0..3 {
                second.read_exact(&mut block).unwrap();
                first.read_exact(&mut block).unwrap();
                assert!(block.ends_with(b"xxx") && (!heads || block[0] == [0x40, 0, 0x20][number]), "{kit:?}");
            }
            assert_eq!(first.read(&mut block).unwrap() + second.read(&mut block).unwrap(), 0);
            running.end().ok();
        }
    }
}

#[test]
fn a_writer_may_give_the_second_input_first() {
    let block = vec![b'7'; LARGE];
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).open_input("lines").open_input("lines");
        let running = forward.output("lines").output("lines").start();
        let (mut first, mut second) = (running.feed("i0"), running.feed("i1"));
        let (mut out, mut other) = (running.read("o0"), running.read("o1"));
        let mut came = vec![0; LARGE + 1];
        for _ in 0..2 {
            for input in [&mut second, &mut first] {
                input.write_all(&block).unwrap();
                input.write_all(b"\n").unwrap();
            }
            for output in [&mut out, &mut other] {
                output.read_exact(&mut came).unwrap();
                assert!(came.starts_with(&block) && came.ends_with(b"7\n"), "{kit:?}");
            }
        }
        drop((first, second));
        running.end().ok();
    }
}

#[test]
fn a_block_is_passed_on_before_the_next_one_comes() {
    for kit in Kit::ALL {
        for heads in [false, true] {
            let forward = Program::new(kit, "forward", &[]);
            let forward = if heads { forward.heads(1) } else { forward };
            let running = forward.open_input("bytes:3").output("bytes:3").start();
            let (mut input, mut output) = (running.feed("i0"), running.read("o0"));
            for _ in 0..100 {
                let block: &[u8] = if heads { b"\x01abc" } else { b"abc" };
                input.write_all(block).unwrap();
                let mut came = vec![0; block.len()];
                output.read_exact(&mut came).unwrap();
                assert_eq!(came, block, "{kit:?}");
            }
            drop(input);
            running.end().ok();
        }
    }
}

#[test]
fn large_blocks_of_any_codec_go_through() {
    // One larger than a read, one of exactly a read, one small, then the same again.
    let sizes = [LARGE, 64 * 1024, 10, LARGE + 1, 20_000, 0, 8 * 1024];
    for (codec, head) in [("framed", None), ("framed", Some(4)), ("lines", None), ("lines", Some(1))] {
        let mut wire = Vec::new();
        for (place, size) in sizes.into_iter().enumerate() {
            let head_bits: &[u8] = if place == 0 { &[0x40, 0, 0, 1] } else { &[0, 0, 0, 2] };
            wire.extend_from_slice(&head_bits[..head.unwrap_or(0).into()]);
            if codec == "framed" {
                wire.extend_from_slice(&(size as u32).to_le_bytes());
            }
            wire.extend((0..size).map(|at| b'a' + (at % 23) as u8));
            wire.extend_from_slice(if codec == "lines" { b"\n" } else { b"" });
        }
        for kit in Kit::ALL {
            let forward = Program::new(kit, "forward", &[]);
            let forward = head.map_or(forward, |size| Program::new(kit, "forward", &[]).heads(size));
            let ended = forward.input(codec, wire.as_slice()).output(codec).output(codec).run().ok();
            assert!(ended.outputs.iter().all(|output| *output == wire), "{kit:?} {codec} {head:?}");
        }
        for kit in Kit::ALL {
            let forward = Program::new(kit, "forward", &[]);
            let forward = head.map_or(forward, |size| Program::new(kit, "forward", &[]).heads(size));
            let ended = forward.input(codec, wire.as_slice()).output(codec).run().ok();
            assert!(*ended.output() == wire, "{kit:?} {codec} {head:?}");
        }
    }
}

#[test]
fn what_a_long_step_has_written_does_not_wait_for_the_next_one() {
    // The kit for C held it back until there was much of it, unless the run asked what is done.
    for kit in Kit::ALL {
        for acknowledging in [false, true] {
            let dwell = Program::new(kit, "dwell", &[]);
            let dwell = if acknowledging { dwell.acknowledging() } else { dwell };
            let running = dwell.open_input("lines").output("lines").start();
            let (mut input, mut output) = (running.feed("i0"), running.read("o0"));
            input.write_all(b"one\ntwo\nstop\n").unwrap();
            let mut came = [0; 8];
            output.read_exact(&mut came).unwrap();
            assert_eq!(&came, b"one\ntwo\n", "{kit:?}");
        }
    }
}
