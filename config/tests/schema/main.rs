//! What is published about the file follows from its types: the schema, and the tables of keys in the reference.
//!
//! `PIPELOOM_REGENERATE=1 cargo test -p pipeloom-config --test schema` writes both anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_config::file::NetworkFile;
use pipeloom_config::schema;
use serde_json::Value;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// The file must have this content, or is given it when asked for.
#[track_caller]
fn is_current(path: &Path, wanted: &str) {
    if std::env::var_os("PIPELOOM_REGENERATE").is_some() {
        fs::write(path, wanted).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    let name = path.file_name().unwrap().display();
    let advice = "PIPELOOM_REGENERATE=1 cargo test -p pipeloom-config --test schema";
    assert!(found == wanted, "docs/{name} is not what the types say: {advice}");
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    is_current(&docs("network.schema.json"), &format!("{:#}\n", schema()));
}

#[test]
fn the_reference_has_all_keys() {
    let path = docs("network-file.md");
    let page = fs::read_to_string(&path).unwrap();
    is_current(&path, &reference::filled(&page, &schema()));
}

#[test]
fn every_example_of_the_reference_is_a_network_file() {
    let page = fs::read_to_string(docs("network-file.md")).unwrap();
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        toml::from_str::<NetworkFile>(block).unwrap_or_else(|error| panic!("{error}\nin\n{block}"));
    }
}

#[test]
fn every_key_and_value_is_described() {
    let schema = schema();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (key, value) in definition["properties"].as_object().into_iter().flatten() {
            assert!(value["description"].is_string(), "{name}.{key} has no description");
        }
        for variant in definition["oneOf"].as_array().into_iter().flatten().filter(|one| one["const"].is_string()) {
            assert!(variant["description"].is_string(), "{variant} of {name} has no description");
        }
    }
}

#[test]
fn nothing_may_be_null() {
    fn look(value: &Value, path: &str) {
        match value {
            Value::Null => panic!("{path} is null"),
            Value::Array(items) => items.iter().for_each(|item| look(item, path)),
            Value::Object(entries) => entries.iter().for_each(|(key, value)| look(value, &format!("{path}.{key}"))),
            text => assert!(text != "null", "{path} may be null"),
        }
    }
    look(&schema(), "");
}
