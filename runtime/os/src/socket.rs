//! A Unix socket in a directory of ours, on which this user's programs ask a run for something.
//!
//! The address of a Unix socket has room for 107 bytes, and a run's directory may have a longer path. So the directory is
//! opened, and the address goes through `/proc/self/fd`: that is short whatever the path is, needs no second place for the
//! socket, and nothing like a link that could outlive it. A directory that is moved takes its socket with it.

use std::{
    fs::File,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
};

use nix::{
    fcntl::{OFlag, open},
    sys::{
        socket::{
            AddressFamily, Backlog, MsgFlags, SockFlag, SockType, UnixAddr, bind, connect, getsockopt, listen, recv,
            send, socket, sockopt::PeerCredentials,
        },
        stat::Mode,
    },
    unistd::{UnlinkatFlags, geteuid, unlinkat},
};

use crate::{
    Errno, OsError, Result,
    call::{call, raw},
    pipe::Io,
    sys,
};

/// How many may wait to be accepted.
const BACKLOG: i32 = 64;

/// A socket that listens. Dropping it removes it from its directory.
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
    place: Place,
}

/// One program that has connected.
#[derive(Debug)]
pub struct Connection {
    fd: OwnedFd,
}

impl Listener {
    /// A socket at `path`, where nothing may stand yet.
    pub fn bind(path: &Path) -> Result<Self> {
        let place = Place::open(path)?;
        let fd = new_socket(SockFlag::SOCK_NONBLOCK, path)?;
        let address = place.address()?;
        call("bind", path.display(), || bind(fd.as_raw_fd(), &address))?;
        // From here on it is removed if anything fails.
        let listener = Self { fd, place };
        let backlog = Backlog::new(BACKLOG).unwrap_or(Backlog::MAXCONN);
        call("listen", path.display(), || listen(&listener.fd, backlog))?;
        Ok(listener)
    }

    /// The next program that has connected, if there is one. Another user's, unless that is root, is turned away.
    pub fn accept(&self) -> Result<Option<Connection>> {
        loop {
            let fd = match raw(|| sys::accept(self.fd.as_fd())) {
                Ok(fd) => fd,
                Err(Errno::EAGAIN) => return Ok(None),
                // It has gone again.
                Err(Errno::ECONNABORTED) => continue,
                Err(errno) => return Err(OsError::new("accept4", self.place.path.display(), errno)),
            };
            let peer = call("getsockopt(SO_PEERCRED)", "", || getsockopt(&fd, PeerCredentials))?;
            if may_ask(peer.uid(), geteuid().as_raw()) {
                return Ok(Some(Connection { fd }));
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // If the directory has been removed meanwhile, it is gone as well.
        let name = self.place.name.as_path();
        let remove = || raw(|| unlinkat(&self.place.dir, name, UnlinkatFlags::NoRemoveDir));
        // Without memory it may fail once.
        let _ = remove().or_else(|_| remove());
    }
}

impl Connection {
    /// Reads what is there, at most `buffer.len()` bytes (more than 0).
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Io> {
        match raw(|| recv(self.fd.as_raw_fd(), buffer, MsgFlags::empty())) {
            Ok(0) | Err(Errno::ECONNRESET) => Ok(Io::End),
            Ok(bytes) => Ok(Io::Some(bytes)),
            Err(Errno::EAGAIN) => Ok(Io::WouldBlock),
            Err(errno) => Err(OsError::new("recv", "socket", errno)),
        }
    }

    /// Writes as much of `bytes` (not empty) as there is room for.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Io> {
        match raw(|| send(self.fd.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL)) {
            Ok(count) => Ok(Io::Some(count)),
            Err(Errno::EAGAIN) => Ok(Io::WouldBlock),
            Err(Errno::EPIPE | Errno::ECONNRESET) => Ok(Io::End),
            Err(errno) => Err(OsError::new("send", "socket", errno)),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Connects to the socket at `path`; the stream is blocking. Without anybody who listens there this is `ECONNREFUSED`, and
/// without a socket `ENOENT`.
pub fn connect_to(path: &Path) -> Result<UnixStream> {
    let place = Place::open(path)?;
    let address = place.address()?;
    let fd = new_socket(SockFlag::empty(), path)?;
    call("connect", path.display(), || connect(fd.as_raw_fd(), &address))?;
    Ok(UnixStream::from(fd))
}

/// A name in a directory that is open.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    dir: File,
    name: PathBuf,
}

impl Place {
    fn open(path: &Path) -> Result<Self> {
        let invalid = || OsError::new("bind", path.display(), Errno::EINVAL);
        let name = path.file_name().map(PathBuf::from).ok_or_else(invalid)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let dir = call("open", parent.display(), || open(parent, flags, Mode::empty()))?;
        Ok(Self { path: path.to_owned(), dir: dir.into(), name })
    }

    /// Holds as long as the directory is open.
    fn address(&self) -> Result<UnixAddr> {
        let short = Path::new("/proc/self/fd").join(self.dir.as_raw_fd().to_string()).join(&self.name);
        call("bind", self.path.display(), || UnixAddr::new(&short))
    }
}

fn new_socket(flags: SockFlag, path: &Path) -> Result<OwnedFd> {
    let flags = flags | SockFlag::SOCK_CLOEXEC;
    call("socket", path.display(), || socket(AddressFamily::Unix, SockType::Stream, flags, None))
}

/// Whether a user may ask something of a run of `ours`: the user whose run it is, and root.
const fn may_ask(user: u32, ours: u32) -> bool {
    user == ours || user == 0
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{BufRead, BufReader, Write},
    };

    use super::*;

    #[test]
    fn what_is_written_at_one_side_is_read_at_the_other_however_long_the_path_is() {
        let base = tempfile::tempdir().unwrap();
        let deep = base.path().join("d".repeat(150)).join("e".repeat(150));
        fs::create_dir_all(&deep).unwrap();
        let path = deep.join("socket");
        let listener = Listener::bind(&path).unwrap();
        assert!(listener.accept().unwrap().is_none());

        let mut asking = connect_to(&path).unwrap();
        let mut asked = listener.accept().unwrap().unwrap();
        let mut buffer = [0; 8];
        assert_eq!(asked.read(&mut buffer).unwrap(), Io::WouldBlock);
        asking.write_all(b"hello").unwrap();
        assert_eq!(asked.read(&mut buffer).unwrap(), Io::Some(5));
        assert_eq!(asked.write(b"yes\n").unwrap(), Io::Some(4));
        let mut answer = String::new();
        BufReader::new(&asking).read_line(&mut answer).unwrap();
        assert_eq!(answer, "yes\n");
        drop(asking);
        assert_eq!(asked.read(&mut buffer).unwrap(), Io::End);
        assert_eq!(asked.write(b"?").unwrap(), Io::End);
    }

    #[test]
    fn a_socket_goes_with_its_listener_and_a_left_one_refuses() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("socket");
        let no_one = |path: &Path| connect_to(path).unwrap_err().errno();
        assert_eq!(no_one(&path), Errno::ENOENT);
        let listener = Listener::bind(&path).unwrap();
        assert_eq!(Listener::bind(&path).unwrap_err().errno(), Errno::EADDRINUSE);
        drop(listener);
        assert!(!path.exists());
        // As after a crash: the name is there, and nobody listens.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert_eq!(no_one(&path), Errno::ECONNREFUSED);
        assert_eq!(no_one(&base.path().join("missing/socket")), Errno::ENOENT);
    }

    #[test]
    fn a_listener_takes_what_it_has_away_even_from_a_folder_that_was_moved() {
        let base = tempfile::tempdir().unwrap();
        let (before, after) = (base.path().join("before"), base.path().join("after"));
        fs::create_dir(&before).unwrap();
        let listener = Listener::bind(&before.join("socket")).unwrap();
        fs::rename(&before, &after).unwrap();
        connect_to(&after.join("socket")).unwrap();
        drop(listener);
        assert_eq!(fs::read_dir(&after).unwrap().count(), 0);
    }

    #[test]
    fn the_same_user_and_root_may_ask() {
        assert!(may_ask(1000, 1000) && may_ask(0, 1000) && may_ask(0, 0));
        assert!(!may_ask(1001, 1000) && !may_ask(1000, 0));
    }
}
