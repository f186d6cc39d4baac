//! Programs with limits: what they are told, what they find, and how they end.

use std::{fs, os::fd::OwnedFd, path::Path};

use pipeloom_os::{
    Errno,
    limits::Limited,
    process::{Exit, Signal, children},
    warden::{Spawn, SpawnError, Warden},
};

use crate::common::{Driven, fds, host_program, output, program, read_all, sh};

fn limited(limits: &[(Limited, u64)], spawn: Spawn) -> Spawn {
    Spawn { limits: limits.to_vec(), ..spawn }
}

/// How it ends, and what it wrote.
#[track_caller]
fn end_of(spawn: Spawn) -> (Exit, String) {
    let mut warden = Driven::start();
    let (token, mut output) = warden.spawn_with_output(spawn);
    let text = read_all(&mut output);
    (warden.exit(token), text)
}

const ALL: [(Limited, u64); 5] = [
    (Limited::Memory, 1 << 33),
    (Limited::ProcessorTime, 70),
    (Limited::OpenFiles, 33),
    (Limited::FileSize, 12_345),
    (Limited::Processes, 4_000),
];

#[test]
fn a_program_has_the_limits_that_it_is_given_and_no_others() {
    let rows = |spawn| -> Vec<(String, String)> {
        let (exit, text) = end_of(spawn);
        assert_eq!(exit, Exit::Code(0));
        let row = |line: &str| {
            let (name, values) = line.split_at(26);
            let values: Vec<&str> = values.split_whitespace().take(2).collect();
            (name.trim_end().to_owned(), values.join(" "))
        };
        text.lines().skip(1).map(row).collect()
    };
    let usual = rows(program("/bin/cat", &["/proc/self/limits"]));
    let given = rows(limited(&ALL, program("/bin/cat", &["/proc/self/limits"])));
    let changed: Vec<_> = given.iter().filter(|row| !usual.contains(row)).collect();
    let expected = [
        ("Max cpu time", "70 71"),
        ("Max file size", "12345 12345"),
        ("Max processes", "4000 4000"),
        ("Max open files", "33 33"),
        ("Max address space", "8589934592 8589934592"),
    ];
    let expected = expected.map(|(name, values)| (name.to_owned(), values.to_owned()));
    assert_eq!(changed, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_lower_hard_limit_of_the_warden_holds() {
    let first = ["-c", "ulimit -n 40; exec \"$0\" \"$@\"", host_program().to_str().unwrap()].map(Into::into);
    let mut warden = Driven::from(Warden::start(Path::new("/bin/sh"), &first).unwrap());
    let (_, mut output) = warden.spawn_with_output(limited(&[(Limited::OpenFiles, 64)], sh("ulimit -n; ulimit -H -n")));
    assert_eq!(read_all(&mut output), "40\n40\n");
}

/// The signal that ends it.
#[track_caller]
fn signal_at_the_end_of(spawn: Spawn) -> Signal {
    match end_of(spawn).0 {
        Exit::Signal { signal, .. } => signal,
        Exit::Code(code) => panic!("exit status {code}"),
    }
}

#[test]
fn used_up_processor_time_is_a_signal_and_then_the_end() {
    // Fault 23.
    let second = [(Limited::ProcessorTime, 1)];
    assert_eq!(signal_at_the_end_of(limited(&second, sh("while :; do :; done"))), Signal::XCPU);
    assert_eq!(signal_at_the_end_of(limited(&second, sh("trap : XCPU; while :; do :; done"))), Signal::KILL);
}

#[test]
fn a_file_that_grows_too_long_is_a_signal_or_a_refusal() {
    // Fault 23.
    let dir = tempfile::tempdir().unwrap();
    let write = |script| limited(&[(Limited::FileSize, 1000)], Spawn { cwd: Some(dir.path().into()), ..sh(script) });
    assert_eq!(signal_at_the_end_of(write("exec head -c 2000 /dev/zero > long")), Signal::XFSZ);
    let ignoring = "trap '' XFSZ; exec head -c 2000 /dev/zero > ignoring 2> /dev/null";
    assert_eq!(end_of(write(ignoring)).0, Exit::Code(1));
    for name in ["long", "ignoring"] {
        assert_eq!(fs::metadata(dir.path().join(name)).unwrap().len(), 1000);
    }
}

#[test]
fn programs_begin_with_the_soft_limit_of_descriptors_that_is_named_for_them() {
    let script = "ulimit -Sn; ulimit -Hn; ls /proc/self/fd | tr '\\n' ' '";
    let hard = Limited::OpenFiles.hard_limit().unwrap();
    let mut warden = Driven::start();
    warden.warden.allow_programs_descriptors(40).unwrap();
    let mut said = |spawn| {
        let (token, mut output) = warden.spawn_with_output(spawn);
        let text = read_all(&mut output);
        assert_eq!(warden.exit(token), Exit::Code(0), "{text}");
        text
    };
    assert_eq!(said(sh(script)), format!("40\n{hard}\n0 1 2 3 "));
    assert_eq!(said(limited(&[(Limited::FileSize, 1 << 30)], sh(script))), format!("40\n{hard}\n0 1 2 3 "));
    assert_eq!(said(limited(&[(Limited::OpenFiles, 50)], sh(script))), "50\n50\n0 1 2 3 ");
    // It has room for all that it is given.
    let (extra, _writer) = output();
    assert_eq!(said(fds(vec![(extra.into_fd(), 45)], sh(script))), format!("46\n{hard}\n0 1 2 3 45 "));
}

#[test]
fn a_program_with_limits_is_started_as_any_other() {
    let limits = [(Limited::OpenFiles, 64)];
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().canonicalize().unwrap();
    let script = "grep -E 'SigBlk|SigIgn' /proc/self/status; cut -d' ' -f5 /proc/$$/stat; echo $$; pwd; \
                  echo \"$0 $A\"; ls /proc/self/fd | tr '\\n' ' '";
    let run = |limits: &[(Limited, u64)]| {
        let mut spawn = limited(limits, sh(script));
        spawn.argv.push("a'b".into());
        spawn.env.push(("A".into(), "b c".into()));
        spawn.cwd = Some(dir.clone().into());
        let (extra, _writer) = output();
        let (exit, text) = end_of(fds(vec![(extra.into_fd(), 9)], spawn));
        assert_eq!(exit, Exit::Code(0), "{text}");
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        assert_eq!(lines[2], lines[3], "it does not lead a group of its own");
        (lines[..2].to_vec(), lines[4..].to_vec())
    };
    let (plain, with_limits) = (run(&[]), run(&limits));
    assert_eq!(with_limits, plain);
    assert_eq!(plain.1, [dir.to_str().unwrap(), "a'b b c", "0 1 2 3 9 "]);
}

#[test]
fn descriptors_above_the_limit_are_handed_over_too() {
    let (mut readers, writers): (Vec<_>, Vec<OwnedFd>) = (0..20).map(|_| output()).unzip();
    // Backwards, so that most sources have numbers that are others' targets.
    let targets = writers.into_iter().zip((44..64).rev()).collect();
    let script = "i=44; while [ $i -lt 64 ]; do echo $i > /proc/self/fd/$i || exit; i=$((i+1)); done";
    let mut warden = Driven::start();
    let token = warden.spawn(limited(&[(Limited::OpenFiles, 40)], fds(targets, sh(script))));
    for (reader, target) in readers.iter_mut().zip((44..64).rev()) {
        assert_eq!(read_all(reader), format!("{target}\n"));
    }
    assert_eq!(warden.exit(token), Exit::Code(0));
}

#[test]
fn the_reasons_for_not_starting_are_the_same() {
    let mut warden = Driven::start();
    let mut failure = |spawn| {
        let token = warden.spawn(limited(&[(Limited::ProcessorTime, 10)], spawn));
        warden.failure(token)
    };
    let (missing, dir) = ("/no/such/program", "/no/such/dir");
    assert_eq!(failure(program(missing, &[])), SpawnError::ProgramMissing { program: missing.into() });
    assert_eq!(failure(program("/", &[])), SpawnError::IsDirectory { program: "/".into() });
    let cwd = Spawn { cwd: Some(dir.into()), ..sh("true") };
    assert_eq!(failure(cwd), SpawnError::DirectoryMissing { cwd: dir.into(), errno: Errno::ENOENT });
    assert_eq!(failure(program("/bin/true", &[&"x".repeat(200 << 10)])), SpawnError::ArgumentsTooLong);
    // Nothing is left of those that were forked for it.
    let warden = warden.warden.pid();
    assert_eq!(children(warden), []);
}
