//! What happens when a queue is full: the pipe's word, or else that of its readers' jobs.

use insta::assert_snapshot;
use pipeloom_config::{DropSide, SpoolSpec, SpoolSync, WhenFull};

use crate::setting::{Setting, network};

/// A job that writes `x` and `y`, and two that read both.
fn readers(b: &str, c: &str, pipes: &str) -> Setting {
    network(&format!(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y']\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x', 'y']\n{b}\n\
         [jobs.c]\nexec = ['cat']\ninputs = ['x', 'y']\n{c}\n\
         [pipes.x]\ncodec = 'lines'\n[pipes.y]\ncodec = 'lines'\n{pipes}\n"
    ))
}

#[track_caller]
fn words(setting: &Setting) -> Vec<WhenFull> {
    setting.is_right().pipes().map(|(_, pipe)| pipe.when_full).collect()
}

#[test]
fn every_word_has_its_policy() {
    let word = |word: &str| words(&readers("", "", &format!("when_full = '{word}'")))[1];
    assert_eq!(word("block"), WhenFull::Block);
    assert_eq!(word("drop-oldest"), WhenFull::Drop(DropSide::Oldest));
    assert_eq!(word("drop-newest"), WhenFull::Drop(DropSide::Newest));
    assert_eq!(word("fail"), WhenFull::Fail);
    assert_eq!(words(&readers("", "", "")), [WhenFull::Block, WhenFull::Block]);
}

#[test]
fn a_jobs_word_is_the_default_of_its_inputs() {
    let setting = readers("when_full = 'fail'", "when_full = 'fail'", "when_full = 'drop-newest'");
    assert_eq!(words(&setting), [WhenFull::Fail, WhenFull::Drop(DropSide::Newest)]);
}

#[test]
fn a_jobs_word_is_none_for_its_outputs() {
    let network = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\nwhen_full = 'fail'\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n\
         [pipes.x]\ncodec = 'lines'\n",
    );
    assert_eq!(words(&network), [WhenFull::Block]);
}

#[test]
fn readers_that_differ_leave_it_to_the_pipe() {
    let errors = readers("when_full = 'drop-oldest'", "when_full = 'fail'", "when_full = 'block'").errors();
    assert_snapshot!("readers_differ", errors);
}

#[test]
fn a_reader_that_says_nothing_loses_nothing() {
    assert_snapshot!("silent_reader", readers("", "when_full = 'drop-oldest'", "when_full = 'block'").errors());
}

#[test]
fn a_word_that_is_none() {
    assert_snapshot!("no_word", readers("when_full = 'drop-old'", "", "when_full = 'oldest'").errors());
}

#[test]
fn a_jobs_word_is_nothing_for_a_stream_among_its_inputs() {
    let setting = |pipe: &str| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
             [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\nwhen_full = 'drop-oldest'\n{pipe}"
        ))
    };
    assert_snapshot!("stream_of_a_dropping_job", setting("").errors());
    assert_eq!(words(&setting("[pipes.x]\nwhen_full = 'block'\n")), [WhenFull::Block]);
}

#[test]
fn a_spool_has_what_the_file_says_and_is_for_pipes_that_have_one() {
    let when_full = |lines: &str| {
        let text = format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n\
             [pipes.x]\ncodec = 'lines'\n{lines}\n"
        );
        let network = network(&text).is_right();
        let (_, pipe) = network.pipes().next().unwrap();
        pipe.when_full
    };
    let usual = SpoolSpec { max_bytes: 1 << 30, sync: SpoolSync::Never };
    assert_eq!(when_full("when_full = 'spool'"), WhenFull::Spool(usual));
    let spool = "when_full = 'spool'\nspool = { max_bytes = 1_000_000, sync = 'each' }";
    assert_eq!(when_full(spool), WhenFull::Spool(SpoolSpec { max_bytes: 1_000_000, sync: SpoolSync::Each }));
    let without = "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n\
                   [pipes.x]\ncodec = 'lines'\nspool = { max_bytes = 1000, sync = 'sometimes' }\n";
    assert_snapshot!("no_spool", network(without).errors());
    assert_snapshot!("spool_without_word", network(&without.replace("1000, sync = 'sometimes'", "100_000")).errors());
}

#[test]
fn a_spool_that_has_no_room_for_a_block() {
    let spooled = |block_size: u64, max_bytes: u64| {
        network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n[pipes.x]\ncodec = 'bytes'\n\
             block_size = {block_size}\nwhen_full = 'spool'\nspool = {{ max_bytes = {max_bytes} }}\n"
        ))
    };
    spooled(70_000, 70_064).is_right();
    assert_snapshot!("small_spool", spooled(70_000, 70_063).errors());
}
