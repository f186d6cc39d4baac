//! Names of the file that are kept for later versions. They are refused by name: never ignored, and never "unknown".

/// Whether `key` of the table at `path` is kept for later.
pub(super) fn is_kept(path: &[String], key: &str) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let kept: &[&str] = match path[..] {
        [] => &["data", "engine", "hooks", "nodes", "result", "stage"],
        ["jobs", _] => &["data"],
        _ => &[],
    };
    kept.contains(&key)
}
