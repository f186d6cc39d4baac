//! `pipeloom jobs`.

use serde_json::Value;

use crate::assert_seen;
use crate::command::pipeloom;

#[test]
fn all_jobs_are_listed() {
    assert_seen!("jobs", pipeloom(&["jobs"]).done().exits(0).says_nothing_on_stderr().stdout);
}

#[test]
fn one_job_is_explained() {
    for name in ["count", "csv-sink", "forward", "spectrum"] {
        let done = pipeloom(&["jobs", name]).done().exits(0).says_nothing_on_stderr();
        assert_seen!(format!("jobs_{name}"), done.stdout);
    }
}

#[test]
fn programs_get_one_object_for_each_job_with_its_schema() {
    let done = pipeloom(&["jobs", "--json"]).done().exits(0).says_nothing_on_stderr();
    let jobs: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(jobs.len() >= 10);
    for job in &jobs {
        assert_eq!(job["v"], 1);
        assert!(["source", "connector", "sink"].contains(&job["role"].as_str().unwrap()), "{job}");
        assert!(job["args"]["type"] == "object" && job["inputs"]["least"].is_u64(), "{job}");
    }
    let count = jobs.iter().find(|job| job["name"] == "count").unwrap();
    assert_eq!(count["args"]["properties"]["step"]["default"], 1);
    assert_eq!(count["inputs"], serde_json::json!({ "least": 0, "most": 0, "codecs": [], "custom": false }));
}

#[test]
fn a_name_that_no_job_has_is_an_error_that_names_those_there_are() {
    let done = pipeloom(&["jobs", "spectrun\u{1b}"]).done().exits(2);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.starts_with(r"error: no job is named"), "{}", done.stderr);
    assert!(done.stderr.contains("spectrum") && !done.stderr.contains('\u{1b}'), "{:?}", done.stderr);
}
