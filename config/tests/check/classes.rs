//! Classes in Python files, and what their attributes stand for.

use insta::assert_snapshot;
use pipeloom_config::{DropSide, JobSpec, Network, PipeSpec, Runs, WhenFull};

use crate::setting::{Setting, network};

/// A job `save` of the class `Save` with these attributes, and these keys in the file. It reads `x` and writes `t`.
fn save(attributes: &str, keys: &str) -> Setting {
    let toml = format!(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n\
         [jobs.save]\npython = 'jobs.py:Save'\ninputs = ['x']\noutputs = ['t']\n{keys}\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['t']\n[pipes]\nx.codec = 'json'\nt.codec = 'json'\n"
    );
    network(&toml).file("jobs.py", &format!("{{\"Save\": {{\"attributes\": {attributes}}}}}"))
}

fn job<'n>(network: &'n Network, name: &str) -> &'n JobSpec {
    network.jobs().find(|(_, job)| job.name.as_str() == name).unwrap().1
}

fn pipe<'n>(network: &'n Network, name: &str) -> &'n PipeSpec {
    network.pipes().find(|(_, pipe)| pipe.name.as_str() == name).unwrap().1
}

/// What came from the class of `save`, a line for each attribute.
fn from_class(network: &Network) -> String {
    let words = &job(network, "save").from_class;
    words.iter().map(|word| format!("{}: {}\n", word.attribute, word.keys)).collect()
}

#[test]
fn attributes_are_defaults_of_keys() {
    let attributes = r#"{"MAX_QUEUE": 4, "LOG_TIMES": true, "DEPENDENCIES": "words", "GROUPS": ["LOCAL", "ALL"],
        "DEFAULT_NODE": "127.0.0.1", "HEAD": true, "BUFFERED": true}"#;
    let network = save(attributes, "").folder("words").is_right();
    assert_snapshot!(from_class(&network), @r#"
    MAX_QUEUE: max_queue = 4, when_full = "drop-oldest"
    LOG_TIMES: log_times = true
    DEPENDENCIES: dependencies = ["words"]
    GROUPS: local = true
    DEFAULT_NODE: node = "localhost"
    "#);
    let queue = pipe(&network, "x");
    assert_eq!((queue.queue.blocks, queue.when_full), (4, WhenFull::Drop(DropSide::Oldest)));
    let save = job(&network, "save");
    assert!(save.outputs.is_empty() && save.times.is_some(), "the output is for the times");
    assert_eq!(save.executable().unwrap().dependencies.len(), 1);
}

#[test]
fn the_file_overrides_each_of_them() {
    let attributes = r#"{"MAX_QUEUE": 4, "LOG_TIMES": true, "DEPENDENCIES": ["not there"], "GROUPS": "lab",
        "DEFAULT_NODE": "10.0.0.7"}"#;
    let keys =
        "max_queue = 8\nwhen_full = 'block'\nlog_times = false\ndependencies = []\ngroups = ['local']\nnode = 'local'";
    let network = save(attributes, keys).is_right();
    assert_eq!(from_class(&network), "");
    let queue = pipe(&network, "x");
    assert_eq!((queue.queue.blocks, queue.when_full), (8, WhenFull::Block));
    assert!(job(&network, "save").times.is_none());
    assert!(network.notes().is_empty());
}

#[test]
fn each_key_is_overridden_by_itself() {
    let network = save(r#"{"MAX_QUEUE": 1}"#, "max_queue = 8").is_right();
    assert_eq!(from_class(&network), "MAX_QUEUE: when_full = \"drop-oldest\"\n");
    assert_eq!(pipe(&network, "x").queue.blocks, 8);
    // Less than two is not possible.
    let network = save(r#"{"MAX_QUEUE": 1}"#, "when_full = 'block'").is_right();
    assert_eq!(from_class(&network), "MAX_QUEUE: max_queue = 2\n");
}

#[test]
fn attributes_that_say_nothing_do_nothing() {
    let attributes =
        r#"{"MAX_QUEUE": null, "LOG_TIMES": false, "DEPENDENCIES": null, "GROUPS": "ALL", "DEFAULT_NODE": ""}"#;
    let network = save(attributes, "").is_right();
    assert_eq!(from_class(&network), "");
    assert!(network.notes().is_empty());
}

#[test]
fn other_machines_are_noted() {
    let setting = save(r#"{"GROUPS": ["lab", "ALL"], "DEFAULT_NODE": "10.0.0.7"}"#, "");
    let notes = setting.is_right().notes().render(false, 100).replace(setting.path().to_str().unwrap(), "DIR");
    assert_snapshot!("other_machines", notes);
}

#[test]
fn attributes_that_are_wrong() {
    let errors = save(
        r#"{"MAX_QUEUE": "many", "LOG_TIMES": 1, "DEPENDENCIES": {"a": 1}, "GROUPS": 5, "DEFAULT_NODE": ["x"]}"#,
        "",
    )
    .messages();
    assert_snapshot!(errors.join("\n"), @"
    `MAX_QUEUE` of `jobs.py:Save` must be a whole number of blocks, or None
    `LOG_TIMES` of `jobs.py:Save` must be True or False
    `DEPENDENCIES` of `jobs.py:Save` must be a path or a list of paths
    `GROUPS` of `jobs.py:Save` must be the name of a group or a list of such names
    `DEFAULT_NODE` of `jobs.py:Save` must be the address of a machine, or None
    ");
}

#[test]
fn times_without_an_output_are_refused_with_a_way_out() {
    let sink = "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.save]\npython = 'jobs.py:Save'\ninputs = ['x']\n\
                [pipes]\nx.codec = 'json'\n";
    let setting = network(sink).file("jobs.py", r#"{"Save": {"attributes": {"LOG_TIMES": true}}}"#);
    assert_snapshot!("times_of_a_class", setting.errors());
}

#[test]
fn the_output_for_times_that_a_class_logs_needs_no_codec_though_the_class_is_not_asked() {
    let file = "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n[jobs.save]\npython = 'jobs.py:Save'\ninputs = ['x']\n\
                outputs = ['t']\n[jobs.b]\nexec = ['cat']\ninputs = ['t']\n[pipes]\nx.codec = 'json'\n";
    let setting = network(file).file("jobs.py", r#"{"Save": {"attributes": {"LOG_TIMES": true}}}"#);
    setting.is_right();
    setting.runs(Runs::Only("b".to_owned())).is_right();
}

#[test]
fn a_class_that_describes_a_program_has_heads_if_it_says_so() {
    let program = |attributes: &str, keys: &str| {
        let classes = format!("{{\"Save\": {{\"program\": true, \"attributes\": {attributes}}}}}");
        let network = save("{}", keys).file("jobs.py", &classes).is_right();
        (job(&network, "save").executable().unwrap().head, from_class(&network))
    };
    assert_eq!(program("{}", ""), (false, String::new()));
    assert_eq!(program(r#"{"HEAD": true}"#, ""), (true, "HEAD: head = true\n".to_owned()));
    assert_eq!(program(r#"{"HEAD": true}"#, "head = false"), (false, String::new()));
}

#[test]
fn classes_that_cannot_be_used() {
    let classes = r#"{"Save": {}, "Sum": {}, "Broken": "SyntaxError\nTraceback:\n  File \"x\"\nSyntaxError: invalid", "Pulse": {"methods": []}}"#;
    let jobs: String = ["jobs.py:Smu", "jobs.py:Nothing", "jobs.py:Broken", "jobs.py:Pulse", "job.py:Sum", "jobs.py"]
        .iter()
        .enumerate()
        .map(|(number, class)| format!("[jobs.j{number}]\npython = '{class}'\n"))
        .collect();
    assert_snapshot!("unusable_classes", network(&jobs).file("jobs.py", classes).errors());
}

#[test]
fn a_codec_of_its_own_for_a_pipe_that_is_not_there_is_noted() {
    let network = save("{}", "").file("jobs.py", r#"{"Save": {"codecs": ["x", "tt"]}}"#).is_right();
    assert_snapshot!("stray_codec", network.notes().to_string().replace(&network.dir().display().to_string(), "DIR"));
}

#[test]
fn flags_are_the_classs_own() {
    let messages = save("{}", "input_flag = '--in'").messages();
    let why = "jobs with `exec`; a class that describes a program has INPUT_FLAG and OUTPUT_FLAG";
    assert_eq!(messages, [format!("`input_flag` is for {why}")]);
}

#[test]
fn what_is_wrong_beside_a_class_is_said_once() {
    let messages = save("{}", "env = { PIPELOOM_X = '1' }").messages();
    assert_eq!(messages, ["`PIPELOOM_X` is the runtime's: it sets all PIPELOOM_ variables"]);
}
