//! Jobs that are started again.

use std::time::Duration;

use insta::assert_snapshot;
use pipeloom_config::{JobId, Network, Restart, RestartPolicy, RestartScope};

use crate::setting::network;

/// What is said of restarts by the job `a`, whose table ends with these lines.
fn restart(lines: &str) -> Restart {
    let network = network(&format!("[jobs.a]\nexec = ['cat']\n{lines}\n")).is_right();
    let (_, job) = network.jobs().next().unwrap();
    job.restart.clone()
}

#[test]
fn a_job_has_one_life_unless_the_file_says_otherwise() {
    assert!(!restart("").is_possible());
    assert!(!restart("restart = { policy = 'never' }").is_possible());
}

#[test]
fn what_the_file_says_of_restarts_stands_in_the_network() {
    let usual = restart("restart = { policy = 'on-failure' }");
    assert_eq!(usual, Restart { policy: RestartPolicy::OnFailure, ..Restart::default() });
    let all = restart(
        "[jobs.a.restart]\npolicy = 'always'\nbackoff_seconds = 0.5\nbackoff_max_seconds = 8\nstable_seconds = 20\n\
         max_restarts = 3\nwindow_seconds = 100\nscope = 'component'",
    );
    let expected = Restart {
        policy: RestartPolicy::Always,
        backoff: Duration::from_millis(500),
        backoff_max: Duration::from_secs(8),
        stable: Duration::from_secs(20),
        max_restarts: 3,
        window: Duration::from_secs(100),
        scope: RestartScope::Component,
    };
    assert_eq!(all, expected);
}

#[test]
fn restarts_that_make_no_sense() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\nrestart = { policy = 'sometimes', max_restarts = 0, backoff_seconds = -1, window = 3 }\n\
         [jobs.b]\nexec = ['cat']\nrestart = { policy = 'always', backoff_seconds = 2, backoff_max_seconds = 1 }\n\
         [jobs.c]\nexec = ['cat']\nrestart = { policy = 'always', backoff_seconds = 60 }\n\
         [jobs.d]\nexec = ['cat']\nrestart = 'always'\n[jobs.e]\nexec = ['cat']\nrestart = true\n\
         [jobs.f]\nexec = ['cat']\nrestart = {}\n[jobs.g]\nexec = ['cat']\nrestart = { max_restarts = 3 }\n\
         [jobs.h]\nexec = ['cat']\non_failure = 'restart'\n",
    )
    .errors();
    assert_snapshot!("senseless_restarts", errors);
}

#[test]
fn a_window_of_no_time_in_which_no_restart_would_ever_count() {
    let errors = network("[jobs.a]\nexec = ['cat']\nrestart = { policy = 'always', window_seconds = 0 }\n").errors();
    assert_snapshot!("no_window", errors);
}

#[test]
fn what_cannot_be_had_with_a_restart_is_refused() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y']\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x', 'y']\nrestart = { policy = 'always' }\n\
         [pipes]\nx.codec = 'lines'\ny.codec = 'stream'\n",
    )
    .errors();
    assert_snapshot!("refused_restarts", errors);
}

/// Two chains that meet: `one` and `two` into `join`, which leads on to `last` and back to `one`; and `apart` of its own.
fn meeting(restart_of: &str, scope: &str) -> Network {
    let mut text = String::new();
    let jobs = [
        ("one", "['back']", "['a', 'b']"),
        ("two", "[]", "['c']"),
        ("join", "['a', 'c']", "['d', 'back']"),
        ("last", "['b', 'd']", "[]"),
        ("apart", "[]", "[]"),
    ];
    for (name, inputs, outputs) in jobs {
        let restart = format!("restart = {{ policy = 'on-failure', scope = '{scope}' }}\n");
        let restart = if name == restart_of { &*restart } else { "" };
        text += &format!("[jobs.{name}]\nexec = ['cat']\ninputs = {inputs}\noutputs = {outputs}\n{restart}");
    }
    text += "[pipes]\na.codec = 'lines'\nb.codec = 'lines'\nc.codec = 'lines'\nd.codec = 'lines'\n\
             back = { codec = 'lines', cycle = true, async = true, when_full = 'drop-oldest' }\n";
    network(&text).is_right()
}

/// The names of those that are started again with this job.
fn restarted_with(job: &str, scope: &str) -> Vec<String> {
    let network = meeting(job, scope);
    let named = |id: JobId| network[id].name.to_string();
    let mut names: Vec<String> =
        network.restarted_with(network.job_named(job).unwrap()).into_iter().map(named).collect();
    names.sort();
    names
}

#[test]
fn the_scope_says_who_is_started_again_with_a_job() {
    assert_eq!(restarted_with("one", "job"), [""; 0]);
    assert_eq!(restarted_with("one", "downstream"), ["join", "last"]);
    assert_eq!(restarted_with("two", "downstream"), ["join", "last"]);
    // Not over the pipe that leads back.
    assert_eq!(restarted_with("join", "downstream"), ["last"]);
    assert_eq!(restarted_with("last", "downstream"), [""; 0]);
    for job in ["one", "two", "join", "last"] {
        let others: Vec<&str> = ["join", "last", "one", "two"].into_iter().filter(|other| *other != job).collect();
        assert_eq!(restarted_with(job, "component"), others);
    }
    assert_eq!(restarted_with("apart", "component"), [""; 0]);
}

#[test]
fn who_reads_the_times_of_a_job_is_behind_it_only_in_the_whole_component() {
    for (scope, others) in [("downstream", vec!["b"]), ("component", vec!["b", "c"])] {
        let network = network(&format!(
            "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'times']\nlog_times = true\n\
             restart = {{ policy = 'always', scope = '{scope}' }}\n\
             [jobs.b]\nexec = ['cat']\ninputs = ['x']\n[jobs.c]\nexec = ['cat']\ninputs = ['times']\n\
             [pipes]\nx.codec = 'lines'\ntimes.codec = 'json'\n"
        ))
        .is_right();
        let named = |id: JobId| network[id].name.to_string();
        let with: Vec<String> =
            network.restarted_with(network.job_named("a").unwrap()).into_iter().map(named).collect();
        assert_eq!(with, others);
    }
}

#[test]
fn those_who_are_started_again_with_another_job_may_have_several_lives() {
    let network = meeting("two", "downstream");
    let have_lives: Vec<&str> =
        network.jobs().filter(|(_, job)| job.has_lives()).map(|(_, job)| job.name.as_str()).collect();
    assert_eq!(have_lives, ["two", "join", "last"]);
    let join = network.job_named("join").unwrap();
    assert_eq!(network.restarts_with(join).collect::<Vec<_>>(), [network.job_named("two").unwrap()]);
}

#[test]
fn scopes_that_make_no_sense() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\nrestart = { scope = 'component' }\n\
         [jobs.b]\nexec = ['cat']\nrestart = { policy = 'never', scope = 'downstream' }\n\
         [jobs.c]\nexec = ['cat']\nrestart = { policy = 'always', scope = 'all' }\n",
    )
    .errors();
    assert_snapshot!("senseless_scopes", errors);
}

#[test]
fn those_who_cannot_be_started_again_are_in_no_scope() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x', 'y']\nrestart = { policy = 'always', scope = 'downstream' }\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x', 'y']\n\
         [pipes]\nx.codec = 'lines'\ny.codec = 'stream'\n",
    )
    .errors();
    assert_snapshot!("refused_scopes", errors);
}

#[test]
fn a_scope_in_which_there_is_nobody_else_is_noted() {
    let network = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x']\nrestart = { policy = 'always', scope = 'downstream' }\n\
         [pipes]\nx.codec = 'lines'\n",
    )
    .is_right();
    let notes = network.notes().to_string().replace(&network.dir().display().to_string(), "DIR");
    assert_snapshot!("empty_scope", notes);
}
