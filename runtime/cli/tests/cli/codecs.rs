//! `pipeloom codecs`.

use serde_json::Value;

use crate::assert_seen;
use crate::command::pipeloom;

#[test]
fn all_codecs_are_listed() {
    assert_seen!("codecs", pipeloom(&["codecs"]).done().exits(0).says_nothing_on_stderr().stdout);
}

#[test]
fn programs_get_one_object_for_each_codec() {
    let done = pipeloom(&["codecs", "--json"]).done().exits(0).says_nothing_on_stderr();
    let codecs: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let custom = |name: &str| &codecs.iter().find(|codec| codec["name"] == name).unwrap()["custom"];
    assert_eq!((custom("lines"), custom("nul")), (&Value::from(false), &Value::from(true)));
    assert!(codecs.iter().all(|codec| codec["v"] == 1 && codec["about"].is_string()), "{codecs:?}");
}
