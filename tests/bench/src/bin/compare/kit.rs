//! Forwarders with a kit, each built from the project's own files when it is first asked for.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    args::{Places, project},
    bare::argv,
    error::BenchError,
    network::Job,
};

/// A kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kit {
    Rust,
    C,
    Python,
}

impl Kit {
    /// A job that passes each block on; with `head`, it says that it has a kit, and so needs nobody around it.
    ///
    /// # Errors
    /// A tool is missing, or says that something is wrong.
    pub(crate) fn forwarder(self, places: &Places, head: bool) -> Result<Job, BenchError> {
        let forwarder = match self {
            Self::Rust => in_rust(places, &[]),
            Self::C => Job::executable(&[built_in_c(places)?.into_os_string()], false),
            Self::Python => in_python("Forward")?,
        };
        Ok(forwarder.with_kit(head))
    }
}

/// The forwarder in Rust, with these flags.
pub(crate) fn in_rust(places: &Places, flags: &[&str]) -> Job {
    Job::executable(&argv(places, "kit-forward", flags), false)
}

/// One of the forwarders in Python.
///
/// # Errors
/// There is no Python.
pub(crate) fn in_python(class: &str) -> Result<Job, BenchError> {
    run("python3", &["--version".into()], "the rows of the kit for Python")?;
    let mut forwarder = project("tests/bench/kits/forward.py").into_os_string();
    forwarder.push(format!(":{class}"));
    let kit = project("jobs/python/src").to_string_lossy().into_owned();
    let job = Job::executable(&["python3".into(), "-m".into(), "pipeloom".into(), forwarder], false);
    Ok(Job { env: BTreeMap::from([("PYTHONPATH", kit)]), ..job })
}

fn built_in_c(places: &Places) -> Result<PathBuf, BenchError> {
    let program = places.built.path().join("forward-in-c");
    if !program.exists() {
        let words = ["-std=c99", "-O2", "-I"].map(OsString::from);
        let files = [project("jobs/c"), project("tests/bench/kits/forward.c"), "-o".into(), program.clone()];
        let argv: Vec<OsString> = words.into_iter().chain(files.map(PathBuf::into_os_string)).collect();
        run("cc", &argv, "the rows of the kit for C")?;
    }
    Ok(program)
}

#[expect(clippy::disallowed_methods, reason = "a tool that is waited for at once; no warden belongs here")]
fn run(tool: &'static str, argv: &[OsString], needed_for: &'static str) -> Result<(), BenchError> {
    let status = Command::new(tool).args(argv).stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(BenchError::Tool { tool, needed_for, source: io::Error::other(status.to_string()) }),
        Err(source) => Err(BenchError::Tool { tool, needed_for, source }),
    }
}
