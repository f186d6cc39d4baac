//! What the examples say in files can be built as well.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_config::build::{JobBuilder, NetworkBuilder, Pipe};
use pipeloom_config::{Body, CheckOptions, JobSpec, Network, Text, check};
use pipeloom_job::Args;
use toml::{Table, Value};

fn options() -> CheckOptions<'static> {
    let path_env = std::env::var_os("PATH");
    let (kinds, codecs) = (pipeloom_predefined::KINDS, pipeloom_predefined::CODECS);
    CheckOptions { kinds, codecs, path_env, ..CheckOptions::default() }
}

/// A job with its arguments in the order of their names.
fn shown_job(job: &JobSpec) -> String {
    let mut job = job.clone();
    let mut args = BTreeMap::new();
    if let Body::Native(native) = &mut job.body {
        args.extend(native.args.table().clone());
        native.args = Args::default();
    }
    format!("{job:#?}\n{args:#?}")
}

/// All that is known of a network, but for its places in a text.
fn shown(network: &Network) -> String {
    let mut lines: Vec<String> = network.jobs().map(|(_, job)| shown_job(job)).collect();
    lines.extend(network.pipes().map(|(_, pipe)| format!("{pipe:#?}")));
    let (name, description, dir) = (network.name(), network.description(), network.dir());
    lines.push(format!("{name} {description:?} {:?} {}", network.head_size(), dir.display()));
    let mut in_span = false;
    let text = lines.join("\n");
    let kept = text.lines().filter(|line| {
        let place = line.trim_start();
        in_span |= place.ends_with("Span {");
        let kept = !in_span;
        in_span &= !place.starts_with('}');
        kept
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The names in a table in the order of the file, which the parser does not keep.
fn in_order<'a>(text: &str, section: &str, table: &'a Table) -> Vec<(&'a String, &'a Table)> {
    let tables = table.get(section).and_then(Value::as_table).into_iter().flatten();
    let mut named: Vec<_> = tables.filter_map(|(name, table)| Some((name, table.as_table()?))).collect();
    named.sort_by_key(|(name, _)| text.find(&format!("[{section}.{name}]")));
    named
}

/// The file as somebody would build it who only knows how keys are set.
fn built(text: &str, folder: &Path) -> NetworkBuilder {
    let file: Table = text.parse().unwrap();
    let mut network = NetworkBuilder::default().folder(folder);
    for (key, value) in file.get("network").and_then(Value::as_table).into_iter().flatten() {
        network = network.set(&[key], value);
    }
    for (name, default) in file.get("params").and_then(Value::as_table).into_iter().flatten() {
        network = network.param(name, default);
    }
    for (name, table) in in_order(text, "jobs", &file) {
        network = network.job(table.iter().fold(JobBuilder::new(name), |job, (key, value)| job.set(&[key], value)));
    }
    for (name, table) in in_order(text, "pipes", &file) {
        network = network.pipe(&table.iter().fold(Pipe::untyped(name), |pipe, (key, value)| pipe.set(&[key], value)));
    }
    network
}

#[test]
fn every_example_is_the_same_network_when_it_is_built() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap();
    let folders = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    // What has to be compiled before it can be checked is not there.
    let folders = folders.filter(|folder| !folder.join("build.sh").exists());
    let files: Vec<PathBuf> = folders.map(|folder| folder.join("network.toml")).filter(|file| file.exists()).collect();
    assert!(files.len() >= 6, "{files:?}");
    for path in files {
        let file = Text::load(&path).unwrap();
        let building = built(&file.text, path.parent().unwrap());
        let from_file = check(file, &options()).unwrap_or_else(|problems| panic!("{problems}"));
        let from_builder = building.check(&options()).unwrap_or_else(|problems| panic!("{problems}\n{building}"));
        let (built, expected) = (shown(&from_builder), shown(&from_file));
        let differ = built.lines().zip(expected.lines()).enumerate().find(|(_, (built, expected))| built != expected);
        assert_eq!(differ, None, "{}", path.display());
        assert_eq!(built.lines().count(), expected.lines().count(), "{}", path.display());
    }
}
