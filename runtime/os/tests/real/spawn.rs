//! What a program finds when it is started, and why one may not start.

use std::{
    ffi::OsString,
    fs,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStringExt, fs::PermissionsExt},
    },
    path::Path,
    sync::Arc,
    thread,
};

use pipeloom_os::{
    Errno,
    process::Exit,
    warden::{Environment, Spawn, SpawnError, Warden},
};

use crate::common::{Driven, fds, host_program, hosts, output, program, read_all, sh};

/// Starts it, and gives what it wrote once it has ended well.
#[track_caller]
fn stdout_of(spawn: Spawn) -> String {
    let mut warden = Driven::start();
    let (token, mut output) = warden.spawn_with_output(spawn);
    // A long request is sent in turns, so the warden's answers must be waited for before the program's output is.
    warden.pid(token);
    let text = read_all(&mut output);
    assert_eq!(warden.exit(token), Exit::Code(0), "{text}");
    text
}

#[track_caller]
fn failure_of(spawn: Spawn) -> SpawnError {
    let mut warden = Driven::start();
    let token = warden.spawn(spawn);
    warden.failure(token)
}

#[test]
fn argv_env_and_cwd_arrive_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let odd = OsString::from_vec(b"a \xff'\"$(x);\n".to_vec());
    let mut spawn = sh("printf '%s|%s|%s' \"$0\" \"$ODD\" \"$PWD\"");
    spawn.argv.push(odd.clone());
    spawn.env.push(("ODD".into(), OsString::from("=x=")));
    let real = dir.path().canonicalize().unwrap();
    spawn.cwd = Some(real.clone().into());
    let mut warden = Driven::start();
    let (reader, writer) = output();
    let mut reader = reader;
    spawn.fds.push((writer, 1));
    warden.spawn(spawn);
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match reader.read(&mut buffer).unwrap() {
            pipeloom_os::pipe::Io::Some(n) => bytes.extend_from_slice(&buffer[..n]),
            pipeloom_os::pipe::Io::WouldBlock => crate::common::readable(&reader),
            pipeloom_os::pipe::Io::End => break,
        }
    }
    let wanted = [odd.into_vec(), b"|=x=|".to_vec(), real.into_os_string().into_vec()].concat();
    assert_eq!(bytes, wanted);
}

#[test]
fn a_relative_program_is_found_from_its_working_directory() {
    let mut spawn = program("./sh", &["-c", "echo found"]);
    spawn.cwd = Some("/bin".into());
    assert_eq!(stdout_of(spawn), "found\n");
}

#[test]
fn signals_are_at_their_defaults_and_the_group_is_its_own() {
    let text = stdout_of(sh("grep -E 'SigBlk|SigIgn' /proc/self/status; [ \"$(cut -d' ' -f5 /proc/$$/stat)\" = $$ ]"));
    for line in text.lines() {
        let (name, mask) = line.split_once(":\t").unwrap();
        let mask = u64::from_str_radix(mask, 16).unwrap();
        // glibc keeps 32 and 33 for itself, and has children ignore them.
        assert_eq!(mask & !0x1_8000_0000, 0, "{name}");
    }
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn only_what_was_given_is_open() {
    let mut warden = Driven::start();
    let mut outputs: Vec<_> = (0..20)
        .map(|_| {
            let (extra, _writer) = output();
            let spawn = fds(vec![(extra.into_fd(), 9)], program("/bin/ls", &["/proc/self/fd"]));
            warden.spawn_with_output(spawn).1
        })
        .collect();
    for output in &mut outputs {
        // 3 is the directory that ls reads.
        assert_eq!(read_all(output), "0\n1\n2\n3\n9\n");
    }
}

#[test]
fn what_the_runtime_left_inheritable_goes_no_further_than_the_warden() {
    for host in hosts(&["ls /proc/self/fd"]) {
        let (leaked, _writer) = output();
        assert_eq!(stdout_of(fds(vec![(leaked.into_fd(), 7)], host)), "0\n1\n2\n3\n");
    }
}

#[test]
fn a_warden_that_is_a_copy_shows_what_it_is_and_keeps_nothing_of_the_runtime() {
    const SCRIPT: &str =
        "tr '\\0' ' ' < /proc/$PPID/cmdline; echo; ls /proc/$PPID/fd; readlink /proc/$PPID/fd/0 /proc/$PPID/fd/1";
    let [_, forks] = hosts(&[SCRIPT]);
    let (leaked, _writer) = output();
    let said = stdout_of(fds(vec![(leaked.into_fd(), 77)], forks));
    let (command, rest) = said.split_once('\n').unwrap();
    assert_eq!(command.trim_end(), format!("{} __warden", host_program().display()));
    assert!(!rest.contains("77"), "{rest}");
    assert!(rest.ends_with("/dev/null\n/dev/null\n"), "{rest}");
}

#[test]
fn who_has_several_threads_is_not_copied() {
    let refused = thread::spawn(Warden::fork).join().unwrap();
    assert_eq!(refused.unwrap_err().errno(), Errno::EBUSY);
}

#[test]
fn of_programs_that_are_asked_for_together_each_is_answered() {
    let mut warden = Driven::start();
    let (mut reader, writer) = output();
    let (mut other, last) = output();
    let (first, missing) = (fds(vec![(writer, 1)], sh("echo $NAME $OWN")), program("/no/such/program", &[]));
    let shared: Environment = Arc::new([("NAME".into(), "shared".into()), ("OWN".into(), "shared".into())]);
    let own = |spawn: Spawn| Spawn { shared_env: shared.clone(), env: vec![("OWN".into(), "own".into())], ..spawn };
    let last = fds(vec![(last, 1)], sh("echo $NAME"));
    let [first, missing, last] = warden.spawn_together([own(first), own(missing), last]);
    assert_eq!(read_all(&mut reader), "shared own\n");
    assert_eq!(warden.failure(missing), SpawnError::ProgramMissing { program: "/no/such/program".into() });
    assert_eq!(read_all(&mut other), "\n", "it shares nothing with the others");
    assert_eq!([warden.exit(first), warden.exit(last)], [Exit::Code(0); 2]);
}

#[test]
fn an_end_is_told_while_others_are_still_to_be_started() {
    let mut warden = Driven::start();
    let spawns: [Spawn; 300] = std::array::from_fn(|_| sh("exit 0"));
    let tokens = warden.spawn_together(spawns);
    warden.until("an end", |this| !this.exited.is_empty());
    assert!(warden.spawned.len() < tokens.len(), "all were started before an end was told");
    warden.until("all ends", |this| this.exited.len() == tokens.len());
}

#[test]
fn three_hundred_descriptors_cross_without_collision() {
    const SCRIPT: &str = "i=4; while [ $i -lt 304 ]; do echo $i > /proc/self/fd/$i || exit; i=$((i+1)); done";
    let mut warden = Driven::start();
    let (mut readers, writers): (Vec<_>, Vec<OwnedFd>) = (0..300).map(|_| output()).unzip();
    // Backwards, so that most sources have numbers that are others' targets.
    let targets = writers.into_iter().zip((4..304).rev()).collect();
    let token = warden.spawn(fds(targets, sh(SCRIPT)));
    for (reader, target) in readers.iter_mut().zip((4..304).rev()) {
        assert_eq!(read_all(reader), format!("{target}\n"));
    }
    assert_eq!(warden.exit(token), Exit::Code(0));
}

#[test]
fn stdin_is_empty_unless_given() {
    assert_eq!(stdout_of(sh("cat; echo end")), "end\n");
}

#[test]
fn the_reasons_for_not_starting_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let start = |path: &Path| failure_of(program(path.to_str().unwrap(), &[]));

    let missing = dir.path().join("missing");
    assert_eq!(start(&missing), SpawnError::ProgramMissing { program: missing });
    assert_eq!(start(dir.path()), SpawnError::IsDirectory { program: dir.path().to_owned() });
    let plain = write("plain", "#!/bin/sh\n", 0o644);
    assert_eq!(start(&plain), SpawnError::NotExecutable { program: plain.clone() });
    let text = write("text", "echo no first line\n", 0o755);
    assert_eq!(start(&text), SpawnError::UnknownFormat { program: text });
    let script = write("script", "#! /no/such/interpreter -x\n", 0o755);
    let interpreter = "/no/such/interpreter".into();
    assert_eq!(start(&script), SpawnError::InterpreterMissing { program: script, interpreter });
    let script = write("forbidden", &format!("#!{}\n", plain.display()), 0o755);
    assert_eq!(start(&script), SpawnError::NotExecutable { program: plain.clone() });

    let in_dir = |cwd: &Path| failure_of(Spawn { cwd: Some(cwd.into()), ..sh("true") });
    let gone = dir.path().join("gone");
    assert_eq!(in_dir(&gone), SpawnError::DirectoryMissing { cwd: gone, errno: Errno::ENOENT });
    assert_eq!(in_dir(&plain), SpawnError::DirectoryMissing { cwd: plain, errno: Errno::ENOTDIR });
}

#[test]
fn too_long_and_impossible_arguments_are_refused() {
    let long = "x".repeat(200 << 10);
    assert_eq!(failure_of(program("/bin/true", &[&long])), SpawnError::ArgumentsTooLong);
    let huge = "x".repeat(20 << 20);
    assert_eq!(failure_of(program("/bin/true", &[&huge])), SpawnError::ArgumentsTooLong);
    assert_eq!(failure_of(program("/bin/true", &["a\0b"])), SpawnError::NulByte);
}

#[test]
fn a_large_environment_arrives() {
    let mut spawn = sh("env | grep -c ^V");
    spawn.env.extend((0..8_000).map(|n| (format!("V{n}").into(), OsString::from("y".repeat(100)))));
    assert_eq!(stdout_of(spawn), "8000\n");
}

#[test]
fn a_warden_out_of_descriptors_says_so_and_goes_on() {
    let limited = ["-c", "ulimit -n 24; exec \"$0\" \"$@\""].map(OsString::from);
    let first = [limited.to_vec(), vec![host_program().into()]].concat();
    let mut warden = Driven::from(Warden::start(Path::new("/bin/sh"), &first).unwrap());
    let many = (0..30).map(|n| (output().1, 4 + n)).collect();
    let token = warden.spawn(fds(many, sh("true")));
    assert_eq!(warden.failure(token), SpawnError::OutOfDescriptors);
    // The same for those that come together, of which the last are without theirs.
    let twelve = || fds((0..12).map(|n| (output().1, 4 + n)).collect(), sh("true"));
    let [.., last] = warden.spawn_together([twelve(), twelve(), twelve()]);
    assert_eq!(warden.failure(last), SpawnError::OutOfDescriptors);
    let token = warden.spawn(sh("exit 3"));
    assert_eq!(warden.exit(token), Exit::Code(3));
}

#[test]
fn a_program_that_is_no_warden_is_told_as_a_loss() {
    let mut warden = Driven::from(Warden::start(Path::new("/bin/true"), &[]).unwrap());
    warden.until("the loss", |this| this.lost);
    let missing = Warden::start(Path::new("/no/such/program"), &[]);
    assert_eq!(missing.unwrap_err().to_string(), "spawn /no/such/program: no such file or directory (ENOENT)");
}
