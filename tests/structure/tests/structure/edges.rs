//! Dependencies between our crates point one way, as docs/architecture.md draws them.

use crate::workspace::{Workspace, assert_none};

/// Each crate, and those of ours that it may use. Packages under `tests/` may use all, and only each other may use them.
const MAY_USE: &[(&str, &[&str])] = &[
    ("pipeloom-job", &[]),
    ("pipeloom-events", &[]),
    ("pipeloom-os", &[]),
    ("pipeloom-predefined", &["pipeloom-job"]),
    ("pipeloom-plugins", &["pipeloom-job"]),
    ("pipeloom-spool", &["pipeloom-job"]),
    ("pipeloom-example-polyglot", &["pipeloom-job"]),
    ("pipeloom-config", &["pipeloom-job"]),
    ("pipeloom-python", &["pipeloom-config", "pipeloom-job"]),
    (
        "pipeloom-engine",
        &["pipeloom-config", "pipeloom-events", "pipeloom-job", "pipeloom-os", "pipeloom-predefined", "pipeloom-spool"],
    ),
    (
        "pipeloom",
        &[
            "pipeloom-config",
            "pipeloom-engine",
            "pipeloom-events",
            "pipeloom-job",
            "pipeloom-os",
            "pipeloom-plugins",
            "pipeloom-predefined",
            "pipeloom-python",
        ],
    ),
    ("pipeloom-example-embedded", &["pipeloom-config", "pipeloom-engine", "pipeloom-job"]),
];

#[test]
fn crates_use_each_other_only_one_way() {
    let workspace = Workspace::load();
    let mut wrong = Vec::new();
    for member in workspace.members() {
        if workspace.is_for_tests(member) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| member.name == *name) else {
            wrong.push(format!("{}: no line in MAY_USE says what it may use", member.name));
            continue;
        };
        let ours = member.dependencies.iter().filter(|used| workspace.is_member(&used.name));
        wrong.extend(
            ours.filter(|used| !allowed.contains(&used.name.as_str()))
                .map(|used| format!("{} may not use {} ({} dependency)", member.name, used.name, used.kind)),
        );
    }
    assert_none(&wrong);
}

#[test]
fn what_may_be_used_stands_above_its_users() {
    for (at, (name, allowed)) in MAY_USE.iter().enumerate() {
        for used in *allowed {
            let above = MAY_USE[..at].iter().any(|(earlier, _)| earlier == used);
            assert!(above, "{used} stands below {name}, so that a cycle could go unseen");
        }
    }
}
