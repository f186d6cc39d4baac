//! Names of jobs, pipes and networks, and unknown keys.

use insta::assert_snapshot;

use crate::setting::network;

#[test]
fn names_that_no_file_could_have() {
    // Fault 53.
    let long = "x".repeat(300);
    let toml = format!(
        r#"
[jobs."a/b"]
exec = ["cat"]
[jobs."../a"]
exec = ["cat"]
[jobs."a\u0000b"]
exec = ["cat"]
[jobs."a\nb"]
exec = ["cat"]
[jobs."-o"]
exec = ["cat"]
[jobs.""]
exec = ["cat"]
[jobs."größe"]
exec = ["cat"]
[jobs."\u001b[31m"]
exec = ["cat"]
[jobs.{long}]
exec = ["cat"]
"#
    );
    assert_snapshot!("bad_job_names", network(&toml).errors());
}

#[test]
fn a_pipe_with_a_bad_name_is_named_once() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\npass = 'stdio'\noutputs = ['x y']\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x y']\n",
    )
    .errors();
    assert_snapshot!("bad_pipe_name", errors);
}

#[test]
fn names_that_no_pipe_or_network_could_have() {
    // Fault 53. What is shown of them is one line, and no more of it than a name may have.
    let long = "x".repeat(300);
    for (name, fault) in [
        ("a/b", "it has `/` in it"),
        ("..", "it starts with `.`"),
        ("../a", "it has `/` in it"),
        ("a\\u0000b", "it has `\\0` in it"),
        ("a\\nb", "it has `\\n` in it"),
        ("-o", "it starts with `-`"),
        ("", "it is empty"),
        (long.as_str(), "it has 300 characters, 64 are allowed"),
    ] {
        let ends = format!("exec = ['cat']\npass = 'stdio'\noutputs = [\"{name}\"]\n[jobs.b]\nexec = ['cat']");
        let messages = network(&format!("[jobs.a]\n{ends}\npass = 'stdio'\ninputs = [\"{name}\"]\n")).messages();
        let shown = name.chars().take(64).collect::<String>().replace("\\u0000", "\\0");
        assert_eq!(messages, [format!("`{shown}` cannot be the name of a pipe: {fault}")]);
    }
    for name in ["a\\u0000b", "a\\nb", "", &long] {
        let messages = network(&format!("[network]\nname = \"{name}\"\n[jobs.a]\nexec = ['cat']\n")).messages();
        assert_eq!(messages, ["the network's name is one line of 1 to 64 characters"]);
    }
    // It names no file, so it may have what file names may not.
    assert_eq!(network("[network]\nname = '../a'\n[jobs.a]\nexec = ['cat']\n").is_right().name(), "../a");
}

#[test]
fn names_that_differ_in_case_are_two() {
    let network = network("[jobs.a]\nexec = ['cat']\n[jobs.A]\nexec = ['cat']\n").is_right();
    assert_eq!(network.jobs().len(), 2);
    assert_ne!(network.job_named("a"), network.job_named("A"));
}

#[test]
fn unknown_keys_come_with_the_nearest_name() {
    // Fault 48.
    let errors = network(
        "[netwrok]\nname = 'x'\n\
         [jobs.read]\nexec = ['cat']\nouputs = ['x']\ncolour = 'red'\ncodec = 'json'\nstop = { grace = 5 }\n\
         [pipes.x]\nblocksize = 4\nexec = ['cat']\n",
    )
    .errors();
    assert_snapshot!("unknown_keys", errors);
}

#[test]
fn keys_of_later_versions_are_neither_ignored_nor_unknown() {
    let errors = network(
        "[hooks]\nbefore = ['x']\n\
         [jobs.a]\nrestart = 'always'\n\
         [jobs.b]\npython = 'x.py:X'\nrestart = 'always'\n\
         [jobs.c]\nexec = ['cat']\nnode = 'pi4'\ngroups = ['local', 'lab']\nlocal = false\n\
         [pipes.x]\ncodec = 'json'\ndelivery = 'at-least-once'\nack = 'end'\nspool = {}\nwindow_bytes = 1\n",
    )
    .errors();
    assert_snapshot!("keys_of_later_versions", errors);
}

#[test]
fn this_machine_and_the_only_way_there_is_are_accepted() {
    network(
        "[jobs.a]\nexec = ['cat']\nnode = 'localhost'\ngroups = []\nlocal = true\nwhen_full = 'block'\n\
         pass = 'stdio'\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\ngroups = ['local', 'localhost']\npass = 'stdio'\ninputs = ['x']\n\
         [pipes.x]\nblock_count = 1\nasync = false\nwhen_full = 'block'\n",
    )
    .is_right();
}
