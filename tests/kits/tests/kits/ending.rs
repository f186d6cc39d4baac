//! SIGTERM, readers that go, and all that fails.

use std::io::{BufRead, BufReader, Read, Write};
use std::thread;

use pipeloom_kits::{Kit, Program};

#[test]
fn a_source_that_is_asked_to_end_marks_its_last_block() {
    for kit in Kit::ALL {
        let running = Program::new(kit, "count", &[]).heads(1).output("lines").output("lines").start();
        let mut streams = ["o0", "o1"].map(|name| BufReader::new(running.read(name)));
        for stream in &mut streams {
            stream.read_until(b'\n', &mut Vec::new()).unwrap();
        }
        running.terminate();
        // Each on a thread of its own: both have to be read before either ends.
        let readers = streams.map(|mut stream| {
            thread::spawn(move || {
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).map(|_| rest)
            })
        });
        running.end().ok();
        for reader in readers {
            let rest = reader.join().unwrap().unwrap();
            let last = rest.split_inclusive(|byte| *byte == b'\n').next_back().unwrap();
            assert_eq!((last[0], rest.iter().filter(|byte| **byte == 0x20).count()), (0x20, 1), "{kit:?}");
        }
    }
}

#[test]
fn a_source_that_waits_can_be_asked_to_end() {
    for kit in Kit::ALL {
        let said = if kit == Kit::Rust { "asked to end, but it waits in a step" } else { "" };
        let running = Program::new(kit, "stuck", &[]).output("lines").start();
        let mut output = running.read("o0");
        let mut came = [0; 2];
        output.read_exact(&mut came).unwrap();
        running.is_ready();
        // A signal in the moment before a call that waits does not end that call.
        running.waits();
        running.terminate();
        let more = output.read_to_end(&mut Vec::new()).unwrap();
        let ended = running.end();
        assert_eq!((&came, more, ended.code), (b"1\n", 0, Some(0)), "{kit:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn a_source_that_waits_for_a_time_is_woken() {
    let running = Program::new(Kit::Rust, "tick", &[]).output("lines").start();
    let mut output = BufReader::new(running.read("o0"));
    let mut lines = String::new();
    output.read_line(&mut lines).unwrap();
    output.read_line(&mut lines).unwrap();
    assert_eq!(lines, "1\n2\n");
    running.terminate();
    output.read_to_string(&mut lines).unwrap();
    running.end().ok();
}

#[test]
fn a_connector_that_is_asked_to_end_ends_with_its_inputs() {
    for kit in Kit::ALL {
        let running = Program::new(kit, "forward", &[]).open_input("lines").output("lines").start();
        let (mut input, mut output) = (running.feed("i0"), BufReader::new(running.read("o0")));
        let mut came = String::new();
        input.write_all(b"a\n").unwrap();
        output.read_line(&mut came).unwrap();
        running.terminate();
        input.write_all(b"b\n").unwrap();
        output.read_line(&mut came).unwrap();
        drop(input);
        assert_eq!(output.read_line(&mut came).unwrap(), 0);
        assert_eq!(came, "a\nb\n", "{kit:?}");
        running.end().ok();
    }
}

#[test]
fn a_program_that_nobody_reads_ends_quietly() {
    for kit in Kit::ALL {
        for heads in [false, true] {
            let count = Program::new(kit, "count", &[]);
            let running = if heads { count.heads(1) } else { count }.output("lines").start();
            let mut output = running.read("o0");
            output.read_exact(&mut [0; 100]).unwrap();
            drop(output);
            running.end().ok();
        }
    }
}

#[test]
fn one_reader_that_goes_does_not_hinder_the_other() {
    for kit in Kit::ALL {
        let running = Program::new(kit, "count", &[200_000]).output("lines").output("lines").start();
        let (first, second) = (running.read("o0"), running.read("o1"));
        drop(first);
        assert_eq!(BufReader::new(second).lines().count(), 200_000, "{kit:?}");
        running.end().ok();
    }
}

#[test]
fn a_stream_that_ends_inside_a_block_is_named() {
    let torn = |kit, codec: &str, wire: &[u8]| {
        Program::new(kit, "forward", &[]).heads(1).input(codec, wire).output(codec).run()
    };
    for kit in Kit::ALL {
        for (codec, wire, bytes) in [
            ("bytes:4", &b"\0abcd\0ab"[..], 3),
            ("framed", b"\0\x02\0\0\0ab\0\x02\0", 3),
            ("framed", b"\0\x02\0\0\0ab\0\xff\xff\0\0ab", 7),
            ("lines", b"\0ab\n\0", 1),
        ] {
            let said = format!("it: pipe i0: the stream ended inside a block, after {bytes} bytes of it");
            let ended = torn(kit, codec, wire).failed(&said);
            assert!(!ended.output().is_empty(), "the whole block before it arrives: {kit:?} {codec}");
        }
    }
}

#[test]
fn a_block_that_is_too_long_is_refused_before_it_is_there() {
    for kit in Kit::ALL {
        for (codec, wire) in [("framed", &b"\xff\xff\xff\xff"[..]), ("framed", b"\0\0\0\x80"), ("lines", &[b'a'; 100])]
        {
            let forward = Program::new(kit, "forward", &[]).input(codec, wire).max_block_bytes(64);
            let ended = forward.output(codec).run().failed("it: pipe i0: a block of ");
            assert!(ended.stderr.contains("more than max_block_bytes = 64"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_block_that_cannot_stand_on_its_pipe_is_refused() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "forward", &[]).input("lines", "abcd\nabc\nabcd\n").output("bytes:4").run();
        let ended = ended.failed("it: pipe o0: a block of 3 bytes on a pipe with block_size 4");
        assert_eq!(ended.output(), b"abcd", "what stood before it arrives: {kit:?}");
        let ended = Program::new(kit, "forward", &[]).input("bytes:3", "a\nb").output("lines").run();
        ended.failed("it: pipe o0: a line break inside a block");
    }
}

#[test]
fn a_job_that_fails_says_why_and_what_it_made_before_arrives() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "fail", &[]).input("lines", "a\nb\nc\n").output("lines").run();
        assert_eq!(ended.failed("it: the second block is not liked").output(), b"a\n", "{kit:?}");
    }
}

#[test]
fn a_job_that_sends_more_than_it_promises_is_named() {
    let fail = Program::new(Kit::Rust, "fail", &[]).input("lines", "a\nb\n").block_count(2).output("lines");
    fail.run().failed("it: it sent 2 blocks on pipe o0 in compute block 1, where one is expected");
}

#[test]
fn a_panic_fails_the_job() {
    let ended = Program::new(Kit::Rust, "panic", &[]).input("lines", "a\nb\nc\n").output("lines").run();
    let ended = ended.failed("it: panicked: the second block is not liked at all");
    assert_eq!(ended.output(), b"a\n", "what it made before arrives");
}

#[test]
fn a_value_that_is_none_fails_the_job() {
    let ended = Program::new(Kit::Rust, "sum", &[]).input("lines", "1\ntwo\n").output("lines").run();
    assert_eq!(ended.failed("it: invalid digit found in string").output(), b"1\n");
}

#[test]
fn the_c_kit_makes_no_mistake_with_memory() {
    let valgrind = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=all"];
    let installed = std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join("valgrind").is_file());
    assert!(installed, "this test needs valgrind: apt-get install valgrind");
    let program = |deed: &str, values: &[u64]| Program::new(Kit::C, deed, values).through(&valgrind);
    let lines: String = (1..=20_000).map(|number| format!("{number}\n")).collect();
    program("sum", &[])
        .input("lines", lines.as_str())
        .block_count(7)
        .input("json", "1\n2\n3\n")
        .output("lines")
        .run()
        .ok();
    program("forward", &[]).input("lines", lines.as_str()).output("lines").output("framed").run().ok();
    program("forward", &[]).heads(4).input("bytes:100000", vec![b'a'; 500_020]).output("bytes:100000").run().ok();
    program("forward", &[]).input("framed", &b"\x01\0\0\0ab"[..]).output("stream").run().failed("inside a block");
    program("burst", &[3, 1 << 20]).heads(2).output("framed").output("framed").run().ok();
    program("count", &[20_000]).heads(1).output("lines").output("lines").run().ok();
    program("forward", &[]).acknowledging().input("lines", lines.as_str()).output("lines").run().ok();
    program("report", &[]).input("stream", lines).run().ok();
}
