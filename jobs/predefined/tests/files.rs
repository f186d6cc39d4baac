//! The jobs that read and write files, on real files and FIFOs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use pipeloom_job::testing::{JobTest, Outcome, Recorder};
use pipeloom_job::{Args, Block, Codec, Flow, Head, HeadSize, JobKind, PortSetup, Seq, Setup, Step};
use pipeloom_predefined::{bytes_sink, bytes_source, lines_sink, lines_source};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

const FOUR: Codec = Codec::Bytes { block_size: 4 };

fn folder(name: &str, content: impl AsRef<[u8]>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), content).unwrap();
    dir
}

fn read(kind: &JobKind, args: Value, codec: Codec, dir: &Path) -> Outcome {
    JobTest::of_kind(kind, args).unwrap().dir(dir).writes("out", codec).run()
}

fn lines(content: impl AsRef<[u8]>, codec: Codec) -> Outcome {
    let dir = folder("in", content);
    read(&lines_source::KIND, json!({"path": "in"}), codec, dir.path())
}

fn blocks(content: impl AsRef<[u8]>, pad: bool, codec: Codec) -> Outcome {
    let dir = folder("in", content);
    read(&bytes_source::KIND, json!({"path": "in", "pad": pad}), codec, dir.path())
}

#[test]
fn each_line_is_a_block_and_the_last_one_is_marked() {
    for content in ["one\n\nthree\r\n", "one\n\nthree\r"] {
        let outcome = lines(content, Codec::Lines);
        assert_eq!(outcome.texts(0), ["one", "", "three\r"]);
        assert!(outcome.is_finished());
    }
}

#[test]
fn an_empty_file_ends_without_a_block() {
    assert_eq!(lines("", Codec::Lines).flows, [Flow::Done]);
    assert_eq!(blocks("", false, FOUR).flows, [Flow::Done]);
    assert_eq!(lines("\n", Codec::Lines).texts(0), [""]);
}

#[test]
fn lines_are_bytes() {
    assert_eq!(lines(b"caf\xE9\n\0\n", Codec::Lines).payloads(0), [&b"caf\xE9"[..], b"\0"]);
}

#[test]
fn lines_of_json_must_be_json() {
    assert_eq!(lines("{\"a\": 1}\n[2]\n", Codec::Json).texts(0), ["{\"a\": 1}", "[2]"]);
    let failure = lines("{\"a\": 1}\n[2\n", Codec::Json).failure();
    assert!(failure.starts_with("line 2 of /") && failure.contains("in is not JSON: "), "{failure}");
}

#[test]
fn a_file_is_cut_into_blocks_and_the_last_one_is_marked() {
    let outcome = blocks("aaaabbbbcccc", false, FOUR);
    assert_eq!(outcome.texts(0), ["aaaa", "bbbb", "cccc"]);
    assert!(outcome.is_finished());
}

#[test]
fn a_short_last_block_is_an_error_unless_it_may_be_filled_up() {
    let failure = blocks("aaaabb", false, FOUR).failure();
    assert!(
        failure.ends_with("in ends 2 bytes into block 2 of 4 bytes; pad = true fills it up with zeros"),
        "{failure}"
    );
    let outcome = blocks("aaaabb", true, FOUR);
    assert_eq!(outcome.texts(0), ["aaaa", "bb\0\0"]);
    assert!(outcome.is_finished());
}

#[test]
fn a_stream_gives_all_bytes_in_chunks() {
    let content: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
    let outcome = blocks(&content, false, Codec::Stream);
    assert_eq!(outcome.payloads(0).concat(), content);
    assert!(outcome.payloads(0).iter().all(|chunk| chunk.len() <= 64 * 1024));
}

#[test]
fn a_large_file_is_read_whole() {
    let content: String = (0..100_000).map(|n| format!("{n}\n")).collect();
    let outcome = lines(&content, Codec::Lines);
    assert_eq!(outcome.texts(0).join("\n") + "\n", content);
    let size = 300_000;
    let outcome = blocks(vec![7; 3 * size], false, Codec::Bytes { block_size: size });
    assert_eq!(outcome.payloads(0), vec![vec![7; size]; 3]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for (kind, codec) in [(&lines_source::KIND, Codec::Lines), (&bytes_source::KIND, FOUR)] {
        let failure = read(kind, json!({"path": "missing"}), codec, dir.path()).failure();
        assert_eq!(
            failure,
            format!("cannot open {}: No such file or directory (os error 2)", dir.path().join("missing").display())
        );
        let failure = read(kind, json!({"path": "."}), codec, dir.path()).failure();
        assert!(failure.ends_with("Is a directory (os error 21)"), "{failure}");
    }
}

/// Writes each piece with a call of its own.
fn write_later(path: &Path, pieces: &'static [&'static [u8]]) -> thread::JoinHandle<()> {
    let path = path.to_owned();
    thread::spawn(move || {
        let mut fifo = OpenOptions::new().write(true).open(path).unwrap();
        pieces.iter().for_each(|piece| fifo.write_all(piece).unwrap());
    })
}

#[test]
fn a_source_of_a_fifo_waits_outside_its_step() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    mkfifo(&path, Mode::S_IRWXU).unwrap();
    let writer = write_later(&path, &[b"on", b"e\ntwo\nth", b"ree"]);
    let outcome = read(&lines_source::KIND, json!({"path": "fifo"}), Codec::Lines, dir.path());
    assert_eq!(outcome.texts(0), ["one", "two", "three"]);
    assert!(outcome.flows.iter().all(|flow| matches!(flow, Flow::Readable(_) | Flow::Again | Flow::Done)));
    writer.join().unwrap();

    let writer = write_later(&path, &[b"aa", b"aabbb", b"b"]);
    let outcome = read(&bytes_source::KIND, json!({"path": "fifo"}), FOUR, dir.path());
    assert_eq!(outcome.texts(0), ["aaaa", "bbbb"]);
    writer.join().unwrap();
}

/// Where a job without pipes finds itself.
fn setup(dir: &Path) -> Setup {
    Setup {
        job: "it".to_owned(),
        network_dir: dir.to_owned(),
        run_dir: dir.to_owned(),
        head_size: HeadSize::ONE,
        inputs: Vec::new(),
        outputs: Vec::new(),
        lines: None,
        standard_input: false,
        continues: false,
        write_through: false,
    }
}

#[test]
fn a_source_of_a_fifo_without_a_writer_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    mkfifo(&dir.path().join("fifo"), Mode::S_IRWXU).unwrap();
    for (kind, codec) in [(&lines_source::KIND, Codec::Lines), (&bytes_source::KIND, FOUR)] {
        let args = Args::from_iter([("path".to_owned(), "fifo".into())]);
        let mut job = (kind.new)(&args).unwrap();
        let outputs = vec![PortSetup { pipe: "out".to_owned(), codec }];
        let setup = Setup { outputs, ..setup(dir.path()) };
        let head_size = setup.head_size;
        job.setup(&setup).unwrap();
        let step = Step { epoch: 0, number: Seq::FIRST, head: Head::empty(head_size), inputs: &[] };
        let mut recorder = Recorder::new(1);
        assert!(matches!(job.step(&step, &mut recorder).unwrap(), Flow::Readable(_)), "{}", kind.name);
        assert_eq!(recorder.counts(), [0]);
    }
}

fn write(kind: &JobKind, codec: Codec, content: &[&[u8]]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let test = JobTest::of_kind(kind, json!({"path": "new/folder/out"})).unwrap().dir(dir.path());
    let outcome = test.reads("in", codec, content.iter().copied()).run();
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    fs::read(dir.path().join("new/folder/out")).unwrap()
}

#[test]
fn sinks_write_blocks_as_lines_or_one_after_another() {
    assert_eq!(write(&lines_sink::KIND, Codec::Lines, &[b"one", b"", b"three"]), b"one\n\nthree\n");
    assert_eq!(write(&lines_sink::KIND, Codec::Json, &[b"{}"]), b"{}\n");
    assert_eq!(write(&lines_sink::KIND, Codec::Stream, &[b"a\nb", b"c\n"]), b"a\nbc\n");
    assert_eq!(write(&bytes_sink::KIND, FOUR, &[b"aaaa", b"bbbb"]), b"aaaabbbb");
    assert_eq!(write(&bytes_sink::KIND, Codec::Framed, &[]), b"");
    let large = vec![5; 200_000];
    assert_eq!(write(&bytes_sink::KIND, Codec::Framed, &[b"x", &large, b"y"]), [b"x", &large[..], b"y"].concat());
}

#[test]
fn a_sink_does_not_wait_for_the_reader_of_a_fifo() {
    let dir = tempfile::tempdir().unwrap();
    mkfifo(&dir.path().join("fifo"), Mode::S_IRWXU).unwrap();
    let test = JobTest::of_kind(&lines_sink::KIND, json!({"path": "fifo"})).unwrap().dir(dir.path());
    let failure = test.reads("in", Codec::Lines, ["x"]).run().failure();
    assert!(failure.contains("it is a FIFO"), "{failure}");
}

#[test]
fn a_full_disk_is_named() {
    let test = JobTest::of_kind(&lines_sink::KIND, json!({"path": "/dev/full"})).unwrap();
    let failure = test.reads("in", Codec::Lines, ["x"]).run().failure();
    assert_eq!(failure, "cannot write /dev/full: No space left on device (os error 28)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_read_and_written_again_is_the_same(content in prop::collection::vec(any::<u8>(), 0..5000), size in 1usize..3000) {
        let size = size.min(content.len().max(1));
        let whole = &content[..content.len() / size * size];
        let outcome = blocks(whole, false, Codec::Bytes { block_size: size });
        let payloads = outcome.payloads(0);
        prop_assert_eq!(write(&bytes_sink::KIND, Codec::Bytes { block_size: size }, &payloads), whole);

        let mut text = content;
        text.push(b'\n');
        let outcome = lines(&text, Codec::Lines);
        prop_assert_eq!(write(&lines_sink::KIND, Codec::Lines, &outcome.payloads(0)), text);
    }
}

#[test]
fn another_life_goes_on_behind_what_is_in_the_file() {
    let cases = [
        (&lines_sink::KIND, Codec::Lines, "one\ntwo\n", "one\ntwo\nnext\n"),
        (&lines_sink::KIND, Codec::Lines, "one\ntorn", "one\nnext\n"),
        (&lines_sink::KIND, Codec::Lines, "torn", "next\n"),
        (&lines_sink::KIND, Codec::Stream, "one\nhalf", "one\nhalfnext"),
        (&bytes_sink::KIND, FOUR, "aaaa", "aaaanext"),
    ];
    for (kind, codec, found, expected) in cases {
        let dir = folder("out", found);
        let test = JobTest::of_kind(kind, json!({"path": "out"})).unwrap().dir(dir.path()).continuing();
        let outcome = test.reads("in", codec, [&b"next"[..]]).run();
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        assert_eq!(fs::read_to_string(dir.path().join("out")).unwrap(), expected, "{}, {codec:?}", kind.name);
    }
}

#[test]
fn what_was_gathered_is_written_before_a_wait_and_what_counts_as_done_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for write_through in [false, true] {
        let args = Args::from_iter([("path".to_owned(), "out".into())]);
        let mut job = (lines_sink::KIND.new)(&args).unwrap();
        let setup = Setup {
            inputs: vec![PortSetup { pipe: "in".to_owned(), codec: Codec::Lines }],
            write_through,
            ..setup(dir.path())
        };
        job.setup(&setup).unwrap();
        let head = Head::empty(setup.head_size);
        let inputs = [&[Block::new(head, b"one")][..]];
        let step = Step { epoch: 0, number: Seq::FIRST, head, inputs: &inputs };
        assert_eq!(job.step(&step, &mut Recorder::new(0)).unwrap(), Flow::Again);
        let written = || fs::read_to_string(dir.path().join("out")).unwrap();
        assert_eq!(written(), if write_through { "one\n" } else { "" });
        job.idle().unwrap();
        assert_eq!(written(), "one\n");
    }
}
