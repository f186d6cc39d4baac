//! What of a file could not be read.

use std::collections::HashSet;

/// The paths of keys that were refused. Checks that would conclude something from a key's absence ask here first, so
/// that one mistake is one error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lost {
    paths: HashSet<Vec<String>>,
    ends: bool,
}

impl Lost {
    pub(super) fn add(&mut self, path: Vec<String>) {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        self.ends |= matches!(
            names[..],
            ["jobs" | "pipes"] | ["jobs" | "pipes", _] | ["jobs", _, "inputs" | "outputs"] | ["pipes", _, "external"]
        );
        // Who asks for a table or a parameter wants to know whether all of it is there.
        let whole = if path[0] == "params" { 2 } else { 3 };
        if path.len() > whole {
            self.paths.insert(path[..whole].to_vec());
        }
        self.paths.insert(path);
    }

    /// Whether one of `keys` of the job is lost.
    pub(crate) fn of_job(&self, job: &str, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(&["jobs", job, key]))
    }

    /// Whether one of `keys` of the pipe, or all of it, is lost.
    pub(crate) fn of_pipe(&self, pipe: &str, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(&["pipes", pipe, key])) || self.has(&["pipes", pipe]) || self.has(&["pipes"])
    }

    /// The names of the parameters of which something is lost.
    pub(crate) fn params(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().filter(|path| path.len() == 2 && path[0] == "params").map(|path| path[1].as_str())
    }

    /// Whether something of the parameter is lost.
    pub(crate) fn param(&self, name: &str) -> bool {
        self.has(&["params", name]) || self.has(&["params"])
    }

    /// Whether something is lost that may have been an end of a pipe, or a job.
    pub(crate) fn ends(&self) -> bool {
        self.ends
    }

    fn has(&self, path: &[&str]) -> bool {
        // Nearly always nothing is lost at all.
        !self.paths.is_empty() && self.paths.contains(&path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }
}
