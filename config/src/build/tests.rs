//! What all tables have in common.

use std::collections::BTreeSet;

use serde_json::Value;

/// The keys that lead to values of the file: those of tables inside a table too.
fn keys<'a>(root: &'a Value, table: &'a Value, path: &mut Vec<&'a str>, found: &mut BTreeSet<Vec<String>>) {
    for (key, value) in table["properties"].as_object().into_iter().flatten() {
        path.push(key);
        let variants = value["anyOf"].as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for variant in variants {
            let target = variant["$ref"].as_str().and_then(|name| root.pointer(name.trim_start_matches('#')));
            let inside = target.filter(|target| target["properties"].is_object());
            match inside {
                Some(inside) => keys(root, inside, path, found),
                None => {
                    found.insert(path.iter().map(|key| (*key).to_owned()).collect());
                }
            }
        }
        path.pop();
    }
}

/// Fails unless `methods` and `others` together are all keys of the table and no more.
#[track_caller]
pub(super) fn assert_all_keys(table: &str, methods: &[&[&str]], others: &[&[&str]]) {
    let schema = crate::schema();
    let mut wanted = BTreeSet::new();
    keys(&schema, &schema["$defs"][table], &mut Vec::new(), &mut wanted);
    let owned = |path: &&[&str]| path.iter().map(|key| (*key).to_owned()).collect();
    let found: BTreeSet<Vec<String>> = methods.iter().chain(others).map(owned).collect();
    assert!(!wanted.is_empty());
    assert_eq!(found, wanted);
}
