//! Whether a command says what a chapter shows, but for what is another one each time: ids of runs, processes and times.

pub(crate) fn alike(shown: &str, said: &str, in_any_order: bool) -> bool {
    let settled = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(settled).collect();
        if in_any_order {
            lines.sort_unstable();
        }
        lines
    };
    settled(shown) == settled(said)
}

/// The line with words in place of what changes.
fn settled(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let number = word.strip_suffix('s').unwrap_or(word);
        let is_time = || number.parse::<f64>().is_ok() && (number.contains('.') || number != word);
        let word = match words.last().map(String::as_str) {
            Some("process") if word.parse::<u32>().is_ok() => "PROCESS".to_owned(),
            Some("in" | "after") if is_time() => "TIME".to_owned(),
            _ => word.split('/').map(|part| if is_run(part) { "RUN" } else { part }).collect::<Vec<_>>().join("/"),
        };
        words.push(word);
    }
    words.join(" ")
}

/// Whether it is an id of a run, a UUID.
fn is_run(part: &str) -> bool {
    let groups: Vec<&str> = part.split('-').collect();
    let is_hex = part.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    is_hex && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
}

#[test]
fn what_changes_each_time_may_differ() {
    let shown = "a: started, process 12\nfinished in 0.02 s; see /runs/01a1fead-7cde-742b-8fcf-ef39abf67218\n1 passed in 0.1s\n";
    let said =
        "a: started, process 7\nfinished in 1.5 s; see /runs/01a1feb0-f20e-7395-9e51-c556bef1b760\n1 passed in 20s\n";
    assert!(alike(shown, said, false));
}

#[test]
fn everything_else_must_be_the_same() {
    for (shown, said) in [
        ("a\n", "b\n"),
        ("a\n", ""),
        ("a\nb\n", "b\na\n"),
        ("process a\n", "process b\n"),
        ("in 2 parts\n", "in 3 parts\n"),
        ("runs/01a1fead\n", "runs/01a1feb0\n"),
    ] {
        assert!(!alike(shown, said, false), "{shown}{said}");
    }
    assert!(alike("a\nb\n", "b\na\n", true));
    assert!(!alike("a\nb\n", "b\nb\n", true));
}
