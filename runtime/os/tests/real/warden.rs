//! Ends, signals and leftovers, as the warden tells them.

use std::{fs::File, os::fd::OwnedFd};

use pipeloom_os::{
    process::{self, Exit, Pid, PidFd, Signal, children, kill_run},
    warden::{Reach, Spawn},
};

use crate::common::{Driven, PATIENCE, fds, is_alive, output, program, read_all, read_line, sh, until};

#[test]
fn a_program_is_started_and_its_end_told() {
    let mut warden = Driven::start();
    let (token, mut output) = warden.spawn_with_output(sh("echo hello; exit 3"));
    assert_eq!(read_all(&mut output), "hello\n");
    assert_eq!(warden.exit(token), Exit::Code(3));
    assert!(warden.spawned[&token].has_ended().unwrap());
    warden.warden.shutdown().unwrap();
}

#[test]
fn a_thousand_programs_are_asked_for_before_an_answer_is_read() {
    let null = File::open("/dev/null").unwrap();
    let mut warden = Driven::start();
    let tokens: Vec<_> = (0..1_000)
        .map(|_| {
            let null: OwnedFd = null.try_clone().unwrap().into();
            let long = "x".repeat(2_000);
            warden.spawn(fds(vec![(null, 0)], program("/bin/true", &[&long])))
        })
        .collect();
    warden.until("a thousand ends", |this| this.exited.len() == 1_000);
    assert!(tokens.iter().all(|token| warden.exited[token].is_success()));
}

#[test]
fn a_signal_reaches_the_process_its_group_or_everything() {
    // The main shell, a child in its group, and one that has left it: each says who it is and what it gets.
    const SCRIPT: &str = "
        exec 2>/dev/null
        trap 'echo main' USR1
        sh -c 'trap \"echo group; exit\" USR1; echo ready; while :; do sleep 0.01; done' &
        setsid sh -c 'trap \"echo stray; exit\" USR1; echo ready; while :; do sleep 0.01; done' &
        echo ready
        while :; do wait; done";
    for (reach, wanted) in [
        (Reach::Process, vec!["main"]),
        (Reach::Group, vec!["group", "main"]),
        (Reach::Everything, vec!["group", "main", "stray"]),
    ] {
        let mut warden = Driven::start();
        let (token, mut output) = warden.spawn_with_output(sh(SCRIPT));
        (0..3).for_each(|_| assert_eq!(read_line(&mut output), "ready"));
        warden.warden.signal(token, Signal::USR1, reach).unwrap();
        let mut got: Vec<_> = wanted.iter().map(|_| read_line(&mut output)).collect();
        got.sort();
        assert_eq!(got, wanted, "{reach:?}");
    }
}

#[test]
fn a_reader_that_ended_first_is_never_told_later_than_the_writer_it_broke() {
    let mut warden = Driven::start();
    for _ in 0..100 {
        let (reader, writer) = output();
        let mut reader = reader;
        reader.set_blocking(true).unwrap();
        // Unlike head it does not close its input before it ends, so its end is what breaks the writer.
        let head = warden.spawn(fds(vec![(reader.into_fd(), 0)], sh("read line")));
        let yes = warden.spawn(fds(vec![(writer, 1)], program("/usr/bin/yes", &[])));
        assert_eq!(warden.exit(yes), Exit::Signal { signal: Signal::PIPE, core: false });
        assert_eq!(warden.exit(head), Exit::Code(0));
        let at = |token| warden.batches.iter().position(|batch| batch.contains(&token));
        assert!(at(head) <= at(yes));
    }
}

#[test]
fn leftovers_are_named_and_their_end_is_told() {
    let mut warden = Driven::start();
    // One stays in the group, one leaves it and loses its parent; that parent itself is waited for.
    let (token, mut output) = warden
        .spawn_with_output(sh("sleep 77 & (setsid sh -c 'echo $$; exec sleep 78' &) & wait $!; echo done; exec true"));
    let other = warden.spawn(sh("sleep 79"));
    (0..2).for_each(|_| drop(read_line(&mut output)));
    assert_eq!(warden.exit(token), Exit::Code(0));

    warden.warden.leftovers(token).unwrap();
    let left = warden.leftovers(token, 0);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().all(|pid| is_alive(*pid)));

    warden.warden.signal(token, Signal::KILL, Reach::Everything).unwrap();
    assert_eq!(warden.leftovers(token, 1), []);
    assert!(left.iter().all(|pid| !is_alive(*pid)));
    let other = warden.pid(other);
    assert!(is_alive(other), "another job was hit");
}

#[test]
fn those_in_the_middle_of_an_exec_are_not_overlooked() {
    // Once there was only the beginning of an environment to be seen, or it was taken for one without any.
    let mut warden = Driven::start();
    for round in 0..20 {
        // They never do anything but to run themselves again.
        let mut spawn = sh("for number in 0 1 2 3 4 5 6 7 8 9; do setsid sh -c \"$AGAIN\" & done");
        spawn.env.push(("AGAIN".into(), "exec sh -c \"$AGAIN\"".into()));
        let token = warden.spawn(spawn);
        warden.exit(token);
        warden.warden.leftovers(token).unwrap();
        assert_eq!(warden.leftovers(token, 0).len(), 10, "in round {round}");
        warden.warden.signal(token, Signal::KILL, Reach::Everything).unwrap();
        assert_eq!(warden.leftovers(token, 1), []);
    }
}

#[test]
fn what_several_jobs_have_left_is_asked_together_and_told_of_each() {
    let mut warden = Driven::start();
    let scripts = ["sleep 77 & echo done", "echo done", "(setsid sh -c 'echo $$; exec sleep 78' &)"];
    let jobs = scripts.map(|script| {
        let (token, mut output) = warden.spawn_with_output(sh(script));
        read_line(&mut output);
        assert_eq!(warden.exit(token), Exit::Code(0));
        token
    });
    // The last is asked of twice.
    for token in [jobs[0], jobs[1], jobs[2], jobs[2]] {
        warden.warden.leftovers(token).unwrap();
    }
    let left = jobs.map(|token| warden.leftovers(token, 0));
    assert_eq!(left.each_ref().map(Vec::len), [1, 0, 1]);
    assert_ne!(left[0], left[2]);
    assert_eq!(warden.leftovers(jobs[2], 1), left[2]);
}

#[test]
fn a_stray_belongs_to_its_own_incarnation() {
    let mut warden = Driven::start();
    let stray = || sh("(setsid sh -c 'echo $$; exec sleep 77' &)");
    let (first, mut first_output) = warden.spawn_with_output(stray());
    let (second, mut second_output) = warden.spawn_with_output(stray());
    let first_pid = read_line(&mut first_output);
    let second_pid = read_line(&mut second_output);
    for (token, pid) in [(first, first_pid), (second, second_pid)] {
        warden.exit(token);
        warden.warden.leftovers(token).unwrap();
        assert_eq!(warden.leftovers(token, 0).iter().map(ToString::to_string).collect::<Vec<_>>(), [pid]);
    }
}

#[test]
fn nobody_is_left_of_a_clean_end() {
    let mut warden = Driven::start();
    let token = warden.spawn(sh("true"));
    warden.exit(token);
    warden.warden.leftovers(token).unwrap();
    assert_eq!(warden.leftovers(token, 0), []);
    // Asking again, and signals to whom there is not, do no harm.
    warden.warden.signal(token, Signal::KILL, Reach::Everything).unwrap();
    warden.warden.leftovers(token).unwrap();
    assert_eq!(warden.leftovers(token, 1), []);
}

#[test]
fn shutdown_ends_whatever_is_left_and_reaps_the_warden() {
    let mut warden = Driven::start();
    let (token, mut output) =
        warden.spawn_with_output(sh("trap '' TERM INT HUP; echo ready; while :; do sleep 77; done"));
    assert_eq!(read_line(&mut output), "ready");
    let (pid, own) = (warden.pid(token), warden.warden.pid());
    warden.warden.shutdown().unwrap();
    assert!(!is_alive(pid));
    assert!(!children(Pid::this()).contains(&own), "the warden is a zombie");
}

#[test]
fn the_warden_outlives_the_signals_of_a_terminal() {
    let mut warden = Driven::start();
    let token = warden.spawn(sh("read line"));
    warden.pid(token);
    let own = PidFd::open(warden.warden.pid()).unwrap();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        assert!(own.signal(signal).unwrap());
    }
    let token = warden.spawn(sh("exit 5"));
    assert_eq!(warden.exit(token), Exit::Code(5));
}

#[test]
fn a_killed_warden_is_told_once_and_its_run_can_be_ended() {
    let tag = format!("lost-{}", std::process::id());
    let mut warden = Driven::start();
    let mut spawn: Spawn = sh("(setsid sleep 77 &) ; echo ready; sleep 78; true");
    spawn.env.push(("PIPELOOM_RUN".into(), tag.clone().into()));
    let (token, mut output) = warden.spawn_with_output(spawn);
    assert_eq!(read_line(&mut output), "ready");
    let main = warden.pid(token);

    PidFd::open(warden.warden.pid()).unwrap().signal(Signal::KILL).unwrap();
    warden.until("the loss", |this| this.lost);
    assert!(warden.warden.next_event().unwrap().is_none());
    let late = warden.spawn(sh("true"));
    assert!(!warden.spawned.contains_key(&late));

    until("the setsid", PATIENCE, || process::has_run(&tag).len() >= 3);
    assert!(kill_run(&tag) >= 3, "the shell and both its children");
    until("their ends", PATIENCE, || !is_alive(main) && kill_run(&tag) == 0);
}

#[test]
fn proc_tells_of_a_program_what_it_reads_and_waits_for() {
    let mut warden = Driven::start();
    let (gate, mut go) = pipeloom_os::pipe::unnamed().unwrap();
    let mut gate = gate;
    gate.set_blocking(true).unwrap();
    let mut spawn = fds(vec![(gate.into_fd(), 0)], sh("while read line; do :; done"));
    spawn.env.push(("PIPELOOM_RUN".into(), "proc".into()));
    let token = warden.spawn(spawn);
    let pid = warden.pid(token);
    let read = || process::io(pid).unwrap().read_bytes;

    // The kernel may keep to itself where a process sleeps; that this one does is seen by what it has read.
    until("the sleep in a read", PATIENCE, || process::wchan(pid).is_none_or(|place| place.contains("pipe")));
    let before = read();
    go.write(b"0123456789\n").unwrap();
    until("the reading", PATIENCE, || read() >= before + 11);
    assert!(process::environ_contains(pid, "PIPELOOM_RUN", "proc"));
    assert!(process::group_is_alive(pid));
    assert!(process::children(warden.warden.pid()).contains(&pid));

    drop(go);
    assert_eq!(warden.exit(token), Exit::Code(0));
    assert_eq!(process::io(pid), None);
    assert!(!process::group_is_alive(pid));
}
