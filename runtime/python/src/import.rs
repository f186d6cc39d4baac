//! Projects of other systems as network files, read by the kit.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::kit;

/// Isolated (`-I`), the interpreter looks for modules neither in the current folder nor where variables tell it to: no file
/// of the project can take the place of one of its own.
const START: &str = "import sys; sys.path.insert(0, sys.argv.pop(1)); \
    from pipeloom.importing.command import main; sys.exit(main())";

/// Runs the kit's converter with these arguments, which are those of `pipeloom.importing.command`. What it writes goes where
/// the caller's own output goes. Nothing of the project is run.
///
/// # Errors
/// That the interpreter cannot be run, and why.
#[expect(clippy::disallowed_methods, reason = "no run has begun, and it is waited for")]
pub fn import(interpreter: &Path, args: impl IntoIterator<Item = OsString>) -> Result<ExitStatus, String> {
    let kit = kit::folder().map_err(|error| error.to_string())?;
    let mut command = Command::new(interpreter);
    command.args(["-I", "-c", START]).arg(kit).args(args).stdin(Stdio::null());
    command.status().map_err(|error| format!("{} cannot be run: {error}", interpreter.display()))
}
