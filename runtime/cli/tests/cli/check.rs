//! `pipeloom check`.

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
