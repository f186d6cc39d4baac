//! Where each fault is shown: the table in this crate's README.
//!
//! A line is `| NUMBER | what | where |`; where is `being built`, or files with their tests, each as `` `FILE`: `TEST`, `TEST` ``,
//! with `;` between them.

/// A line of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The fault's number.
    pub number: u32,
    /// The tests, each as its file and name.
    pub tests: Vec<(String, String)>,
    /// Whether more is being built.
    pub is_being_built: bool,
}

/// The entries of the table in this text.
pub fn entries(text: &str) -> Vec<Entry> {
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
    let number = cells.next()?.parse().ok()?;
    let shown = cells.nth(1)?;
    let mut tests = Vec::new();
    for place in shown.split("; ") {
        let mut names = place.split('`').skip(1).step_by(2);
        if let Some(file) = names.next() {
            tests.extend(names.map(|name| (file.to_owned(), name.to_owned())));
        }
    }
    Some(Entry { number, tests, is_being_built: shown.contains("being built") })
}

#[cfg(test)]
mod tests {
    use super::{Entry, entries};

    #[test]
    fn a_line_names_files_and_their_tests() {
        let text = "| number | what | where |\n|---|---|---|\n| 7 | x | `a.rs`: `one`, `two`; `b.rs`: `three`; the rest is being built |\n";
        let test = |file: &str, name: &str| (file.to_owned(), name.to_owned());
        let tests = vec![test("a.rs", "one"), test("a.rs", "two"), test("b.rs", "three")];
        assert_eq!(entries(text), [Entry { number: 7, tests, is_being_built: true }]);
    }
}
