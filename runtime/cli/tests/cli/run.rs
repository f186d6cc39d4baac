//! `pipeloom run` without a terminal: what it says and how it ends.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::assert_seen;
use crate::command::{example, pipeloom, with_network};

/// Three jobs in a row, of which at any time just one can change, so that the order of lines is known.
const FAILS: &str = r#"
[jobs.work]
exec = ["sh", "-c", "echo one; echo 'two \u001b[31m' >&2; echo three >&2; exit 3"]
"#;

#[test]
fn a_good_run_says_where_its_results_are() {
    let network = "[jobs.write]\nexec = [\"sh\", \"-c\", \"mkdir $0/deep; echo hello > $0/deep/a.txt\", \"${run}\"]\n";
    let done = with_network(network, &["run"]).done().exits(0);
    assert_seen!("run_good", done.seen());
}

#[test]
fn a_failure_is_one_error_with_the_last_lines_and_the_log() {
    let done = with_network(FAILS, &["run"]).done().exits(1);
    assert_seen!("run_fails", done.seen());
}

#[test]
fn quiet_says_nothing_of_a_good_run_and_the_error_of_a_bad_one() {
    let good = with_network("[jobs.one]\nexec = [\"true\"]\n", &["run", "-q"]).done().exits(0);
    assert_eq!((good.stdout.as_str(), good.stderr.as_str()), ("", ""));
    let bad = with_network(FAILS, &["run", "-q"]).done().exits(1);
    assert_seen!("run_quiet_fails", bad.seen());
}

#[test]
fn verbose_shows_what_jobs_print_behind_their_names() {
    let done = with_network(FAILS, &["run", "-v"]).done().exits(1);
    assert!(done.stderr.contains("work | one\n"), "{}", done.stderr);
    assert!(done.stderr.contains("work | two \\u{1b}[31m\n"), "{}", done.stderr);
    assert!(!done.stderr.contains('\u{1b}'));
    let coloured = with_network(FAILS, &["run", "-v", "--color", "always"]).done().exits(1);
    assert!(coloured.stderr.contains("\u{1b}[36mwork\u{1b}[0m"), "{:?}", coloured.stderr);
}

#[test]
fn the_results_of_jobs_go_to_standard_output_and_the_talk_does_not() {
    let done = pipeloom(&["run", "network.toml"]).inside(&example("hello")).done().exits(0);
    assert_eq!(done.stdout, "hello from block 1\nhello from block 2\nhello from block 3\n");
    assert!(done.stderr.contains("finished in"), "{}", done.stderr);
}

#[test]
fn a_line_is_written_at_once() {
    // Names and the text behind them were written one after the other, and lines of jobs could come between them.
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let call = pipeloom(&["run", "network.toml"]).inside(&example("hello")).stderr(theirs.into());
    let (mut child, _home) = call.start();
    let mut written = String::new();
    while !written.contains("finished in") {
        let mut message = [0; 4096];
        let size = ours.recv(&mut message).unwrap();
        written = String::from_utf8(message[..size].to_vec()).unwrap();
        assert!(written.ends_with('\n'), "{written}");
    }
    assert!(child.wait().unwrap().success());
}

#[test]
fn files_copied_for_a_job_are_no_results_of_it() {
    let network = "[jobs.work]\nexec = [\"sh\", \"script.sh\"]\ndependencies = [\"script.sh\"]\n";
    let call = with_network(network, &["run"]).file("script.sh", "echo 1 > made.txt");
    let done = call.done().exits(0);
    assert!(done.stderr.contains("jobs/work/made.txt"), "{}", done.stderr);
    assert!(!done.stderr.contains("script.sh\n") && !done.stderr.contains("jobs/work/script.sh"), "{}", done.stderr);
}

#[test]
fn a_writer_that_forgets_the_finished_bit_is_named() {
    let network = r#"
[jobs.write]
exec = ["sh", "-c", "printf '\\000ab' > $1", "-o"]
output_flag = ""
outputs = ["blocks"]
head = true
[jobs.read]
use = "null-sink"
inputs = ["blocks"]
[pipes.blocks]
codec = "bytes"
block_size = 2
"#;
    let done = with_network(network, &["run"]).done().exits(0);
    assert!(done.stderr.contains("warning: pipe blocks ended without the finished bit"), "{}", done.stderr);
}

#[test]
fn a_connector_is_blamed_for_a_lost_finished_bit_only_if_it_was_given_one() {
    // Every connector with heads behind an ordinary source was.
    let said = |source: &str, copy: &str| {
        let network = format!(
            r#"
[jobs.write]
{source}
outputs = ["numbers"]
[jobs.copy]
exec = ["sh", "-c", "{copy} < $1 > $2", "copy"]
input_flag = ""
output_flag = ""
inputs = ["numbers"]
outputs = ["same"]
head = true
[jobs.read]
use = "null-sink"
inputs = ["same"]
[pipes]
numbers.codec = "lines"
same.codec = "lines"
"#
        );
        with_network(&network, &["run"]).done().exits(0).stderr.clone()
    };
    let (just_ends, finishes) = ("exec = [\"seq\", \"3\"]\npass = \"stdio\"", "use = \"count\"\nargs = { to = 3 }");
    // A space is the finished bit.
    let (keeps_all, clears_it) = ("cat", r"tr ' ' '\\000'");
    for (source, copy, blamed) in
        [(just_ends, keeps_all, false), (finishes, keeps_all, false), (finishes, clears_it, true)]
    {
        let said = said(source, copy);
        let warned = said.contains("warning: pipe same ended without the finished bit");
        assert_eq!(warned, blamed, "{source} {copy}\n{said}");
    }
}

/// Ten numbers through a program with these keys, which does this with its input.
fn ten_numbers_through(filter: &str, keys: &str) -> String {
    let network = format!(
        r#"
[jobs.count]
use = "count"
args = {{ from = 1, to = 10 }}
outputs = ["numbers"]
[jobs.filter]
exec = ["sh", "-c", "{filter} < $1 > $2", "filter"]
input_flag = ""
output_flag = ""
inputs = ["numbers"]
outputs = ["rest"]
{keys}
[jobs.sink]
use = "null-sink"
inputs = ["rest"]
[pipes]
numbers.codec = "lines"
rest.codec = "lines"
"#
    );
    with_network(&network, &["run"]).done().exits(0).stderr.clone()
}

#[test]
fn a_program_that_wrote_fewer_blocks_than_it_was_given_is_named() {
    // It was joined with the wrong blocks, and nothing was said about it.
    let said = ten_numbers_through("sed -n 'n;p'", "");
    let expected = "warning: pipe rest: job filter wrote 5 blocks for 10 compute blocks";
    assert!(said.contains(expected) && said.contains("say `steps = \"free\"`"), "{said}");
    for (filter, keys) in [("sed -n 'n;p'", "steps = \"free\""), ("cat", "")] {
        let said = ten_numbers_through(filter, keys);
        assert!(!said.contains("compute block"), "{said}");
    }
}

#[test]
fn a_limit_of_descriptors_is_raised_where_that_is_allowed_and_else_named() {
    let network = "[jobs.one]\nexec = [\"true\"]\n";
    let soft = with_network(network, &["run", "-q"]).with_limits("ulimit -Sn 16").done();
    soft.exits(0).says_nothing_on_stderr();
    let hard = with_network(network, &["run"]).with_limits("ulimit -n 16").done().exits(2);
    assert!(hard.stderr.contains("open descriptors and the system allows 16"), "{}", hard.stderr);
    assert!(!hard.home().join("state").exists(), "nothing was begun");
}

#[test]
fn what_fails_after_the_first_is_only_named() {
    let network = r#"
[jobs.first]
exec = ["sh", "-c", "echo cause >&2; exit 3"]
[jobs.second]
exec = ["sh", "-c", "trap 'echo consequence >&2; exit 4' TERM; while :; do sleep 0.01; done"]
"#;
    let done = with_network(network, &["run"]).done().exits(1);
    assert_eq!(done.stderr.matches("error:").count(), 1, "{}", done.stderr);
    assert!(done.stderr.contains("error: job first failed: exit status 3\n  | cause\n"), "{}", done.stderr);
    assert!(!done.stderr.contains("consequence"), "{}", done.stderr);
}
