//! How it is noticed that a job hangs.

use std::time::Duration;

use insta::assert_snapshot;
use pipeloom_config::Health;

use crate::setting::network;

/// What is said of its health by the job `a`, whose table ends with these lines.
fn health(lines: &str) -> Health {
    let network = network(&format!(
        "[jobs.a]\nexec = ['cat']\ninputs = ['x']\n{lines}\n[jobs.b]\nexec = ['cat']\noutputs = ['x']\n[pipes.x]\ncodec = 'lines'\n"
    ));
    let network = network.is_right();
    let (_, job) = network.jobs().next().unwrap();
    job.health.clone()
}

#[test]
fn nothing_is_timed_unless_the_file_says_so() {
    assert_eq!(health(""), Health::default());
}

#[test]
fn what_the_file_says_of_health_stands_in_the_network() {
    let [start_timeout, heartbeat, stall] = [2500, 10_000, 5000].map(|millis| Some(Duration::from_millis(millis)));
    let all = health("start_timeout_seconds = 2.5\nheartbeat_seconds = 10\nstall_seconds = 5");
    assert_eq!(all, Health { start_timeout, heartbeat, stall });
}

#[test]
fn times_in_which_nothing_can_be_done() {
    let errors = network(
        "[jobs.a]\nexec = ['cat']\noutputs = ['x']\nstart_timeout_seconds = 0\nheartbeat_seconds = 0\n\
         [jobs.b]\nexec = ['cat']\ninputs = ['x']\nstart_timeout_seconds = -1\n[pipes.x]\ncodec = 'lines'\n",
    )
    .errors();
    assert_snapshot!("times_of_nothing", errors);
}

#[test]
fn where_nobody_could_look_the_keys_are_refused() {
    let errors = network(
        "[jobs.a]\nuse = 'any'\noutputs = ['x']\nstart_timeout_seconds = 1\nheartbeat_seconds = 1\nstall_seconds = 1\n\
         [jobs.b]\nexec = ['cat']\npass = 'stdio'\ninputs = ['x']\noutputs = ['y']\nstart_timeout_seconds = 1\n\
         [jobs.c]\nexec = ['cat']\npass = 'fd'\ninputs = ['y']\nstart_timeout_seconds = 1\n\
         [jobs.d]\nexec = ['cat']\nstart_timeout_seconds = 1\nstall_seconds = 1\n\
         [pipes]\nx.codec = 'lines'\ny.codec = 'lines'\n",
    )
    .errors();
    assert_snapshot!("refused_health", errors);
}
