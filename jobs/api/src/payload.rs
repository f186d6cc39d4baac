//! Counted payloads: bytes that may be kept, sent on and shared without a copy.
//!
//! A [`Payload`] is a pointer, a length and an owner. The owner is a C table of two calls, retain and release,
//! so that the bytes may live in a pool of the runtime, in a mapped ring, or on the other side of a plugin's
//! border, where neither `Arc` nor `Vec` may cross. Cloning retains, dropping releases; the bytes do not
//! change while anybody holds them.

#![expect(unsafe_code, reason = "the owner is a C table, so lifetimes are its contract, not the compiler's")]

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Bytes that may be kept; a clone is another hold on the same bytes.
#[repr(C)]
pub struct Payload {
    bytes: NonNull<u8>,
    len: usize,
    owner: Owner,
}

/// Whoever keeps the bytes of a [`Payload`] alive.
#[repr(C)]
pub struct Owner {
    context: *const (),
    table: &'static OwnerTable,
}

/// What an owner can be asked. Both calls may come from any thread.
#[repr(C)]
pub struct OwnerTable {
    /// One more hold on the bytes.
    pub retain: extern "C" fn(*const ()),
    /// One hold less; at the last one the bytes may go.
    pub release: extern "C" fn(*const ()),
}

// SAFETY: an owner's calls may come from any thread (its contract), and the bytes are not written while held.
unsafe impl Send for Payload {}
// SAFETY: as above; `&Payload` gives only `&[u8]`.
unsafe impl Sync for Payload {}

impl Payload {
    /// A payload over `len` bytes at `bytes`, which `owner` keeps alive.
    ///
    /// # Safety
    /// `bytes` must be valid for reads of `len` bytes and unchanged until the owner's last release; the caller
    /// hands over one hold.
    pub unsafe fn from_owner(bytes: NonNull<u8>, len: usize, owner: Owner) -> Payload {
        Payload { bytes, len, owner }
    }

    /// A payload of no bytes.
    pub const fn empty() -> Payload {
        Payload { bytes: NonNull::dangling(), len: 0, owner: Owner { context: std::ptr::null(), table: &NOBODY } }
    }

    /// A payload with a copy of `bytes`, outside any pool.
    pub fn copy_of(bytes: &[u8]) -> Payload {
        freeze(Shared::new(bytes.to_vec()))
    }
}

impl Owner {
    /// An owner from its two parts, for owners outside this crate.
    pub const fn new(context: *const (), table: &'static OwnerTable) -> Owner {
        Owner { context, table }
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: valid for `len` bytes while a hold is ours, by the contract of `from_owner`.
        unsafe { std::slice::from_raw_parts(self.bytes.as_ptr(), self.len) }
    }
}

impl Clone for Payload {
    fn clone(&self) -> Payload {
        (self.owner.table.retain)(self.owner.context);
        let owner = Owner { context: self.owner.context, table: self.owner.table };
        Payload { bytes: self.bytes, len: self.len, owner }
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        (self.owner.table.release)(self.owner.context);
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.len)
    }
}

/// A store of buffers for large payloads. A buffer comes back when its last holder lets go; a fresh one for each
/// block would cost more in page faults than the block's copy. Nothing is allocated for a block that finds one.
#[derive(Clone)]
pub struct Pool {
    free: Receiver<Box<Shared>>,
    home: Sender<Box<Shared>>,
}

/// A buffer out of a [`Pool`], to be filled and then frozen into a [`Payload`].
pub struct PoolBuffer {
    /// `None` only while it is dropped or frozen.
    shared: Option<Box<Shared>>,
}

/// A buffer with its count, which come back together.
struct Shared {
    /// Holds on the bytes while they are frozen.
    holds: AtomicUsize,
    bytes: Vec<u8>,
    /// Where it goes in the end; `None` outside any pool, and in one.
    home: Option<Sender<Box<Shared>>>,
}

/// A kept buffer may be this much larger than what is asked for before it is let go.
const SHRINK_FACTOR: usize = 8;

impl Pool {
    /// A pool that keeps at most `buffers` unused buffers.
    pub fn new(buffers: usize) -> Pool {
        let (home, free) = bounded(buffers.max(1));
        Pool { free, home }
    }

    /// A buffer of `len` bytes. What is in it is left over from earlier use.
    pub fn take(&self, len: usize) -> PoolBuffer {
        let mut shared = self.free.try_recv().unwrap_or_else(|_| Shared::new(Vec::new()));
        let bytes = &mut shared.bytes;
        if bytes.capacity() / SHRINK_FACTOR > len.max(1) {
            *bytes = Vec::new();
        }
        if bytes.capacity() < len {
            // A zeroed allocation is lazy; growing the old one would copy it for nothing.
            *bytes = vec![0; len];
        } else {
            bytes.resize(len, 0);
        }
        shared.home = Some(self.home.clone());
        PoolBuffer { shared: Some(shared) }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} free)", self.free.len())
    }
}

impl Shared {
    fn new(bytes: Vec<u8>) -> Box<Shared> {
        Box::new(Shared { holds: AtomicUsize::new(0), bytes, home: None })
    }

    /// Goes back to where it came from. A full pool lets it go: that is how pools shrink.
    fn go_home(mut self: Box<Shared>) {
        if let Some(home) = self.home.take() {
            let _ = home.try_send(self);
        }
    }
}

impl PoolBuffer {
    /// The bytes to fill.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.shared.as_mut().map_or(&mut [], |shared| &mut shared.bytes)
    }

    /// No more writing: the buffer becomes a payload, without a copy.
    pub fn freeze(mut self) -> Payload {
        self.shared.take().map_or_else(Payload::empty, freeze)
    }
}

impl Drop for PoolBuffer {
    fn drop(&mut self) {
        self.shared.take().into_iter().for_each(Shared::go_home);
    }
}

fn freeze(mut shared: Box<Shared>) -> Payload {
    *shared.holds.get_mut() = 1;
    let len = shared.bytes.len();
    let bytes = NonNull::from(shared.bytes.as_slice()).cast();
    let owner = Owner { context: Box::into_raw(shared).cast_const().cast(), table: &POOL_TABLE };
    // SAFETY: the vector in the box is neither moved nor written until the last release, and the one hold that was
    // counted is handed over.
    unsafe { Payload::from_owner(bytes, len, owner) }
}

/// Keeps nothing alive.
static NOBODY: OwnerTable = OwnerTable { retain: nothing, release: nothing };

extern "C" fn nothing(_context: *const ()) {}

static POOL_TABLE: OwnerTable = OwnerTable { retain: pool_retain, release: pool_release };

extern "C" fn pool_retain(context: *const ()) {
    // SAFETY: `context` came from `Box::into_raw` in `freeze`, and the caller has a hold, so it is there.
    let shared = unsafe { &*context.cast::<Shared>() };
    // Who has one may make another without seeing what others have done.
    shared.holds.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn pool_release(context: *const ()) {
    // SAFETY: as above; the hold that keeps it there is the one that is given back here.
    let shared = unsafe { &*context.cast::<Shared>() };
    // What the others have read is read before anybody writes there again.
    if shared.holds.fetch_sub(1, Ordering::Release) == 1 {
        fence(Ordering::Acquire);
        // SAFETY: there is no hold any more, so this is the only way to it.
        unsafe { Box::from_raw(context.cast::<Shared>().cast_mut()) }.go_home();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_its_last_holder_lets_go() {
        let pool = Pool::new(4);
        let mut buffer = pool.take(100_000);
        buffer.bytes()[0] = 7;
        let first = buffer.freeze();
        let address = first.as_ptr();
        let second = first.clone();
        drop(first);
        assert_eq!(second[0], 7);
        assert_eq!(pool.free.len(), 0);
        drop(second);
        assert_eq!(pool.take(100_000).freeze().as_ptr(), address);
    }

    #[test]
    fn a_payload_outlives_its_pool() {
        let payload = Pool::new(1).take(3).freeze();
        assert_eq!(payload.len(), 3);
    }

    #[test]
    fn a_pool_lets_go_of_buffers_that_are_far_too_large() {
        let pool = Pool::new(1);
        drop(pool.take(1 << 20));
        assert!(pool.take(16).shared.as_ref().is_some_and(|shared| shared.bytes.capacity() < 1 << 20));
    }

    #[test]
    fn a_payload_may_be_dropped_on_another_thread() {
        let payload = Payload::copy_of(b"abc");
        let other = payload.clone();
        std::thread::spawn(move || assert_eq!(&*other, b"abc")).join().unwrap();
        assert_eq!(&*payload, b"abc");
    }
}
