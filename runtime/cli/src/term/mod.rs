//! The terminal.
//!
//! ```text
//! color     whether there are colours, and which
//! size      columns and rows
//! out       writing, whoever reads or does not
//! escape    what others have named or written, without what a terminal would obey
//! amounts   bytes, counts and times for people
//! log       what libraries log
//! ```

pub(crate) mod amounts;
pub(crate) mod color;
pub(crate) mod escape;
pub(crate) mod log;
pub(crate) mod out;
pub(crate) mod size;
