//! What of a file could not be read.

use std::collections::HashSet;

/// The paths of keys that were refused. Checks that would conclude something from a key's absence ask here first, so
/// that one mistake is one error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lost(HashSet<Vec<String>>);

impl Lost {
    pub(super) fn add(&mut self, path: Vec<String>) {
        self.0.insert(path);
    }

    /// Whether one of `keys` of the job is lost.
    pub(crate) fn of_job(&self, job: &str, keys: &[&str]) -> bool {
        self.any("jobs", job, keys)
    }

    /// Whether one of `keys` of the pipe, or all of it, is lost.
    pub(crate) fn of_pipe(&self, pipe: &str, keys: &[&str]) -> bool {
        self.any("pipes", pipe, keys) || self.has(&["pipes", pipe]) || self.has(&["pipes"])
    }

    /// Whether the parameter is lost.
    pub(crate) fn param(&self, name: &str) -> bool {
        self.has(&["params", name]) || self.has(&["params"])
    }

    /// Whether something is lost that may have been an end of a pipe, or a job.
    pub(crate) fn ends(&self) -> bool {
        self.0.iter().any(|path| {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            matches!(path[..], ["jobs" | "pipes"] | ["jobs" | "pipes", _] | ["jobs", _, "inputs" | "outputs"])
                || matches!(path[..], ["pipes", _, "external"])
        })
    }

    fn any(&self, table: &str, name: &str, keys: &[&str]) -> bool {
        !self.0.is_empty() && keys.iter().any(|key| self.has(&[table, name, key]))
    }

    fn has(&self, path: &[&str]) -> bool {
        !self.0.is_empty() && self.0.iter().any(|lost| lost == path)
    }
}
