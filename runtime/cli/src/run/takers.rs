//! Which jobs take lines, and how they are sent.

use pipeloom_config::{Body, Network};

use crate::term::color::{STRONG, paint};
use crate::term::escape::printable;
use crate::term::out;

/// The jobs that take lines.
pub(super) fn names(network: &Network) -> Vec<String> {
    let takes = |body: &Body| matches!(body, Body::Native(native) if native.ports.lines);
    network.jobs().filter(|(_, job)| takes(&job.body)).map(|(_, job)| job.name.to_string()).collect()
}

/// Says how lines are sent to these jobs of the run that other commands call `run`.
pub(super) fn say(takers: &[String], run: &str) {
    for job in takers {
        let job = printable(job);
        out::say(format_args!("{} takes lines: pipeloom send {} {job}", paint(STRONG, &job), word(run)));
    }
}

/// Text as one word for a shell.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%".contains(c);
    let text = printable(text);
    if text.chars().all(is_plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(word("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(word("/a b/it's"), "'/a b/it'\\''s'");
    }
}
