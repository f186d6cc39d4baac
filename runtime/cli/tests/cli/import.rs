//! `pipeloom import`.

use std::fs;

use crate::assert_seen;
use crate::command::{Call, pipeloom};

const CONFIG: &str = "\
from fission.core.jobs import CSVSinkJob, InteractiveJob
from fission.core.pipes import JSONPipe
USER = 'pi'
JOBS = [
    InteractiveJob(outputs=[JSONPipe(1)]),
    CSVSinkJob('words.csv', inputs=[JSONPipe(1)]),
]
";

/// A call in a folder with a project.
fn import(args: &[&str]) -> Call {
    let args: Vec<&str> = ["import", "marvelo"].iter().chain(args).copied().collect();
    pipeloom(&args).file("config.py", CONFIG)
}

#[test]
fn a_project_is_written_to_standard_output_and_what_is_left_to_standard_error() {
    let done = import(&["config.py"]).done().exits(0);
    let folder = done.home().file_name().unwrap().to_str().unwrap().to_owned();
    assert_seen!("import", done.seen().replace(&folder, "[FOLDER]"));
}

#[test]
fn a_file_that_is_there_is_left_alone_unless_it_is_forced() {
    let call = import(&["config.py", "-o", "network.toml"]).file("network.toml", "mine");
    let done = call.done().exits(2);
    assert_eq!(done.stderr, "error: network.toml is there already: name another file, or give --force\n");
    assert_eq!(fs::read_to_string(done.home().join("network.toml")).unwrap(), "mine");
    let done = import(&["config.py", "-o", "network.toml", "--force"]).file("network.toml", "mine").done().exits(0);
    assert!(fs::read_to_string(done.home().join("network.toml")).unwrap().contains("[jobs.interactive]"));
    assert_eq!(done.stdout, "");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let absent = import(&["absent.py"]).done().exits(2);
    assert_eq!((absent.stderr.as_str(), absent.stdout.as_str()), ("error: absent.py: No such file or directory\n", ""));
    let wrong = import(&["wrong.py"]).file("wrong.py", "JOBS = [\n    A(size=),\n]\n").done().exits(2);
    assert!(wrong.stderr.starts_with("error: wrong.py:2: "), "{}", wrong.stderr);
    let no_python = import(&["config.py", "--interpreter", "./absent-python"]).done().exits(2);
    assert!(no_python.stderr.starts_with("error: ./absent-python cannot be run: "), "{}", no_python.stderr);
}

#[test]
fn files_that_have_names_of_pythons_own_modules_are_not_run() {
    let done =
        import(&["config.py"]).file("ast.py", "raise SystemExit(7)\n").file("argparse.py", "raise SystemExit(7)\n");
    done.done().exits(0);
}
