//! `pipeloom check`.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::assert_seen;
use crate::command::{example, pipeloom, with_network};

const TWO_MISTAKES: &str = r#"
[jobs.count]
use = "cuont"
outputs = ["numbers"]

[jobs.show]
exec = ["cat"]
inputs = ["numbers", "letters"]
"#;

#[test]
fn the_examples_are_fine_and_each_pipe_is_explained() {
    for name in ["hello", "voice", "logs"] {
        let done = pipeloom(&["check", "--explain"]).inside(&example(name)).done().exits(0).says_nothing_on_stderr();
        assert_seen!(format!("explain_{name}"), done.stdout);
    }
}

#[test]
fn memory_that_two_programs_share_is_explained() {
    let network = "[jobs.a]\nexec = ['cat']\nkit = true\noutputs = ['x']\n\
                   [jobs.b]\nexec = ['cat']\nkit = true\ninputs = ['x']\n\
                   [pipes.x]\ncodec = 'framed'\nconduit = 'shared'\n";
    let shown = with_network(network, &["check", "--explain"]).done().exits(0).stdout;
    let way = "shared, nobody in between: a FIFO, and 8 MiB of memory that both share for large payloads";
    assert!(shown.contains(way) && shown.contains("because the file asks for memory that both share"), "{shown}");
    let json = with_network(network, &["check", "--explain", "--json"]).done().exits(0).stdout;
    let answer: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(answer["plan"][0]["conduit"], "shared");
}

#[test]
fn all_mistakes_are_shown_at_once_where_they_are() {
    let done = with_network(TWO_MISTAKES, &["check"]).done().exits(2);
    assert_seen!("mistakes", done.seen());
}

#[test]
fn editors_get_mistakes_as_json_on_standard_output() {
    let done = with_network(TWO_MISTAKES, &["check", "--json"]).done().exits(2).says_nothing_on_stderr();
    let problems: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(problems.len() >= 2);
    assert!(problems.iter().all(|problem| problem["v"] == 1 && problem["message"].is_string()), "{problems:?}");
    assert_eq!(problems[0]["line"], 3);
}

#[test]
fn a_network_that_is_fine_is_one_object() {
    let done = pipeloom(&["check", "--explain", "--json"]).inside(&example("voice")).done().exits(0);
    let answer: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&answer["v"], &answer["jobs"], &answer["pipes"]), (&1.into(), &7.into(), &4.into()));
    let marked = answer["plan"].as_array().unwrap().iter().find(|pipe| pipe["pipe"] == "marked").unwrap();
    assert_eq!(marked["conduit"], "relay");
    assert!(answer["needs"]["descriptors"].as_u64().unwrap() > 20);
}

#[test]
fn what_classes_in_python_say_is_explained_and_other_machines_are_noted() {
    let network = "[jobs.count]\nuse = 'count'\nargs = { from = 1, to = 3 }\noutputs = ['numbers']\n\
                   [jobs.save]\npython = 'jobs.py:Save'\ninputs = ['numbers']\n[pipes.numbers]\ncodec = 'json'\n";
    let jobs = "from pipeloom import Job\nclass Save(Job):\n    MAX_QUEUE = 4\n    GROUPS = ['lab', 'ALL']\n    \
                def run(self, number): pass\n";
    let check =
        |flags: &[&str]| with_network(network, &[&["check"], flags].concat()).file("jobs.py", jobs).done().exits(0);
    assert_seen!("explain_classes", check(&["--explain"]).seen());
    let answer: Value = serde_json::from_str(&check(&["--explain", "--json"]).stdout).unwrap();
    assert_eq!(answer["from_classes"][0]["keys"], "max_queue = 4, when_full = \"drop-oldest\"");
    assert!(answer["notes"][0]["message"].as_str().unwrap().starts_with("`GROUPS` of `jobs.py:Save` has no effect"));
}

#[test]
fn ten_thousand_jobs_are_checked_in_time_and_told_what_they_need() {
    // Fault 55. A debug build on a busy machine gets more time.
    const JOBS: usize = 10_000;
    const BOUND: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });
    let mut network = String::from("[jobs.j0]\nexec = ['cat']\npass = 'stdio'\noutputs = ['p0']\n");
    for job in 1..JOBS - 1 {
        let ends = format!("inputs = ['p{}']\noutputs = ['p{job}']", job - 1);
        writeln!(network, "[jobs.j{job}]\nexec = ['cat']\npass = 'stdio'\n{ends}").unwrap();
    }
    writeln!(network, "[jobs.end]\nexec = ['cat']\npass = 'stdio'\ninputs = ['p{}']", JOBS - 2).unwrap();
    let call = with_network(&network, &["check", "--explain"]);
    let start = Instant::now();
    let done = call.done().exits(0).says_nothing_on_stderr();
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    assert!(done.stdout.contains("10,000 jobs, 9,999 pipes"), "{}", &done.stdout[..200]);
    let needs = done.stdout.lines().last().unwrap();
    // For each job both ends of its streams, and for each pipe its two ends.
    assert_eq!(needs, "The run needs 80,024 descriptors, 10,001 processes and 2 threads.");
}
