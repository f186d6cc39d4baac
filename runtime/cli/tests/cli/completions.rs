//! Completions and the schema.

use crate::command::pipeloom;

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = pipeloom(&["completions", shell]).done().exits(0).says_nothing_on_stderr();
        assert!(done.stdout.contains("time-limit"), "{shell}");
    }
    pipeloom(&["completions", "dash"]).done().exits(2);
}

#[test]
fn the_schema_describes_jobs_and_pipes() {
    let done = pipeloom(&["schema"]).done().exits(0).says_nothing_on_stderr();
    let schema: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(schema["properties"]["jobs"].is_object() && schema["properties"]["pipes"].is_object());
}
