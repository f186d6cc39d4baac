//! What programs say on the control channel.

use pipeloom_job::Report;
use pipeloom_job::control::{ControlLines, MAX_LINE_BYTES, parse_line};

use crate::choices::pieces;

/// Pieces of messages.
pub const WORDS: &[&str] = &[
    "{\"progress\":0.5,",
    "\"message\":\"",
    "{\"status\":",
    "{\"metrics\":{\"a\":1}}\n",
    "{\"result\":",
    "{\"ready\":true}\n",
    "{\"pipe\":{\"name\":\"x\",\"blocks\":1,\"bytes\":2,\"ending\":",
    "{\"torn\":{\"bytes\":1}}",
    "\"finished\"",
    "18446744073709551616",
    "1e999",
    "\n",
    "}}",
    "[",
];

/// One byte says how the rest comes in pieces; 255 and one more byte put so many blanks before it that a line may
/// be too long.
///
/// However it comes, the same is said, what is reported can be written and read again, and whatever came before, the
/// next line is understood.
pub fn control_lines(data: &[u8]) {
    let (seed, stream) = match data {
        [255, less, rest @ ..] => (201, [&vec![b' '; MAX_LINE_BYTES - usize::from(*less)], rest].concat()),
        [seed, rest @ ..] => (*seed, rest.to_vec()),
        [] => return,
    };
    let stream = [&stream, &b"\n{\"ready\":true}"[..]].concat();
    let at_once = said(std::iter::once(&stream[..]));
    // A megabyte of blanks need not come one by one.
    let (blanks, rest) = stream.split_at(stream.iter().take_while(|byte| **byte == b' ').count());
    assert_eq!(at_once, said([blanks].into_iter().chain(pieces(rest, seed))));
    assert_eq!(at_once.last(), Some(&Ok(Report::Ready)));
    for report in at_once.iter().flatten() {
        let line = report.to_line();
        assert_eq!(line.find('\n'), Some(line.len() - 1), "not one line: {line:?}");
        let again = parse_line(line.as_bytes()).expect("what is written can be read");
        assert_eq!(&again[..], std::slice::from_ref(report));
    }
}

fn said<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Result<Report, String>> {
    let (mut lines, mut all) = (ControlLines::default(), Vec::new());
    for piece in pieces {
        lines.take(piece, |said| all.push(said.map_err(|error| error.to_string())));
    }
    lines.end(|said| all.push(said.map_err(|error| error.to_string())));
    all
}
