//! Memory that programs share: a file without a name, and what one of them rings when there is room in it.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::ftruncate;

use crate::{Errno, Result, call::call};

/// A file of `bytes` zeros in memory. It can neither shrink nor grow: nobody who has it can take from others what they have mapped.
/// Memory is taken only where it is written, and given back when the last one who has the file or a part of it has gone.
///
/// ```
/// use std::os::unix::fs::FileExt;
/// use std::fs::File;
///
/// let file = File::from(pipeloom_os::memory::sealed("example", 8192)?);
/// file.write_all_at(b"shared", 8000)?;
/// assert!(file.set_len(0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sealed(name: &str, bytes: usize) -> Result<OwnedFd> {
    let what = What { name, bytes };
    let length = bytes.try_into().map_err(|_| crate::OsError::new("memfd_create", &what, Errno::EFBIG))?;
    // The name only stands in /proc, and may not be longer than this.
    let short: String = name.chars().take(40).collect();
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file = call("memfd_create", &what, || memfd_create(short.as_str(), flags))?;
    call("ftruncate", &what, || ftruncate(&file, length))?;
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    call("fcntl", &what, || fcntl(&file, FcntlArg::F_ADD_SEALS(seals)))?;
    Ok(file)
}

/// An eventfd: whoever writes to it wakes whoever waits until it can be read. Neither of them ever waits in it.
pub fn bell() -> Result<OwnedFd> {
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    call("eventfd", "", || EventFd::from_value_and_flags(0, flags)).map(OwnedFd::from)
}

/// Another descriptor for the same.
pub fn again(file: &impl AsFd) -> Result<OwnedFd> {
    call("dup", "", || crate::sys::duplicate(file.as_fd(), 3))
}

struct What<'a> {
    name: &'a str,
    bytes: usize,
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn nobody_can_make_it_shorter() {
        let file =
            File::from(sealed("a-name-that-is-much-longer-than-any-name-of-a-file-in-memory-may-be", 4096).unwrap());
        assert_eq!(file.metadata().unwrap().len(), 4096);
        assert!(file.set_len(4095).is_err() && file.set_len(4097).is_err());
    }

    #[test]
    fn too_much_is_refused_by_its_size() {
        let error = sealed("huge", usize::MAX).unwrap_err();
        assert_eq!(error.errno(), Errno::EFBIG);
        assert!(error.to_string().contains("huge (18446744073709551615 bytes)"), "{error}");
    }

    #[test]
    fn a_bell_is_heard_by_every_descriptor_of_it() {
        let bell = bell().unwrap();
        let (mut rings, mut hears) = (File::from(again(&bell).unwrap()), File::from(bell));
        assert!(hears.read(&mut [0; 8]).is_err(), "nobody waits in it");
        rings.write_all(&1_u64.to_ne_bytes()).unwrap();
        assert_eq!(hears.read(&mut [0; 8]).unwrap(), 8);
    }
}
