//! The memory of a ring, mapped.
//!
//! The file has been sealed by the run: it can neither shrink nor grow, so what is mapped here stays there, whatever the other
//! program does. See [`crate::ring`] for what stands in it.

#![expect(unsafe_code, reason = "memory that is mapped is no slice until somebody says so")]

use std::ffi::c_void;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::stat::fstat;

use crate::payload::Payload;
use crate::ring::{CONTROL_BYTES, HUNGRY_AT, KNOWN_AT, LENGTHS_AT, SLOTS, SLOTS_AT, State, WANTED_AT, WRITER_AT};

/// The words of a ring.
#[derive(Debug)]
pub(super) struct Control(Mapped);

/// The payloads, for the one who writes them.
#[derive(Debug)]
pub struct Fillable(Mapped);

/// The payloads, for the one who reads them.
#[derive(Debug)]
pub struct Filled(Mapped);

/// Whether this is the memory of a ring with so many bytes for payloads, and stays that.
pub(super) fn check(file: impl AsFd, bytes: usize) -> io::Result<()> {
    let seals = SealFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GET_SEALS)?);
    let size = usize::try_from(fstat(&file)?.st_size).unwrap_or(0);
    if seals.contains(SealFlag::F_SEAL_SHRINK) && size.checked_sub(CONTROL_BYTES).is_some_and(|left| left >= bytes) {
        Ok(())
    } else {
        Err(io::Error::other("it is not the sealed memory of a ring"))
    }
}

impl Control {
    /// Maps them. The file must have passed [`check`].
    pub(super) fn map(file: impl AsFd) -> io::Result<Control> {
        Mapped::new(file, 0..CONTROL_BYTES, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE).map(Control)
    }

    /// The words from this byte on.
    fn words(&self, at: usize, count: usize) -> &[AtomicU32] {
        assert!(at.is_multiple_of(align_of::<AtomicU32>()) && at + count * size_of::<AtomicU32>() <= self.0.len);
        // SAFETY: the place is mapped for as long as `self` lives and aligned, as mappings begin at a page. All bit patterns
        // are words, and all who see the memory use it by atomic instructions.
        unsafe { std::slice::from_raw_parts(self.0.at.cast::<u8>().add(at).cast::<AtomicU32>().as_ptr(), count) }
    }
}

impl State for Control {
    type Word = AtomicU32;

    fn wanted(&self) -> &AtomicU32 {
        &self.words(WANTED_AT, 1)[0]
    }

    fn hungry(&self) -> &AtomicU32 {
        &self.words(HUNGRY_AT, 1)[0]
    }

    fn known(&self) -> &AtomicU32 {
        &self.words(KNOWN_AT, 1)[0]
    }

    fn lengths(&self) -> &AtomicU32 {
        &self.words(LENGTHS_AT, 1)[0]
    }

    fn writer(&self) -> &AtomicU32 {
        &self.words(WRITER_AT, 1)[0]
    }

    fn slots(&self) -> &[AtomicU32] {
        self.words(SLOTS_AT, SLOTS)
    }
}

impl Fillable {
    /// Maps so many bytes for payloads. The file must have been checked for them.
    pub fn map(file: impl AsFd, bytes: usize) -> io::Result<Fillable> {
        let place = CONTROL_BYTES..CONTROL_BYTES + bytes;
        Mapped::new(file, place, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE).map(Fillable)
    }

    /// The bytes at this place.
    pub fn bytes(&mut self, place: Range<usize>) -> &mut [u8] {
        assert!(place.start <= place.end && place.end <= self.0.len);
        // SAFETY: the place is mapped for writing for as long as `self` lives, and no other slice of this program overlaps it.
        // The other program reads there only what was sent, and nothing is written there until it was released.
        unsafe { std::slice::from_raw_parts_mut(self.0.at.cast::<u8>().add(place.start).as_ptr(), place.len()) }
    }
}

impl Filled {
    /// Maps so many bytes for payloads. The file must have been checked for them.
    pub fn map(file: impl AsFd, bytes: usize) -> io::Result<Filled> {
        Mapped::new(file, CONTROL_BYTES..CONTROL_BYTES + bytes, ProtFlags::PROT_READ).map(Filled)
    }

    /// The bytes at this place, which the writer has sent. `until` is dropped when nobody looks at them any more: only then may
    /// the writer hear that the place is free.
    pub fn payload<T: Send + Sync + 'static>(self: &Arc<Filled>, place: Range<usize>, until: T) -> Payload {
        assert!(place.start <= place.end && place.end <= self.0.len);
        // The place first: dropped in this order.
        let owner = (until, self.clone());
        // SAFETY: the place is mapped for as long as `owner` holds the mapping, and is not moved with it. The writer leaves it
        // alone until it is released; one that does not spoils what is read there, as it could by sending other bytes.
        unsafe { Payload::owned_by(self.0.at.cast::<u8>().add(place.start), place.len(), owner) }
    }
}

/// A part of a file, in memory.
#[derive(Debug)]
struct Mapped {
    at: NonNull<c_void>,
    len: usize,
}

// SAFETY: a mapping belongs to the whole process; what is done with it by several threads is the affair of those who use it.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl Mapped {
    fn new(file: impl AsFd, place: Range<usize>, access: ProtFlags) -> io::Result<Mapped> {
        let len = NonZeroUsize::new(place.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let offset = place.start.try_into().map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: without an address of ours the kernel takes a place where nothing is. The file cannot shrink.
        let at = unsafe { mmap(None, len, access, MapFlags::MAP_SHARED, file, offset) }?;
        Ok(Mapped { at, len: len.get() })
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with this length, and nothing borrows from it any more. It fails only for no mapping.
        let _ = unsafe { munmap(self.at, self.len) };
    }
}
