//! From a row of a CSV file to a JSON object.

use csv::StringRecord;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

/// A row with the names of its columns.
pub(super) struct Row<'a> {
    pub(super) names: &'a StringRecord,
    pub(super) cells: &'a StringRecord,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.names.len()))?;
        for (name, cell) in self.names.iter().zip(self.cells) {
            match literal(cell) {
                Some(literal) => object.serialize_entry(name, literal)?,
                None if cell.is_empty() => object.serialize_entry(name, &())?,
                None => object.serialize_entry(name, cell)?,
            }
        }
        object.end()
    }
}

/// A cell that is a number or a truth value in JSON.
fn literal(cell: &str) -> Option<&RawValue> {
    let value: &RawValue = match cell.as_bytes() {
        [b'-' | b'0'..=b'9', ..] => serde_json::from_str(cell).ok()?,
        b"true" | b"false" => serde_json::from_str(cell).ok()?,
        _ => return None,
    };
    // A space at the end would be lost.
    (value.get() == cell).then_some(value)
}
