//! The directory of one run's FIFOs.

use std::{
    env,
    ffi::OsStr,
    fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{self, Path, PathBuf},
};

use nix::{
    fcntl::{AtFlags, Flock, FlockArg, OFlag, open},
    sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, lstat},
    unistd::{UnlinkatFlags, geteuid, mkdtemp, mkfifoat, unlinkat},
};

use super::{FIFO_MODE, PREFIX, check_is_our_fifo, is_private_dir, kind, sweep};
use crate::{
    Errno, OsError, Result,
    call::{call, call_std, raw, raw_std},
};

/// A tmpfs, by shm_open(3).
const SHARED_MEMORY: &str = "/dev/shm";

/// Users below are the system's own: `UID_MIN` of login.defs(5), and what systemd goes by.
const FIRST_TO_LOG_IN: u32 = 1000;

/// A locked directory of FIFOs, mode 0700. Dropping it removes it with all its FIFOs.
#[derive(Debug)]
pub struct FifoDir {
    path: PathBuf,
    fd: Flock<OwnedFd>,
}

impl FifoDir {
    /// How often a new directory may be swept away before it is locked. A sweep sees each only once, but many sweeps on a
    /// machine with much to do can be faster dozens of times in a row.
    const ATTEMPTS: usize = 10_000;

    /// Makes `base/pipeloom-TAG-XXXXXX`, an absolute path whatever `base` is. The tag is made of letters, digits, `.`, `_` and `-`, 1 to 64 of them.
    pub fn create(base: &Path, tag: &str) -> Result<Self> {
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=64).contains(&tag.len()) || !tag.bytes().all(sane) {
            return Err(OsError::new("mkdtemp", format_args!("{} for {tag:?}", base.display()), Errno::EINVAL));
        }
        let base = call_std("getcwd", base.display(), || path::absolute(base))?;
        let template = base.join(format!("{PREFIX}{tag}-XXXXXX"));
        for _ in 0..Self::ATTEMPTS {
            let path = call("mkdtemp", template.display(), || mkdtemp(&template))?;
            match Self::lock(path.clone()) {
                Ok(Some(dir)) => return Ok(dir),
                Ok(None) => {}
                Err(error) => {
                    // It is empty and ours; if even this fails the next sweep finds it.
                    let _ = raw_std(|| fs::remove_dir(&path));
                    return Err(error);
                }
            }
        }
        Err(OsError::new("flock", template.display(), Errno::EAGAIN))
    }

    /// Locks a directory just made; none if a sweep was faster.
    fn lock(path: PathBuf) -> Result<Option<Self>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let fd = match raw(|| open(&path, flags, Mode::empty())) {
            Ok(fd) => fd,
            Err(Errno::ENOENT) => return Ok(None),
            Err(errno) => return Err(OsError::new("open", path.display(), errno)),
        };
        let stat = call("fstat", path.display(), || fstat(&fd))?;
        if !is_private_dir(&stat) {
            return Err(OsError::new("open", path.display(), Errno::EPERM));
        }
        let fd = match Flock::lock(fd, FlockArg::LockExclusiveNonblock) {
            Ok(fd) => fd,
            Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, errno)) => return Err(OsError::new("flock", path.display(), errno)),
        };
        // With the lock held no sweep touches it any more, so this answer stays true.
        match raw(|| lstat(&path)) {
            Ok(now) if (now.st_dev, now.st_ino) == (stat.st_dev, stat.st_ino) => Ok(Some(Self { path, fd })),
            Ok(_) | Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(OsError::new("lstat", path.display(), errno)),
        }
    }

    /// `$XDG_RUNTIME_DIR` if that is a directory of this user's with mode 0700, else the directory for temporary files. For root
    /// and other users of the system that is shared memory, if no other is named: there FIFOs cost no disk its inodes. For those who log in
    /// it is not, as systemd removes what they have there with their last session (`RemoveIPC` of logind.conf(5)).
    pub fn default_base() -> PathBuf {
        let private =
            |path: &PathBuf| path.is_absolute() && raw(|| lstat(path)).is_ok_and(|stat| is_private_dir(&stat));
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(private);
        runtime.or_else(shared_memory).unwrap_or_else(env::temp_dir)
    }

    /// Makes a FIFO that nobody has opened. The name is one component of a path; one that exists is an error (`EEXIST`).
    pub fn make(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Err(OsError::new("mkfifo", format_args!("{name:?}"), Errno::EINVAL));
        }
        call("mkfifo", path.display(), || mkfifoat(self, name, FIFO_MODE))?;
        let verified = call("fstatat", path.display(), || fstatat(self, name, AtFlags::AT_SYMLINK_NOFOLLOW))
            .and_then(|stat| check_is_our_fifo(&stat, &path));
        if let Err(error) = verified {
            self.unlink(OsStr::new(name))?;
            return Err(error);
        }
        Ok(path)
    }

    /// Removes one FIFO; who has it open keeps it.
    pub fn unlink(&self, name: &OsStr) -> Result<()> {
        call("unlink", self.path.join(name).display(), || unlinkat(self, name, UnlinkatFlags::NoRemoveDir))
    }

    /// Where it is. The warden is told this, so that the directory goes even if the runtime is killed.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Where everybody may have files in memory, for users that do not log in and have no other place in mind.
fn shared_memory() -> Option<PathBuf> {
    if env::var_os("TMPDIR").is_some() || geteuid().as_raw() >= FIRST_TO_LOG_IN {
        return None;
    }
    let for_all = |stat: &FileStat| kind(stat) == SFlag::S_IFDIR && stat.st_uid == 0 && stat.st_mode & 0o1777 == 0o1777;
    raw(|| lstat(SHARED_MEMORY)).is_ok_and(|stat| for_all(&stat)).then(|| SHARED_MEMORY.into())
}

impl AsFd for FifoDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for FifoDir {
    fn drop(&mut self) {
        // What cannot be removed now is found by the next sweep, as the lock ends with this.
        let _: io::Result<()> = sweep::empty_and_remove(self.as_fd(), &self.path).map_err(io::Error::from);
    }
}
