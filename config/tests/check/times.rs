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

const JSON: &str = "[pipes.b]\ncodec = 'json'";

#[test]
fn a_program_is_not_given_the_output_either() {
    let network = job("exec = ['cat']\ninputs = ['a']\noutputs = ['b', 't']", "['b', 't']", JSON).is_right();
    let (id, cat) = network.jobs().next().unwrap();
    let named = |name: &str| network.pipes().find(|(_, pipe)| pipe.name.as_str() == name).unwrap();
    assert_eq!((&cat.outputs[..], cat.times), (&[named("b").0][..], Some(named("t").0)));
    assert_eq!(named("t").1.codec, Codec::Json);
    let writer = named("t").1.writer.unwrap();
    assert_eq!((writer.job, writer.port), (id, 1));
}

#[test]
fn a_filter_has_it_beside_its_standard_output() {
    let keys = "exec = ['cat']\npass = 'stdio'\nsteps = 'each'\ninputs = ['a']";
    job(&format!("{keys}\noutputs = ['b', 't']"), "['b', 't']", JSON).is_right();
    let two = format!("{keys}\noutputs = ['b', 'd', 't']");
    let errors = job(&two, "['b', 'd', 't']", &format!("{JSON}\n[pipes.d]\ncodec = 'json'"));
    assert_snapshot!("two_standard_outputs", errors.errors());
}

#[test]
fn where_a_program_only_reads_or_has_one_output_its_compute_blocks_are_known() {
    job("exec = ['cat']\npass = 'stdio'\ninputs = ['a']\noutputs = ['t']", "['t']", "").is_right();
    job("exec = ['cat']\nsteps = 'free'\noutputs = ['b', 't']", "['a', 'b', 't']", JSON).is_right();
}

#[test]
fn compute_blocks_of_free_steps_are_not_known() {
    let of_filter = job("exec = ['cat']\npass = 'stdio'\ninputs = ['a']\noutputs = ['b', 't']", "['b', 't']", JSON);
    assert_snapshot!("free_by_default", of_filter.errors());
    let source = "exec = ['cat']\nsteps = 'free'\noutputs = ['b', 'd', 't']";
    let errors = job(source, "['a', 'b', 'd', 't']", &format!("{JSON}\n[pipes.d]\ncodec = 'json'")).errors();
    assert_snapshot!("free", errors);
}

#[test]
fn a_stream_has_no_blocks_to_be_timed() {
    let stream = "[pipes.b]\ncodec = 'stream'\n[jobs.d]\nexec = ['cat']\ninputs = ['b']";
    let writer = "exec = ['cat']\ninputs = ['a']\noutputs = ['b', 't']";
    assert_snapshot!("stream", job(writer, "['t']", stream).errors());
}

#[test]
fn a_program_without_pipes_of_its_own_has_no_compute_blocks() {
    assert_snapshot!("no_pipes", job("exec = ['cat']\noutputs = ['t']", "['a', 't']", "").errors());
}

#[test]
fn the_output_has_no_path_that_a_program_could_be_given() {
    let keys = "exec = ['cat', '${pipe.t}', '${pipe.b}']\ninputs = ['a']\noutputs = ['b', 't']";
    assert_snapshot!("in_exec", job(keys, "['b', 't']", JSON).errors());
}
