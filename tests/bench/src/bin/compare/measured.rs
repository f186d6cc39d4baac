//! A row with what came out of it.

use crate::{rounds::Outcome, row::Row};

/// A row that has been measured.
pub(crate) struct Measured {
    pub(crate) row: Row,
    pub(crate) outcome: Outcome,
}
