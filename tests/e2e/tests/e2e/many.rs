//! Many jobs in one run.

use std::fmt::Write as _;
use std::time::Duration;

use pipeloom_e2e::{Signal, Test, network, until};

const MANY: usize = 1_000;

/// A network of so many pairs of jobs, each pair with a pipe. `pair` gives the keys of writer and reader.
fn pairs(count: usize, pair: impl Fn(usize) -> [String; 2]) -> String {
    let mut text = String::new();
    for at in 0..count {
        let [writer, reader] = pair(at);
        writeln!(text, "[jobs.w{at}]\n{writer}\noutputs = [\"p{at}\"]").unwrap();
        writeln!(text, "[jobs.r{at}]\n{reader}\ninputs = [\"p{at}\"]").unwrap();
        writeln!(text, "[pipes.p{at}]\ncodec = \"lines\"").unwrap();
    }
    text
}

fn native(args: &'static str) -> impl Fn(usize) -> [String; 2] {
    move |_| [format!("use = \"count\"\nargs = {args}\nthread = true"), "use = \"null-sink\"\nthread = true".to_owned()]
}

fn programs(script: &'static str) -> impl Fn(usize) -> [String; 2] {
    let shell = |script: &str| format!("exec = [\"sh\", \"-c\", '{script}']\npass = \"stdio\"");
    move |_| [shell(script), shell("exec cat > /dev/null")]
}

/// Begins with the soft limit that most systems have, which is too low for what these tests run.
fn as_usual(text: String) -> Test {
    network(text).through(&["sh", "-c", "ulimit -Sn 1024; exec \"$@\"", "sh"])
}

#[test]
fn a_thousand_native_jobs_run_to_their_end() {
    let run = as_usual(pairs(MANY / 2, native("{ from = 1, to = 3 }"))).run().exits(0);
    run.delivered("p0", "r0", 3).delivered("p250", "r250", 3).delivered("p499", "r499", 3);
}

#[test]
fn a_thousand_native_jobs_are_stopped() {
    let mut run = as_usual(pairs(MANY / 2, native("{ from = 1 }"))).start();
    run.until("the start of the last", |event| format!("{event:?}").contains("r499").then_some(()));
    run.signal(Signal::TERM);
    run.end().exits(130);
}

#[test]
fn a_thousand_programs_run_to_their_end() {
    as_usual(pairs(MANY / 2, programs("echo a"))).run().exits(0);
}

#[test]
fn a_thousand_programs_are_stopped() {
    let last = "[jobs.last]\nexec = [\"sh\", \"-c\", \"touch last; exec sleep 600\"]\n";
    let mut run = as_usual(pairs(MANY / 2, programs("exec sleep 600")) + last).start();
    until("the start of the last", Duration::from_secs(60), || run.path("last").exists());
    run.signal(Signal::TERM);
    run.end().exits(130);
}

#[test]
fn programs_keep_the_soft_limit_of_descriptors_that_the_run_has_raised_for_itself() {
    let asks = "[jobs.ask]\nexec = [\"sh\", \"-c\", \"ulimit -Sn > soft\"]\n\
                [jobs.limited]\nexec = [\"sh\", \"-c\", \"ulimit -Sn > limited\"]\nlimits = { open_files = 99 }\n\
                [jobs.other]\nexec = [\"sh\", \"-c\", \"ulimit -Sn > other\"]\nlimits = { processes = 4000 }\n";
    let text = pairs(20, programs("echo a")) + asks;
    let run = network(text).through(&["sh", "-c", "ulimit -Sn 200; exec \"$@\"", "sh"]).run().exits(0);
    run.file("soft", "200\n").file("limited", "99\n").file("other", "200\n");
}

#[test]
fn a_run_that_needs_more_descriptors_than_it_may_have_is_refused_before_anything_is_started() {
    // Fault 55.
    let refused =
        network(pairs(MANY / 2, programs("echo a"))).through(&["sh", "-c", "ulimit -n 1024; exec \"$@\"", "sh"]);
    let refused = refused.run().stderr_has("the run needs 7026 open descriptors and the system allows 1024");
    refused.stderr_has("`ulimit -n 7026`").exits(2).nothing_was_started();
}
