//! Codecs that are classes in Python files.

use insta::assert_snapshot;
use pipeloom_config::{Dummy, PipeSpec, Runs, Taking};
use pipeloom_job::Codec;

use crate::setting::{Setting, network};

const CODECS: &str = r#"{"Pulse": {"methods": ["frame", "encode"], "reads": true, "writes": true, "dummy": "-"},
    "Reader": {"methods": ["frame", "encoed"], "reads": true, "writes": false},
    "Writer": {"methods": ["encode"], "reads": false, "writes": true}}"#;

const PYTHON: &str = "python = 'jobs.py:Any'";
const PROGRAM: &str = "exec = ['cat']";

/// The pipe `x` with these keys, from one job to another.
fn pipe(writer: &str, reader: &str, keys: &str) -> Setting {
    network(&format!("[jobs.a]\n{writer}\noutputs = ['x']\n[jobs.b]\n{reader}\ninputs = ['x']\n[pipes.x]\n{keys}\n"))
        .file("jobs.py", r#"{"Any": {}, "Queue": {"attributes": {"MAX_QUEUE": 4}}}"#)
        .file("codecs.py", CODECS)
}

#[track_caller]
fn right(writer: &str, reader: &str, keys: &str) -> PipeSpec {
    pipe(writer, reader, keys).is_right().pipes().next().unwrap().1.clone()
}

const PULSE: &str = "codec = 'codecs.py:Pulse'";

#[test]
fn between_jobs_in_python_its_blocks_have_lengths_and_its_dummy_stands_for_missing_ones() {
    let setting = pipe(PYTHON, PYTHON, PULSE);
    let network = setting.is_right();
    let (_, x) = network.pipes().next().unwrap();
    let class = x.class.as_ref().unwrap();
    assert_eq!((x.codec, x.codec_name()), (Codec::Framed, "codecs.py:Pulse"));
    assert_eq!(class.spec, format!("{}/codecs.py:Pulse", setting.path().display()));
    assert_eq!(x.dummy, Dummy::Value(b"-".to_vec()));
    let previous = right(PYTHON, PYTHON, &format!("{PULSE}\ndummy = 'previous'"));
    assert_eq!(previous.dummy, Dummy::Previous { empty: b"-".to_vec() });
    let optional =
        right(PYTHON, PYTHON, &format!("{PULSE}\noptional = {{}}\nblock_count = 3\nwhen_full = 'drop-oldest'"));
    let Taking::Optional(optional) = optional.taking else { panic!("{:?}", optional.taking) };
    assert_eq!(optional.default, b"-");
}

#[test]
fn with_a_program_at_an_end_it_is_a_stream_in_which_python_finds_the_blocks() {
    assert_eq!(right(PROGRAM, PYTHON, &format!("{PULSE}\nblock_count = 3")).codec, Codec::Stream);
    assert_eq!(right(PYTHON, PROGRAM, PULSE).codec, Codec::Stream);
    // A native job that takes any bytes.
    let file = "[jobs.a]\npython = 'jobs.py:Any'\noutputs = ['x']\n[jobs.b]\nuse = 'forward'\ninputs = ['x']\noutputs = ['y']\n\
                [jobs.c]\nexec = ['cat']\ninputs = ['y']\n[pipes]\nx.codec = 'codecs.py:Pulse'\ny.codec = 'stream'\n";
    network(file).file("jobs.py", r#"{"Any": {}}"#).file("codecs.py", CODECS).is_right();
}

#[test]
fn what_needs_blocks_is_refused_where_only_python_knows_them() {
    let with_head = format!("{PROGRAM}\nhead = true\nsteps = 'each'");
    let keys = format!(
        "{PULSE}\nblock_count = 2\nasync = true\ndummy = 'previous'\nwhen_full = 'drop-newest'\nblock_size = 3"
    );
    let errors = [
        pipe(PYTHON, &with_head, &keys).errors(),
        pipe(PROGRAM, "python = 'jobs.py:Queue'", PULSE).errors(),
        pipe(PROGRAM, &format!("{PYTHON}\noutputs = ['t']\nlog_times = true"), PULSE).errors(),
        pipe(PYTHON, "use = 'csv-sink'\nargs = { path = 'x' }", PULSE).errors(),
    ];
    assert_snapshot!("only_python_knows", errors.join("\n"));
}

#[test]
fn values_of_the_file_cannot_become_its_blocks() {
    let keys = format!("{PULSE}\ndummy = {{ value = 1 }}\noptional = {{ default = 2 }}");
    let zero = format!("{PULSE}\ndummy = 'zero'");
    let errors = [pipe(PYTHON, PYTHON, &keys).errors(), pipe(PYTHON, PYTHON, &zero).errors()];
    assert_snapshot!("values_for_a_class", errors.join("\n"));
}

#[test]
fn classes_that_are_no_codec_for_the_pipe() {
    let codec = |class: &str| pipe(PYTHON, PYTHON, &format!("codec = '{class}'")).errors();
    let errors = [
        codec("codecs.py:Pulze"),
        codec("codec.py:Pulse"),
        codec("codecs.py:"),
        codec("jobs.py:Any"),
        codec("codecs.py:Reader"),
        codec("codecs.py:Writer"),
        pipe(PROGRAM, PROGRAM, PULSE).errors(),
    ];
    assert_snapshot!("no_codec", errors.join("\n"));
}

#[test]
fn a_method_that_nobody_needs_may_be_missing() {
    right(PROGRAM, PYTHON, "codec = 'codecs.py:Reader'");
    right(PYTHON, PROGRAM, "codec = 'codecs.py:Writer'");
}

#[test]
fn inputs_that_are_put_in_step_have_blocks_that_the_runtime_knows() {
    let file = |more: &str| {
        let toml = format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y']\n[jobs.b]\npython = 'jobs.py:Any'\ninputs = ['x', 'y']\n\
             [pipes.x]\n{PULSE}\n[pipes.y]\ncodec = 'json'\n{more}\n"
        );
        network(&toml).file("jobs.py", r#"{"Any": {}}"#).file("codecs.py", CODECS)
    };
    file("").is_right();
    assert_snapshot!("unknown_blocks_in_step", file("optional = {}").errors());
}

#[test]
fn a_codec_of_jobs_that_are_not_run_is_not_asked() {
    pipe(PYTHON, PYTHON, "codec = 'not-there.py:Pulse'").runs(Runs::Nothing).is_right();
}
