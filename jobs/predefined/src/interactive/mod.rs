//! `interactive`: lines that people type at the terminal, or send while the network runs.
//!
//! ```toml
//! [jobs.ask]
//! use = "interactive"
//! args = { prompt = "operator? " }
//! outputs = ["operators"]
//!
//! [pipes.operators]
//! codec = "lines"
//! ```
//!
//! Each line is a text and goes to all outputs, written by each pipe's codec: under `lines` as it is, under `json` as a JSON
//! string. An empty line ends the job, and so does the end of the input (Ctrl-D at the start of a line).
//!
//! Lines come from two places at the same time:
//!
//! - from standard input, if that is a terminal and no other job reads it. With `stdin = true` it is read whatever it is,
//!   and with `stdin = false` it is left alone. Of several jobs that would read the terminal, the first in the file does.
//! - from `pipeloom send RUN JOB LINE`, called anywhere on the same machine by the same user. `pipeloom send RUN JOB --end`
//!   ends the job as an empty line does.
//!
//! The prompt is shown, on standard error, only where the job reads a terminal. The last line carries the finished mark
//! only if the end is there together with it; else the job ends without it.

mod sources;

use std::io::Write;

use pipeloom_job::typed::{Output, Source, SourceJob};
use pipeloom_job::{
    Args, ArgsError, CodecName, Flow, JobError, JobKind, PortList, PortType, Ports, Setup, StandardInput, Steps,
};
use schemars::JsonSchema;
use serde::Deserialize;

use sources::{Came, Sources};

/// The arguments of `interactive`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InteractiveArgs {
    /// What is shown before each line where the job reads a terminal.
    pub prompt: String,
    /// Whether standard input is read: `true`, `false`, or `"auto"` for only if it is a terminal and no other job reads it.
    pub stdin: Stdin,
}

/// Whether standard input is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Stdin {
    /// It is, or it is not.
    Say(bool),
    /// As suits.
    Auto(Auto),
}

/// The word for what suits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// If it is a terminal and no other job reads it.
    Auto,
}

impl Default for Stdin {
    fn default() -> Stdin {
        Stdin::Auto(Auto::Auto)
    }
}

/// `interactive` by name.
pub const KIND: JobKind = JobKind {
    name: "interactive",
    about: "sends lines that are typed at the terminal or sent by `pipeloom send`",
    args: &|| schemars::schema_for!(InteractiveArgs),
    ports: &|args| {
        let standard_input = match parse(args)?.stdin {
            Stdin::Say(true) => StandardInput::Needed,
            Stdin::Say(false) => StandardInput::Unused,
            Stdin::Auto(Auto::Auto) => StandardInput::IfFree,
        };
        let texts = PortType::values(&[CodecName::Lines, CodecName::Json, CodecName::Bincode, CodecName::Framed]);
        let ports = Ports::new(PortList::none(), PortList::some(texts));
        Ok(Ports { steps: Steps::Free, blocks: true, lines: true, standard_input, ..ports })
    },
    new: &|args| {
        let InteractiveArgs { prompt, stdin } = parse(args)?;
        Ok(SourceJob::boxed(Interactive { prompt, stdin, is_prompted: false, ahead: None, sources: None }))
    },
};

fn parse(args: &Args) -> Result<InteractiveArgs, ArgsError> {
    args.parse().map_err(|error: ArgsError| match &error.path[..] {
        // What serde says of an untagged enum names only our types.
        [key] if key == "stdin" => ArgsError::at("stdin", "expected true, false or \"auto\""),
        _ => error,
    })
}

struct Interactive {
    prompt: String,
    stdin: Stdin,
    /// The prompt stands there, and nothing was typed behind it yet.
    is_prompted: bool,
    /// A line that was there together with the one before it.
    ahead: Option<String>,
    sources: Option<Sources>,
}

impl Source for Interactive {
    type Out = String;

    fn setup(&mut self, setup: &Setup) -> Result<(), JobError> {
        self.sources = Some(Sources::open(self.stdin == Stdin::Say(true), setup)?);
        Ok(())
    }

    fn step(&mut self, out: &mut Output<'_, String>) -> Result<Flow, JobError> {
        let Some(sources) = &mut self.sources else { return Ok(Flow::Done) };
        let line = match self.ahead.take().map_or_else(|| sources.next(), |line| Ok(Came::Line(line)))? {
            Came::Line(line) => line,
            Came::End => return Ok(Flow::Done),
            Came::NotYet => {
                self.show_prompt();
                return self.when_ready();
            }
        };
        self.is_prompted = false;
        let next = sources.next()?;
        out.send_all(&line)?;
        match next {
            Came::End => Ok(Flow::Done),
            Came::NotYet => {
                self.show_prompt();
                self.when_ready()
            }
            Came::Line(line) => {
                self.ahead = Some(line);
                Ok(Flow::Again)
            }
        }
    }
}

impl Interactive {
    fn when_ready(&self) -> Result<Flow, JobError> {
        Ok(self.sources.as_ref().map_or(Flow::Done, Sources::when_ready))
    }

    /// Nobody sees it where standard error is closed, and that harms nothing.
    fn show_prompt(&mut self) {
        let asks = self.sources.as_ref().is_some_and(Sources::reads_terminal) && !self.prompt.is_empty();
        if asks && !self.is_prompted {
            let mut stderr = std::io::stderr().lock();
            let _ = stderr.write_all(self.prompt.as_bytes()).and_then(|()| stderr.flush());
            self.is_prompted = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeloom_job::Codec;
    use pipeloom_job::testing::{JobTest, Outcome};
    use serde_json::json;

    fn sent(lines: &[&str], codec: Codec) -> Outcome {
        let test = JobTest::of_kind(&KIND, json!({"prompt": "? "})).unwrap();
        test.lines(lines.iter().copied()).writes("one", codec).writes("two", Codec::Json).run()
    }

    #[test]
    fn each_line_goes_to_all_outputs_by_their_codecs() {
        let outcome = sent(&["+", "a \"b\" é"], Codec::Lines);
        assert_eq!(outcome.texts(0), ["+", "a \"b\" é"]);
        assert_eq!(outcome.texts(1), ["\"+\"", "\"a \\\"b\\\" é\""]);
        for codec in [Codec::Bincode, Codec::Framed] {
            assert_eq!(sent(&["+", "-"], codec).values::<String>(0), ["+", "-"]);
        }
    }

    #[test]
    fn an_empty_line_ends_it_and_so_does_the_end() {
        for lines in [&["a", "b"][..], &["a", "b", ""], &["a", "b", "", "c"]] {
            let outcome = sent(lines, Codec::Lines);
            assert_eq!(outcome.texts(0), ["a", "b"]);
            // The end was there together with the last line.
            assert!(outcome.is_finished());
        }
        assert!(sent(&[], Codec::Lines).texts(0).is_empty());
        assert!(sent(&[" "], Codec::Lines).is_finished(), "a space is a line");
    }

    #[test]
    fn what_it_reads_is_known_before() {
        let standard_input = |stdin: serde_json::Value| {
            let args = Args::from_iter([("stdin".to_owned(), stdin)]);
            (KIND.ports)(&args).map(|ports| ports.standard_input)
        };
        assert_eq!(standard_input(json!(true)), Ok(StandardInput::Needed));
        assert_eq!(standard_input(json!(false)), Ok(StandardInput::Unused));
        assert_eq!(standard_input(json!("auto")), Ok(StandardInput::IfFree));
        assert_eq!(standard_input(json!("yes")), Err(ArgsError::at("stdin", "expected true, false or \"auto\"")));
        let wrong = JobTest::of_kind(&KIND, json!({"prompt": 1})).unwrap_err();
        assert_eq!(wrong.path, ["prompt"]);
    }
}
