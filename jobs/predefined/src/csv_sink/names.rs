//! What columns are called.

use std::collections::HashSet;

use pipeloom_job::ArgsError;

use super::CsvSinkArgs;

/// Stands for the pipe's name in a pattern.
const PIPE: &str = "{pipe}";

/// Stands for the key, or the place in a list.
const KEY: &str = "{key}";

/// Where the names of columns come from.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Names {
    /// The pipe and the key, as far as they are needed.
    Plain,
    /// A pattern for each.
    Pattern(String),
    /// A list of all.
    Given(Vec<String>),
}

impl Names {
    /// What the arguments say.
    pub(super) fn new(args: &CsvSinkArgs) -> Result<Names, ArgsError> {
        match (&args.columns, &args.pattern) {
            (Some(_), Some(_)) => Err(ArgsError::at("pattern", "`columns` gives the names already")),
            (Some(columns), None) if columns.is_empty() => Err(ArgsError::at("columns", "a file without columns")),
            (Some(columns), None) => Ok(Names::Given(columns.clone())),
            (None, Some(pattern)) => match pattern.replace(PIPE, "").replace(KEY, "").find(['{', '}']) {
                Some(_) => Err(ArgsError::at("pattern", format!("in braces it takes {PIPE} and {KEY} only"))),
                None => Ok(Names::Pattern(pattern.clone())),
            },
            (None, None) => Ok(Names::Plain),
        }
    }

    /// The header row, if it is known before the first block.
    pub(super) fn given(&self) -> Option<&[String]> {
        match self {
            Names::Given(names) => Some(names),
            Names::Plain | Names::Pattern(_) => None,
        }
    }

    /// The column of a pipe's single value.
    pub(super) fn of_value(&self, pipe: &str) -> String {
        match self {
            Names::Pattern(pattern) => fill(pattern, pipe, ""),
            Names::Plain | Names::Given(_) => pipe.to_owned(),
        }
    }

    /// The column of a place in a pipe's lists.
    pub(super) fn of_place(&self, pipe: &str, place: usize) -> String {
        match self {
            Names::Pattern(pattern) => fill(pattern, pipe, &place.to_string()),
            Names::Plain | Names::Given(_) => format!("{pipe}.{place}"),
        }
    }

    /// The column of a key in a pipe's objects; `alone` if there is no other pipe.
    pub(super) fn of_key(&self, pipe: &str, key: &str, alone: bool) -> String {
        match self {
            Names::Pattern(pattern) => fill(pattern, pipe, key),
            Names::Plain | Names::Given(_) if alone => key.to_owned(),
            Names::Plain | Names::Given(_) => format!("{pipe}.{key}"),
        }
    }

    /// A name that a pattern has made for two columns.
    pub(super) fn repeated<'a>(&self, made: &'a [String]) -> Option<&'a String> {
        let mut known = HashSet::new();
        made.iter().find(|name| matches!(self, Names::Pattern(_)) && !known.insert(*name))
    }
}

/// The key comes last, so that braces in it mean nothing; the name of a pipe has none.
fn fill(pattern: &str, pipe: &str, key: &str) -> String {
    pattern.replace(PIPE, pipe).replace(KEY, key)
}
