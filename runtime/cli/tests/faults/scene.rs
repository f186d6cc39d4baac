//! The network that is run: two programs, native jobs, a relay, a control channel.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pipeloom_os::cgroup;
use pipeloom_os::fifo;
use pipeloom_os::process::{Pid, PidFd, Signal};
use tempfile::TempDir;

/// Through a direct pipe, a stdio pipe and a relay.
pub(crate) const NETWORK: &str = r#"
[jobs.count]
use = "count"
args = { to = 99 }
outputs = ["numbers"]
[jobs.talk]
exec = ["sh", "-c", "echo '{\"ready\": true}' >&3; exec cat"]
pass = "stdio"
inputs = ["numbers"]
outputs = ["same"]
[jobs.copy]
exec = ["sh", "-c", "cat \"$2\" > \"$4\"", "sh"]
inputs = ["same"]
outputs = ["copied"]
[jobs.one]
use = "lines-sink"
args = { path = "${run}/one.txt" }
inputs = ["copied"]
[jobs.two]
use = "lines-sink"
args = { path = "${run}/two.txt" }
inputs = ["copied"]
[pipes]
numbers.codec = "lines"
same.codec = "lines"
copied.codec = "lines"
"#;

/// What was started may take so long to go when the run is over: the kernel reaps in its own time.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// A folder for one run.
pub(crate) struct Scene {
    dir: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        let dir = tempfile::Builder::new().prefix("pipeloom-faults-").tempdir().unwrap();
        DirBuilder::new().mode(0o700).create(dir.path().join("runtime")).unwrap();
        fs::write(dir.path().join("network.toml"), NETWORK).unwrap();
        Scene { dir }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// What is wrong with what a run has left that says it ended well.
    pub(crate) fn wrong_results(&self) -> Option<String> {
        let wanted: String = (0..100).map(|number| format!("{number}\n")).collect();
        ["run/one.txt", "run/two.txt"].into_iter().find_map(|name| {
            let got = fs::read_to_string(self.path(name)).unwrap_or_default();
            (got != wanted).then(|| format!("it says it ended well, but {name} has {} bytes", got.len()))
        })
    }

    /// Does what the next start of a run does for one that could remove nothing.
    pub(crate) fn sweep(&self) {
        fifo::sweep(&self.path("runtime")).unwrap();
        cgroup::sweep();
    }

    /// What is left of a run that is over. Processes are killed, so that they do not stay.
    pub(crate) fn left(&self) -> Option<String> {
        let deadline = Instant::now() + GONE_WITHIN;
        let mut there = self.processes();
        while !there.is_empty() && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(2));
            there = self.processes();
        }
        if let Some(pid) = there.first() {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default().replace('\0', " ");
            for pid in &there {
                let _ = PidFd::open(*pid).and_then(|process| process.signal(Signal::KILL));
            }
            return Some(format!("{} processes are left: {line}", there.len()));
        }
        let fifos = fs::read_dir(self.path("runtime")).unwrap().count();
        let groups = cgroup::abandoned().into_iter().find(|path| self.is_of_it(path));
        let group = groups.map(|path| format!("the control group {} is left", path.display()));
        group.or((fifos > 0).then(|| "a directory of FIFOs is left".to_owned()))
    }

    /// Whether something is named after the run, which has told its id in its record.
    fn is_of_it(&self, path: &Path) -> bool {
        let record = fs::read_to_string(self.path("run/events.jsonl")).unwrap_or_default();
        fifo::tag(path).is_some_and(|tag| record.lines().next().is_some_and(|line| line.contains(tag)))
    }

    /// The processes whose environment names this folder.
    fn processes(&self) -> Vec<Pid> {
        let name = self.dir().as_os_str().as_encoded_bytes();
        let pids = fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
        let is_of_it = |pid: &Pid| {
            let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environ.windows(name.len()).any(|window| window == name)
        };
        pids.filter(is_of_it).collect()
    }
}
