//! Jobs with `log_times`: their last output is for the runtime's records.

use insta::assert_snapshot;
use pipeloom_job::Codec;

use crate::setting::{Setting, network};

/// A job `b` with `keys` between a program outside the network and a table.
fn job(keys: &str, table: &str, pipes: &str) -> Setting {
    network(&format!(
        "[jobs.b]\nlog_times = true\n{keys}\n\
         [jobs.c]\nuse = 'csv-sink'\nargs = {{ path = 'x.csv' }}\ninputs = {table}\n\
         [pipes.a]\ncodec = 'json'\nexternal = 'writer'\npath = 'a'\n{pipes}\n"
    ))
}

#[test]
fn the_last_output_is_not_the_jobs_own_and_has_json() {
    let network = job("use = 'forward'\ninputs = ['a']\noutputs = ['b', 't']", "['b', 't']", "").is_right();
    let (id, forward) = network.jobs().next().unwrap();
    let named = |name: &str| network.pipes().find(|(_, pipe)| pipe.name.as_str() == name).unwrap();
    let (times, pipe) = named("t");
    assert_eq!((&forward.outputs[..], forward.times), (&[named("b").0][..], Some(times)));
    assert_eq!(forward.written().collect::<Vec<_>>(), [named("b").0, times]);
    assert_eq!(pipe.codec, Codec::Json);
    assert_eq!(named("b").1.codec, Codec::Bincode);
    let writer = pipe.writer.unwrap();
    assert_eq!((writer.job, writer.port), (id, 1));
}

#[test]
fn a_sink_has_an_output_for_its_times_alone() {
    let network = network(
        "[jobs.sink]\nuse = 'csv-sink'\nargs = { path = 'x.csv' }\ninputs = ['a']\noutputs = ['t']\nlog_times = true\n\
         [jobs.c]\nuse = 'csv-sink'\nargs = { path = 'y.csv' }\ninputs = ['t']\n\
         [pipes.a]\ncodec = 'json'\nexternal = 'writer'\npath = 'a'\n",
    )
    .is_right();
    let (_, sink) = network.jobs().next().unwrap();
    assert!(sink.outputs.is_empty() && sink.times.is_some());
}

#[test]
fn without_it_all_outputs_are_the_jobs_own() {
    let setting = job("use = 'forward'\ninputs = ['a']\noutputs = ['b']", "['b']", "").set("jobs.b.log_times", "false");
    let network = setting.is_right();
    let (_, forward) = network.jobs().next().unwrap();
    assert_eq!((forward.outputs.len(), forward.times), (1, None));
}

#[test]
fn there_must_be_an_output_for_them() {
    assert_snapshot!("no_output", job("use = 'forward'\ninputs = ['a']", "['a']", "").errors());
}

#[test]
fn the_output_is_not_counted_as_the_jobs_own() {
    assert_snapshot!("not_counted", job("use = 'forward'\ninputs = ['a']\noutputs = ['b']", "['b']", "").errors());
}

#[test]
fn only_json_holds_records() {
    let pipes = "[pipes.t]\ncodec = 'bincode'";
    let errors = job("use = 'forward'\ninputs = ['a']\noutputs = ['b', 't']", "['b', 't']", pipes).errors();
    assert_snapshot!("other_codec", errors);
}

#[test]
fn executables_cannot_yet() {
    let errors = job("exec = ['cat']\ninputs = ['a']\noutputs = ['b', 't']", "['b', 't']", "[pipes.b]\ncodec = 'json'");
    assert_snapshot!("executable", errors.errors());
}
