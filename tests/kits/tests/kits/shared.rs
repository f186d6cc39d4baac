//! Two programs with a kit that share memory for large payloads: every block comes whole and in order, whoever keeps, dies or
//! sends what does not fit.

use pipeloom_e2e::{Test, network};
use pipeloom_kits::Kit;

/// What the longest of a pattern's blocks has, in bytes: more than fits through a pipe at once, and not a multiple of anything.
const LONG: u64 = 300_007;

/// A writer, a reader, and a pipe with memory beside it, of which this is said too.
fn pair(writer: &str, reader: &str, pipe: &str) -> Test {
    network(format!(
        r#"
        [jobs.writer]
        {writer}
        kit = true
        outputs = ["blocks"]
        [jobs.reader]
        {reader}
        kit = true
        inputs = ["blocks"]
        [pipes.blocks]
        {pipe}
        "#
    ))
}

/// The same with a job in between, and two such pipes.
fn around(middle: &str, writer: &str, reader: &str, pipe: &str) -> Test {
    network(format!(
        r#"
        [jobs.writer]
        {writer}
        kit = true
        outputs = ["a"]
        [jobs.middle]
        {middle}
        inputs = ["a"]
        outputs = ["b"]
        [jobs.reader]
        {reader}
        kit = true
        inputs = ["b"]
        [pipes.a]
        {pipe}
        [pipes.b]
        {pipe}
        "#
    ))
}

#[track_caller]
fn all_came(run: &pipeloom_e2e::Run, reader: &str, blocks: u64) {
    assert_eq!(run.result(reader), serde_json::json!({ "blocks": blocks, "shared": true }));
}

#[test]
fn blocks_of_any_size_come_whole_and_in_order_between_all_kits() {
    for writer in Kit::ALL {
        for reader in Kit::ALL {
            let (writer, reader) = (writer.exec("pattern", &[400, LONG]), reader.exec("verify", &[3]));
            let run = pair(&writer, &reader, "codec = 'framed'").run().exits(0);
            all_came(&run, "reader", 400);
            let tally = run.tally("blocks", "reader");
            assert_eq!((tally.delivered, tally.ending), (400, Some(pipeloom_e2e::events::PipeEnding::Finished)));
        }
    }
}

#[test]
fn blocks_of_one_size_do_too() {
    for kit in Kit::ALL {
        // The first block alone has the full size, and it is the only one.
        let (writer, reader) = (kit.exec("pattern", &[1, LONG]), kit.exec("verify", &[0]));
        let run = pair(&writer, &reader, &format!("codec = 'bytes'\nblock_size = {LONG}")).run().exits(0);
        all_came(&run, "reader", 1);
    }
}

#[test]
fn a_reader_that_keeps_more_than_the_memory_holds_is_given_all() {
    for writer in Kit::ALL {
        for reader in Kit::ALL {
            let (writer, reader) = (writer.exec("pattern", &[90, LONG]), reader.exec("verify", &[90]));
            all_came(&pair(&writer, &reader, "codec = 'framed'").run().exits(0), "reader", 90);
        }
    }
}

#[test]
fn a_block_that_is_longer_than_the_memory_goes_through_the_pipe() {
    for writer in Kit::ALL {
        for reader in Kit::ALL {
            let (writer, reader) = (writer.exec("pattern", &[2, 9 << 20]), reader.exec("verify", &[1]));
            all_came(&pair(&writer, &reader, "codec = 'framed'").run().exits(0), "reader", 2);
        }
    }
}

#[test]
fn memory_is_shared_where_the_file_asks_for_it_and_not_where_it_asks_for_a_fifo() {
    let shared = |conduit: &str| {
        let (writer, reader) = (Kit::Rust.exec("pattern", &[9, LONG]), Kit::C.exec("verify", &[0]));
        let run = pair(&writer, &reader, &format!("codec = 'framed'\nconduit = '{conduit}'")).run().exits(0);
        run.result("reader")
    };
    assert_eq!(shared("shared"), serde_json::json!({ "blocks": 9, "shared": true }));
    assert_eq!(shared("fifo"), serde_json::json!({ "blocks": 9, "shared": false }));
}

/// A program that is said to have a kit and copies what comes, as one with a kit that knows of no memory does.
const OLD: &str = "exec = [\"cat\"]\npass = \"stdio\"\nkit = true";

#[test]
fn a_program_that_knows_of_no_memory_is_given_plain_bytes_and_may_write_them() {
    for kit in Kit::ALL {
        for (pipe, blocks) in
            [("codec = 'framed'".to_owned(), 60), (format!("codec = 'bytes'\nblock_size = {LONG}"), 1)]
        {
            let (writer, reader) = (kit.exec("pattern", &[blocks, LONG]), kit.exec("verify", &[3]));
            let run = around(OLD, &writer, &reader, &pipe);
            all_came(&run.run().exits(0), "reader", blocks);
        }
    }
}

#[test]
fn blocks_go_on_from_memory_to_memory() {
    for kit in Kit::ALL {
        let (writer, forward, reader) =
            (kit.exec("pattern", &[300, LONG]), kit.exec("forward", &[]), kit.exec("verify", &[2]));
        let forward = format!("{forward}\nkit = true");
        let run = around(&forward, &writer, &reader, "codec = 'framed'");
        all_came(&run.run().exits(0), "reader", 300);
    }
}

/// A writer, a native job, and a reader, with memory beside both pipes.
fn around_native(writer: &str, reader: &str, pipe: &str) -> Test {
    around("use = \"forward\"", writer, reader, pipe)
}

#[test]
fn a_native_job_shares_memory_with_programs_on_both_sides() {
    for kit in Kit::ALL {
        let (writer, reader) = (kit.exec("pattern", &[400, LONG]), kit.exec("verify", &[3]));
        let run = around_native(&writer, &reader, "codec = 'framed'").run().exits(0);
        all_came(&run, "reader", 400);
        assert_eq!(run.tally("a", "middle").delivered, 400);
        assert_eq!(run.tally("b", "reader").delivered, 400);
        let (writer, reader) = (kit.exec("pattern", &[1, LONG]), kit.exec("verify", &[0]));
        let sized = format!("codec = 'bytes'\nblock_size = {LONG}");
        all_came(&around_native(&writer, &reader, &sized).run().exits(0), "reader", 1);
    }
}

#[test]
fn a_reader_behind_a_native_job_may_keep_more_than_the_memory_holds() {
    for kit in Kit::ALL {
        let (writer, reader) = (kit.exec("pattern", &[90, LONG]), kit.exec("verify", &[90]));
        all_came(&around_native(&writer, &reader, "codec = 'framed'").run().exits(0), "reader", 90);
    }
}

#[test]
fn through_a_native_job_only_whole_blocks_of_a_killed_writer_come() {
    for kit in Kit::ALL {
        let writer = kit.exec("pattern", &[400, LONG, 57]) + "\non_failure = \"isolate\"";
        let run = around_native(&writer, &kit.exec("verify", &[5]), "codec = 'framed'").run().exits(1);
        let blocks = run.result("reader")["blocks"].as_u64().unwrap();
        assert!((40..=56).contains(&blocks), "{kit:?} {blocks} blocks");
        assert_eq!(run.failures(), ["writer"]);
    }
}

#[test]
fn a_native_job_whose_reader_is_killed_ends_and_so_does_its_writer() {
    for kit in Kit::ALL {
        let reader = kit.exec("verify", &[20, 57]) + "\non_failure = \"isolate\"";
        let run = around_native(&kit.exec("pattern", &[0, LONG]), &reader, "codec = 'framed'").run().exits(1);
        assert_eq!(run.failures(), ["reader"]);
    }
}

#[test]
fn of_a_writer_that_is_killed_inside_a_block_only_whole_ones_come() {
    for writer in Kit::ALL {
        for reader in Kit::ALL {
            let writer = writer.exec("pattern", &[400, LONG, 57]) + "\non_failure = \"isolate\"";
            let run = pair(&writer, &reader.exec("verify", &[5]), "codec = 'framed'").run().exits(1);
            // What was gathered with it was not written yet.
            let blocks = run.result("reader")["blocks"].as_u64().unwrap();
            assert!((40..=56).contains(&blocks), "{writer:?} {blocks} blocks");
            assert_eq!(run.failures(), ["writer"]);
        }
    }
}

#[test]
fn a_writer_whose_reader_is_killed_ends() {
    for writer in Kit::ALL {
        for reader in Kit::ALL {
            // It ends by itself only when nobody reads.
            let writer = writer.exec("pattern", &[0, LONG]);
            let reader = reader.exec("verify", &[20, 57]) + "\non_failure = \"isolate\"";
            let run = pair(&writer, &reader, "codec = 'framed'").run().exits(1);
            assert_eq!(run.failures(), ["reader"]);
        }
    }
}

#[test]
fn a_reader_that_takes_the_blocks_for_others_is_told_so() {
    let (writer, reader) = (Kit::Rust.exec("pattern", &[400, LONG]), Kit::Rust.exec("verify", &[3]));
    let run = pair(&writer, &reader, "codec = 'bytes'\nblock_size = 100_000").run();
    run.stderr_has("a block of 300007 bytes on a pipe with block_size 100000").exits(1);
}
