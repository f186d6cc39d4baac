//! What `pipeloom new` makes works: each folder is made in an empty place, and the commands that its README begins with are
//! run in it as they stand there.

#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]

mod folder;
#[path = "../workshop/mod.rs"]
mod workshop;

use folder::{Folder, new};

/// What the network of each job prints.
const PRODUCTS: &str = "2\n4\n6\n8\n10\n";

#[test]
fn a_network() {
    let folder = new(&["new", "loudness"], "loudness");
    assert_eq!(folder.command("pipeloom run"), "hello from block 1\nhello from block 2\nhello from block 3\n");
    assert_eq!(folder.command("pipeloom check"), "network.toml is fine: 3 jobs, 2 pipes\n");
    assert!(folder.command("pipeloom graph").contains("greet"));
    folder.has_no_other_command();
}

#[test]
fn a_plugin_in_rust() {
    let folder = job("loud-parts", "rust").with_cargo();
    folder.command("cargo build");
    assert_eq!(folder.command("pipeloom run"), PRODUCTS);
    assert!(folder.command("cargo test").contains("1 passed"));
    folder.has_no_other_command();
    folder.remove_package();
}

#[test]
fn a_program_in_rust() {
    let folder = job("loud_program", "rust-executable").with_cargo();
    folder.command("cargo build");
    assert_eq!(folder.command("pipeloom run"), PRODUCTS);
    assert!(folder.command("cargo test").contains("1 passed"));
    folder.has_no_other_command();
    assert_eq!(folder.shell(r#"seq 2 | target/debug/loud_program --args '{"factor": 2}'"#), "2\n4\n");
    folder.remove_package();
}

#[test]
fn a_class_in_python() {
    let folder = job("loud-parts", "python");
    assert_eq!(folder.command("pipeloom run"), PRODUCTS);
    if workshop::has_pytest("the test of the new folder for Python") {
        assert!(folder.command("python3 -m pytest").contains("1 passed"));
        folder.has_no_other_command();
    }
}

#[test]
fn a_program_in_c() {
    let folder = job("loud-parts", "c");
    folder.command("make");
    assert_eq!(folder.command("pipeloom run"), PRODUCTS);
    assert!(folder.command("make test").ends_with("numbers are multiplied\n"));
    folder.has_no_other_command();
}

#[test]
fn a_shell_script() {
    let folder = job("loud-parts", "shell");
    assert_eq!(folder.command("pipeloom run"), PRODUCTS);
    assert_eq!(folder.command("./test.sh"), "numbers are multiplied\n");
    folder.has_no_other_command();
}

#[test]
fn the_tests_of_programs_fail_when_the_job_is_wrong() {
    for (language, file) in [("c", "loud.c"), ("shell", "loud.sh")] {
        let folder = job("loud", language);
        folder.replace(file, "number * factor", "number + factor");
        assert!(folder.fails("make >&2 2>/dev/null; ./test.sh").contains("wrong: 11"), "{language}");
    }
}

/// A new job.
fn job(name: &str, language: &str) -> Folder {
    new(&["new", "job", name, "--lang", language], name)
}
