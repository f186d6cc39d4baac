//! What comes out of a file in which all is right.

use std::time::Duration;

use insta::assert_debug_snapshot;
use pipeloom_config::{OnFailure, Pass, Problem, StopPolicy};

use crate::setting::network;

#[test]
fn everything_is_taken_over() {
    let setting = network(
        "[network]\nname = 'all'\nhead_size = 2\n\
         [jobs.a]\nexec = ['cat', '-', '${pipe.x}', '${run}/$${x}']\npass = 'fd'\noutputs = ['x']\nhead = true\n\
         output_flag = ''\nenv = { B = 'b', A = '${run}' }\nenv_clear = true\ncwd = 'bin'\nends_run = true\non_failure = 'isolate'\n\
         stop = { signal = 'INT', grace_seconds = 1, drain_seconds = 0.5, linger_seconds = 'eof' }\n\
         [jobs.b]\nuse = 'csv-sink'\nthread = true\ninputs = ['x']\nargs = { path = '${run}/x.csv' }\n\
         [pipes.x]\ncodec = 'json'\ncapacity_bytes = 65536\nmax_block_bytes = 1024\nconduit = 'fifo'\n",
    );
    let network = setting.is_right();
    assert_eq!((network.name(), network.head_size().bytes(), network.dir()), ("all", 2, setting.path()));
    let (_, a) = network.jobs().next().unwrap();
    assert_eq!((a.on_failure, a.ends_run, a.is_source()), (OnFailure::Isolate, true, true));
    let stop = StopPolicy {
        signal: "INT".into(),
        grace: Duration::from_secs(1),
        drain: Duration::from_millis(500),
        linger: None,
    };
    assert_eq!(a.stop, stop);
    let executable = a.executable().unwrap();
    assert_eq!(
        (executable.pass, executable.input_flag.as_str(), executable.output_flag.as_str()),
        (Pass::Fd, "-i", "")
    );
    assert_debug_snapshot!("argv", executable.argv);
    assert_debug_snapshot!("env", executable.env);
    let (_, x) = network.pipes().next().unwrap();
    assert_debug_snapshot!("pipe", x);
    assert_eq!(network[x.writer.unwrap().job].name.as_str(), "a");
}

#[test]
fn the_name_is_the_files_unless_the_file_says_another() {
    let network = network("[jobs.a]\nexec = ['cat']\n").is_right();
    assert_eq!(network.name(), "network");
    assert_eq!(network.description(), None);
}

#[test]
fn pipes_stand_in_the_order_in_which_the_file_names_them() {
    let network = network(
        "[pipes.z]\ncodec = 'lines'\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['y', 'a']\n[jobs.a]\nexec = ['cat']\noutputs = ['z', 'a', 'y']\n\
         [jobs.c]\nexec = ['cat']\ninputs = ['z']\n[pipes.a]\ncodec = 'lines'\n[pipes.y]\ncodec = 'lines'\n",
    )
    .is_right();
    let pipes: Vec<_> = network.pipes().map(|(_, pipe)| pipe.name.to_string()).collect();
    assert_eq!(pipes, ["z", "y", "a"]);
    let jobs: Vec<_> = network.jobs().map(|(_, job)| job.name.to_string()).collect();
    assert_eq!(jobs, ["b", "a", "c"]);
}

#[test]
fn a_later_refusal_is_shown_like_an_error_of_the_file() {
    let network = network("[jobs.a]\nexec = ['cat']\n").is_right();
    let (_, job) = network.jobs().next().unwrap();
    let shown = network.problems(vec![Problem::new(job.span, "no room").help("make some")]).render(false, 80);
    assert!(shown.contains("network.toml:1:7\n"), "{shown}");
    assert!(shown.contains("= help: make some"), "{shown}");
}

#[test]
fn the_defaults_are_those_that_the_schema_names() {
    let network = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.b]\nexec = ['cat']\ninputs = ['x']\n[pipes.x]\ncodec = 'json'\n",
    )
    .is_right();
    let schema = pipeloom_config::schema();
    let default = |table: &str, key: &str| schema["$defs"][table]["properties"][key]["default"].clone();
    let (_, job) = network.jobs().next().unwrap();
    let (_, pipe) = network.pipes().next().unwrap();
    assert_eq!(default("NetworkTable", "head_size"), network.head_size().bytes());
    assert_eq!(default("StopTable", "signal"), job.stop.signal);
    assert_eq!(default("StopTable", "grace_seconds").as_f64().unwrap(), job.stop.grace.as_secs_f64());
    assert_eq!(default("StopTable", "drain_seconds").as_f64().unwrap(), job.stop.drain.as_secs_f64());
    assert_eq!(default("StopTable", "linger_seconds").as_f64().unwrap(), job.stop.linger.unwrap().as_secs_f64());
    assert_eq!(default("JobTable", "input_flag"), job.executable().unwrap().input_flag);
    assert_eq!(default("JobTable", "output_flag"), job.executable().unwrap().output_flag);
    assert_eq!(default("PipeTable", "max_block_bytes"), pipe.max_block_bytes);
}
