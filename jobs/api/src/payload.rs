//! Counted payloads: bytes that may be kept, sent on and shared without a copy.
//!
//! A [`Payload`] is a pointer, a length and an owner. The owner is a C table of two calls, retain and release,
//! so that the bytes may live in a pool of the runtime, in a mapped ring, or on the other side of a plugin's
//! border, where neither `Arc` nor `Vec` may cross. Cloning retains, dropping releases; the bytes do not
//! change while anybody holds them.

#![expect(unsafe_code, reason = "the owner is a C table, so lifetimes are its contract, not the compiler's")]

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

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

    /// The same with an owner of ours: `owner` is dropped with the last hold.
    ///
    /// # Safety
    /// `bytes` must be valid for reads of `len` bytes and unchanged until `owner` is dropped, also when it is moved.
    pub(crate) unsafe fn owned_by<T: Send + Sync + 'static>(bytes: NonNull<u8>, len: usize, owner: T) -> Payload {
        let owner = Owner { context: Arc::into_raw(Arc::new(owner)).cast(), table: &Counted::<T>::TABLE };
        // SAFETY: the count of `into_raw` is the hold handed over; all else is this function's own contract.
        unsafe { Payload::from_owner(bytes, len, owner) }
    }

    /// A payload of no bytes.
    pub const fn empty() -> Payload {
        Payload { bytes: NonNull::dangling(), len: 0, owner: Owner { context: std::ptr::null(), table: &NOBODY } }
    }

    /// A payload with a copy of `bytes`, outside any pool.
    pub fn copy_of(bytes: &[u8]) -> Payload {
        let mut buffer = PoolBuffer { bytes: bytes.to_vec(), home: None };
        buffer.bytes.shrink_to_fit();
        buffer.freeze()
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
/// block would cost more in page faults than the block's copy.
#[derive(Clone)]
pub struct Pool {
    free: Receiver<Vec<u8>>,
    home: Sender<Vec<u8>>,
}

/// A buffer out of a [`Pool`], to be filled and then frozen into a [`Payload`].
pub struct PoolBuffer {
    bytes: Vec<u8>,
    home: Option<Sender<Vec<u8>>>,
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
        let mut bytes = self.free.try_recv().unwrap_or_default();
        if bytes.capacity() / SHRINK_FACTOR > len.max(1) {
            bytes = Vec::new();
        }
        if bytes.capacity() < len {
            // A zeroed allocation is lazy; growing the old one would copy it for nothing.
            bytes = vec![0; len];
        } else {
            bytes.resize(len, 0);
        }
        PoolBuffer { bytes, home: Some(self.home.clone()) }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} free)", self.free.len())
    }
}

impl PoolBuffer {
    /// The bytes to fill.
    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// No more writing: the buffer becomes a payload, without a copy.
    pub fn freeze(self) -> Payload {
        let len = self.bytes.len();
        let bytes = NonNull::from(self.bytes.as_slice()).cast();
        // SAFETY: what the vector points to is not moved with it, and nobody writes there until it is dropped.
        unsafe { Payload::owned_by(bytes, len, self) }
    }
}

impl Drop for PoolBuffer {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            // A full pool lets the buffer go: that is how pools shrink.
            let _ = home.try_send(std::mem::take(&mut self.bytes));
        }
    }
}

/// Keeps nothing alive.
static NOBODY: OwnerTable = OwnerTable { retain: nothing, release: nothing };

extern "C" fn nothing(_context: *const ()) {}

/// An owner that is counted by an `Arc`.
struct Counted<T>(PhantomData<T>);

impl<T: Send + Sync + 'static> Counted<T> {
    const TABLE: OwnerTable = OwnerTable { retain: Self::retain, release: Self::release };

    extern "C" fn retain(context: *const ()) {
        // SAFETY: `context` came from `Arc::into_raw` of this type in `owned_by`, and the caller holds one count.
        unsafe { Arc::increment_strong_count(context.cast::<T>()) }
    }

    extern "C" fn release(context: *const ()) {
        // SAFETY: as above; this call gives that count back.
        unsafe { Arc::decrement_strong_count(context.cast::<T>()) }
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
        assert!(pool.take(16).bytes.capacity() < 1 << 20);
    }

    #[test]
    fn a_payload_may_be_dropped_on_another_thread() {
        let payload = Payload::copy_of(b"abc");
        let other = payload.clone();
        std::thread::spawn(move || assert_eq!(&*other, b"abc")).join().unwrap();
        assert_eq!(&*payload, b"abc");
    }
}
