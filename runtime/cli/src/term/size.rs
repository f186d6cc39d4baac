//! Columns and rows of the terminal at standard error.

use terminal_size::{Height, Width, terminal_size_of};

/// What is taken for a terminal that does not say, and for what is no terminal.
const COLUMNS: usize = 100;
const ROWS: usize = 24;

/// Columns and rows. A terminal that says 0 does not know.
pub(crate) fn size() -> (usize, usize) {
    match terminal_size_of(std::io::stderr()) {
        Some((Width(columns), Height(rows))) if columns > 0 && rows > 0 => (columns.into(), rows.into()),
        _ => (COLUMNS, ROWS),
    }
}
