//! What is left when runtime and warden are killed, and how `pipeloom sweep` removes it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, chown, symlink};
use std::path::Path;
use std::time::Duration;

use pipeloom_e2e::events::{Event, Outcome};
use pipeloom_e2e::{Running, Signal, is_alive, network, skipped};
use pipeloom_os::cgroup::Cgroup;
use pipeloom_os::private_dir::PrivateDir;

/// A program that ends by nothing but a kill and has a child that has left its session, and a pipe to somebody outside.
const NETWORK: &str = r#"
    [jobs.deaf]
    exec = ["sh", "-c", "trap '' TERM PIPE HUP; setsid sleep 1000 & echo '{\"ready\": true}' >&3; while :; do sleep 1000; done"]
    outputs = ["lines"]
    [pipes.lines]
    codec = "lines"
    external = "reader"
    path = "out.fifo"
"#;

/// The run, once its program says that it is ready.
fn ready() -> Running {
    let run = network(NETWORK).start();
    run.ready("deaf");
    assert!(is_fifo(&run.path("out.fifo")));
    run
}

fn is_fifo(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

fn entries(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

/// How the run's record says that it ended.
fn outcome(run: &Running) -> Option<Outcome> {
    let text = fs::read_to_string(run.path("run/events.jsonl")).unwrap();
    text.lines().find_map(|line| match serde_json::from_str::<pipeloom_e2e::events::Record>(line).unwrap().event {
        Event::RunEnded { outcome, .. } => Some(outcome),
        _ => None,
    })
}

#[test]
fn what_a_killed_runtime_and_its_warden_leave_is_swept() {
    // Fault 10, and with it the warden.
    let mut run = ready();
    let deaf = run.crash().started("deaf");
    assert!(is_alive(deaf), "nobody is there to kill it");

    let said = run.sweep(&["--dry-run"]);
    for words in ["would kill process", "sleep 1000", "out.fifo", "run/socket", "as interrupted", "directory of FIFOs"]
    {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    match Cgroup::create("probe") {
        Ok(_) => assert!(said.contains("the control group"), "{said}"),
        Err(error) => skipped("sweeping a control group", &error.to_string()),
    }
    assert!(is_alive(deaf) && is_fifo(&run.path("out.fifo")) && run.path("run/socket").exists());
    assert_eq!((entries(&run.path("runtime")), outcome(&run)), (1, None));

    assert_eq!(
        run.sweep(&[]),
        said.replace("would kill", "killed").replace("would remove", "removed").replace("would mark", "marked")
    );
    assert!(!run.path("run/socket").exists());
    assert_eq!(outcome(&run), Some(Outcome::Interrupted));
    assert_eq!(run.sweep(&[]), "nothing is left\n");
    run.end().dies_by(Signal::KILL);
}

#[test]
fn programs_are_told_of_as_objects() {
    let mut run = ready();
    run.crash();
    let said = run.sweep(&["--json"]);
    let objects: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(objects.iter().all(|object| object["v"] == 1 && object["done"] == true), "{said}");
    let count = |what: &str| objects.iter().filter(|object| object["left"] == what).count();
    assert_eq!((count("fifo"), count("socket"), count("run"), count("fifo-dir")), (1, 1, 1, 1), "{said}");
    // The shell, its sleep, and the one that has left.
    assert_eq!(count("process"), 3, "{said}");
    assert_eq!(run.sweep(&["--json"]), "");
    run.end().dies_by(Signal::KILL);
}

#[test]
fn a_run_that_goes_on_is_not_touched() {
    let mut run = ready();
    assert_eq!(run.sweep(&[]), "nothing is left\n");
    run.goes_on_for(Duration::from_millis(50));
    assert!(is_alive(run.started("deaf")) && is_fifo(&run.path("out.fifo")) && run.path("run/socket").exists());
    run.signal(Signal::KILL);
    run.end().dies_by(Signal::KILL);
}

#[test]
fn what_stands_in_the_place_of_something_left_is_not_touched() {
    // Faults 74 and 75: a FIFO of somebody else's, and links.
    let mut run = ready();
    run.crash();
    let socket = run.path("run/socket");
    fs::remove_file(run.path("out.fifo")).unwrap();
    fs::write(run.path("out.fifo"), "precious").unwrap();
    fs::remove_file(&socket).unwrap();
    symlink(run.path("out.fifo"), &socket).unwrap();
    let said = run.sweep(&[]);
    assert!(!said.contains("out.fifo") && !said.contains("run/socket"), "{said}");
    assert_eq!(fs::read_to_string(&socket).unwrap(), "precious");
    run.end().dies_by(Signal::KILL);
}

#[test]
fn a_record_behind_a_link_is_not_read() {
    let mut run = ready();
    run.crash();
    let record = run.path("run/events.jsonl");
    fs::rename(&record, run.path("elsewhere")).unwrap();
    symlink("../elsewhere", &record).unwrap();
    let said = run.sweep(&[]);
    assert_eq!(said, "nothing is left\n");
    assert!(is_alive(run.started("deaf")) && is_fifo(&run.path("out.fifo")));
    fs::remove_file(&record).unwrap();
    fs::rename(run.path("elsewhere"), &record).unwrap();
    run.sweep(&[]);
    run.end().dies_by(Signal::KILL);
}

#[test]
fn another_users_run_is_not_touched() {
    // Fault 75.
    let mut run = ready();
    run.crash();
    let dir = run.path("run");
    let (ours, nobody) = (fs::metadata(&dir).unwrap().uid(), Some(65_534));
    if chown(&dir, nobody, None).is_err() {
        skipped("a run of another user", "this user cannot give one away");
    } else {
        assert!(PrivateDir::open(&dir).unwrap().is_none());
        assert_eq!(run.sweep(&[]), "nothing is left\n");
        assert!(is_alive(run.started("deaf")) && is_fifo(&run.path("out.fifo")));
        chown(&dir, Some(ours), None).unwrap();
    }
    run.sweep(&[]);
    run.end().dies_by(Signal::KILL);
}
