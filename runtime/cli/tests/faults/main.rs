//! A whole run whose n-th system call fails: in the runtime, in the warden, and in a program that runs a network itself.
//!
//! Whatever fails, the run comes to its end, says what was wrong unless nothing came of it, and leaves no process, no FIFO and
//! no descriptor. A few hundred calls are tried, chosen by a seed that is printed. `PIPELOOM_FAULTS=all` tries every call with
//! every error; `PIPELOOM_SEED=n` chooses the same ones again; `PIPELOOM_FAULT=runtime:17:EMFILE` tries one.

#![expect(clippy::unwrap_used, reason = "in a test a surprise is a failure")]

mod command;
mod library;
mod sample;
mod scene;

use std::sync::RwLock;

/// The counter of calls stands over the whole process, and tests make calls too: whoever counts those of this process has it alone.
static COUNTER: RwLock<()> = RwLock::new(());
