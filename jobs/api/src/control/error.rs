//! What is said of lines that are no messages.

use super::MAX_LINE_BYTES;

/// So much of a line is quoted, in characters.
const QUOTED: usize = 80;

/// What a parser says may quote the line too. Beside that it lists the keys there are.
const WHY: usize = 2 * QUOTED;

/// Why a line of the control channel says nothing.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It is not a JSON object with the known keys.
    #[error(
        "not a control message: {why}, in `{line}`; a message is one line with a JSON object, such as \
         {{\"progress\": 0.5}} (docs/control-channel.md)"
    )]
    Syntax {
        /// What is wrong with it.
        why: String,
        /// Its beginning.
        line: String,
    },
    /// The progress is outside 0 to 1.
    #[error("progress {0} is outside 0 to 1")]
    Progress(f64),
    /// It has none of the known keys.
    #[error(
        "a control message has at least one of progress, status, metrics, result, ready, alive, done, pipe \
         (docs/control-channel.md)"
    )]
    Empty,
    /// It is longer than [`MAX_LINE_BYTES`].
    #[error("a control message is longer than {MAX_LINE_BYTES} bytes")]
    TooLong,
}

impl ControlError {
    pub(super) fn of(error: &serde_json::Error, line: &[u8]) -> ControlError {
        let text = error.to_string();
        // There is but one line.
        let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
        ControlError::Syntax { why: beginning(why, WHY), line: beginning(&String::from_utf8_lossy(line), QUOTED) }
    }
}

/// The first `most` characters of a text, and dots if there are more.
fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::control::parse_line;

    #[test]
    fn what_is_wrong_is_quoted_with_a_remedy() {
        let error = parse_line(b"{\"done\": -5}").unwrap_err().to_string();
        assert_eq!(
            error,
            "not a control message: invalid value: integer `-5`, expected u64, in `{\"done\": -5}`; a message is one line \
             with a JSON object, such as {\"progress\": 0.5} (docs/control-channel.md)"
        );
    }

    #[test]
    fn a_long_line_is_quoted_in_part() {
        let long = "\u{e4}".repeat(100_000);
        for line in [long.clone(), format!("{{\"{long}\": 1}}"), format!("{{\"done\": \"{long}\"}}")] {
            let error = parse_line(line.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("\u{e4}...`;") && error.chars().count() < 400, "{error}");
        }
    }
}
