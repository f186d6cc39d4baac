//! A group of children: started, awaited, and ended if they hang.
//!
//! A group that is not over by a deadline is killed, so that a hang is one failed row and not the end of all
//! measuring. Each child is awaited as a zombie first and reaped under a lock: the watchdog never signals a process
//! id that has been given to somebody else.
//!
//! Other people's programs start programs of their own and may leave them behind, where they would slow down whatever is measured
//! next. So all that is started in a group carries a mark in its environment, by which the rest is found.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::Path,
    process::{self, Child, Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{RecvTimeoutError, bounded};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    sys::wait::{Id, WaitPidFlag, waitid},
    unistd::Pid,
};
use pipeloom_bench::clock::monotonic_ns;

use crate::error::BenchError;

/// What the mark stands behind in the environment.
const MARK: &str = "PIPELOOM_BENCH_GROUP";

/// Children that run.
pub(crate) struct Group {
    children: Vec<(String, Child)>,
    mark: String,
}

impl Default for Group {
    fn default() -> Group {
        static GROUPS: AtomicU64 = AtomicU64::new(0);
        let mark = format!("{MARK}={}.{}", process::id(), GROUPS.fetch_add(1, Ordering::Relaxed));
        Group { children: Vec::new(), mark }
    }
}

impl Group {
    #[expect(
        clippy::disallowed_methods,
        reason = "the bare way to start a program is what is measured; no warden belongs here"
    )]
    /// Starts one more program.
    ///
    /// # Errors
    /// It did not start.
    pub(crate) fn spawn(
        &mut self,
        argv: &[OsString],
        stdin: Stdio,
        stdout: Stdio,
        stderr: File,
    ) -> Result<(), BenchError> {
        let Some((program, arguments)) = argv.split_first() else {
            return Ok(());
        };
        let name = Path::new(program).file_name().unwrap_or(program);
        let name = name.to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command.args(arguments).envs(self.mark.split_once('='));
        let spawned = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn();
        let child = spawned.map_err(|source| BenchError::Start { program: name.clone(), source })?;
        self.children.push((name, child));
        Ok(())
    }

    /// Waits for all, killing them after `deadline`; gives the time of the first byte of `watched`.
    ///
    /// # Errors
    /// A program failed, or all were killed after the deadline.
    pub(crate) fn wait(&mut self, watched: Option<File>, deadline: Duration) -> Result<Option<u64>, BenchError> {
        let pids: Vec<u32> = self.children.iter().map(|(_, child)| child.id()).collect();
        let group = Mutex::new(self);
        let (over, is_over) = bounded::<()>(0);
        thread::scope(|threads| {
            let watchdog = threads.spawn(|| {
                let late = is_over.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout);
                if late {
                    group.lock().unwrap_or_else(PoisonError::into_inner).kill();
                }
                late
            });
            let first_byte = watched.map_or(Ok(None), drain);
            let mut failed = None;
            for (place, pid) in pids.into_iter().enumerate() {
                await_zombie(pid)?;
                let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
                let (program, child) = &mut group.children[place];
                let status = child.wait()?;
                if !status.success() && failed.is_none() {
                    let program = program.clone();
                    failed = Some(BenchError::Failed { program, status, stderr: String::new() });
                }
            }
            drop(over);
            let late = watchdog.join().map_err(|_| io::Error::other("the watchdog panicked"))?;
            match failed {
                _ if late => Err(BenchError::Hangs { seconds: deadline.as_secs(), stderr: String::new() }),
                Some(error) => Err(error),
                None => Ok(first_byte?),
            }
        })
    }

    /// Ends whoever still runs. For a child that has been reaped, `Child` itself does nothing.
    fn kill(&mut self) {
        for (_, child) in &mut self.children {
            // It may be gone by itself.
            let _ = child.kill();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        for (_, child) in &mut self.children {
            // Reaped before, or killed just now.
            let _ = child.wait();
        }
        // Who cannot be killed now is not waited for.
        for _ in 0..1_000 {
            if !kill_marked(&self.mark) {
                break;
            }
            thread::yield_now();
        }
    }
}

/// Kills whoever carries the mark. `false` if nobody does who still lives.
fn kill_marked(mark: &str) -> bool {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // Of who is gone already there is no environment.
    let is_marked = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    pids.filter(is_marked).filter(|pid| kill(Pid::from_raw(*pid), Signal::SIGKILL).is_ok()).count() > 0
}

/// Reads to the end; gives the time of the first byte.
fn drain(mut from: File) -> io::Result<Option<u64>> {
    let mut buffer = vec![0; 64 * 1024];
    let mut first_ns = None;
    while from.read(&mut buffer)? != 0 {
        if first_ns.is_none() {
            first_ns = Some(monotonic_ns()?);
        }
    }
    Ok(first_ns)
}

/// Waits until the child is gone, leaving its id taken.
fn await_zombie(pid: u32) -> Result<(), BenchError> {
    let pid = Pid::from_raw(pid.cast_signed());
    loop {
        match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(source) => return Err(BenchError::System { call: "wait for a child", source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group_of(argvs: &[&[&str]]) -> Group {
        let mut group = Group::default();
        for argv in argvs {
            let argv: Vec<OsString> = argv.iter().map(OsString::from).collect();
            let nowhere = File::options().write(true).open("/dev/null").unwrap();
            group.spawn(&argv, Stdio::null(), Stdio::null(), nowhere).unwrap();
        }
        group
    }

    #[test]
    fn a_group_that_hangs_is_killed_after_the_deadline() {
        let mut group = group_of(&[&["true"], &["tail", "-f", "/dev/null"]]);
        let waited = group.wait(None, Duration::from_millis(20));
        assert!(matches!(waited, Err(BenchError::Hangs { .. })), "{waited:?}");
    }

    #[test]
    fn the_first_program_that_fails_is_named() {
        let mut group = group_of(&[&["true"], &["false"], &["true"]]);
        let waited = group.wait(None, Duration::from_secs(60));
        assert!(matches!(&waited, Err(BenchError::Failed { program, .. }) if program == "false"), "{waited:?}");
    }

    #[test]
    fn what_a_program_leaves_behind_ends_with_its_group() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let leave = format!("setsid tail -f /dev/null & echo $! > {}", pid.display());
        let mut group = group_of(&[&["sh", "-c", &leave]]);
        group.wait(None, Duration::from_secs(60)).unwrap();
        let left: u32 = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        let mark = std::mem::replace(&mut group.mark, String::from("another"));
        assert!(kill_marked(&mark), "{left} was left");
        while kill_marked(&mark) {}
        let state = fs::read_to_string(format!("/proc/{left}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z"), "{state}");
    }
}
