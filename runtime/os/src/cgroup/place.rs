//! Where this process's own control group is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use crate::{
    Errno, OsError, Result,
    call::{call, call_std},
};

/// The directory of this process's own group, if groups may be made in it and processes started into them.
pub(super) fn own() -> Result<PathBuf> {
    let read = |path: &str| call_std("open", path, || fs::read_to_string(path));
    let (groups, mounts) = (read("/proc/self/cgroup")?, read("/proc/self/mountinfo")?);
    let own = find(&groups, &mounts)
        .ok_or_else(|| OsError::new("mkdir", "a control group (version 2 is not mounted)", Errno::ENOENT))?;
    // Who starts a process into a group below takes it out of this one, for which this file has to be writable.
    for path in [&own, &own.join("cgroup.procs")] {
        call("access", path.display(), || access(path, AccessFlags::W_OK))?;
    }
    Ok(own)
}

/// The line `0::/PATH` of /proc/self/cgroup below where cgroup2 is mounted: proc_pid_mountinfo(5).
fn find(groups: &str, mounts: &str) -> Option<PathBuf> {
    let path = Path::new(groups.lines().find_map(|line| line.strip_prefix("0::"))?);
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        // Outside of what is mounted it begins with `/..`; and a path with spaces is written in another way.
        let is_plain = kind.starts_with("cgroup2 ") && !point.contains('\\') && !path.starts_with("/..");
        let below = path.strip_prefix(root).ok().filter(|_| is_plain)?;
        Some(Path::new(point).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte.scope\n";
    const UNIFIED: &str = "24 30 0:22 / /proc rw,nosuid shared:14 - proc proc rw\n\
        31 25 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn the_own_group_is_below_where_groups_are_mounted() {
        let own = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/vte.scope";
        assert_eq!(find(SESSION, UNIFIED), Some(own.into()));
        let hybrid = "9:name=systemd:/\n8:pids:/\n0::/\n";
        let mounts = "40 25 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
            41 25 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        assert_eq!(find(hybrid, mounts), Some("/sys/fs/cgroup/unified".into()));
        let part = "31 25 0:27 /docker/a /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
        assert_eq!(find("0::/docker/a/b\n", part), Some("/sys/fs/cgroup/b".into()));
    }

    #[test]
    fn there_is_none_where_groups_are_of_version_1_or_out_of_sight() {
        assert_eq!(find("4:memory:/a\n", UNIFIED), None);
        assert_eq!(find("0::/../other\n", UNIFIED), None);
        assert_eq!(find(SESSION, "40 25 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"), None);
    }
}
