//! What the kernel says of a process.

use std::fs;
use std::path::Path;
use std::time::Duration;

use pipeloom_os::process::{Pid, PidFd, Signal, io};

/// The clock in which /proc/PID/stat counts, whatever the kernel's own (proc(5), USER_HZ).
const TICKS_PER_SECOND: u32 = 100;

/// Whether a process is there and has not ended.
pub fn is_alive(pid: Pid) -> bool {
    PidFd::open(pid).is_ok_and(|process| !process.has_ended().unwrap_or(true))
}

/// Sends a process a signal.
///
/// # Panics
/// If there is no such process.
#[track_caller]
pub fn send(pid: Pid, signal: Signal) {
    let sent = PidFd::open(pid).and_then(|process| process.signal(signal));
    assert!(sent.expect("the process is there"), "process {pid} has ended already");
}

/// Whether a process is halted by a signal, with all its threads.
pub fn is_halted(pid: Pid) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let states: Vec<_> = threads.map(|thread| fields(&thread.path().join("stat"))).collect();
    !states.is_empty() && states.iter().flatten().all(|fields| fields[0] == "T")
}

/// The processor time that a process has used.
///
/// # Panics
/// If there is no such process.
#[track_caller]
pub fn cpu_time(pid: Pid) -> Duration {
    let fields = stat(pid).expect("the process is there");
    // Fields 14 and 15 of the file, of which the first two are not here.
    let ticks: u32 = [&fields[11], &fields[12]].map(|field| field.parse::<u32>().expect("a number")).iter().sum();
    Duration::from_secs(1) * ticks / TICKS_PER_SECOND
}

/// The most memory that a process has had in use, in bytes.
///
/// # Panics
/// If there is no such process.
#[track_caller]
pub fn peak_memory(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("it has memory");
    let kib: u64 = line.trim_end_matches("kB").trim().parse().expect("a number");
    kib * 1024
}

/// How many bytes a process has written, to whatever.
pub fn written(pid: Pid) -> u64 {
    io(pid).map_or(0, |io| io.write_bytes)
}

/// The living processes whose environment has `text` in it, and what they are.
///
/// # Panics
/// If there is no /proc.
pub fn whose_environment_has(text: &Path) -> Vec<(Pid, String)> {
    let text = text.as_os_str().as_encoded_bytes();
    let pids = fs::read_dir("/proc").expect("there is a /proc").flatten();
    let pids = pids.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    let has_text = |pid: &Pid| {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environ.windows(text.len()).any(|window| window == text)
    };
    pids.filter(has_text).map(|pid| (pid, command_line(pid))).collect()
}

/// How a process was started.
pub(crate) fn command_line(pid: Pid) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// The fields of /proc/PID/stat from the state on.
fn stat(pid: Pid) -> Option<Vec<String>> {
    fields(Path::new(&format!("/proc/{pid}/stat")))
}

fn fields(stat: &Path) -> Option<Vec<String>> {
    let stat = fs::read_to_string(stat).ok()?;
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}
