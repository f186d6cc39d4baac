//! The oracle sees what is wrong: accounts are changed behind a run that went well, and villains misbehave.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::Case;
use crate::chain::{Blocks, Chain, Middle};
use crate::figures::Figures;
use crate::{Over, Seen};

/// A run of three blocks through a relay.
fn three_blocks(case: &Case) -> Over<'_> {
    let chain = three();
    case.over(case.network(chain.toml()).start(), 0)
}

fn three() -> Chain {
    Chain::new(Blocks::of(100), Middle::Relay).source("blocks=3")
}

/// What is said of it when the sink's account is this, and the figures.
fn judged(account: &str) -> (String, Figures) {
    let case = Case::new(0, "oracle", 0);
    let over = three_blocks(&case);
    fs::write(over.run().path("sink.seen.0"), account).expect("the folder is there");
    let judged = catch_unwind(AssertUnwindSafe(|| over.all_through(&three())));
    let said = judged.err().and_then(|said| said.downcast_ref::<String>().cloned()).unwrap_or_default();
    let first = said.lines().next().unwrap_or_default().to_owned();
    let mut figures = Figures::default();
    case.note(|noted| figures = noted.clone());
    (first, figures)
}

#[test]
fn what_is_right_is_found_right() {
    let (said, figures) = judged("begin\n0\n1\n2\nend\n");
    assert_eq!((said.as_str(), figures.blocks, figures.lost, figures.twice), ("", 3, 0, 0));
}

#[test]
fn a_gap_is_a_loss() {
    let (said, figures) = judged("begin\n0\n2\nend\n");
    assert_eq!((said.as_str(), figures.lost), ("sink has not seen 1 of the blocks before its last: [0, 2]", 1));
}

#[test]
fn a_block_less_than_were_written_is_a_loss() {
    let (said, figures) = judged("begin\n0\n1\nend\n");
    assert_eq!(said, "sink has seen 2 blocks, but Issued { blocks: 3, ended: true }");
    assert_eq!(figures.lost, 1);
}

#[test]
fn a_block_that_comes_again_is_seen() {
    let (said, figures) = judged("begin\n0\n1\n1\n2\nend\n");
    assert_eq!(said, "sink has seen 1 blocks twice or out of order: [0, 1, 1, 2]");
    assert_eq!(figures.twice, 1);
}

#[test]
fn garbage_is_seen() {
    let (said, figures) = judged("begin\n0\ngarbage 100\n2\nend\n");
    assert_eq!((said.as_str(), figures.garbage), ("sink has seen garbage: [\"100\"]", 1));
}

#[test]
fn an_end_that_was_not_seen_is_missed() {
    assert_eq!(judged("begin\n0\n1\n2\n").0, "sink has not seen the end");
}

#[test]
fn a_part_of_a_block_is_seen() {
    assert_eq!(judged("begin\n0\n1\n2\ntorn 5\nend\n").0, "sink got a part of a block");
}

#[test]
fn a_tally_that_says_something_else_is_seen() {
    let case = Case::new(0, "oracle", 0);
    let over = three_blocks(&case);
    // Both accounts agree, but not with the run's.
    fs::write(over.run().path("sink.seen.0"), "begin\n0\n1\nend\n").expect("the folder is there");
    fs::write(over.run().path("source.issued"), [2_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat()).expect("likewise");
    assert!(catch_unwind(AssertUnwindSafe(|| over.all_through(&three()))).is_err());
}

/// What the sink sees of a pipe that this writes.
fn seen_of(writer: &str, blocks: Blocks) -> Seen {
    let case = Case::new(0, "oracle", 0);
    let toml = format!(
        "[jobs.writer]\n{writer}\noutputs = ['a']\n[jobs.sink]\n{}\ninputs = ['a']\non_failure = 'isolate'\n[pipes.a]\n{}\n",
        blocks.sink("sink", &[]),
        blocks.pipe()
    );
    let test = case.network(toml);
    let ended = test.run();
    let code = ended.code().expect("it ends by itself");
    Seen::read(ended.exits(code).dir(), "sink", 0)
}

#[test]
fn the_sink_knows_noise_and_the_blocks_of_another_stream() {
    let noise = "exec = ['villain', 'noise', 'bytes=1000']";
    assert_eq!(seen_of(noise, Blocks::of(100)).garbage.len(), 10);
    assert_eq!(seen_of(noise, Blocks::between(8, 100)).garbage, ["without end"]);
    let other = Blocks::of(100).source("writer", &["blocks=5", "stream=1"]);
    let seen = seen_of(&other, Blocks::of(100));
    assert_eq!((seen.count(), seen.garbage.len()), (0, 5));
}

#[test]
fn the_sink_knows_blocks_that_have_lost_a_byte() {
    let blocks = Blocks::of(100);
    let source = blocks.source("writer", &["blocks=5", "cut=99"]);
    let seen = seen_of(&source, blocks);
    assert_eq!((seen.count(), seen.torn, seen.garbage.len()), (5, Some(99), 0));
    // From the third block on all stand one byte too early.
    let shifted = "exec = ['sh', '-c', '''villain issue sizes=100-100 account=all.issued blocks=5 -o /dev/stdout | (head -c 250; head -c 1 > /dev/null; cat) > \"$2\"''', 'sh']";
    let seen = seen_of(shifted, blocks);
    assert!(seen.numbers().eq(0..2), "{seen:?}");
    assert_eq!((seen.garbage.len(), seen.torn), (2, Some(99)));
}
