//! The bytes of a control channel, cut into lines.

use super::{ControlError, MAX_LINE_BYTES, Report, parse_line};

/// Reads the control channel of one program, however its lines come in pieces. What is no message is told and passed over,
/// and a line that is too long is not kept.
#[derive(Default, Debug)]
pub struct ControlLines {
    line: Vec<u8>,
    /// The rest of a line that was too long is passed over.
    skipping: bool,
}

impl ControlLines {
    /// Takes what has come, and says what the lines that are whole now tell.
    pub fn take(&mut self, bytes: &[u8], mut said: impl FnMut(Result<Report, ControlError>)) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            if !self.skipping {
                self.line.extend_from_slice(piece);
            }
            if self.line.len() > MAX_LINE_BYTES {
                said(Err(ControlError::TooLong));
                self.line = Vec::new();
                self.skipping = true;
            }
            if piece.ends_with(b"\n") {
                self.end_line(&mut said);
            }
        }
    }

    /// The channel has ended: a last line needs no line break.
    pub fn end(&mut self, said: impl FnMut(Result<Report, ControlError>)) {
        self.take(b"\n", said);
    }

    fn end_line(&mut self, said: &mut impl FnMut(Result<Report, ControlError>)) {
        let line = self.line.trim_ascii();
        if !self.skipping && !line.is_empty() {
            match parse_line(line) {
                Ok(reports) => reports.into_iter().for_each(|report| said(Ok(report))),
                Err(error) => said(Err(error)),
            }
        }
        self.line.clear();
        self.skipping = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pieces: &[&[u8]]) -> Vec<Result<Report, String>> {
        let (mut lines, mut all) = (ControlLines::default(), Vec::new());
        let mut keep = |said: Result<Report, ControlError>| all.push(said.map_err(|error| error.to_string()));
        pieces.iter().for_each(|piece| lines.take(piece, &mut keep));
        lines.end(&mut keep);
        all
    }

    #[test]
    fn lines_come_in_pieces_and_the_last_one_needs_no_line_break() {
        let ready = || Ok(Report::Ready);
        assert_eq!(said(&[b"{\"ready\"", b":true}\n\n {\"ready\":", b"true}"]), [ready(), ready()]);
        assert_eq!(said(&[]), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_once_and_the_next_is_understood() {
        let long = vec![b' '; MAX_LINE_BYTES];
        let all = said(&[&long, b"  ", b"{\"ready\":true}", &long, b"\n{\"ready\":true}\n"]);
        assert_eq!(all, [Err("a control message is longer than 1048576 bytes".to_owned()), Ok(Report::Ready)]);
    }
}
