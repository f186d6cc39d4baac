//! `pipeloom new`: a folder with a network, or with a job and a network that uses it.
//!
//! ```text
//! name      what a network or a job may be called, and how its name is written in code
//! template  the files of a folder, with the name in them
//! checkout  the packages of a job out of Pipeloom's source
//! folder    writing them where nothing is yet
//! ```
//!
//! What stands in the folders are the files below `templates/`. The commands that their `README.md` begins with are said
//! when a folder has been made, as what to do next.

mod checkout;
mod folder;
mod name;
mod template;

use std::path::Path;

use pipeloom_events::ExitStatus;

use crate::args::{NewArgs, NewCommand};
use crate::term::color::{STRONG, paint};
use crate::term::escape::printable;
use crate::term::out;
use checkout::{Checkout, NoCheckout};
use folder::FolderError;
use name::{Name, NameError};
use template::{Template, UsedName};

/// Why no folder was made.
#[derive(Debug, thiserror::Error)]
enum NewError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    UsedName(#[from] UsedName),
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    #[error(transparent)]
    Folder(#[from] FolderError),
}

pub(crate) fn new(args: &NewArgs) -> ExitStatus {
    let (path, template, source) = match (&args.command, &args.path) {
        (Some(NewCommand::Job(job)), _) => (&job.path, Template::job(job.lang), job.source.as_deref()),
        (None, Some(path)) => (path, Template::network(), None),
        (None, None) => return out::fail(ExitStatus::Usage, "no name is given"),
    };
    match make(path, &template, source) {
        Ok(commands) => out::answer(&next(path, &commands)),
        Err(error) => out::fail(ExitStatus::Usage, error),
    }
}

/// Makes the folder and gives the commands that its files begin with.
fn make(path: &Path, template: &Template, source: Option<&Path>) -> Result<Vec<String>, NewError> {
    let name = if template.is_job { Name::of_job(path)? } else { Name::of_network(path)? };
    let mut files = template.files(&name)?;
    if let Some(source) = source {
        Checkout::at(source)?.name_in(&mut files);
    }
    folder::write(path, &files)?;
    Ok(template::commands(&files))
}

/// What is said when the folder is there.
fn next(path: &Path, commands: &[String]) -> String {
    let path = path.to_string_lossy();
    let quoted = quoted(&path);
    let lines: String = commands.iter().map(|command| format!("  {command}\n")).collect();
    format!("{} is made. Next:\n\n  cd {}\n{lines}", paint(STRONG, printable(&path)), printable(&quoted))
}

/// A path as a shell reads it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/-_.".contains(c);
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_said_as_a_shell_reads_it() {
        let said = next(Path::new("it's/loud"), &["make".to_owned()]);
        assert!(said.ends_with("  cd 'it'\\''s/loud'\n  make\n"), "{said}");
    }
}
