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
        let owner = bytes.to_vec();
        let bytes = NonNull::from(owner.as_slice()).cast();
        // SAFETY: what the vector points to is not moved with it, and nobody writes there.
        unsafe { Payload::owned_by(bytes, owner.len(), owner) }
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
    fn a_payload_may_be_dropped_on_another_thread() {
        let payload = Payload::copy_of(b"abc");
        let other = payload.clone();
        std::thread::spawn(move || assert_eq!(&*other, b"abc")).join().unwrap();
        assert_eq!(&*payload, b"abc");
    }
}
