//! What is asked through a run's socket, and what is answered.

use pipeloom_events::request::{Answer, MAX_REQUEST_BYTES, Request};

/// Pieces of requests.
pub const WORDS: &[&str] = &[
    "{\"v\":1,\"send\":{\"job\":\"ask\",",
    "\"line\":\"+\"",
    "\"end\":true",
    "}}",
    "{\"v\":2,",
    "\"ok\":true}",
    "\"error\":\"no\"}",
    "\\ud800",
    "\\u0000",
    "4294967296",
    "[[[[",
];

/// A line: it is refused with a text, or it can be written and read again.
pub fn requests(data: &[u8]) {
    match Request::from_line(data) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(request) => match request.to_line() {
            Err(_) => assert!(data.len() > MAX_REQUEST_BYTES / 6, "a short request grows too long"),
            Ok(line) => {
                assert_eq!(line.find('\n'), Some(line.len() - 1), "not one line: {line:?}");
                assert_eq!(Request::from_line(line.as_bytes()), Ok(request));
            }
        },
    }
    if let Ok(answer) = Answer::from_line(data) {
        let line = answer.to_line();
        assert_eq!(line.find('\n'), Some(line.len() - 1), "not one line: {line:?}");
        assert_eq!(Answer::from_line(line.as_bytes()), Ok(answer));
    }
}
