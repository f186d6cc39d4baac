//! What is asked of a run through the socket in its directory, and what it answers: one JSON object per line each.
//!
//! ```text
//! {"v":1,"send":{"job":"ask","line":"+"}}     a line for a job
//! {"v":1,"send":{"job":"ask","end":true}}     there will be no more lines for it
//!
//! {"v":1,"ok":true}
//! {"v":1,"error":"job `ask` has ended"}
//! ```
//!
//! Answers come in the order of the requests. Something new that may be asked is a new key beside `send`.

use serde::{Deserialize, Serialize};

/// The version of this format.
const VERSION: u32 = 1;

/// The longest request that is taken, in bytes with its line break.
pub const MAX_REQUEST_BYTES: usize = 1 << 20;

/// The socket's name in the run's directory.
pub const SOCKET_NAME: &str = "socket";

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Gives a job a line, tells it that there are no more, or both.
    Send(SendRequest),
}

/// Something for a job that takes lines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// The job's name.
    pub job: String,
    /// A line, without its line break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Whether there are no more lines after this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It was done.
    Ok,
    /// It was not, and why.
    Error(String),
}

/// Why a line is no request or no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotUnderstood(String);

impl std::fmt::Display for NotUnderstood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotUnderstood {}

impl From<serde_json::Error> for NotUnderstood {
    fn from(error: serde_json::Error) -> NotUnderstood {
        NotUnderstood(error.to_string())
    }
}

/// Only what every version has.
#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

/// A request or an answer on its line.
#[derive(Serialize, Deserialize)]
struct Enveloped<T> {
    v: u32,
    #[serde(flatten)]
    content: T,
}

/// An answer as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Written {
    Ok(bool),
    Error(String),
}

impl Request {
    /// The request on a line of its own.
    ///
    /// # Errors
    /// If it is longer than a run takes.
    pub fn to_line(&self) -> Result<String, NotUnderstood> {
        let mut line = serde_json::to_string(&Enveloped { v: VERSION, content: self })?;
        line.push('\n');
        if line.len() > MAX_REQUEST_BYTES {
            return Err(NotUnderstood(format!("it is longer than {MAX_REQUEST_BYTES} bytes")));
        }
        Ok(line)
    }

    /// Reads a request, with its line break or without.
    ///
    /// # Errors
    /// If the line is none.
    pub fn from_line(line: &[u8]) -> Result<Request, NotUnderstood> {
        open(line)
    }
}

impl Answer {
    /// The answer on a line of its own.
    pub fn to_line(&self) -> String {
        let content = match self {
            Answer::Ok => Written::Ok(true),
            Answer::Error(error) => Written::Error(error.clone()),
        };
        // Texts and truth values always stand in JSON.
        let line = serde_json::to_string(&Enveloped { v: VERSION, content }).unwrap_or_default();
        line + "\n"
    }

    /// Reads an answer, with its line break or without.
    ///
    /// # Errors
    /// If the line is none.
    pub fn from_line(line: &[u8]) -> Result<Answer, NotUnderstood> {
        match open(line)? {
            Written::Ok(true) => Ok(Answer::Ok),
            Written::Ok(false) => Err(NotUnderstood("\"ok\" is never false".to_owned())),
            Written::Error(error) => Ok(Answer::Error(error)),
        }
    }
}

/// The version first: what a later one says is wrong by this one's rules.
fn open<T: for<'de> Deserialize<'de>>(line: &[u8]) -> Result<T, NotUnderstood> {
    let Versioned { v } = serde_json::from_slice(line)?;
    if v != VERSION {
        return Err(NotUnderstood(format!("version {v} is not known, only {VERSION}")));
    }
    Ok(serde_json::from_slice::<Enveloped<T>>(line)?.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(line: Option<&str>, end: bool) -> Request {
        Request::Send(SendRequest { job: "ask".to_owned(), line: line.map(str::to_owned), end })
    }

    #[test]
    fn requests_and_answers_are_as_documented() {
        for (request, line) in [
            (send(Some("+"), false), "{\"v\":1,\"send\":{\"job\":\"ask\",\"line\":\"+\"}}\n"),
            (send(None, true), "{\"v\":1,\"send\":{\"job\":\"ask\",\"end\":true}}\n"),
            (send(Some(""), true), "{\"v\":1,\"send\":{\"job\":\"ask\",\"line\":\"\",\"end\":true}}\n"),
        ] {
            assert_eq!(request.to_line().unwrap(), line);
            assert_eq!(Request::from_line(line.as_bytes()).unwrap(), request);
        }
        for (answer, line) in [
            (Answer::Ok, "{\"v\":1,\"ok\":true}\n"),
            (Answer::Error("job `ask` has ended".to_owned()), "{\"v\":1,\"error\":\"job `ask` has ended\"}\n"),
        ] {
            assert_eq!(answer.to_line(), line);
            assert_eq!(Answer::from_line(line.trim_end().as_bytes()).unwrap(), answer);
        }
    }

    #[test]
    fn what_is_no_request_says_why() {
        let why = |line: &str| Request::from_line(line.as_bytes()).unwrap_err().to_string();
        assert_eq!(why(r#"{"v":2,"send":{"job":"ask","text":"+"}}"#), "version 2 is not known, only 1");
        assert!(why("hello").starts_with("expected value"), "{}", why("hello"));
        assert!(why("{}").starts_with("missing field `v`"), "{}", why("{}"));
        assert!(why(r#"{"v":1}"#).contains("variant"), "{}", why(r#"{"v":1}"#));
        assert!(why(r#"{"v":1,"stop":{}}"#).contains("variant"), "{}", why(r#"{"v":1,"stop":{}}"#));
        assert!(why(r#"{"v":1,"send":{"jib":"x"}}"#).contains("unknown field `jib`"));
        assert!(why(r#"{"v":1,"send":{"line":"x"}}"#).contains("missing field `job`"));
        assert!(Answer::from_line(br#"{"v":1,"ok":false}"#).is_err());
    }

    #[test]
    fn a_request_has_a_longest_length() {
        assert!(send(Some(&"x".repeat(MAX_REQUEST_BYTES - 100)), false).to_line().is_ok());
        assert!(send(Some(&"x".repeat(MAX_REQUEST_BYTES)), false).to_line().is_err());
        assert!(send(Some(&"\n".repeat(MAX_REQUEST_BYTES / 2)), false).to_line().is_err());
    }
}
