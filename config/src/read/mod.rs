//! TOML text to [`NetworkFile`].
//!
//! The text is parsed once into a tree with places, options of the command line are put into it, and serde reads the
//! tree. Only if that fails, the slow way is taken, which finds everything that is wrong and reads the rest.

mod depth;
mod explain;
mod later;
mod lost;
mod phrase;
mod sets;
mod shape;

use std::collections::HashSet;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::file::NetworkFile;
use crate::interpolate;
use crate::problem::Problem;
use crate::source::Sources;

pub(crate) use lost::Lost;
pub(crate) use phrase::{argument, one_of};

/// The file as written, and what of it could not be read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) file: NetworkFile,
    /// What was refused: nothing is to be concluded from its absence.
    pub(crate) lost: Lost,
    /// Every name that stands in `${}` anywhere.
    pub(crate) mentioned: HashSet<String>,
}

/// Files longer than this show only their first syntax error.
const MANY_ERRORS_BYTES: usize = 1 << 20;

/// Reads the file with what `--set` says put into it. `None` if it is not TOML.
pub(crate) fn read(sources: &Sources, problems: &mut Vec<Problem>) -> Option<Reading> {
    let mut tree = parse(sources.text(), problems)?;
    let mut mentioned = HashSet::new();
    mentions_in_table(tree.get_ref(), &mut mentioned);
    for set in sources.said("--set") {
        sets::apply(tree.get_mut(), set, problems);
    }
    // What is set may use a parameter, and what it replaces may have been its only use: neither makes it unused.
    mentions_in_table(tree.get_ref(), &mut mentioned);
    let root = Spanned::new(tree.span(), DeValue::Table(tree.into_inner()));
    let (file, lost) = match NetworkFile::deserialize(ValueDeserializer::from(root.clone())) {
        Ok(file) => (file, Lost::default()),
        Err(_) => explain::read(root, problems),
    };
    Some(Reading { file, lost, mentioned })
}

fn parse<'a>(text: &'a str, problems: &mut Vec<Problem>) -> Option<Spanned<DeTable<'a>>> {
    if let Some(problem) = depth::too_deep(text) {
        problems.push(problem);
        return None;
    }
    let errors = if text.len() > MANY_ERRORS_BYTES {
        match DeTable::parse(text) {
            Ok(tree) => return Some(tree),
            Err(error) => vec![error],
        }
    } else {
        match DeTable::parse_recoverable(text) {
            (tree, errors) if errors.is_empty() => return Some(tree),
            (_, errors) => errors,
        }
    };
    let mut last_line = None;
    for error in errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        // What follows in the same line mostly follows from it.
        let line = text[..text.floor_char_boundary(span.start)].rfind('\n');
        if last_line != Some(line) {
            problems.push(Problem::new(span.into(), format!("not TOML: {}", error.message())));
            last_line = Some(line);
        }
    }
    None
}

fn mentions_in_table(table: &DeTable<'_>, names: &mut HashSet<String>) {
    for value in table.values() {
        mentions(value.get_ref(), names);
    }
}

fn mentions(value: &DeValue<'_>, names: &mut HashSet<String>) {
    match value {
        DeValue::String(text) => {
            let pieces = interpolate::pieces(text).unwrap_or_default();
            names.extend(pieces.iter().filter_map(|piece| piece.place()).map(str::to_owned));
        }
        DeValue::Array(items) => items.iter().for_each(|item| mentions(item.get_ref(), names)),
        DeValue::Table(table) => mentions_in_table(table, names),
        _ => {}
    }
}
