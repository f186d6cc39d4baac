//! The list of all predefined jobs.

use pipeloom_job::JobKind;

use crate::{bytes_sink, bytes_source, count, csv_sink, forward, level, lines_sink, lines_source, null_sink, spectrum};

/// All predefined jobs: sources, connectors, sinks, each by name.
pub const KINDS: &[JobKind] = &[
    bytes_source::KIND,
    count::KIND,
    lines_source::KIND,
    forward::KIND,
    level::KIND,
    spectrum::KIND,
    bytes_sink::KIND,
    csv_sink::KIND,
    lines_sink::KIND,
    null_sink::KIND,
];
