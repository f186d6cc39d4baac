//! What jobs left in the run's directory.

use std::fs;
use std::path::{Path, PathBuf};

use pipeloom_config::Network;
use pipeloom_events::request::SOCKET_NAME;

/// Folders inside folders deeper than this are not looked into.
const MAX_DEPTH: usize = 16;

/// What the runtime itself puts into a run's directory.
const OURS: [&str; 6] = ["network.toml", "origin.json", "events.jsonl", "logs", "spool", SOCKET_NAME];

/// Which files were copied into the jobs' working directories, and so are none of their results.
pub(crate) struct Copies {
    jobs: Vec<(PathBuf, Vec<PathBuf>)>,
}

impl Copies {
    pub(crate) fn of(network: &Network) -> Copies {
        let dependencies = network.jobs().filter_map(|(_, job)| {
            let executable = job.executable().filter(|executable| !executable.dependencies.is_empty())?;
            Some((Path::new("jobs").join(job.name.as_str()), executable.dependencies.clone()))
        });
        Copies { jobs: dependencies.collect() }
    }

    fn has(&self, file: &Path) -> bool {
        self.jobs.iter().any(|(dir, dependencies)| {
            file.strip_prefix(dir).is_ok_and(|inside| {
                dependencies.iter().any(|from| {
                    let is_itself = from.file_name().is_some_and(|name| inside == Path::new(name)) && from.is_file();
                    is_itself || from.join(inside).exists()
                })
            })
        })
    }
}

/// A file that a job left.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Left {
    /// Its path in the run's directory.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: u64,
}

/// The files that jobs left in `dir`, by path.
pub(crate) fn left_in(dir: &Path, copies: &Copies) -> Vec<Left> {
    let mut found = Vec::new();
    walk(dir, Path::new(""), 0, &mut found);
    found.retain(|file| !copies.has(&file.path));
    found.sort();
    found
}

fn walk(root: &Path, inside: &Path, depth: usize, found: &mut Vec<Left>) {
    for entry in fs::read_dir(root.join(inside)).into_iter().flatten().flatten() {
        let path = inside.join(entry.file_name());
        if depth == 0 && OURS.iter().any(|ours| path == Path::new(ours)) {
            continue;
        }
        // Of the entry itself: a link may lead anywhere.
        let Ok(metadata) = entry.metadata() else { continue };
        if !metadata.is_dir() {
            found.push(Left { path, bytes: metadata.len() });
        } else if depth < MAX_DEPTH {
            walk(root, &path, depth + 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runtime_put_there_is_no_result() {
        let dir = tempfile::tempdir().unwrap();
        let source = tempfile::tempdir().unwrap();
        fs::write(source.path().join("code.py"), "x").unwrap();
        for folder in ["logs", "jobs/a", "deep/er"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let files = ["network.toml", "logs/a.stderr.log", "jobs/a/code.py", "jobs/a/out.txt", "deep/er/x.csv", "b.csv"];
        for file in files {
            fs::write(dir.path().join(file), "abc").unwrap();
        }
        let copies = Copies { jobs: vec![(PathBuf::from("jobs/a"), vec![source.path().to_owned()])] };
        let left: Vec<_> = left_in(dir.path(), &copies).into_iter().map(|left| left.path).collect();
        assert_eq!(left, [Path::new("b.csv"), Path::new("deep/er/x.csv"), Path::new("jobs/a/out.txt")]);
    }
}
