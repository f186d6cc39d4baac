//! Everything that was started is halted, and goes on.

use pipeloom_os::{
    pipe::{self, WriteEnd},
    process::{Exit, Pid},
    warden::Token,
};

use crate::common::{Driven, PATIENCE, fds, is_alive, is_halted, read_line, sh, until};

/// A shell that ends with its input, a child in its group, and one that has left it and lost its parent. Each says who it is.
const FAMILY: &str = "
    echo $$
    sh -c 'echo $$; exec sleep 77' &
    (setsid sh -c 'echo $$; exec sleep 78' &)
    read line
    exit 5";

/// Starts it: who it is, its processes, and what its input ends with.
fn start(warden: &mut Driven) -> (Token, Vec<Pid>, WriteEnd) {
    let (mut input, end) = pipe::unnamed().unwrap();
    input.set_blocking(true).unwrap();
    let (token, mut output) = warden.spawn_with_output(fds(vec![(input.into_fd(), 0)], sh(FAMILY)));
    let pids = (0..3).map(|_| Pid::from_raw(read_line(&mut output).parse().unwrap()).unwrap());
    (token, pids.collect(), end)
}

fn all_halted(pids: &[Pid]) -> bool {
    pids.iter().all(|pid| is_halted(*pid))
}

#[test]
fn a_pause_halts_all_that_was_started_until_it_is_over() {
    let mut warden = Driven::start();
    let (token, pids, input) = start(&mut warden);
    warden.warden.pause().unwrap();
    warden.until("the pause", |this| this.pauses == 1);
    // The signals are sent; when they arrive is the kernel's business.
    until("that all are halted", PATIENCE, || all_halted(&pids));
    assert!(!is_halted(warden.warden.pid()));
    drop(input);
    assert!(all_halted(&pids));

    warden.warden.resume().unwrap();
    assert_eq!(warden.exit(token), Exit::Code(5));
    until("that the others go on", PATIENCE, || !pids[1..].iter().any(|pid| is_halted(*pid)));
}

#[test]
fn what_is_spawned_in_a_pause_is_started_after_it() {
    let mut warden = Driven::start();
    warden.warden.pause().unwrap();
    let token = warden.spawn(sh("exit 5"));
    // Answered after the spawn was looked at; the first one does not count any more.
    warden.warden.pause().unwrap();
    warden.until("the pause", |this| this.pauses == 1);
    assert!(warden.spawned.is_empty());
    warden.warden.resume().unwrap();
    assert_eq!(warden.exit(token), Exit::Code(5));
    assert_eq!(warden.pauses, 1);
}

#[test]
fn what_is_halted_is_killed_at_the_end() {
    let mut warden = Driven::start();
    let (_, pids, _input) = start(&mut warden);
    warden.warden.pause().unwrap();
    until("that all are halted", PATIENCE, || all_halted(&pids));
    warden.warden.shutdown().unwrap();
    assert!(!pids.into_iter().any(is_alive));
}
