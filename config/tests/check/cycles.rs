//! Pipes that lead back.

use insta::assert_snapshot;
use pipeloom_config::{DropSide, Taking, WhenFull};

use crate::setting::{Setting, network};

/// `mix` reads `in` and `echo`; `damp` turns what it writes into `echo`, which has these keys.
fn echo(keys: &str) -> Setting {
    network(&format!(
        "[jobs.read]\nexec = ['cat']\noutputs = ['in']\n\
         [jobs.mix]\nexec = ['cat']\ninputs = ['in', 'echo']\noutputs = ['mixed']\n\
         [jobs.damp]\nuse = 'forward'\ninputs = ['mixed']\noutputs = ['echo']\n\
         [pipes.in]\ncodec = 'json'\n[pipes.mixed]\ncodec = 'json'\n[pipes.echo]\ncodec = 'json'\n{keys}\n"
    ))
}

#[test]
fn a_declared_cycle_is_right() {
    for way in ["optional = {}", "async = true"] {
        let network = echo(&format!("cycle = true\n{way}\nwhen_full = 'drop-oldest'")).is_right();
        let (_, pipe) = network.pipes().find(|(_, pipe)| pipe.name.as_str() == "echo").unwrap();
        assert!(pipe.cycle);
        assert_ne!(pipe.taking, Taking::InStep);
        assert_eq!(pipe.when_full, WhenFull::Drop(DropSide::Oldest));
    }
}

#[test]
fn a_job_may_read_what_it_writes_if_the_pipe_says_so() {
    network(
        "[jobs.a]\nuse = 'forward'\ninputs = ['x']\noutputs = ['x']\n\
         [pipes.x]\ncycle = true\noptional = {}\nwhen_full = 'fail'\n",
    )
    .is_right();
}

#[test]
fn an_undeclared_cycle_is_refused_and_told_how_to_declare_it() {
    assert_snapshot!("undeclared_cycle", echo("optional = {}\nwhen_full = 'drop-oldest'").errors());
}

#[test]
fn each_thing_that_a_back_edge_lacks_is_named() {
    assert_snapshot!("bare_back_edge", echo("cycle = true").errors());
    assert_snapshot!("blocking_back_edge", echo("cycle = true\nasync = false\nwhen_full = 'block'").errors());
}

#[test]
fn the_readers_word_counts_for_a_back_edge() {
    let setting = echo("cycle = true\noptional = {}").set("jobs.mix.when_full", "drop-newest");
    setting.is_right();
    let messages = echo("cycle = true\noptional = {}").set("jobs.mix.when_full", "block").messages();
    assert_eq!(messages, ["the pipe `echo` leads back, so it needs a `when_full` other than `block`"]);
}

#[test]
fn a_refused_key_is_not_missed_at_a_back_edge() {
    let messages = echo("cycle = true\noptional = true\nwhen_full = 5").messages();
    assert_eq!(
        messages,
        [
            "`optional` must be a table",
            "`when_full` must be one of `block`, `drop-oldest`, `drop-newest`, `fail`, `spool`"
        ]
    );
    assert_eq!(echo("cycle = 'yes'").messages(), ["`cycle` must be true or false"]);
}

#[test]
fn a_pipe_that_closes_no_cycle_does_not_lead_back() {
    let setting = echo("cycle = true\noptional = {}\nwhen_full = 'fail'")
        .set("pipes.in.cycle", "true")
        .set("pipes.in.async", "true")
        .set("pipes.in.when_full", "fail");
    assert_snapshot!("no_cycle", setting.errors());
}

#[test]
fn a_declared_cycle_hides_no_other() {
    let errors = network(
        "[jobs.a]\nuse = 'forward'\ninputs = ['back']\noutputs = ['x']\n\
         [jobs.b]\nuse = 'forward'\ninputs = ['x', 'z']\noutputs = ['back', 'y']\n\
         [jobs.c]\nuse = 'forward'\ninputs = ['y']\noutputs = ['z']\n\
         [pipes.back]\ncycle = true\noptional = {}\nwhen_full = 'drop-oldest'\n",
    )
    .errors();
    assert_snapshot!("second_cycle", errors);
}
