//! What a program with a kit is started with.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use pipeloom_job::control::{PipeTable, TABLE_VERSION};
use pipeloom_job::executable::understand;

/// Pieces of the table and flags.
pub const WORDS: &[&str] = &[
    "{\"v\":1,\"head_size\":1,\"pipes\":[",
    "{\"name\":\"a\",\"direction\":\"input\",\"codec\":\"bytes\",\"block_size\":8,\"block_count\":1,\"head\":true,\"fd\":4}",
    "\"direction\":\"output\"",
    "\"codec\":\"framed\"",
    "\"path\":\"/x\"",
    "\"each\":true,",
    "]}",
    "-1",
    "256",
    "18446744073709551615",
    "\0-i\0",
    "\0-o\0",
    "\0--args\0{}",
    "\0--codec\0json",
    "\0--block-size\0",
    "\0--block-count\0",
    "\0--head\0",
];

/// Texts with NUL between them: what stands in `PIPELOOM_PIPES`, or nothing, and the arguments.
///
/// It is refused with a text, or every pipe has blocks of some size; and a table that can be read can be written.
pub fn program_start(data: &[u8]) {
    let mut texts = data.split(|byte| *byte == 0).map(|text| OsStr::from_bytes(text).to_owned());
    let table = texts.next().filter(|table| !table.is_empty());
    let read = table.as_ref().and_then(|table| serde_json::from_slice::<PipeTable>(table.as_bytes()).ok());
    let environment = |name: &str| -> Option<OsString> { table.clone().filter(|_| name == "PIPELOOM_PIPES") };
    match understand(texts, environment) {
        Err(error) => assert!(!error.is_empty()),
        Ok(pipes) => {
            let is_sound = |codec: pipeloom_job::Codec, count| codec.block_size() != Some(0) && count > 0;
            assert!(pipes.iter().all(|(codec, count)| is_sound(*codec, *count)), "{pipes:?}");
            if let Some(read) = &read {
                assert_eq!((read.v, pipes.len()), (TABLE_VERSION, read.pipes.len()));
            }
        }
    }
    if let Some(read) = read {
        let written = serde_json::to_string(&read).expect("a table is JSON");
        assert_eq!(serde_json::from_str::<PipeTable>(&written).expect("it can be read again"), read);
    }
}
