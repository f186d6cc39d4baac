//! The columns, as the first compute block gave them.

use std::collections::HashMap;

use pipeloom_job::{JobError, PortSetup, Seq};

use super::cells::{Cells, CellsError};
use super::names::Names;

/// Why a compute block does not become a row.
#[derive(Debug, thiserror::Error)]
pub(super) enum CsvError {
    #[error("block {block} of input {input} (pipe {pipe}): {source}")]
    Block { block: Seq, input: usize, pipe: String, source: CellsError },
    #[error("{given} columns are given, where the first block makes {}: {}", .made.len(), .made.join(", "))]
    Columns { given: usize, made: Vec<String> },
    #[error("pattern gives two columns the name {name:?}; with both {{pipe}} and {{key}} it tells them apart")]
    Pattern { name: String },
    #[error("the first block has no value to make a column of")]
    Empty,
    #[error("the file has the columns {} from before, where the block makes {}", .found.join(", "), .made.join(", "))]
    Found { found: Vec<String>, made: Vec<String> },
}

impl From<CsvError> for JobError {
    fn from(error: CsvError) -> JobError {
        JobError::failed(error)
    }
}

/// All columns, in groups: one group for each input.
pub(super) struct Table {
    header: Vec<String>,
    groups: Vec<Group>,
}

struct Group {
    /// The group's first column.
    start: usize,
    shape: Shape,
}

enum Shape {
    One,
    List(usize),
    /// The place of each key in the group.
    Record(HashMap<String, usize>),
}

impl Table {
    pub(super) fn new(ports: &[PortSetup], first: &[Cells], names: &Names) -> Result<Table, CsvError> {
        let mut made = Vec::new();
        let mut groups = Vec::new();
        for (PortSetup { pipe, .. }, cells) in ports.iter().zip(first) {
            let start = made.len();
            let shape = match cells {
                Cells::One(_) => {
                    made.push(names.of_value(pipe));
                    Shape::One
                }
                Cells::List(list) => {
                    made.extend((0..list.len()).map(|place| names.of_place(pipe, place)));
                    Shape::List(list.len())
                }
                Cells::Record(fields) => {
                    let keys = || fields.iter().map(|(key, _)| key);
                    made.extend(keys().map(|key| names.of_key(pipe, key, ports.len() == 1)));
                    Shape::Record(keys().cloned().zip(0..).collect())
                }
            };
            groups.push(Group { start, shape });
        }
        if made.is_empty() {
            return Err(CsvError::Empty);
        }
        if let Some(name) = names.repeated(&made) {
            return Err(CsvError::Pattern { name: name.clone() });
        }
        match names.given() {
            Some(given) if given.len() != made.len() => Err(CsvError::Columns { given: given.len(), made }),
            Some(given) => Ok(Table { header: given.to_vec(), groups }),
            None => Ok(Table { header: made, groups }),
        }
    }

    /// Compares the columns with those of the file that is gone on with.
    pub(super) fn check_found(&self, found: Option<&[String]>) -> Result<(), CsvError> {
        match found {
            Some(found) if found != self.header => {
                Err(CsvError::Found { found: found.to_vec(), made: self.header.clone() })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The cells of one compute block, each under its column.
    pub(super) fn row(&self, block: Seq, ports: &[PortSetup], cells: Vec<Cells>) -> Result<Vec<String>, CsvError> {
        let mut row = vec![String::new(); self.header.len()];
        for (input, (group, cells)) in self.groups.iter().zip(cells).enumerate() {
            group.fill(cells, &mut row[group.start..]).map_err(|source| {
                let pipe = ports[input].pipe.clone();
                CsvError::Block { block, input, pipe, source }
            })?;
        }
        Ok(row)
    }
}

impl Group {
    /// Puts cells into the row, which begins with the group's first column here.
    fn fill(&self, cells: Cells, row: &mut [String]) -> Result<(), CellsError> {
        match (&self.shape, cells) {
            (Shape::One, Cells::One(text)) => row[0] = text,
            (Shape::List(expected), Cells::List(list)) if list.len() > *expected => {
                return Err(CellsError::Longer { got: list.len(), expected: *expected });
            }
            (Shape::List(_), Cells::List(list)) => {
                for (cell, text) in row.iter_mut().zip(list) {
                    *cell = text;
                }
            }
            (Shape::Record(places), Cells::Record(fields)) => {
                for (key, text) in fields {
                    let Some(place) = places.get(&key) else { return Err(CellsError::NewKey { key }) };
                    row[*place] = text;
                }
            }
            (shape, cells) => return Err(CellsError::Shape { got: cells.shape(), expected: shape.name() }),
        }
        Ok(())
    }
}

impl Shape {
    const fn name(&self) -> &'static str {
        match self {
            Shape::One => "a single value",
            Shape::List(_) => "a list",
            Shape::Record(_) => "an object",
        }
    }
}
