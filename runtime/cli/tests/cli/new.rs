//! New folders: what is said of them, and what is refused. That they work is tested in `tests/scaffolds`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::assert_seen;
use crate::command::{Done, pipeloom};

#[test]
fn it_says_what_to_do_next() {
    assert_seen!("new_network", pipeloom(&["new", "loudness"]).done().exits(0).seen());
    let job = pipeloom(&["new", "job", "jobs/loud-parts", "--lang", "rust"]).done().exits(0);
    assert_seen!("new_job", job.seen());
    assert!(job.home().join("jobs/loud-parts/src/lib.rs").is_file());
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let call = || pipeloom(&["new", "job", ".", "--lang", "c"]);
    assert_seen!("new_error_no_name", call().done().exits(2).seen());
    let taken = pipeloom(&["new", "loud/"]).file("loud", "");
    assert_seen!("new_error_file", taken.done().exits(2).seen());
    let full = pipeloom(&["new", "full"]);
    let full = full.folder("full").file("full/notes.txt", "mine").done().exits(2);
    assert_seen!("new_error_full", full.seen());
    assert_eq!(fs::read_dir(full.home().join("full")).unwrap().count(), 1);
    pipeloom(&["new", "empty"]).folder("empty").done().exits(0);
}

#[test]
fn wrong_names_and_languages_are_explained() {
    for (name, args) in [
        ("new_error_nothing", &["new"][..]),
        ("new_error_job_without_name", &["new", "job"]),
        ("new_error_no_language", &["new", "job", "loud"]),
        ("new_error_language", &["new", "job", "loud", "--lang", "pyhton"]),
        ("new_error_name", &["new", "job", "Loud", "--lang", "c"]),
        ("new_error_used_name", &["new", "job", "output", "--lang", "rust"]),
        ("new_error_network_name", &["new", "two words"]),
    ] {
        let done = pipeloom(args).done().exits(2);
        assert_seen!(name, done.seen());
        assert_eq!(fs::read_dir(done.home()).unwrap().count(), 0, "{args:?} has made something");
    }
}

#[test]
fn scripts_may_be_executed_and_nothing_else() {
    let done = pipeloom(&["new", "job", "loud", "--lang", "shell"]).done().exits(0);
    let may_run =
        |file: &str| done.home().join("loud").join(file).metadata().unwrap().permissions().mode() & 0o100 != 0;
    assert!(may_run("loud.sh") && may_run("test.sh"));
    assert!(!may_run("network.toml"));
}

#[test]
fn where_nothing_can_be_written_the_path_is_named() {
    let done = pipeloom(&["new", "/proc/loud"]).done().exits(2);
    assert!(done.stderr.starts_with("error: /proc/loud cannot be written: "), "{}", done.stderr);
}

#[test]
fn packages_may_come_from_a_checkout() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let job = |lang| pipeloom(&["new", "job", "loud", "--lang", lang, "--source", source]).done().exits(0);
    let packages = fs::canonicalize(source).unwrap().join("jobs");
    let read = |done: &Done, file: &str| fs::read_to_string(done.home().join("loud").join(file)).unwrap();
    let manifest = read(&job("rust"), "Cargo.toml");
    let patch = format!("[patch.crates-io]\npipeloom-job = {{ path = \"{}\" }}\n", packages.join("api").display());
    assert!(manifest.ends_with(&patch), "{manifest}");
    let install = format!("pip install pytest {}/python\n", packages.display());
    let python = job("python");
    assert!(read(&python, "README.md").contains(&install) && python.stdout.contains(&install), "{}", python.stdout);
    job("c");
}

#[test]
fn what_is_no_checkout_is_refused() {
    let call = pipeloom(&["new", "job", "loud", "--lang", "rust", "--source", "elsewhere"]).folder("elsewhere");
    let done = call.done().exits(2);
    assert_seen!("new_error_source", done.seen());
    assert!(!done.home().join("loud").exists());
}
