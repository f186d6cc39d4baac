//! A table of the network file that is written, not read.

use serde::Serialize;
use toml::Value;

/// Keys with their values, in the order in which they were first set.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Table {
    entries: Vec<(String, Value)>,
    refused: Vec<Refused>,
}

/// A value that cannot stand in a file.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Refused {
    pub(super) key: String,
    pub(super) why: String,
}

impl Table {
    /// Sets the value at the end of `path`, and makes what tables are missing on the way.
    pub(super) fn set(&mut self, path: &[&str], value: impl Serialize) {
        let value = match Value::try_from(value) {
            Ok(value) => value,
            Err(error) => {
                self.refused.push(Refused { key: path.join("."), why: error.to_string() });
                return;
            }
        };
        let [first, rest @ ..] = path else { return };
        let at = self.entries.iter().position(|(key, _)| key == first).unwrap_or_else(|| {
            self.entries.push(((*first).to_owned(), Value::Table(toml::Table::new())));
            self.entries.len() - 1
        });
        let mut place = &mut self.entries[at].1;
        for key in rest {
            if !place.is_table() {
                *place = Value::Table(toml::Table::new());
            }
            let Value::Table(table) = place else { return };
            place = table.entry(*key).or_insert_with(|| Value::Table(toml::Table::new()));
        }
        *place = value;
    }

    pub(super) fn refused(&self) -> &[Refused] {
        &self.refused
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.refused.is_empty()
    }

    /// Adds a line for each key.
    pub(super) fn write(&self, text: &mut String) {
        for (key, value) in &self.entries {
            text.push_str(&format!("{} = {value}\n", quoted(key)));
        }
    }
}

/// A key as TOML has it: bare where it may be.
pub(super) fn quoted(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) {
        return key.to_owned();
    }
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", key.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_is_set_is_read_again() {
        let mut table = Table::default();
        let odd = "a\"\\\n\t\u{7f}\u{85} é]=";
        table.set(&["plain"], "text with ${run}");
        table.set(&[odd], odd);
        table.set(&["nested", "a.b", odd], json!([1, 2.5, true, { "x": [] }]));
        table.set(&["nested", "more"], "a\nb'''\"\"\"");
        table.set(&[""], -1);
        let mut text = String::new();
        table.write(&mut text);
        let read: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        let expected = json!({
            "plain": "text with ${run}",
            odd: odd,
            "nested": { "a.b": { odd: [1, 2.5, true, { "x": [] }] }, "more": "a\nb'''\"\"\"" },
            "": -1,
        });
        assert_eq!(read, toml::Table::try_from(expected).unwrap());
    }

    #[test]
    fn the_last_value_of_a_key_counts() {
        let mut table = Table::default();
        table.set(&["a"], 1);
        table.set(&["b"], 2);
        table.set(&["a", "x"], 3);
        let mut text = String::new();
        table.write(&mut text);
        assert_eq!(text, "a = { x = 3 }\nb = 2\n");
    }

    #[test]
    fn what_toml_cannot_hold_is_kept_for_the_check() {
        let mut table = Table::default();
        table.set(&["dummy", "value"], None::<u8>);
        table.set(&["max_queue"], u64::MAX);
        let keys: Vec<&str> = table.refused().iter().map(|refused| refused.key.as_str()).collect();
        assert_eq!(keys, ["dummy.value", "max_queue"]);
    }
}
