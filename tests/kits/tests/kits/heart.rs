//! Kits that show the run that their programs do not hang.

use std::io::{Read, Write};

use pipeloom_job::Report;
use pipeloom_kits::{Kit, Program};

/// So many seconds of silence would be taken for a hang.
const SILENCE: f64 = 0.1;

#[test]
fn a_program_beats_while_it_waits_for_input() {
    for kit in Kit::ALL {
        let running = Program::new(kit, "forward", &[]).heartbeat(SILENCE).open_input("lines").output("lines").start();
        let (mut feed, mut output) = (running.feed("i0"), running.read("o0"));
        running.beats(3);
        feed.write_all(b"one\n").unwrap();
        let mut one = [0; 4];
        output.read_exact(&mut one).unwrap();
        running.beats(3);
        drop(feed);
        running.end().ok();
    }
}

#[test]
fn a_program_beats_while_it_waits_for_one_of_its_inputs() {
    for kit in Kit::ALL {
        let sum = Program::new(kit, "sum", &[]).heartbeat(SILENCE).open_input("lines").open_input("lines");
        let running = sum.output("lines").start();
        let [mut first, second] = ["i0", "i1"].map(|name| running.feed(name));
        let _output = running.read("o0");
        first.write_all(b"1\n").unwrap();
        running.beats(5);
        drop((first, second));
        running.end();
    }
}

#[test]
fn a_program_beats_while_nobody_reads_its_output() {
    for kit in Kit::ALL {
        for outputs in [1, 2] {
            let count = Program::new(kit, "count", &[]).heartbeat(SILENCE);
            let running = (0..outputs).fold(count, |count, _| count.output("lines")).start();
            let outputs: Vec<_> = (0..outputs).map(|place| running.read(&format!("o{place}"))).collect();
            running.beats(5);
            drop(outputs);
            running.end().ok();
        }
    }
}

#[test]
fn a_source_in_rust_beats_while_it_waits_between_its_steps() {
    let running = Program::new(Kit::Rust, "tick", &[]).heartbeat(SILENCE).output("lines").start();
    let output = running.read("o0");
    running.beats(5);
    running.terminate();
    drop(output);
    running.end();
}

#[test]
fn without_being_asked_to_nobody_beats() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "forward", &[]).input("lines", "a\n").output("lines").run().ok();
        assert!(!ended.reports.contains(&Report::Alive), "{kit:?}");
    }
}
