//! Compute blocks, heads and the end of streams.

use pipeloom_job::Report;
use pipeloom_kits::{Kit, Program, by_hand};

#[test]
fn a_compute_block_has_the_blocks_of_all_inputs() {
    for kit in Kit::ALL {
        let sum = Program::new(kit, "sum", &[]).input("lines", "1\n2\n3\n4\n5\n6\n7\n").block_count(3);
        let ended = sum.input("json", "100\n200\n300\n").output("lines").run().ok();
        // The seventh number is left over: the shortest input decides.
        assert_eq!(str::from_utf8(ended.output()), Ok("106\n215\n321\n"), "{kit:?}");
    }
}

#[test]
fn what_is_sent_after_the_last_compute_block_is_the_streams_last() {
    for kit in Kit::ALL {
        let sum = Program::new(kit, "sum", &[]).heads(1);
        let ended = sum.input("lines", "\x401\n\x022\n\x203\n").output("lines").run().ok();
        assert_eq!(ended.output(), b"\x401\n\x022\n\x003\n\x206\n", "{kit:?}");
    }
}

#[test]
fn nothing_is_read_behind_a_finished_block() {
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).heads(2);
        let ended = forward.input("lines", "\x40\0a\n\x20\x01b\n\0\0c\n").output("lines").run().ok();
        assert_eq!(ended.output(), b"\x40\0a\n\x20\x01b\n", "{kit:?}");
    }
}

#[test]
fn without_a_finished_block_the_stream_just_ends() {
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).heads(1);
        let ended = forward.input("lines", "\x40a\n\0b").output("lines").run().ok();
        assert_eq!(ended.output(), b"\x40a\n\0b\n", "{kit:?}");
    }
}

#[test]
fn reset_and_finished_are_not_the_jobs_to_write_and_corruption_spreads() {
    for kit in Kit::ALL {
        // Heads are passed on from the first input alone.
        let forward = Program::new(kit, "forward", &[]).heads(1);
        let ended = forward.input("lines", "\x01a\n\x02b\n\x04c\n").input("lines", b"\x40x\n\x80y\n\x20z\n");
        let ended = ended.output("lines").output("lines").run().ok();
        assert_eq!(ended.outputs, [b"\x41a\n\x82b\n\x24c\n", b"\x40x\n\x80y\n\x20z\n"], "{kit:?}");
    }
}

#[test]
fn the_steps_own_reset_bit_on_its_second_block_is_cleared_and_nobodys_fault() {
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).heads(1).input("lines", "\x40a\n\x40b\n\x01c\n\x02d\n");
        let ended = forward.block_count(2).output("lines").run().ok();
        assert!(ended.output().starts_with(b"\x40a\n\0b\n"), "{kit:?}: {:?}", ended.output());
        let told: Vec<_> = ended.reports.iter().filter(|report| matches!(report, Report::Pipe(_))).collect();
        assert!(told.is_empty(), "{kit:?}: {told:?}");
    }
}

#[test]
fn a_count_begins_again_where_the_reset_bit_comes_again() {
    for kit in Kit::ALL {
        let forward = Program::new(kit, "forward", &[]).heads(1);
        let ended = forward.input("lines", "\x40a\n\x40b\n\0c\n").output("lines").run().ok();
        assert_eq!(ended.output(), b"\x40a\n\x40b\n\0c\n", "{kit:?}");
    }
}

#[test]
fn a_sources_first_and_last_block_are_marked_on_every_output() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "count", &[3]).heads(3).output("lines").output("framed").run().ok();
        assert_eq!(ended.outputs[0], b"\x40\0\x001\n\0\0\x002\n\x20\0\x003\n", "{kit:?}");
        let framed = b"\x40\0\0\x01\0\0\x001\0\0\0\x01\0\0\x002\x20\0\0\x01\0\0\x003";
        assert_eq!(ended.outputs[1], framed, "{kit:?}");
    }
}

#[test]
fn a_single_block_is_first_and_last() {
    for kit in Kit::ALL {
        assert_eq!(
            Program::new(kit, "count", &[1]).heads(1).output("lines").run().ok().output(),
            b"\x601\n",
            "{kit:?}"
        );
    }
}

#[test]
fn many_blocks_arrive_in_order() {
    let expected: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    for kit in Kit::ALL {
        let ended = Program::new(kit, "count", &[100_000]).output("lines").run().ok();
        assert!(ended.output() == expected.as_bytes(), "{kit:?}");
        let ended = Program::new(kit, "forward", &[]).input("lines", expected.as_str()).output("lines").run().ok();
        assert!(ended.output() == expected.as_bytes(), "{kit:?}");
    }
}

#[test]
fn everything_that_can_be_told_is_heard() {
    for kit in Kit::ALL {
        let ended = Program::new(kit, "report", &[]).input("lines", "a\nb\n").run().ok();
        let expected = [
            Report::Ready,
            Report::Progress { fraction: 0.5, message: Some("half \"way\"".to_owned()) },
            Report::Status(serde_json::json!({ "at": [1, 2] })),
            Report::Metrics([("blocks".to_owned(), 2.0)].into()),
            Report::Result(serde_json::json!({ "blocks": 2 })),
        ];
        assert_eq!(ended.reports, expected, "{kit:?}");
    }
}

#[test]
fn a_source_may_wait_for_a_descriptor() {
    let ended = Program::new(Kit::Rust, "wake", &[3]).heads(1).output("lines").run().ok();
    assert_eq!(ended.output(), b"\x401\n\x002\n\x203\n");
}

#[test]
fn a_program_can_be_tried_by_hand() {
    for kit in Kit::ALL {
        let command = kit.command("sum", &[]);
        let pipes = ["--codec", "lines", "--block-count", "2", "-i", "-", "--head", "1", "-o", "-"];
        let ended = by_hand(&command, &pipes, "1\n2\n3\n4\n").ok();
        assert_eq!(ended.stdout, "\x003\n\x007\n\x0010\n", "{kit:?}");
        let ended = by_hand(&command, &["--codec", "bytes", "-i", "-"], "");
        let (speaker, pipe) = match kit {
            Kit::Rust => ("kitted: ", "/does/not/exist"),
            Kit::C => ("/", "/does/not/exist"),
            // A job in Python may have codecs by the names of its pipes, so by hand a file has such a name too.
            Kit::Python => ("pipeloom: ", "exist"),
        };
        assert!(ended.failed("codec bytes").stderr.starts_with(speaker));
        let ended = by_hand(&command, &["-i", "/does/not/exist"], "");
        ended.failed(&format!("pipe {pipe}: failed to open /does/not/exist"));
    }
    by_hand(&Kit::Rust.command("sum", &[]), &["--frob"], "").failed("argument --frob is not understood");
}
