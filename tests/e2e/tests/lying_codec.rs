//! A codec that says what cannot be fails its pipe by name, and nothing hangs.

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::pipeloom;
use pipeloom_engine::{Options, start};
use pipeloom_job::CustomCodec;
use pipeloom_job::codec::{Around, CodecError, Found};
use serde_json::Value;

/// What a codec may do wrong.
#[derive(Debug)]
enum Liar {
    Stands,
    Overlaps,
    Panics,
}

impl CustomCodec for Liar {
    fn name(&self) -> &'static str {
        match self {
            Liar::Stands => "stands",
            Liar::Overlaps => "overlaps",
            Liar::Panics => "panics",
        }
    }

    fn about(&self) -> &'static str {
        "Nothing that is true."
    }

    fn frame(&self, _bytes: &[u8], _searched: usize) -> Result<Found, CodecError> {
        match self {
            Liar::Stands => Ok(Found::Block { payload: 0..0, next: 0 }),
            Liar::Overlaps => Ok(Found::Block { payload: 0..2, next: 1 }),
            Liar::Panics => panic!("for this test"),
        }
    }

    fn surround(&self, _payload: &[u8], _around: &mut Around) -> Result<(), CodecError> {
        Ok(())
    }

    fn decode(&self, _payload: &[u8]) -> Result<Value, CodecError> {
        Ok(Value::Null)
    }

    fn encode(&self, _value: &Value, _payload: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(())
    }
}

const LIARS: [&dyn CustomCodec; 3] = [&Liar::Stands, &Liar::Overlaps, &Liar::Panics];

/// How a run fails in which a relay, or a native reader alone, reads by this codec.
fn failure(codec: &str, readers: &[&str]) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let mut text = format!(
        "[jobs.writer]\nexec = ['echo', 'something']\npass = 'stdio'\noutputs = ['p']\n[pipes.p]\ncodec = '{codec}'\n"
    );
    for reader in readers {
        text += &format!("[jobs.{reader}]\nuse = 'null-sink'\ninputs = ['p']\n");
    }
    let text = Text { path: dir.path().join("network.toml"), text };
    let path_env = std::env::var_os("PATH");
    let options =
        CheckOptions { kinds: pipeloom_predefined::KINDS, codecs: &LIARS, path_env, ..CheckOptions::default() };
    let network = check(text, &options).expect("the network is right");
    let options = Options { warden: (pipeloom(), Vec::new()), ..Options::in_folder(dir.path()) };
    let summary = start(network, options).expect("the run starts").wait();
    assert_eq!(summary.outcome, Outcome::Failed);
    summary.first_failure().expect("something has failed").1.message.clone()
}

#[test]
fn a_codec_that_lies_fails_its_pipe_by_name() {
    for (codec, words) in [
        ("stands", "the next block begins at byte 0"),
        ("overlaps", "the next block begins at byte 1"),
        ("panics", "it panicked"),
    ] {
        for readers in [&["one"][..], &["one", "two"]] {
            let message = failure(codec, readers);
            assert!(message.contains(&format!("pipe p: codec {codec} is faulty: ")), "{message}");
            assert!(message.contains(words), "{message}");
        }
    }
}
