//! `pipeloom graph`.

use crate::assert_seen;
use crate::command::{example, pipeloom, with_network};

#[test]
fn the_examples_are_drawn() {
    for name in ["hello", "voice", "logs"] {
        for format in ["text", "dot", "mermaid", "svg"] {
            let call = pipeloom(&["graph", "--format", format]).inside(&example(name));
            let done = call.done().exits(0).says_nothing_on_stderr();
            assert_seen!(format!("graph_{name}_{format}"), done.stdout);
        }
    }
}

#[test]
fn a_picture_goes_into_a_file() {
    let call = pipeloom(&["graph", "--format", "svg", "-o", "out.svg", "--color", "always"]);
    let done = call.file("network.toml", JOIN).done().exits(0).says_nothing_on_stderr();
    assert_eq!(done.stdout, "");
    let svg = std::fs::read_to_string(done.home().join("out.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains('\u{1b}'));
    let nowhere = with_network(JOIN, &["graph", "-o", "absent/out.txt"]).done().exits(2);
    assert!(nowhere.stderr.starts_with("error: cannot write absent/out.txt"), "{}", nowhere.stderr);
}

/// Two ways part and meet, and nothing is drawn twice.
const JOIN: &str = r#"
[jobs.start]
exec = ["cat"]
outputs = ["a", "b"]
[jobs.left]
exec = ["cat"]
inputs = ["a"]
outputs = ["c"]
[jobs.join]
exec = ["cat"]
inputs = ["b", "c"]
outputs = ["d"]
[jobs.end]
exec = ["cat"]
inputs = ["d"]
[pipes]
a.codec = "lines"
b.codec = "lines"
c.codec = "lines"
d.codec = "lines"
"#;

#[test]
fn a_job_below_two_others_is_shown_once_with_what_follows() {
    let done = with_network(JOIN, &["graph"]).done().exits(0);
    assert_seen!("graph_join", done.stdout);
}

#[test]
fn names_and_descriptions_cannot_break_out() {
    let network = concat!(
        "[network]\nname = \"a\\\"]; <script>\\u001b[2J\"\ndescription = \"</text>\\nx\"\n",
        "[jobs.one]\nexec = [\"true\"]\n",
    );
    for format in ["text", "dot", "mermaid", "svg"] {
        let done = with_network(network, &["graph", "--format", format]).done();
        // The check may refuse the name; if it does not, it is drawn as text.
        if done.code == Some(0) {
            assert!(!done.stdout.contains('\u{1b}'), "{format}: {:?}", done.stdout);
            assert!(format != "svg" || !done.stdout.contains("<script>"), "{}", done.stdout);
        }
    }
}

#[test]
fn a_long_row_of_jobs_goes_on_at_the_left() {
    let job = |n: usize| {
        let inputs = if n > 0 { format!("inputs = [\"p{}\"]\n", n - 1) } else { String::new() };
        let outputs = if n < 24 { format!("outputs = [\"p{n}\"]\n") } else { String::new() };
        format!("[jobs.j{n}]\nexec = [\"cat\"]\npass = \"stdio\"\n{inputs}{outputs}")
    };
    let network: String = (0..25).map(job).collect();
    let done = with_network(&network, &["graph"]).done().exits(0);
    let shown = |line: &str| done.stdout.lines().filter(|shown| shown.starts_with(line)).count();
    assert_eq!((shown("j0 "), shown("j21 "), shown("└─ p21 ▶ j22")), (1, 1, 1), "{}", done.stdout);
    assert_eq!(done.stdout.matches('↓').count(), 1, "{}", done.stdout);
}

/// Two pipes lead back: one to a job before its writer and on to the end, one to its writer.
const CYCLE: &str = r#"
[jobs.start]
exec = ["cat"]
outputs = ["voice"]
[jobs.mix]
exec = ["cat"]
inputs = ["voice", "echo"]
outputs = ["mixed"]
[jobs.delay]
exec = ["cat"]
head = true
inputs = ["mixed", "state"]
outputs = ["heard", "echo", "state"]
[jobs.end]
exec = ["cat"]
inputs = ["heard", "echo"]
[pipes]
voice.codec = "lines"
mixed.codec = "lines"
heard.codec = "lines"
echo = { codec = "lines", cycle = true, optional = {}, when_full = "drop-oldest" }
state = { codec = "lines", cycle = true, optional = {}, when_full = "drop-oldest" }
"#;

#[test]
fn pipes_that_lead_back_are_dashed() {
    for format in ["text", "dot", "mermaid", "svg"] {
        let done = with_network(CYCLE, &["graph", "--format", format]).done().exits(0).says_nothing_on_stderr();
        assert_seen!(format!("graph_cycle_{format}"), done.stdout);
    }
}

#[test]
fn jobs_that_only_read_each_other_are_drawn() {
    let ring = r#"
[jobs.ping]
exec = ["cat"]
inputs = ["there"]
outputs = ["here"]
[jobs.pong]
exec = ["cat"]
inputs = ["here"]
outputs = ["there"]
[pipes]
here = { codec = "lines", cycle = true, optional = {}, when_full = "fail" }
there = { codec = "lines", cycle = true, optional = {}, when_full = "fail" }
"#;
    let done = with_network(ring, &["graph"]).done().exits(0);
    for way in ["pong ", "└─ there ▶ ping", "   └─ here ▶ ↺ pong"] {
        assert!(done.stdout.lines().any(|line| line.starts_with(way)), "{}", done.stdout);
    }
    let svg = with_network(ring, &["graph", "--format", "svg"]).done().exits(0).stdout;
    // One line and its entry in the legend.
    assert_eq!(svg.matches("stroke-dasharray=\"6 4\"").count(), 2, "{svg}");
}
