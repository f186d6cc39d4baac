//! The list of predefined jobs, and the examples in their documentation.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pipeloom_job::{Args, JobKind, Ports};
use pipeloom_predefined::KINDS;
use serde_json::Value;

fn kind(name: &str) -> &'static JobKind {
    KINDS.iter().find(|kind| kind.name == name).unwrap_or_else(|| panic!("no job {name}"))
}

/// The TOML in the documentation of a job's module.
fn example(kind: &JobKind) -> toml::Table {
    let module = kind.name.replace('-', "_");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = fs::read_to_string(source.join(format!("{module}.rs")))
        .or_else(|_| fs::read_to_string(source.join(&module).join("mod.rs")))
        .unwrap();
    let lines = text.lines().map(|line| line.strip_prefix("//! ").unwrap_or(line.trim_start_matches("//!")));
    let toml: Vec<&str> =
        lines.skip_while(|line| *line != "```toml").skip(1).take_while(|line| *line != "```").collect();
    toml.join("\n").parse().unwrap()
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), KINDS.len());
}

#[test]
fn every_argument_is_described() {
    for kind in KINDS {
        assert!(!kind.about.is_empty() && !kind.about.ends_with('.'), "{}", kind.name);
        let schema = (kind.args)().to_value();
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{}", kind.name);
        for (argument, about) in schema["properties"].as_object().into_iter().flatten() {
            assert!(about["description"].is_string(), "{} {argument}: {about}", kind.name);
        }
    }
}

#[test]
fn the_examples_in_the_documentation_work() {
    for documented in KINDS {
        let example = example(documented);
        let (_, job) = example["jobs"].as_table().unwrap().iter().next().unwrap();
        assert_eq!(job["use"].as_str().unwrap(), documented.name);
        let args = job.get("args").map_or(Value::Null, |args| serde_json::to_value(args).unwrap());
        let args = Args::new(args.as_object().cloned().unwrap_or_default());
        let Ports { inputs, outputs, .. } = (kind(documented.name).ports)(&args).unwrap();
        (documented.new)(&args).unwrap();
        for (list, key) in [(&inputs, "inputs"), (&outputs, "outputs")] {
            let pipes = job.get(key).map_or(&[][..], |pipes| pipes.as_array().unwrap());
            assert!(list.fits(pipes.len()), "{}: {key}", documented.name);
            for (place, pipe) in pipes.iter().enumerate() {
                let Some(settings) = example.get("pipes").and_then(|pipes_| pipes_.get(pipe.as_str().unwrap())) else {
                    continue;
                };
                let port = list.get(place).unwrap();
                let codec = settings["codec"].as_str().unwrap();
                assert!(port.codecs.iter().any(|known| known.as_str() == codec), "{}: {codec}", documented.name);
                if let (Some(expected), Some(size)) = (port.block_size, settings.get("block_size")) {
                    assert_eq!(size.as_integer().unwrap(), expected as i64, "{}", documented.name);
                }
            }
        }
    }
}
