//! The networks in the page for those who know MARVELO do what it says.

use std::fs;
use std::path::Path;

use pipeloom_e2e::{Test, network};

/// The page's networks, in its order.
fn networks() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/from-marvelo.md");
    let text = fs::read_to_string(page).unwrap();
    let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

/// The page's network of this name.
#[track_caller]
fn page(name: &str) -> Test {
    let first_lines = format!("[network]\nname = \"{name}\"\n");
    let found = networks().into_iter().find(|text| text.starts_with(&first_lines));
    network(found.unwrap_or_else(|| panic!("the page has no network {name}")))
}

#[test]
fn all_networks_of_the_page_are_tested_here() {
    let names: Vec<String> = networks().iter().filter_map(|text| text.split('"').nth(1)).map(str::to_owned).collect();
    assert_eq!(names, ["executable", "twice", "operator"]);
}

/// Adds to each number: `my_executable --my_addition N --input NUMBERS --outputs SUMS`.
const MY_EXECUTABLE: &str = r#"#!/usr/bin/env python3
import argparse
from helper import add
parser = argparse.ArgumentParser()
parser.add_argument("--my_addition", type=int)
parser.add_argument("--input", action="append")
parser.add_argument("--outputs", action="append")
asked = parser.parse_args()
with open(asked.input[0]) as numbers, open(asked.outputs[0], "w", buffering=1) as out:
    for number in numbers:
        print(add(int(number), asked.my_addition), file=out)
"#;

#[test]
fn an_executable_gets_its_flags_parameters_and_dependencies() {
    for (param, addition) in [(None, 2), (Some("addition=5"), 5)] {
        let test = page("executable")
            .program("source/my_executable_job/my_executable", MY_EXECUTABLE)
            .file("source/my_executable_job/helper.py", "def add(a, b): return a + b\n");
        let test = param.into_iter().fold(test, |test, param| test.arg("--param").arg(param));
        let rows: String = (1..=30).map(|number| format!("{number},{}\r\n", number + addition)).collect();
        test.run().exits(0).file("run/sums.csv", format!("numbers,sums\r\n{rows}"));
    }
}

#[test]
fn sixty_four_bytes_are_read_twice() {
    let blocks: Vec<u8> = (0..10).flat_map(|number| [number; 64]).collect();
    page("twice")
        .file("blocks.bin", &blocks)
        .run()
        .exits(0)
        .file("run/pairs.bin", &blocks)
        .delivered("blocks", "pair", 10)
        .delivered("pairs", "save", 5);
}

/// Joins its numbers by the operator: `join.py -i OPERATOR -i ONE -i TWO -o RESULT -o USED`.
const JOIN: &str = r#"
import sys
inputs = [open(path) for path in sys.argv[2:7:2]]
result, used = (open(path, "w", buffering=1) for path in sys.argv[8::2])
for operator, *numbers in zip(*inputs):
    print(eval(operator.strip().join(map(str.strip, numbers))), file=result)
    print(operator.strip(), file=used)
"#;

#[test]
fn an_operator_that_nobody_sends_is_the_default() {
    let rows: String =
        (1..=20).map(|one| (one, 18 + 2 * one)).map(|(one, two)| format!("{one},{two},{},+\r\n", one + two)).collect();
    let run = page("operator").file("join.py", JOIN).run().exits(0);
    run.file("run/join.csv", format!("one,two,result,used\r\n{rows}"));
}

#[test]
fn an_operator_that_is_sent_stays() {
    // When it comes is a matter of time; all else is not.
    let run = page("operator").file("join.py", JOIN).arg("--set").arg("jobs.ask.args.stdin=true").run_with_input("*\n");
    let text = run.exits(0).text("run/join.csv");
    let mut used: Vec<&str> = text.lines().skip(1).filter_map(|row| row.rsplit(',').next()).collect();
    assert_eq!(used.len(), 20, "{text}");
    used.dedup();
    assert!([["+", "*"].as_slice(), &["*"]].contains(&used.as_slice()), "{text}");
    for row in text.lines().skip(1) {
        let [one, two, result, used] = row.split(',').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let [one, two, result] = [one, two, result].map(|number| number.parse::<u32>().unwrap());
        assert_eq!(result, if used == "+" { one + two } else { one * two }, "{row}");
    }
}
