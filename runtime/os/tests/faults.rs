//! Every system call fails once, one after the other: no hang, no leak, no orphan.
//!
//! The counter stands over the whole process, so these tests take turns.
#![cfg(test)]

use std::{
    env,
    ffi::OsString,
    fs,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pipeloom_os::{
    Errno,
    doorbell::{Doorbell, Interest, wait},
    faults,
    fifo::{self, FifoDir},
    keeper::{Keeper, OpenWatch},
    limits::Limited,
    pipe::{self, Io},
    poller::{self, Poller},
    process::{Exit, Pid, PidFd, Signal, children, has_run},
    socket::{Listener, connect_to},
    warden::{Spawn, SpawnError, Token, Warden, WardenEvent},
};

const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn host_program() -> PathBuf {
    env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples/host")
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Runs `scene` with its first call failing, then the second, and so on until it makes fewer calls than that. Afterwards
/// nothing that it opened may be open, and nothing that it made may be there.
#[track_caller]
fn whatever_fails<T, E: std::fmt::Debug>(errno: Errno, scene: impl Fn(&Path) -> Result<T, E>) {
    let _turn = turn();
    for n in 1.. {
        let base = tempfile::tempdir().unwrap();
        let before = open_descriptors();
        faults::fail_at(n, errno);
        let result = scene(base.path()).map(drop);
        let fired = faults::fired();
        faults::clear();
        assert_eq!(open_descriptors(), before, "call {n} with {errno}: a descriptor has leaked");
        assert_eq!(children(Pid::this()), [], "call {n} with {errno}: a child is left");
        // What could not be removed because removing failed is what sweeping is for.
        fifo::sweep(base.path()).unwrap();
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0, "call {n} with {errno}: a FIFO is left");
        if !fired {
            result.unwrap();
            break;
        }
    }
}

#[test]
fn fifos_and_keepers() {
    for errno in [Errno::EMFILE, Errno::ENOMEM, Errno::EINTR] {
        whatever_fails(errno, |base| {
            let dir = FifoDir::create(base, "faults")?;
            let path = dir.make("f")?;
            let mut watch = OpenWatch::new()?;
            watch.add(dir.path())?;
            let mut keeper = Keeper::open(&path)?;
            let mut reader = keeper.open_reader()?;
            let mut writer = keeper.open_writer()?;
            writer.write(b"x")?;
            reader.read(&mut [0; 8])?;
            while watch.next_open()?.is_some() {}
            keeper.writer_gone()?;
            keeper.reader_gone()
        });
    }
}

#[test]
fn pipes_and_waiting() {
    for errno in [Errno::EMFILE, Errno::ENOMEM, Errno::EINTR] {
        whatever_fails(errno, |_| {
            let (reader, mut writer) = pipe::unnamed()?;
            writer.set_blocking(true)?;
            writer.write(b"x")?;
            let bell = Doorbell::new()?;
            wait(&bell, &mut [Interest::readable(reader.as_fd())], PATIENCE)?;
            let mut poller = Poller::new()?;
            poller.add(&reader, 1, poller::Interest::READABLE)?;
            poller.wait(&mut Vec::new(), PATIENCE)
        });
    }
}

#[test]
fn sockets() {
    for errno in [Errno::EMFILE, Errno::ENOMEM, Errno::EINTR] {
        whatever_fails(errno, |base| {
            let path = base.join("socket");
            let listener = Listener::bind(&path)?;
            let asking = connect_to(&path)?;
            let mut asked = listener.accept()?;
            drop(asking);
            asked.as_mut().map_or(Ok(Io::End), |asked| asked.read(&mut [0; 8]))
        });
    }
}

/// Why a run under faults did not end well.
#[derive(Debug)]
#[expect(dead_code, reason = "shown when a test fails")]
enum Trouble {
    Os(pipeloom_os::OsError),
    NotStarted(SpawnError),
    Lost,
}

impl From<pipeloom_os::OsError> for Trouble {
    fn from(error: pipeloom_os::OsError) -> Self {
        Self::Os(error)
    }
}

/// Starts a warden, runs `sleep 77` with its output in a pipe and a child of its own, pauses it, ends it, and
/// stops the warden.
fn run_and_stop(
    program: &Path,
    first: &[OsString],
    base: &Path,
    tag: &str,
    limits: &[(Limited, u64)],
) -> Result<(), Trouble> {
    let dir = FifoDir::create(base, "faults")?;
    dir.make("f")?;
    let mut warden = Warden::start(program, first)?;
    warden.remove_dir_at_end(dir.path())?;
    let (_reader, writer) = pipe::unnamed()?;
    let fds: Vec<(OwnedFd, i32)> = vec![(writer.into_fd(), 1)];
    let argv = ["sh", "-c", "sleep 77 & sleep 77; true"].map(OsString::from).into();
    let mut env: Vec<_> = vec![("PIPELOOM_RUN".into(), tag.into())];
    env.extend(env::vars_os().filter(|(name, _)| name == "PATH"));
    let (cwd, limits) = (Some("/".into()), limits.to_vec());
    warden.spawn(Token(1), Spawn { program: "/bin/sh".into(), argv, env, cwd, fds, limits, ..Spawn::default() })?;
    let bell = Doorbell::new()?;
    let mut process = None;
    loop {
        match warden.next_event()? {
            Some(WardenEvent::Spawned { pidfd, .. }) => {
                process = Some(pidfd);
                warden.pause()?;
            }
            Some(WardenEvent::Paused) => {
                warden.resume()?;
                process.as_ref().map_or(Ok(false), |process| process.signal(Signal::KILL))?;
            }
            Some(WardenEvent::SpawnFailed { error, .. }) => return Err(Trouble::NotStarted(error)),
            Some(WardenEvent::Exited(ended)) => {
                assert_eq!(ended, [(Token(1), Exit::Signal { signal: Signal::KILL, core: false })]);
                // One that fails in its last steps says so by its status.
                return warden.shutdown().map_err(|_| Trouble::Lost);
            }
            Some(WardenEvent::Lost) => return Err(Trouble::Lost),
            Some(WardenEvent::Leftovers { .. }) => {}
            None => {
                let woken = wait(&bell, &mut [Interest::readable(warden.as_fd())], PATIENCE)?;
                assert!(!woken.timed_out(), "the warden says nothing");
            }
        }
    }
}

/// Nothing of a run may be alive a moment after its warden has ended.
#[track_caller]
fn nobody_is_left(tag: &str, n: u64) {
    for pid in has_run(tag) {
        if let Ok(process) = PidFd::open(pid) {
            let bell = Doorbell::new().unwrap();
            let woken = wait(&bell, &mut [Interest::readable(process.as_fd())], PATIENCE).unwrap();
            assert!(!woken.timed_out(), "call {n}: {pid} lives on");
        }
    }
}

#[test]
fn a_run_whose_runtime_fails() {
    let tag = format!("faults-runtime-{}", std::process::id());
    whatever_fails(Errno::EMFILE, |base| {
        let result = run_and_stop(&host_program(), &[], base, &tag, &[]);
        faults::clear();
        nobody_is_left(&tag, 0);
        result
    });
}

/// Calls that the warden makes in such a run; more than it does make.
const ENOUGH: u64 = 120;

#[track_caller]
fn whatever_fails_in_the_warden(errno: Errno, limits: &[(Limited, u64)], allowed: impl Fn(&Trouble) -> bool) {
    let _turn = turn();
    let tag = format!("faults-warden-{}-{errno:?}-{}", std::process::id(), limits.len());
    let mut well = 0;
    for n in 1..=ENOUGH {
        let base = tempfile::tempdir().unwrap();
        let before = open_descriptors();
        let fault = format!("{}={n}:{errno:?}", faults::VARIABLE);
        let first = [fault.into(), host_program().into_os_string()];
        match run_and_stop(Path::new("/usr/bin/env"), &first, base.path(), &tag, limits) {
            Ok(()) => well += 1,
            Err(trouble) => {
                assert!(allowed(&trouble), "call {n}: {trouble:?}");
                well = 0;
            }
        }
        nobody_is_left(&tag, n);
        assert_eq!(open_descriptors(), before, "call {n}: a descriptor has leaked");
        assert_eq!(children(Pid::this()), [], "call {n}: a child is left");
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0, "call {n}: a FIFO is left");
    }
    assert!(well > 10, "the warden makes more calls than were tried");
}

#[test]
fn a_run_whose_warden_fails() {
    whatever_fails_in_the_warden(Errno::EMFILE, &[], |trouble| {
        matches!(trouble, Trouble::Lost | Trouble::NotStarted(SpawnError::OutOfDescriptors))
    });
}

#[test]
fn a_program_with_limits_whose_warden_fails() {
    whatever_fails_in_the_warden(Errno::EMFILE, &[(Limited::OpenFiles, 64)], |trouble| match trouble {
        Trouble::Lost | Trouble::NotStarted(SpawnError::OutOfDescriptors) => true,
        // To ask for a limit opens nothing, so that no kernel has this fault.
        Trouble::NotStarted(SpawnError::Other { call, .. }) => call == "getrlimit",
        _ => false,
    });
}

#[test]
fn a_program_for_which_there_is_no_process_is_tried_again() {
    // Each call fails once: had the one that starts the program not been tried again, this would tell.
    whatever_fails_in_the_warden(Errno::EAGAIN, &[], |trouble| {
        !matches!(trouble, Trouble::NotStarted(SpawnError::OutOfProcesses))
    });
}
