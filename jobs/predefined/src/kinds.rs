//! The list of all predefined jobs.

use pipeloom_job::JobKind;

use crate::{bytes_sink, csv_sink, lines_sink, logging_sink, null_sink};
use crate::{bytes_source, clock, count, data, interactive, lines_source};
use crate::{distribute, forward, gather, level, rate_limit, spectrum, switch, window};

/// All predefined jobs: sources, connectors, sinks, each by name.
pub const KINDS: &[JobKind] = &[
    bytes_source::KIND,
    clock::KIND,
    count::KIND,
    data::KIND,
    interactive::KIND,
    lines_source::KIND,
    distribute::KIND,
    forward::KIND,
    gather::KIND,
    level::KIND,
    rate_limit::KIND,
    spectrum::KIND,
    switch::KIND,
    window::KIND,
    bytes_sink::KIND,
    csv_sink::KIND,
    lines_sink::KIND,
    logging_sink::KIND,
    null_sink::KIND,
];
