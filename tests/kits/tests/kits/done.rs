//! Which compute blocks are done, as programs say it where they are asked.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use nix::fcntl::OFlag;
use pipeloom_kits::{Kit, Program, done, reports_of};

/// More than any pipe holds.
const LARGE: usize = 1 << 20;

const NONE: [u64; 0] = [];

const DEADLINE: Duration = Duration::from_secs(40);

fn lines(count: u64) -> String {
    (1..=count).map(|number| format!("{number}\n")).collect()
}

#[test]
fn in_a_fast_stream_one_message_tells_of_many_blocks_and_all_are_done_in_the_end() {
    for kit in Kit::ALL {
        for outputs in 0..=2 {
            let forward = Program::new(kit, "forward", &[]).acknowledging().input("lines", lines(20_000));
            let ended = (0..outputs).fold(forward, |program, _| program.output("lines")).run().ok();
            let done = ended.done();
            assert!(done.is_sorted_by(|one, next| one < next), "{kit:?}: {done:?}");
            assert_eq!(done.last(), Some(&20_000), "{kit:?}");
            assert!(done.len() < 20_000 / 8, "{kit:?}: {} messages", done.len());
        }
    }
}

#[test]
fn a_lone_block_is_done_at_once() {
    for kit in Kit::ALL {
        for (codec, block) in [("lines", b"a\n".to_vec()), ("bytes:1048576", vec![b'a'; LARGE])] {
            let forward = Program::new(kit, "forward", &[]).acknowledging();
            let running = forward.open_input(codec).output(codec).start();
            let (mut input, mut output) = (running.feed("i0"), running.read("o0"));
            let sink = Program::new(kit, "forward", &[]).acknowledging().open_input(codec).start();
            let mut to_sink = sink.feed("i0");
            for number in 1..=3 {
                input.write_all(&block).unwrap();
                output.read_exact(&mut vec![0; block.len()]).unwrap();
                to_sink.write_all(&block).unwrap();
                for program in [&running, &sink] {
                    program.says(&format!("{kit:?} {codec} {number}"), |said| done(said) == Vec::from_iter(1..=number));
                }
            }
            drop((input, to_sink));
            assert_eq!(running.end().ok().done(), [1, 2, 3]);
            assert_eq!(sink.end().ok().done(), [1, 2, 3]);
        }
    }
}

#[test]
fn a_compute_block_of_several_inputs_is_one() {
    for kit in Kit::ALL {
        let sum = Program::new(kit, "sum", &[]).acknowledging().input("lines", lines(7)).block_count(3);
        let ended = sum.input("json", lines(9)).output("lines").run().ok();
        assert_eq!(ended.done().last(), Some(&2), "{kit:?}");
    }
}

#[test]
fn a_block_that_one_reader_has_not_room_for_is_not_done() {
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).acknowledging().open_input("framed");
        let running = forward.output("framed").output("framed").start();
        let (mut input, mut first, mut second) = (running.feed("i0"), running.read("o0"), running.read("o1"));
        let block = [&(LARGE as u32).to_le_bytes()[..], &vec![b'a'; LARGE]].concat();
        let mut came = vec![0; block.len()];
        input.write_all(&block).unwrap();
        first.read_exact(&mut came).unwrap();
        second.read_exact(&mut came[..10]).unwrap();
        assert_eq!(done(&running.reports()), NONE, "{kit:?}");
        second.read_exact(&mut came[10..]).unwrap();
        running.says("the block is done", |said| done(said) == [1]);
        drop(input);
        running.end().ok();
    }
}

/// What can be read without waiting.
fn drain(output: &mut File) -> Vec<u8> {
    let mut came = Vec::new();
    match output.read_to_end(&mut came) {
        Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
        _ => came,
    }
}

#[test]
fn no_block_is_done_before_it_is_written() {
    const BLOCKS: u64 = 30_000;
    for kit in Kit::ALL {
        let running = Program::new(kit, "forward", &[]).acknowledging().open_input("lines").output("lines").start();
        let flag = OFlag::O_NONBLOCK.bits();
        let mut output = File::options().read(true).custom_flags(flag).open(running.path("o0")).unwrap();
        let mut input = running.feed("i0");
        // Now in large pieces and now in small ones, so that the program waits now and then.
        let feeder = thread::spawn(move || {
            let text = lines(BLOCKS);
            let (large, small) = text.split_at(text.len() * 9 / 10);
            input.write_all(large.as_bytes()).unwrap();
            small.as_bytes().chunks(7).for_each(|piece| input.write_all(piece).unwrap());
        });
        let mut written = 0;
        pipeloom_e2e::until("all is done", DEADLINE, || {
            let told = done(&running.reports()).last().copied().unwrap_or(0);
            written += drain(&mut output).iter().filter(|byte| **byte == b'\n').count() as u64;
            assert!(told <= written, "{kit:?}: {told} are done, and {written} are written");
            told == BLOCKS
        });
        feeder.join().unwrap();
        running.end().ok();
    }
}

#[test]
fn a_block_on_which_the_job_fails_is_not_done_and_those_before_it_are() {
    let failing = [(Kit::Rust, "fail"), (Kit::Rust, "panic"), (Kit::C, "fail"), (Kit::Python, "fail")];
    for (kit, deed) in failing {
        let job = Program::new(kit, deed, &[]).acknowledging().input("lines", "a\nb\nc\n").output("lines");
        assert_eq!(job.run().failed("the second block is not liked").done(), [1], "{kit:?} {deed}");
    }
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).acknowledging();
        let ended = forward.input("lines", "abcd\nabc\nabcd\n").output("bytes:4").run();
        assert_eq!(ended.failed("a block of 3 bytes").done(), [1], "it cannot stand on its pipe: {kit:?}");
        let forward = Program::new(kit, "forward", &[]).acknowledging();
        let ended = forward.input("bytes:4", "abcdabcdab").output("bytes:4").run();
        assert_eq!(ended.failed("the stream ended inside a block").done().last(), Some(&2), "{kit:?}");
    }
}

#[test]
fn what_cannot_be_written_is_not_done() {
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).acknowledging().input("lines", "a\n");
        let ended = forward.output_to("lines", "/dev/full").start().end();
        assert_eq!(ended.failed("No space left").done(), NONE, "{kit:?}");
    }
}

#[test]
fn a_job_may_say_itself_what_is_done() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "commit", &[4]).acknowledging().input("lines", lines(10)).run().ok();
        assert_eq!(ended.done(), [4, 8], "{kit:?}");
        let ended = Program::new(kit, "commit", &[4]).input("lines", lines(10)).run().ok();
        assert_eq!(ended.done(), NONE, "nobody has asked: {kit:?}");
    }
    let late = Program::new(Kit::C, "late", &[]).acknowledging().input("lines", "a\nb\n").run();
    late.failed("the first pl_acknowledge comes too late");
}

#[test]
fn who_is_not_asked_says_nothing_nor_does_a_source() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "forward", &[]).input("lines", lines(1000)).output("lines").run().ok();
        assert_eq!(ended.done(), NONE, "{kit:?}");
        let ended = Program::new(kit, "count", &[1000]).acknowledging().output("lines").run().ok();
        assert_eq!(ended.done(), NONE, "{kit:?}");
    }
}

#[test]
fn nothing_is_lost_while_there_is_no_room_on_the_control_channel() {
    for kit in Kit::ALL {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut full = theirs.try_clone().unwrap();
        full.set_nonblocking(true).unwrap();
        let filling = std::iter::from_fn(|| full.write_all(b"x").ok()).count();
        full.set_nonblocking(false).unwrap();
        drop(full);
        let forward = Program::new(kit, "forward", &[]).acknowledging().control(theirs);
        let running = forward.open_input("lines").output("lines").start();
        let (mut input, mut output) = (running.feed("i0"), running.read("o0"));
        input.write_all(b"a\n").unwrap();
        output.read_exact(&mut [0; 2]).unwrap();
        drop(input);
        // It waits to say that the block is done: its output has not ended.
        let mut said = Vec::new();
        ours.read_to_end(&mut said).unwrap();
        assert_eq!(output.read(&mut [0]).unwrap(), 0);
        running.end().ok();
        assert_eq!(done(&reports_of(&said[filling..])), [1], "{kit:?}");
    }
}
