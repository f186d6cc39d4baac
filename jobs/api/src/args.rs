//! A job's arguments: the `args` table of the network file.

use std::fmt;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

/// The arguments of a job, as the file gives them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Args(Map<String, Value>);

/// The arguments of a job that takes none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArgs {}

/// What is wrong with an argument, and where in the table.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ArgsError {
    /// The way to the value: keys and indices from the `args` table on. Empty for the table itself.
    pub path: Vec<String>,
    /// What is wrong, as a fragment.
    pub message: String,
}

impl ArgsError {
    /// An error about the argument `key`.
    pub fn at(key: &str, message: impl Into<String>) -> ArgsError {
        ArgsError { path: vec![key.to_owned()], message: message.into() }
    }
}

impl Args {
    /// Arguments from a table.
    pub const fn new(table: Map<String, Value>) -> Args {
        Args(table)
    }

    /// The table.
    pub const fn table(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The arguments as a type, for jobs a struct with `#[serde(deny_unknown_fields)]`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ArgsError> {
        serde_path_to_error::deserialize(Value::Object(self.0.clone())).map_err(|error| ArgsError {
            path: error.path().iter().filter_map(key_or_index).collect(),
            message: error.inner().to_string(),
        })
    }
}

fn key_or_index(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// As JSON.
impl fmt::Display for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::Object(self.0.clone()).fmt(f)
    }
}

impl FromIterator<(String, Value)> for Args {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(items: I) -> Args {
        Args(items.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Window {
        size: usize,
        weights: Vec<f64>,
    }

    fn args(json: &str) -> Args {
        Args::new(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn an_error_names_the_place() {
        let wrong = args(r#"{"size": 4, "weights": [1.0, "two"]}"#).parse::<Window>().unwrap_err();
        assert_eq!(wrong.path, ["weights", "1"]);
        let wrong = args(r#"{"size": 4, "weights": [], "hop": 1}"#).parse::<Window>().unwrap_err();
        assert_eq!(wrong.path, ["hop"], "{wrong:?}");
        assert!(wrong.message.starts_with("unknown field `hop`"), "{wrong}");
    }
}
