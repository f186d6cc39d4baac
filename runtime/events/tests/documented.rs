//! `docs/events.md` has every event with all of its keys.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The lines of a type of `event.rs`, without its braces.
fn body<'a>(source: &'a str, declaration: &str) -> Vec<&'a str> {
    let lines = source.lines().skip_while(|line| *line != declaration).skip(1);
    lines.take_while(|line| *line != "}").collect()
}

/// `RunStarted` as `run-started`
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[test]
fn every_event_is_described_with_its_keys() {
    let (source, docs) = (read("src/event.rs"), read("../../docs/events.md"));
    let mut row = None;
    let mut events = 0;
    for line in body(&source, "pub enum Event {") {
        if let Some(variant) = line.strip_prefix("    ").filter(|rest| rest.starts_with(char::is_uppercase)) {
            let name = kebab(variant.split(|letter: char| !letter.is_alphanumeric()).next().unwrap());
            row = docs.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            assert!(row.is_some(), "docs/events.md has no row of `{name}`");
            events += 1;
        }
        if let Some((key, _)) = line.strip_prefix("        ").and_then(|rest| rest.split_once(": ")) {
            let is_key = key.chars().all(|letter| letter.is_lowercase() || letter == '_');
            assert!(!is_key || row.unwrap().contains(&format!("`{key}`")), "docs/events.md lacks `{key}`: {row:?}");
        }
    }
    assert!(events > 10, "the events were not found in event.rs");
}

#[test]
fn every_count_of_a_tally_is_described() {
    let (source, docs) = (read("src/event.rs"), read("../../docs/events.md"));
    let fields: Vec<&str> = body(&source, "pub struct PipeTally {")
        .into_iter()
        .filter_map(|line| Some(line.strip_prefix("    pub ")?.split_once(':')?.0))
        .collect();
    assert!(fields.len() > 10, "the fields were not found in event.rs");
    for field in fields {
        assert!(docs.contains(&format!("`{field}`")), "docs/events.md lacks `{field}`");
    }
}
