//! Where executables run, and with which environment.

use pipeloom_e2e::network;

/// A run of one job that neither reads nor writes blocks, with these keys.
fn one_job(keys: &str) -> pipeloom_e2e::Test {
    network(format!(
        r#"
        [jobs.it]
        {keys}
        outputs = ["nothing"]
        [jobs.sink]
        use = "null-sink"
        inputs = ["nothing"]
        [pipes.nothing]
        codec = "lines"
        "#
    ))
}

#[test]
fn a_program_knows_its_run_and_its_name() {
    let run = one_job(r#"exec = ["sh", "-c", "echo $PIPELOOM_RUN $PIPELOOM_JOB $PIPELOOM_CONTROL"]"#).run().exits(0);
    let log = run.text("run/logs/it.stdout.log");
    let [id, job, control] = log.split_ascii_whitespace().collect::<Vec<_>>()[..] else { panic!("{log}") };
    assert_eq!((job, control), ("it", "3"));
    assert!(run.text("run/events.jsonl").contains(id), "{id} is not the run's id");
}

#[test]
fn a_program_finds_its_arguments_as_json() {
    let text = r#"exec = ["sh", "-c", "echo \"$PIPELOOM_ARGS\""]
        args = { limit = 5, to = "${run}/x", texts = ["a b"] }"#;
    let (log, args) = ("run/logs/it.stdout.log", r#"{"limit":5,"to":"RUN/x","texts":["a b"]}"#);
    let run = one_job(text).env("PIPELOOM_ARGS", "not ours").run().exits(0);
    run.in_its_folder(log, |dir| format!("{}\n", args.replace("RUN", &format!("{dir}/run"))));
    // What is set in the command line comes there, too.
    let run = one_job(text).run_with(&["--quiet", "--set", "jobs.it.args={ limit = 6 }"]).exits(0);
    run.file(log, "{\"limit\":6}\n");
}

#[test]
fn the_environment_is_the_callers_and_what_the_file_says() {
    one_job(
        r#"
        exec = ["sh", "-c", "echo $FROM_OUTSIDE, $OWN, $BOTH, $DIR"]
        env = { OWN = "own  value", BOTH = "the file's", DIR = "${network}" }
        "#,
    )
    .env("FROM_OUTSIDE", "outside")
    .env("BOTH", "the caller's")
    .run()
    .exits(0)
    .in_its_folder("run/logs/it.stdout.log", |dir| format!("outside, own value, the file's, {dir}\n"));
}

#[test]
fn a_cleared_environment_is_the_short_list_and_what_the_file_says() {
    // Fault 80. Nothing that the caller puts into the environment can make the program another one.
    let run = one_job(
        r#"
        exec = ["sh", "-c", "exec env -0"]
        env_clear = true
        env = { OWN = "own" }
        "#,
    )
    .env("LD_PRELOAD", "/nowhere/evil.so")
    .env("PYTHONPATH", "/nowhere")
    .env("LC_TIME", "C")
    .env("TZ", "UTC")
    .env("LANG", "C")
    .run()
    .stderr_has("")
    .exits(0);
    let log = run.text("run/logs/it.stdout.log");
    let mut names: Vec<&str> = log.split_terminator('\0').filter_map(|entry| entry.split('=').next()).collect();
    // Those are the runtime's, and PWD is the shell's own.
    names.retain(|name| !name.starts_with("PIPELOOM_") && *name != "PWD");
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "LC_ALL", "LC_TIME", "OWN", "PATH", "TMPDIR", "TZ"]);
}

#[test]
fn arguments_are_passed_as_they_are() {
    // Fault 79. No shell is in between that could take them for something else.
    const ARGUMENTS: [&str; 6] = ["; rm -rf .", "$(touch harm)", "-o", "`touch harm`", "a  b\tc\nd", "*"];
    let run = one_job(&format!(r#"exec = ["printf", "%s|", {}]"#, toml_list(&ARGUMENTS))).run().exits(0);
    let log = run.text("run/logs/it.stdout.log");
    let arguments: Vec<&str> = log.split('|').collect();
    assert_eq!(arguments[..6], ARGUMENTS);
    assert_eq!(arguments[6], "-o", "behind them stand the pipes");
    assert!(!run.path("harm").exists());
}

fn toml_list(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_job_runs_in_the_files_folder_or_where_the_file_says() {
    one_job(r#"exec = ["sh", "-c", "pwd"]"#)
        .run()
        .exits(0)
        .in_its_folder("run/logs/it.stdout.log", |dir| format!("{dir}\n"));
    one_job("exec = [\"sh\", \"-c\", \"pwd\"]\ncwd = \"deep/down\"")
        .file("deep/down/x", "")
        .run()
        .exits(0)
        .in_its_folder("run/logs/it.stdout.log", |dir| format!("{dir}/deep/down\n"));
}

#[test]
fn dependencies_are_copied_into_a_folder_of_the_jobs_own() {
    let run = one_job(
        r#"
        exec = ["bin/it.sh", "words.txt"]
        dependencies = ["tools", "data/words.txt"]
        "#,
    )
    .program("tools/bin/it.sh", "#!/bin/sh\npwd; cat \"$1\"; ls bin; rm \"$1\"; echo mine > bin/new\n")
    .file("data/words.txt", "words\n")
    .file("data/others.txt", "others\n")
    .run()
    .exits(0);
    run.in_its_folder("run/logs/it.stdout.log", |dir| format!("{dir}/run/jobs/it\nwords\nit.sh\n"))
        .file("data/words.txt", "words\n")
        .file("run/jobs/it/bin/new", "mine\n");
}

#[test]
fn a_dependency_cannot_be_a_way_out_of_the_networks_folder() {
    // Fault 81.
    one_job("exec = [\"true\"]\ndependencies = [\"tools/../../secret\"]")
        .file("tools/x", "")
        .run()
        .stderr_has("tools/../../secret")
        .exits(2)
        .nothing_was_started();
}

#[test]
fn a_link_among_dependencies_is_not_followed() {
    // Fault 81. What it points to outside is not copied, and what the job writes does not go there.
    let test = one_job("exec = [\"sh\", \"-c\", \"readlink link; echo changed > own\"]\ndependencies = [\"tools\"]");
    let test = test.file("secret", "secret\n").file("tools/own", "as it was\n");
    std::os::unix::fs::symlink("../secret", test.path("tools/link")).unwrap();
    let run = test.run().exits(0).file("secret", "secret\n").file("tools/own", "as it was\n");
    assert_eq!(run.text("run/logs/it.stdout.log"), "../secret\n");
}

#[test]
fn a_runs_directory_among_its_own_dependencies_is_not_copied() {
    // The run's directory lies in the network's folder, which is copied into it.
    let run = one_job("exec = [\"sh\", \"-c\", \"ls\"]\ndependencies = [\".\"]").file("data", "").run().exits(0);
    let log = run.text("run/logs/it.stdout.log");
    assert!(log.contains("data") && !log.contains("run\n"), "{log}");
}
