//! Every system call of this crate passes the gate in `call.rs`, so that each of them fails in the tests with injected faults.
//!
//! What makes calls is known by its name: what is imported from nix, the functions of `sys`, and those of std's `fs`. Where such
//! a name is called it must stand in a closure, and that in `call`, `raw` or one of their like.
#![cfg(test)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The files in which calls stand bare: the gate itself, what it makes safe, and what tests them.
const BARE: &[&str] = &["call.rs", "faults.rs", "sys.rs"];

/// Calls that need not pass, as `call.rs` says, and functions of nix that are no calls.
const EXEMPT: &[&str] = &["shutdown", "clock_gettime", "geteuid"];

/// Functions of std that make system calls, wherever they come from.
const OF_STD: &[&str] =
    &["File::open", "path::absolute", "Command::spawn", "command.spawn", "child.wait", "child.try_wait"];

#[test]
fn every_system_call_passes_the_gate() {
    let mut wrong = Vec::new();
    let mut calls = 0;
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        // Tests stand at the end of a file.
        let text = without_strings(text.split("#[cfg(test)]").next().unwrap());
        let names = call_names(&text);
        for (at, line) in text.lines().enumerate() {
            let before: String = text.lines().take(at).collect::<Vec<_>>().join("\n");
            for name in names.iter().filter(|name| is_called(line, name)) {
                calls += 1;
                let (head, _) = line.split_at(place(line, name).unwrap());
                let above = format!("{before}\n{head}");
                if !is_gated(&above) {
                    wrong.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
                }
            }
        }
    }
    assert!(calls > 100, "only {calls} calls were found, so this test has gone blind");
    assert!(wrong.is_empty(), "these calls do not pass the gate in call.rs:\n{}", wrong.join("\n"));
}

/// The text with nothing inside its strings, which name calls too.
fn without_strings(text: &str) -> String {
    let mut inside = false;
    let mut escaped = false;
    let mut keeps = |c: char| {
        let is_end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped && inside;
        inside ^= is_end;
        is_end || !inside || c == '\n'
    };
    text.chars().filter(|&c| keeps(c)).collect()
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "sys" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && !BARE.contains(&name) {
            found.push(path);
        }
    }
    found
}

/// What makes system calls in this file.
fn call_names(text: &str) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = OF_STD.iter().map(|&name| name.to_owned()).collect();
    let imports = text.split("\nuse nix::").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default();
    let words = imports.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_function = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    names.extend(words.filter(is_function).map(str::to_owned));
    for module in ["sys::", "fs::", "signal::"] {
        for rest in text.split(module).skip(1) {
            let name: String = rest.chars().take_while(|&c| c.is_ascii_lowercase() || c == '_').collect();
            if rest[name.len()..].starts_with('(') {
                names.insert(format!("{module}{name}"));
            }
        }
    }
    names.retain(|name| !EXEMPT.contains(&name.as_str()));
    names
}

fn is_called(line: &str, name: &str) -> bool {
    !line.trim_start().starts_with("//") && place(line, name).is_some()
}

/// Where a function with just this name is called.
fn place(line: &str, name: &str) -> Option<usize> {
    let at = line.find(&format!("{name}("))?;
    let head = &line[..at];
    // A method of ours, a path in front, or a definition.
    let is_other = head.ends_with(|c: char| c.is_alphanumeric() || "_.:&".contains(c)) || head.ends_with("fn ");
    let is_std_path = head.ends_with("std::");
    (!is_other || is_std_path).then_some(at)
}

/// Whether a call behind this text stands in a closure that is given to the gate.
fn is_gated(above: &str) -> bool {
    let above = above.trim_end().trim_end_matches("std::").trim_end().trim_end_matches('{').trim_end();
    let Some(head) = above.strip_suffix("||") else { return false };
    let statement = head.rsplit([';', '}']).next().unwrap_or_default();
    ["call(", "raw(", "call_std(", "raw_std("].iter().any(|gate| statement.contains(gate))
}
