//! `--set`, and the errors of options.

use insta::assert_snapshot;
use pipeloom_config::Body;

use crate::setting::network;

const CHAIN: &str = "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x']\n\
                     [jobs.save]\nuse = 'csv-sink'\nargs = { path = 'x' }\ninputs = ['x']\n[pipes.x]\ncodec = 'json'\n";

#[test]
fn a_value_is_put_into_the_file() {
    let network = network(CHAIN)
        .set("jobs.save.args.path", "out.csv")
        .set("jobs.save.args.separator", "';'")
        .set("jobs.a.stop.grace_seconds", "1.5")
        .set("pipes.x.max_queue", "7")
        .is_right();
    let job = &network[network.job_named("save").unwrap()];
    let Body::Native(native) = &job.body else { panic!("{job:?}") };
    assert_eq!(native.args.table()["path"], "out.csv");
    assert_eq!(native.args.table()["separator"], ";");
    assert_eq!(network.pipes().next().unwrap().1.queue.blocks, 7);
    assert_eq!(network[network.job_named("a").unwrap()].stop.grace.as_secs_f64(), 1.5);
}

#[test]
fn options_that_make_no_sense_are_shown_themselves() {
    let errors = network(CHAIN)
        .set("jobs.svae.args.path", "y")
        .set("jobs.save.args.pth", "y")
        .set("jobs.save.args.separator", "{ a = [1, 2] }")
        .set("jobs.a.exec.x", "y")
        .set("jobs..a", "y")
        .set("params.x", "y")
        .set("jobs.a.stop.grace_seconds", "soon")
        .errors();
    assert_snapshot!("options", errors);
}

#[test]
fn a_parameter_whose_only_use_was_replaced_is_no_error() {
    let toml = CHAIN.replace("path = 'x'", "path = '${out}'") + "[params]\nout = 'y'\n";
    network(&toml).set("jobs.save.args.path", "z").is_right();
}

#[test]
fn json_names_the_place() {
    let problems = network(CHAIN).set("jobs.a.pas", "fd").check().unwrap_err();
    let objects: Vec<_> = problems.json().collect();
    let expected = serde_json::json!([
        { "v": 1, "file": "--set", "line": 1, "column": 8, "message": "unknown key `pas` in job `a`",
          "help": "did you mean `pass`?" },
    ]);
    assert_eq!(serde_json::Value::from(objects), expected);
}
