//! What /proc tells. A process may end at any moment, so all of it is optional.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs::{self, File},
    io::Read as _,
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::unistd::geteuid;

use super::{Pid, PidFd, Signal};
use crate::{call::raw_std, deadline::pause};

/// How often the processes of a run are looked for anew while they are being killed.
const PASSES: usize = 64;

/// How long those who were killed may take to die.
const DYING: Duration = Duration::from_secs(1);

/// Enough for most environments.
const ENVIRON_BYTES: usize = 64 * 1024;

/// What a process has read and written, by all calls and to everything (`rchar` and `wchar` of /proc/PID/io).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcIo {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
}

/// The byte counts of a process; none if it has gone or is not ours.
pub fn io(pid: Pid) -> Option<ProcIo> {
    let text = String::from_utf8(read(pid, "io")?).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some(ProcIo { read_bytes: field("rchar:")?, write_bytes: field("wchar:")? })
}

/// The children of a process, of all its threads; those that wait to be reaped too.
pub fn children(pid: Pid) -> Vec<Pid> {
    let Ok(tasks) = raw_std(|| fs::read_dir(format!("/proc/{pid}/task"))) else { return Vec::new() };
    let mut found = Vec::new();
    for task in tasks.flatten() {
        let Some(text) = read_file(&task.path().join("children").to_string_lossy()) else {
            // The kernel was built without this file (CONFIG_PROC_CHILDREN), or the thread has ended.
            return children_by_scan(pid);
        };
        found.extend(String::from_utf8_lossy(&text).split_ascii_whitespace().filter_map(parse_pid));
    }
    found
}

/// All that descend from a process, parents before children.
pub(crate) fn descendants(pid: Pid) -> Vec<Pid> {
    let mut found = children(pid);
    let mut next = 0;
    while next < found.len() {
        let more = children(found[next]);
        found.extend(more);
        next += 1;
    }
    found
}

/// Whether the environment that a process was started with says `key=value`.
pub fn environ_contains(pid: Pid, key: &str, value: &str) -> bool {
    environ_value(pid, key).is_some_and(|found| found == value.as_bytes())
}

fn environ_value(pid: Pid, key: &str) -> Option<Vec<u8>> {
    value_in(&environ(pid)?, key).map(<[u8]>::to_vec)
}

/// The environment that a process was started with. Empty for a moment while the process is in the middle of an exec, and
/// from when it begins to exit.
///
/// The descriptor is of the program that it ran when the file was opened, and has come to its end when an exec has replaced
/// that. So all is read by one call: of several, the first might give the beginning, and the second nothing more.
pub(crate) fn environ(pid: Pid) -> Option<Vec<u8>> {
    let mut bytes = vec![0; ENVIRON_BYTES];
    loop {
        let path = format!("/proc/{pid}/environ");
        let length = raw_std(|| File::open(&path)?.read(&mut bytes)).ok()?;
        if length < bytes.len() {
            bytes.truncate(length);
            return Some(bytes);
        }
        bytes.resize(2 * length, 0);
    }
}

/// The value of a variable in an environment.
pub(crate) fn value_in<'a>(environ: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut entries = environ.split(|byte| *byte == 0);
    entries.find_map(|entry| entry.strip_prefix(key.as_bytes())?.strip_prefix(b"="))
}

/// All processes whose environment says `PIPELOOM_RUN=tag`.
pub fn has_run(tag: &str) -> Vec<Pid> {
    all().filter(|pid| environ_contains(*pid, "PIPELOOM_RUN", tag)).collect()
}

/// A process that a run has started, as its environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfRun {
    /// The process.
    pub pid: Pid,
    /// The run's id.
    pub run: String,
    /// The run's directory.
    pub dir: PathBuf,
    /// How it was started: its arguments, with a space between them.
    pub command: String,
}

/// All processes of this user that runs have started, or that what they have started has.
pub fn of_runs() -> Vec<OfRun> {
    let own = geteuid().as_raw();
    let is_ours = |pid: &Pid| raw_std(|| fs::metadata(format!("/proc/{pid}"))).is_ok_and(|found| found.uid() == own);
    let of_run = |pid: Pid| {
        let environ = environ(pid)?;
        let run = str::from_utf8(value_in(&environ, "PIPELOOM_RUN")?).ok()?.to_owned();
        let dir = PathBuf::from(OsStr::from_bytes(value_in(&environ, "PIPELOOM_RUN_DIR")?));
        Some(OfRun { pid, run, dir, command: command(pid)? })
    };
    all().filter(is_ours).filter_map(of_run).collect()
}

fn command(pid: Pid) -> Option<String> {
    let text = read(pid, "cmdline")?;
    Some(String::from_utf8_lossy(&text).trim_end_matches('\0').replace('\0', " "))
}

/// Kills all processes whose environment says `PIPELOOM_RUN=tag`, until none is found, waits for their ends, and says how
/// many there were.
///
/// For a runtime whose warden was killed. The caller itself is spared.
pub fn kill_run(tag: &str) -> usize {
    let mut killed = HashMap::new();
    // Each pass finds what was started during the one before; whoever stays after so many cannot be killed.
    for _ in 0..PASSES {
        let mut news = false;
        for pid in has_run(tag).into_iter().filter(|pid| *pid != Pid::this()) {
            // The descriptor first and the environment again after, so that a number given anew in between hits nobody.
            let Ok(process) = PidFd::open(pid) else { continue };
            if environ_contains(pid, "PIPELOOM_RUN", tag) && process.signal(Signal::KILL).unwrap_or(false) {
                news |= killed.insert(pid, process).is_none();
            }
        }
        if !news && !all().any(is_in_exec) {
            break;
        }
        pause(Duration::from_millis(1));
    }
    // The signal is sent, but they die in their own time; one that hangs in the kernel is not waited for.
    let deadline = Instant::now() + DYING;
    while Instant::now() < deadline && killed.values().any(|process| !process.has_ended().unwrap_or(true)) {
        pause(Duration::from_millis(1));
    }
    killed.len()
}

/// Whether a program shows no environment, but soon may.
fn is_in_exec(pid: Pid) -> bool {
    const PF_KTHREAD: u32 = 0x0020_0000;
    environ(pid).is_some_and(|environ| environ.is_empty())
        && flags(pid).is_some_and(|flags| flags & (PF_EXITING | PF_KTHREAD) == 0)
}

/// Whether a process has this file open. `false` if it cannot be seen.
pub fn has_open(pid: Pid, path: &Path) -> bool {
    let Ok(entries) = raw_std(|| fs::read_dir(format!("/proc/{pid}/fd"))) else { return false };
    entries.flatten().any(|entry| raw_std(|| fs::read_link(entry.path())).is_ok_and(|target| target == path))
}

/// Whether a process, or one that descends from it, has this file open. `false` if it cannot be seen.
pub fn family_has_open(pid: Pid, path: &Path) -> bool {
    has_open(pid, path) || descendants(pid).into_iter().any(|pid| has_open(pid, path))
}

/// The kernel function that a process sleeps in, such as `pipe_read`; none if it runs or the kernel does not tell.
pub fn wchan(pid: Pid) -> Option<String> {
    let text = String::from_utf8(read(pid, "wchan")?).ok()?;
    (!text.is_empty() && text != "0").then_some(text)
}

/// The directories of a process's threads.
pub(super) fn threads(pid: Pid) -> Vec<String> {
    let tasks = raw_std(|| fs::read_dir(format!("/proc/{pid}/task"))).into_iter().flatten().flatten();
    tasks.map(|task| task.path().to_string_lossy().into_owned()).collect()
}

/// The same as [`wchan`] of a thread, by its directory.
pub(super) fn wchan_of(thread: &str) -> Option<String> {
    let text = String::from_utf8(read_file(&format!("{thread}/wchan"))?).ok()?;
    (!text.is_empty() && text != "0").then_some(text)
}

/// The state of a thread, by its directory, and the processor time that it has used, in ticks.
pub(super) fn stat_of(thread: &str) -> Option<(char, u64)> {
    let text = read_file(&format!("{thread}/stat"))?;
    let text = String::from_utf8_lossy(&text);
    let (_, rest) = text.rsplit_once(") ")?;
    // The fields from the third on; the processor time of the thread itself is in the 14th and 15th.
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let mut ticks = fields.skip(10).map_while(|field| field.parse::<u64>().ok());
    Some((state, ticks.next()? + ticks.next()?))
}

/// Whether a process is on its way out: it may have closed its descriptors already, but cannot be reaped yet.
pub(crate) fn is_exiting(pid: Pid) -> bool {
    flags(pid).is_some_and(|flags| flags & PF_EXITING != 0)
}

/// Whether a process waits for something that may never come.
pub(crate) fn is_asleep(pid: Pid) -> bool {
    stat_field(pid, 3).is_some_and(|state| state == "S")
}

/// Of the kernel's include/linux/sched.h; part of the flags in /proc/PID/stat, see proc_pid_stat(5).
const PF_EXITING: u32 = 0x4;

fn flags(pid: Pid) -> Option<u32> {
    stat_field(pid, 9)?.parse().ok()
}

fn children_by_scan(parent: Pid) -> Vec<Pid> {
    all().filter(|pid| stat_field(*pid, 4).and_then(|text| parse_pid(&text)) == Some(parent)).collect()
}

fn all() -> impl Iterator<Item = Pid> {
    let entries = raw_std(|| fs::read_dir("/proc")).into_iter().flatten().flatten();
    entries.filter_map(|entry| parse_pid(entry.file_name().to_str()?))
}

/// The n-th field of /proc/PID/stat, counted from 1 as in its manual; from 3 up.
fn stat_field(pid: Pid, n: usize) -> Option<String> {
    let text = read(pid, "stat")?;
    let text = String::from_utf8_lossy(&text);
    // The second field is the name in parentheses, and the name may have parentheses and spaces in it.
    let (_, rest) = text.rsplit_once(") ")?;
    rest.split_ascii_whitespace().nth(n - 3).map(str::to_owned)
}

fn parse_pid(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::from_raw)
}

fn read(pid: Pid, file: &str) -> Option<Vec<u8>> {
    read_file(&format!("/proc/{pid}/{file}"))
}

fn read_file(path: &str) -> Option<Vec<u8>> {
    raw_std(|| fs::read(path)).ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    #[test]
    fn a_process_reads_itself() {
        let this = Pid::this();
        assert!(io(this).unwrap().read_bytes > 0);
        assert!(!is_exiting(this));
        let path = std::env::var("PATH").unwrap();
        assert!(environ_contains(this, "PATH", &path));
        assert!(!environ_contains(this, "PATH", &path[1..]));
        assert_eq!(stat_field(this, 4), Some(std::os::unix::process::parent_id().to_string()));
    }

    #[test]
    fn of_an_environment_all_is_read_or_nothing() {
        // It never does anything but to run itself again. Read by several calls, one time in some thousand the end was missing.
        let again = "exec sh -c \"$AGAIN\"";
        #[expect(clippy::disallowed_methods, reason = "what is read of a program, whoever has started it")]
        let child = Command::new("sh").args(["-c", again]).env("AGAIN", again).env("LAST", "x").spawn().unwrap();
        let child = Killed(child);
        let pid = Pid::from_raw(i32::try_from(child.0.id()).unwrap()).unwrap();
        for _ in 0..10_000 {
            let environ = environ(pid).unwrap();
            let is_whole = || value_in(&environ, "AGAIN").is_some() && value_in(&environ, "LAST").is_some();
            assert!(environ.is_empty() || is_whole(), "{:?}", String::from_utf8_lossy(&environ));
        }
    }

    /// A program that is gone with its test, however that ends.
    struct Killed(Child);

    impl Drop for Killed {
        fn drop(&mut self) {
            // It cannot have ended by itself, and so nobody else has its number.
            let _ = self.0.kill().and_then(|()| self.0.wait());
        }
    }

    #[test]
    fn who_has_gone_tells_nothing() {
        let nobody = Pid::from_raw(i32::MAX).unwrap();
        assert_eq!(io(nobody), None);
        assert_eq!(wchan(nobody), None);
        assert_eq!(children(nobody), []);
    }
}
