//! Names of networks and jobs.

use std::path::Path;

use crate::term::escape::printable;

/// The longest name, as in the network file.
const MAX_NAME: usize = 64;

const JOB_RULE: &str = "a job's name has small letters, digits, `-` and `_`, and starts with a letter";
const NETWORK_RULE: &str =
    "a network's name has letters, digits, `-`, `_` and `.`, and starts with none of `-` and `.`";

/// Why a folder's name cannot be the name of what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    #[error("`{}` does not end in a name for the folder", printable(.0))]
    NoName(String),
    #[error("`{}` cannot be a name: it has `{}` in it; {rule}", printable(name), odd.escape_debug())]
    Odd { name: String, odd: char, rule: &'static str },
    #[error("`{}` cannot be a name: it starts with `{start}`; {rule}", printable(name))]
    Start { name: String, start: char, rule: &'static str },
    #[error("`{}` cannot be a name: it has {} characters, {MAX_NAME} are allowed", printable(.0), .0.len())]
    Long(String),
}

/// A name that may stand in the network file and in code.
pub(crate) struct Name(String);

impl Name {
    /// The name of a network in the folder `path`.
    pub(crate) fn of_network(path: &Path) -> Result<Name, NameError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        Name::checked(path, NETWORK_RULE, allowed, |c| !matches!(c, '-' | '.'))
    }

    /// The name of a job in the folder `path`. It becomes names of files, crates and classes.
    pub(crate) fn of_job(path: &Path) -> Result<Name, NameError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        Name::checked(path, JOB_RULE, allowed, |c| c.is_ascii_lowercase())
    }

    fn checked(
        path: &Path,
        rule: &'static str,
        allowed: impl Fn(char) -> bool,
        may_start: impl Fn(char) -> bool,
    ) -> Result<Name, NameError> {
        let no_name = || NameError::NoName(path.to_string_lossy().into_owned());
        let name = path.file_name().ok_or_else(no_name)?.to_string_lossy().into_owned();
        let start = name.chars().next().ok_or_else(no_name)?;
        if let Some(odd) = name.chars().find(|c| !allowed(*c)) {
            return Err(NameError::Odd { name, odd, rule });
        }
        if !may_start(start) {
            return Err(NameError::Start { name, start, rule });
        }
        if name.len() > MAX_NAME {
            return Err(NameError::Long(name));
        }
        Ok(Name(name))
    }

    /// As it was given: `two-words`.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As names of libraries are written: `two_words`.
    pub(crate) fn snake(&self) -> String {
        self.0.replace('-', "_")
    }

    /// As names of types are written: `TwoWords`.
    pub(crate) fn pascal(&self) -> String {
        let capital = |word: &str| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        };
        self.0.split(['-', '_']).map(capital).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(path: &str) -> Result<Name, String> {
        Name::of_job(Path::new(path)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_the_last_part_of_the_path() {
        let name = job("jobs/two-long_words2").unwrap();
        assert_eq!(name.as_str(), "two-long_words2");
        assert_eq!(name.snake(), "two_long_words2");
        assert_eq!(name.pascal(), "TwoLongWords2");
        assert_eq!(job("a--b/").unwrap().pascal(), "AB");
    }

    #[test]
    fn what_cannot_be_a_name_in_code_is_refused() {
        for (path, said) in [
            ("", "does not end in a name"),
            ("..", "does not end in a name"),
            ("two words", "it has ` ` in it"),
            ("\u{1b}[2J", "it has `\\u{1b}` in it"),
            ("größe", "it has `ö` in it"),
            ("Loud", "it has `L` in it"),
            ("2nd", "it starts with `2`"),
            ("-x", "it starts with `-`"),
            (&"x".repeat(65), "it has 65 characters, 64 are allowed"),
        ] {
            let error = job(path).map(|name| name.0).unwrap_err();
            assert!(error.contains(said), "{path}: {error}");
            assert!(!error.contains('\u{1b}'), "{path}");
        }
        assert!(job(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn a_network_may_have_any_name_that_the_file_allows() {
        for name in ["Loudness", "2nd", "v1.2"] {
            assert_eq!(Name::of_network(Path::new(name)).unwrap().as_str(), name);
        }
        for name in [".hidden", "-x", "two words", "a\"b"] {
            assert!(Name::of_network(Path::new(name)).is_err(), "{name}");
        }
    }
}
