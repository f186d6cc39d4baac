//! Executables: the program, its arguments and where it runs.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use pipeloom_config::Program;
use pipeloom_job::Steps;

use crate::setting::network;

#[test]
fn four_reasons_why_a_program_cannot_run() {
    let errors = network(
        "[jobs.missing]\nexec = ['./missing']\n\
         [jobs.directory]\nexec = ['./folder']\n\
         [jobs.not-executable]\nexec = ['./data.txt']\n\
         [jobs.no-shebang]\nexec = ['./script']\n\
         [jobs.not-in-path]\nexec = ['sl', '-l']\n",
    )
    .folder("folder")
    .file("data.txt", "1\n")
    .program("script", "echo hello\n")
    .errors();
    assert_snapshot!("programs_that_cannot_run", errors);
}

#[test]
fn scripts_whose_interpreter_is_missing() {
    let errors = network("[jobs.a]\nexec = ['./a']\n[jobs.b]\nexec = ['./b']\n[jobs.c]\nexec = ['./c']\n")
        .program("a", "#!/no/such/interpreter -x\n")
        .program("b", "#!/usr/bin/env ruby\n")
        .program("c", "#!/usr/bin/env -S VAR=1 whatever\n")
        .errors();
    assert_snapshot!("missing_interpreters", errors);
}

#[test]
fn a_program_of_the_folder_needs_its_slash() {
    let errors = network("[jobs.a]\nexec = ['tool']\n").program("tool", "#!/bin/sh\n").errors();
    assert_snapshot!("program_without_slash", errors);
}

#[test]
fn a_file_in_path_that_may_not_be_executed_is_named() {
    let setting = network("[jobs.a]\nexec = ['tool']\n").file("bin/tool", "#!/bin/sh\n");
    assert_snapshot!("not_executable_in_path", setting.errors());
}

#[test]
fn programs_are_found_in_path_in_the_folder_and_in_dependencies() {
    let setting = network(
        "[jobs.a]\nexec = ['cat']\n\
         [jobs.b]\nexec = ['bin/python3']\n\
         [jobs.c]\nexec = ['./tool']\ndependencies = ['job']\n\
         [jobs.d]\nexec = ['cat']\ndependencies = ['job', 'bin/cat']\n\
         [jobs.e]\nexec = ['other']\nenv = { PATH = '${network}/job' }\n",
    )
    .program("job/tool", "#!/bin/sh\n")
    .program("job/other", "#!/bin/sh\n");
    let network = setting.is_right();
    let programs: Vec<_> = network.jobs().filter_map(|(_, job)| Some(job.executable()?.program.clone())).collect();
    let dir = setting.path();
    assert_eq!(
        programs,
        [
            Program::At(dir.join("bin/cat")),
            Program::At(dir.join("bin/python3")),
            Program::Copied("tool".into()),
            Program::Copied("cat".into()),
            Program::At(dir.join("job/other")),
        ]
    );
}

#[test]
fn a_program_behind_a_symbolic_link_is_a_program() {
    let setting = network("[jobs.a]\nexec = ['./link']\n");
    symlink(setting.path().join("bin/cat"), setting.path().join("link")).unwrap();
    setting.is_right();
}

#[test]
fn working_directories_and_dependencies_that_are_not_there() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\ncwd = 'nowhere'\n\
         [jobs.b]\nexec = ['cat']\ncwd = 'bin/cat'\n\
         [jobs.c]\nexec = ['cat']\ndependencies = ['nothing', '../secret', 'bin/../..']\n\
         [jobs.d]\nexec = ['cat']\ncwd = 'bin'\ndependencies = ['bin']\n",
    )
    .errors();
    assert_snapshot!("missing_folders", errors);
}

#[test]
fn arguments_that_no_program_can_be_handed() {
    // Fault 56.
    let long = "x".repeat(200 << 10);
    let toml = format!(
        "[params]\nlong = '{long}'\n[jobs.a]\nexec = [\"cat\", \"a\\u0000b\", \"${{long}}\"]\n\
         env = {{ A = \"a\\u0000b\", \"B=C\" = '', LONG = '${{long}}', PIPELOOM_RUN = 'x' }}\n"
    );
    assert_snapshot!("impossible_arguments", network(&toml).errors());
}

#[test]
fn the_longest_argument_of_all_is_handed_over() {
    let longest = "x".repeat((128 << 10) - 1);
    network(&format!("[jobs.a]\nexec = ['cat', '{longest}']\n")).is_right();
    let one_more = format!("{longest}x");
    network(&format!("[jobs.a]\nexec = ['cat', '{one_more}']\n")).errors();
}

#[test]
fn arguments_are_a_table_that_fits_into_one_variable() {
    let file = |args: &str| network(&format!("[params]\nn = 5\n[jobs.a]\nexec = ['cat', '${{n}}']\nargs = {args}\n"));
    let network = file("{ size = '${n}', deep = { path = '${run}/x' } }").is_right();
    let (_, job) = network.jobs().next().unwrap();
    let args = job.executable().unwrap().args.to_string();
    assert_eq!(args, r#"{"size":5,"deep":{"path":"${run}/x"}}"#);
    let around = r#"{"a":""}"#.len() + "PIPELOOM_ARGS=".len() + 1;
    let longest = "x".repeat((128 << 10) - around);
    file(&format!("{{ a = '{longest}' }}")).is_right();
    let errors = [file(&format!("{{ a = '{longest}x' }}")).messages(), file("[1]").messages()].concat();
    assert_eq!(
        errors,
        [
            "these arguments are 131058 bytes of JSON; the system hands a program at most 131057",
            "`args` must be a table"
        ]
    );
}

#[test]
fn exactly_one_way_to_be_run() {
    let errors = network(
        "[jobs.none]\n[jobs.both]\nexec = ['cat']\nuse = 'forward'\n[jobs.empty]\nexec = []\n[jobs.blank]\nexec = ['']\n",
    )
    .errors();
    assert_snapshot!("ways_to_be_run", errors);
}

#[test]
fn keys_of_the_other_kind_of_job() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\nthread = true\n\
         [jobs.b]\nuse = 'forward'\npass = 'fd'\nhead = true\nenv = { A = 'b' }\ncwd = 'bin'\nkit = true\n\
         inputs = ['x']\noutputs = ['y']\n\
         [jobs.c]\nexec = ['cat', '${pipe.x}']\npass = 'stdio'\ninput_flag = '-f'\noutputs = ['x']\n\
         [jobs.d]\nuse = 'csv-sink'\nargs = { path = 'x' }\ninputs = ['y']\n\
         [jobs.e]\nexec = ['cat']\nkit = true\nhead = true\ninputs = ['y']\n\
         [pipes.x]\ncodec = 'json'\n",
    )
    .errors();
    assert_snapshot!("keys_of_other_jobs", errors);
}

#[test]
fn a_program_with_a_kit_has_heads_and_gives_one_block_for_each() {
    let network = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\nkit = true\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\n[pipes.x]\ncodec = 'json'\n",
    )
    .is_right();
    let programs: Vec<_> = network.jobs().filter_map(|(_, job)| job.executable()).collect();
    let said = |at: usize| (programs[at].kit, programs[at].head, programs[at].steps);
    assert_eq!((said(0), said(1)), ((true, true, Steps::Each), (false, false, Steps::Free)));
}
