//! The jobs that every network can use by name (`use = "..."`).
//!
//! | name | what it does |
//! |---|---|
//! | [`count`] | counts |
//! | [`lines_source`], [`bytes_source`] | read a file or standard input, by lines or in blocks of a fixed size |
//! | [`forward`] | passes blocks on |
//! | [`spectrum`] | short-time spectra of samples |
//! | [`level`] | RMS and dB of samples or spectra |
//! | [`csv_sink`] | writes a CSV file |
//! | [`lines_sink`], [`bytes_sink`] | write a file or standard output |
//! | [`null_sink`] | counts what it takes |
//!
//! Each module holds the job's arguments, its [`pipeloom_job::JobKind`] and its documentation; [`KINDS`] lists them all.
//! A path in an argument is relative to the network file; folders that are missing on the way to a file that is written
//! are made. Where `-` is allowed as a path it means standard input or standard output.

pub mod bytes_sink;
pub mod bytes_source;
pub mod count;
pub mod csv_sink;
pub mod forward;
pub mod level;
pub mod lines_sink;
pub mod lines_source;
pub mod null_sink;
pub mod spectrum;
pub mod window;

mod files;
mod kinds;
mod samples;

pub use kinds::KINDS;
