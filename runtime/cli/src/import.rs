//! `pipeloom import`: projects of other systems as network files.

use std::ffi::OsString;
use std::path::Path;

use clap::ValueEnum;
use pipeloom_events::ExitStatus;

use crate::args::ImportArgs;
use crate::term::out;

/// Has the kit for Python read the project; what it writes goes to standard output, what it says to standard error.
pub(crate) fn import(args: &ImportArgs) -> ExitStatus {
    let system = args.system.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut given: Vec<OsString> = Vec::new();
    for (flag, path) in [("--output=", &args.output), ("--interpreter=", &args.interpreter)] {
        if let Some(path) = path {
            let mut flag = OsString::from(flag);
            flag.push(path);
            given.push(flag);
        }
    }
    if args.force {
        given.push("--force".into());
    }
    // Behind the two signs a name may begin with one of its own.
    given.extend(["--".into(), system.into(), args.file.clone().into()]);
    let interpreter = args.interpreter.as_deref().unwrap_or(Path::new("python3"));
    match pipeloom_python::import(interpreter, given) {
        Ok(status) => match status.code() {
            Some(0) => ExitStatus::Success,
            Some(2) => ExitStatus::Usage,
            _ => out::fail(ExitStatus::Internal, format_args!("the interpreter ended with {status}")),
        },
        Err(why) => out::fail(ExitStatus::Usage, why),
    }
}
