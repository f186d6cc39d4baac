//! A program that runs networks in its own process has nothing left of them: no descriptor, thread, child or FIFO.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use pipeloom_config::{CheckOptions, Text, check};
use pipeloom_e2e::events::Outcome;
use pipeloom_e2e::{Pid, pipeloom, until};
use pipeloom_engine::{Options, start};
use tempfile::TempDir;

/// All kinds of pipes and jobs; `END` is how the middle one ends.
const NETWORK: &str = r#"
    [jobs.count]
    use = "count"
    args = { from = 1, TO }
    outputs = ["a"]
    [jobs.path]
    exec = ["sh", "-c", "cat \"$2\" > \"$4\"; END", "sh"]
    inputs = ["a"]
    outputs = ["b"]
    stop = { grace_seconds = 0.1, drain_seconds = 0.1 }
    [jobs.fd]
    exec = ["sh", "-c", "exec cat <&4 >&5", "sh"]
    pass = "fd"
    inputs = ["b"]
    outputs = ["c"]
    [jobs.pass]
    use = "forward"
    inputs = ["c"]
    outputs = ["d"]
    [jobs.one]
    exec = ["cat"]
    pass = "stdio"
    inputs = ["d"]
    [jobs.two]
    use = "null-sink"
    inputs = ["c"]
    [pipes]
    a.codec = "lines"
    b.codec = "lines"
    c.codec = "lines"
    d.codec = "lines"
"#;

/// How a run is brought to its end.
#[derive(Clone, Copy)]
enum By {
    Itself,
    Failure,
    Stop,
    Kill,
    TimeLimit,
}

impl By {
    const ALL: [By; 5] = [By::Itself, By::Failure, By::Stop, By::Kill, By::TimeLimit];

    fn outcome(self) -> Outcome {
        match self {
            By::Itself => Outcome::Finished,
            By::Failure => Outcome::Failed,
            By::Stop | By::Kill => Outcome::Interrupted,
            By::TimeLimit => Outcome::TimeLimit,
        }
    }
}

fn run(dir: &TempDir, by: By) {
    let to = if matches!(by, By::Itself | By::Failure) { "to = 1000" } else { "interval_seconds = 0.001" };
    let end = if matches!(by, By::Failure) { "exit 3" } else { "true" };
    let text = Text { path: dir.path().join("network.toml"), text: NETWORK.replace("TO", to).replace("END", end) };
    let options = CheckOptions {
        kinds: pipeloom_predefined::KINDS,
        codecs: pipeloom_predefined::CODECS,
        path_env: std::env::var_os("PATH"),
        ..CheckOptions::default()
    };
    let network = check(text, &options).expect("the network is right");
    let time_limit = matches!(by, By::TimeLimit).then_some(Duration::from_millis(50));
    let warden = (pipeloom(), Vec::new());
    let options = Options { warden, time_limit, lines: true, ..Options::in_folder(dir.path()) };
    let handle = start(network, options).expect("the run starts");
    let stopper = handle.stopper();
    match by {
        By::Stop => stopper.stop(),
        By::Kill => stopper.kill(),
        By::Itself | By::Failure | By::TimeLimit => {}
    }
    assert_eq!(handle.wait().outcome, by.outcome());
}

/// What the process has: descriptors, threads, children.
fn possessions() -> (Vec<PathBuf>, usize, Vec<Pid>) {
    let listing = fs::read_dir("/proc/self/fd").expect("there is a /proc");
    let paths: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    // The listing's own is closed by now.
    let open = paths.into_iter().filter_map(|path| fs::read_link(path).ok()).collect();
    let threads = fs::read_dir("/proc/self/task").expect("there is a /proc").count();
    (open, threads, pipeloom_os::process::children(Pid::this()))
}

#[test]
fn nothing_is_left_in_the_process_whichever_way_runs_end() {
    let dir = tempfile::tempdir().expect("a folder");
    // What the first runs bring with them for good: the standard library's own descriptors, for one.
    By::ALL.into_iter().for_each(|by| run(&dir, by));
    let before = possessions();
    for by in By::ALL.into_iter().cycle().take(15) {
        run(&dir, by);
    }
    // The kernel lists a thread for a moment after it has been joined.
    until("that nothing is left", Duration::from_secs(10), || possessions().1 <= before.1);
    assert_eq!(possessions(), before);
}
