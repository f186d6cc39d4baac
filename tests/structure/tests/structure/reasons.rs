//! docs/dependencies.md says why each crate depends on what it depends on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::workspace::{Workspace, assert_none};

const DOCUMENT: &str = "docs/dependencies.md";

/// Crates and the names under them.
type Names = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_dependency_has_a_reason_and_every_reason_a_dependency() {
    let workspace = Workspace::load();
    let used = dependencies(&workspace);
    let explained = reasons(&workspace.read(Path::new(DOCUMENT)));
    let none = BTreeSet::new();
    let mut wrong = Vec::new();
    for package in used.keys().chain(explained.keys()).collect::<BTreeSet<_>>() {
        let used = used.get(package).unwrap_or(&none);
        let explained = explained.get(package).unwrap_or(&none);
        wrong.extend(used.difference(explained).map(|name| format!("## {package}: add `- {name}: (the reason)`")));
        wrong.extend(explained.difference(used).map(|name| format!("## {package}: {name} is not used any more")));
    }
    assert_none(&wrong);
}

fn dependencies(workspace: &Workspace) -> Names {
    let outside = |name: &String| !workspace.is_member(name);
    let names = |member: &cargo_metadata::Package| {
        member.dependencies.iter().map(|used| used.name.clone()).filter(outside).collect()
    };
    workspace.members().into_iter().map(|member| (member.name.to_string(), names(member))).collect()
}

/// What stands in the document: `- NAME: reason` or `- NAME (tests): reason` under `## CRATE`.
fn reasons(text: &str) -> Names {
    let mut reasons = Names::new();
    let mut package = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            package = Some(name.to_owned());
        } else if let (Some(item), Some(package)) = (line.strip_prefix("- "), &package) {
            let (name, reason) = item.split_once(": ").unwrap_or((item, ""));
            assert!(!reason.is_empty(), "{DOCUMENT}: no reason in the line \"{line}\"");
            let name = name.strip_suffix(" (tests)").unwrap_or(name);
            let first = reasons.entry(package.clone()).or_default().insert(name.to_owned());
            assert!(first, "{DOCUMENT}: {name} stands twice under {package}");
        }
    }
    reasons
}
