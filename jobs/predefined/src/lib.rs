//! The jobs that every network can use by name (`use = "..."`).
//!
//! | name | what it does |
//! |---|---|
//! | [`count`] | counts |
//! | [`clock`] | ticks at an interval |
//! | [`data`] | sends values that are given in the network file, a CSV file or a file of JSON lines |
//! | [`lines_source`], [`bytes_source`] | read a file or standard input, by lines or in blocks of a fixed size |
//! | [`interactive`] | sends lines that people type, or send to the run |
//! | [`forward`] | passes blocks on |
//! | [`distribute`], [`gather`] | one input to all outputs, all inputs to one list |
//! | [`window`] | lists of the last blocks |
//! | [`switch`] | passes blocks on by a bit of their heads |
//! | [`rate_limit`] | passes no more blocks on than so many a second |
//! | [`spectrum`] | short-time spectra of samples |
//! | [`level`] | RMS and dB of samples or spectra |
//! | [`csv_sink`] | writes a CSV file |
//! | [`logging_sink`] | writes a CSV file of the times that jobs log |
//! | [`lines_sink`], [`bytes_sink`] | write a file or standard output |
//! | [`null_sink`] | counts what it takes |
//!
//! [`nul`] is a codec, for texts that end with a NUL byte.
//!
//! Each module holds the job's arguments, its [`pipeloom_job::JobKind`] and its documentation; [`KINDS`] lists them all, and
//! [`CODECS`] the codecs. A path in an argument is relative to the network file; folders that are missing on the way to a
//! file that is written are made. Where `-` is allowed as a path it means standard input or standard output.

pub mod bytes_sink;
pub mod bytes_source;
pub mod clock;
pub mod count;
pub mod csv_sink;
pub mod data;

pub mod distribute;
pub mod forward;
pub mod gather;
pub mod interactive;
pub mod level;
pub mod lines_sink;
pub mod lines_source;
pub mod logging_sink;
pub mod rate_limit;

pub mod nul;
pub mod null_sink;

pub mod spectrum;
pub mod switch;
pub mod window;
pub mod window_function;

mod codecs;
mod files;
mod kinds;
mod list;
mod numbers;
mod passing;
mod rows;
mod samples;
mod schedule;

pub use codecs::CODECS;
pub use kinds::KINDS;
