//! The lines that are to be sent.

use std::io::{self, BufRead, Read};

/// Longer lines are not read to their end; a run takes less.
const MAX_LINE_BYTES: usize = 1 << 20;

/// Why a line cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GivenError {
    #[error("standard input: {0}")]
    Io(#[from] io::Error),
    #[error("line {line} of standard input is longer than {MAX_LINE_BYTES} bytes")]
    TooLong { line: u64 },
    #[error("line {line} of standard input is no text in UTF-8")]
    Utf8 { line: u64 },
    #[error("a line must not have a line break in it; without LINE, standard input is sent line by line")]
    LineBreak,
}

/// The lines of standard input, each as soon as it is there.
pub(crate) fn standard_input() -> impl Iterator<Item = Result<String, GivenError>> {
    let mut input = io::stdin().lock();
    (1..).map_while(move |line| read_line(&mut input, line).transpose())
}

/// A line of the command line.
pub(super) fn argument(line: &str) -> Result<String, GivenError> {
    if line.contains('\n') { Err(GivenError::LineBreak) } else { Ok(line.to_owned()) }
}

fn read_line(input: &mut impl BufRead, line: u64) -> Result<Option<String>, GivenError> {
    let mut bytes = Vec::new();
    input.take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    } else if bytes.len() > MAX_LINE_BYTES {
        return Err(GivenError::TooLong { line });
    }
    String::from_utf8(bytes).map(Some).map_err(|_| GivenError::Utf8 { line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut input: &[u8]) -> Result<Vec<String>, String> {
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut input, lines.len() as u64 + 1).map_err(|error| error.to_string())? {
            lines.push(line);
        }
        Ok(lines)
    }

    #[test]
    fn lines_are_texts_of_some_length() {
        assert_eq!(lines(b"a\n\nb"), Ok(vec!["a".to_owned(), String::new(), "b".to_owned()]));
        assert_eq!(lines(b""), Ok(Vec::new()));
        assert_eq!(lines(b"a\n\xff\n"), Err("line 2 of standard input is no text in UTF-8".to_owned()));
        let longest = vec![b'x'; MAX_LINE_BYTES];
        assert_eq!(lines(&[&longest[..], b"\ny"].concat()).unwrap()[1], "y");
        let wrong = lines(&[&longest[..], b"x\ny"].concat()).unwrap_err();
        assert_eq!(wrong, "line 1 of standard input is longer than 1048576 bytes");
    }
}
