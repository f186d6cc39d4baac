//! `pipeloom schema`.

use pipeloom_events::ExitStatus;

use crate::term::out;

/// Prints the network file's JSON Schema.
pub(crate) fn schema() -> ExitStatus {
    // A schema is a value, whose pretty form cannot fail; the alternate form of `Display` is just that.
    out::answer(&format!("{:#}\n", pipeloom_config::schema()))
}
