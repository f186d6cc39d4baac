//! The tables of all faults name tests that are there, and every case of this suite.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use pipeloom_faults::catalogue::{Entry, entries};

/// The numbers of the catalogue that must be in the tables.
const NUMBERS: [RangeInclusive<u32>; 3] = [1..=69, 74..=75, 79..=79];

fn table() -> Vec<Entry> {
    entries(include_str!("../../README.md"))
}

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The tests in a file: functions behind `#[test]`, also with other attributes in between.
fn tests(file: &str) -> BTreeSet<String> {
    let text = source(file);
    let behind = text.split("#[test]").skip(1);
    let name = |rest: &str| {
        let from = rest.find("fn ")? + 3;
        rest[from..].split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
    };
    behind.filter_map(name).collect()
}

/// The files of this suite, but for this one.
fn files_of_cases() -> Vec<String> {
    let rust = |folder: &str| {
        let listing = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        let names = listing.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let paths = names.filter(|name| name.ends_with(".rs")).map(|name| format!("tests/faults/{folder}/{name}"));
        paths.collect::<Vec<_>>()
    };
    let mut files = [rust("tests"), rust("tests/faults")].concat();
    files.retain(|file| !file.ends_with("/catalogue.rs"));
    files
}

#[test]
fn every_fault_has_a_line_and_only_one() {
    let numbers: Vec<u32> = table().iter().map(|entry| entry.number).collect();
    let wanted: Vec<u32> = NUMBERS.into_iter().flatten().collect();
    assert_eq!(numbers, wanted);
}

#[test]
fn every_fault_is_shown_or_being_built() {
    let neither: Vec<Entry> =
        table().into_iter().filter(|entry| entry.tests.is_empty() && !entry.is_being_built).collect();
    assert!(neither.is_empty(), "{neither:?}");
}

#[test]
fn every_test_in_the_tables_is_there() {
    let table = table();
    let named = table.iter().flat_map(|entry| &entry.tests);
    let missing: Vec<_> = named.filter(|(file, name)| !tests(file).contains(name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_case_stands_in_the_line_of_its_fault() {
    let table = table();
    let mut wrong = Vec::new();
    for file in files_of_cases() {
        for name in tests(&file) {
            let number: Option<u32> = name.get(1..3).and_then(|digits| digits.parse().ok());
            let line = table.iter().find(|entry| Some(entry.number) == number);
            if !line.is_some_and(|entry| entry.tests.contains(&(file.clone(), name.clone()))) {
                wrong.push(name);
            }
        }
    }
    assert!(wrong.is_empty(), "these cases are not in their lines: {wrong:?}");
}
