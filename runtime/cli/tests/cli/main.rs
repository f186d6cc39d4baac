//! The `pipeloom` command from outside: the real binary, real networks, what it says and how it ends.
//!
//! What it says is kept in `snapshots/`; `cargo insta review` shows what has changed.

#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]

mod check;
mod codecs;
mod command;
mod completions;
mod errors;
mod graph;
mod help;
mod import;
mod interactive;
mod jobs;
mod json;
mod new;
mod run;
mod send;
mod stopping;
mod sweep;
mod terminal;
mod trial;
mod trial_asks;
mod trial_wire;
