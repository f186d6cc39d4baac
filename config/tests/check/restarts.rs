//! Jobs that are started again.

use std::time::Duration;

use insta::assert_snapshot;
use pipeloom_config::{Restart, RestartPolicy};

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
    assert!(!restart("restart = {}").is_possible());
    assert!(!restart("restart = { max_restarts = 3 }").is_possible());
}

#[test]
fn what_the_file_says_of_restarts_stands_in_the_network() {
    let usual = restart("restart = { policy = 'on-failure' }");
    assert_eq!(usual, Restart { policy: RestartPolicy::OnFailure, ..Restart::default() });
    let all = restart(
        "[jobs.a.restart]\npolicy = 'always'\nbackoff_seconds = 0.5\nbackoff_max_seconds = 8\nstable_seconds = 20\n\
         max_restarts = 3\nwindow_seconds = 100",
    );
    let expected = Restart {
        policy: RestartPolicy::Always,
        backoff: Duration::from_millis(500),
        backoff_max: Duration::from_secs(8),
        stable: Duration::from_secs(20),
        max_restarts: 3,
        window: Duration::from_secs(100),
    };
    assert_eq!(all, expected);
}

#[test]
fn restarts_that_make_no_sense() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\nrestart = { policy = 'sometimes', max_restarts = 0, backoff_seconds = -1, window = 3 }\n\
         [jobs.b]\nexec = ['cat']\nrestart = { policy = 'always', backoff_seconds = 2, backoff_max_seconds = 1 }\n\
         [jobs.c]\nexec = ['cat']\nrestart = { policy = 'always', backoff_seconds = 60 }\n\
         [jobs.d]\nexec = ['cat']\nrestart = 'always'\n",
    )
    .errors();
    assert_snapshot!("senseless_restarts", errors);
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
