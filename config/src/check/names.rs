//! Names of jobs, pipes and the network.

use crate::check::Checker;
use crate::check::wiring::Wiring;
use crate::file::{NetworkFile, NetworkTable};
use crate::problem::Problem;
use crate::source::Sources;
use crate::span::At;

/// The longest name of a job or pipe, in characters. Names become names of files.
const MAX_NAME: usize = 64;

impl Checker<'_> {
    pub(super) fn check_names(&mut self, file: &NetworkFile, wiring: &Wiring<'_>) {
        for (name, _) in &file.jobs {
            self.check_name("job", name);
        }
        for pipe in &wiring.pipes {
            self.check_name("pipe", pipe.name);
        }
    }

    fn check_name(&mut self, what: &str, name: &At<String>) {
        if let Some(fault) = fault(name) {
            let shown: String = name.chars().take(MAX_NAME).collect();
            let message = format!("`{}` cannot be the name of a {what}: {fault}", shown.escape_debug());
            let rule = "a name has letters (a to z), digits, `-`, `_` and `.`, and starts with none of `-` and `.`";
            self.say(Problem::new(name.span, message).help(rule));
        }
    }

    /// The network's name and description.
    pub(super) fn title(&mut self, table: Option<&NetworkTable>, sources: &Sources) -> (String, Option<String>) {
        let description = table.and_then(|table| table.description.as_ref());
        let description = description.and_then(|text| self.scope.words(text, self.problems));
        let given = table.and_then(|table| table.name.as_ref());
        let name = given.and_then(|text| {
            let name = self.scope.words(text, self.problems)?;
            if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > MAX_NAME {
                let message = format!("the network's name is one line of 1 to {MAX_NAME} characters");
                self.say(Problem::new(text.span, message));
            }
            Some(name)
        });
        let of_file = || sources.path().file_stem().and_then(|stem| stem.to_str()).unwrap_or("network").to_owned();
        (name.unwrap_or_else(of_file), description)
    }
}

/// What is wrong with a name.
fn fault(name: &str) -> Option<String> {
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.');
    if name.is_empty() {
        Some("it is empty".to_owned())
    } else if let Some(c) = name.chars().find(|c| odd(*c)) {
        Some(format!("it has `{}` in it", c.escape_debug()))
    } else if name.starts_with(['-', '.']) {
        Some(format!("it starts with `{}`", &name[..1]))
    } else if name.len() > MAX_NAME {
        Some(format!("it has {} characters, {MAX_NAME} are allowed", name.len()))
    } else {
        None
    }
}
