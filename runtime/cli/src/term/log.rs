//! What libraries log: warnings and worse, or what `RUST_LOG` asks for.

use std::io::Write;

use env_logger::{Builder, Env};
use log::Level;

use super::color::{ERROR, FAINT, WARNING, paint};
use super::escape::printable;

/// Shows what is logged on standard error.
pub(crate) fn init() {
    let mut builder = Builder::from_env(Env::default().default_filter_or("warn"));
    builder.target(env_logger::Target::Pipe(Box::new(anstream::stderr())));
    builder.format(|out, record| {
        let message = record.args().to_string();
        let message = printable(&message);
        match record.level() {
            Level::Error => writeln!(out, "{} {message}", paint(ERROR, "error:")),
            Level::Warn => writeln!(out, "{} {message}", paint(WARNING, "warning:")),
            level => writeln!(out, "{} {message}", paint(FAINT, format_args!("{level} {}:", record.target()))),
        }
    });
    builder.init();
}
