//! Networks and places that are refused before anything starts.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use pipeloom_e2e::{Test, network};

/// A network with a job that leaves a file behind if it is started, and another one with these keys.
fn beside_a_witness(keys: &str) -> Test {
    network(format!(
        r#"
        [jobs.witness]
        exec = ["sh", "-c", "touch started", "sh"]
        outputs = ["nothing"]
        [jobs.wrong]
        {keys}
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#
    ))
}

/// The network is refused, and `named` is said about it.
#[track_caller]
fn refused(test: Test, named: &str) {
    let run = test.run().stderr_has(named).exits(2).nothing_was_started();
    assert!(!run.path("started").exists(), "a job was started");
}

#[test]
fn programs_that_cannot_be_run() {
    // Fault 51: missing, missing in PATH, a directory, not executable, without a first line, its interpreter missing.
    refused(beside_a_witness(r#"exec = ["./nowhere"]"#), "nowhere");
    refused(beside_a_witness(r#"exec = ["surely-not-in-path"]"#), "surely-not-in-path");
    refused(beside_a_witness(r#"exec = ["./folder"]"#).file("folder/x", ""), "folder");
    refused(beside_a_witness(r#"exec = ["./text"]"#).file("text", "#!/bin/sh\n"), "text");
    refused(beside_a_witness(r#"exec = ["./bare"]"#).program("bare", "echo hello\n"), "bare");
    refused(beside_a_witness(r#"exec = ["./lost"]"#).program("lost", "#!/nowhere/python\n"), "/nowhere/python");
}

#[test]
fn a_working_directory_that_is_none() {
    // Fault 52.
    refused(beside_a_witness("exec = [\"true\"]\ncwd = \"nowhere\""), "nowhere");
    refused(beside_a_witness("exec = [\"true\"]\ncwd = \"file\"").file("file", ""), "file");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    beside_a_witness("exec = [\"./nowhere\"]\ncwd = \"neither\"\ninput_falg = \"-x\"")
        .run()
        .stderr_has("nowhere")
        .stderr_has("neither")
        .stderr_has("input_falg")
        .stderr_has("network.toml")
        .exits(2);
}

#[test]
fn arguments_that_no_program_can_be_given() {
    // Fault 56.
    let long = "x".repeat(200 << 10);
    refused(beside_a_witness(&format!("exec = [\"true\", \"{long}\"]")), "204800 bytes");
    refused(beside_a_witness("exec = [\"true\"]\nenv = { BAD = \"a\\u0000b\" }"), "NUL");
}

#[test]
fn a_network_in_a_folder_whose_name_is_not_utf8_runs() {
    // Fault 54. Its run's directory is there too. What the jobs are told is that name, byte for byte.
    let moved = r#"folder=$(printf 'K\366ln'); mkdir "$folder"; mv network.toml "$folder"
        exec "$0" run --quiet --run-dir "$folder/run" "$folder/network.toml""#;
    let test = network(
        r#"
        [jobs.say]
        exec = ["sh", "-c", 'printf "%s\n" "$1" "$2" "$PWD" > "$4"', "sh", "${network}", "${run}"]
        outputs = ["said"]
        [jobs.keep]
        exec = ["sh", "-c", 'cat "$2" > ../kept', "sh"]
        inputs = ["said"]
        [pipes.said]
        codec = "lines"
        "#,
    );
    let folder = [test.dir().canonicalize().unwrap().as_os_str().as_bytes(), b"/K\xf6ln"].concat();
    let run = test.through(&["sh", "-c", moved]).run().exits(0);
    run.file("kept", [&folder[..], b"\n", &folder, b"/run\n", &folder, b"\n"].concat());
}

#[test]
fn an_option_that_is_not_utf8_is_refused() {
    // Fault 54. Never is it taken for another value.
    let option = OsString::from_vec(b"name=K\xf6ln".to_vec());
    refused(plain().arg("--param").arg(option), "invalid UTF-8");
}

/// A network that runs well.
fn plain() -> Test {
    beside_a_witness(r#"use = "null-sink""#)
}

#[test]
fn a_run_directory_with_something_in_it() {
    let run = plain().file("run/precious", "precious").run().stderr_has("run").exits(2);
    run.file("run/precious", "precious");
}

#[test]
fn a_run_directory_that_cannot_be_made() {
    plain().file("run", "a file").run().stderr_has("run").exits(2).file("run", "a file");
}

#[test]
fn a_run_directory_that_others_may_enter_is_made_private() {
    // Fault 75.
    let test = plain();
    fs::create_dir(test.path("run")).unwrap();
    fs::set_permissions(test.path("run"), Permissions::from_mode(0o777)).unwrap();
    let run = test.run().exits(0);
    assert_eq!(fs::metadata(run.path("run")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_run_directory_of_somebody_elses_is_refused() {
    // Fault 75.
    let test = plain();
    fs::create_dir(test.path("run")).unwrap();
    // Only root can give a folder away.
    if chown(test.path("run"), Some(65534), None).is_ok() {
        test.run().stderr_has("run").exits(2).nothing_was_started();
    }
}

#[test]
fn a_runtime_directory_that_others_may_enter_is_not_used() {
    // Fault 75. The FIFOs are then in a private directory among the temporary files.
    let test = network(
        r#"
        [jobs.where]
        exec = ["sh", "-c", "dirname \"$2\"; stat -c %a \"$(dirname \"$2\")\"", "sh"]
        outputs = ["nothing"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#,
    );
    fs::set_permissions(test.path("runtime"), Permissions::from_mode(0o755)).unwrap();
    let run = test.run().exits(0);
    let log = run.text("run/logs/where.stdout.log");
    let (dir, mode) = log.trim_end().split_once('\n').unwrap();
    assert!(dir.starts_with(run.path("tmp").to_str().unwrap()), "{dir}");
    assert_eq!(mode, "700");
}

#[test]
fn a_runtime_directory_that_is_a_link_is_not_used() {
    // Fault 75.
    let test = plain();
    fs::create_dir(test.path("elsewhere")).unwrap();
    fs::remove_dir(test.path("runtime")).unwrap();
    symlink("elsewhere", test.path("runtime")).unwrap();
    let before = fs::metadata(test.path("elsewhere")).unwrap();
    let run = test.run().exits(0);
    let after = fs::metadata(run.path("elsewhere")).unwrap();
    assert_eq!((before.mtime(), before.mtime_nsec()), (after.mtime(), after.mtime_nsec()), "something was made in it");
}
